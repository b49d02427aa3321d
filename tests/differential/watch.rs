//! What goes on beside the steps: waits that are armed, logs that are followed, the feed of events.

use futures::StreamExt;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;
use wharf_core::*;

/// Something that is read by a task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch<T> {
    seen: Arc<Mutex<T>>,
    task: AbortHandle,
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: Send + 'static> Watch<T> {
    fn new<F>(seen: T, read: impl FnOnce(Arc<Mutex<T>>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let seen = Arc::new(Mutex::new(seen));
        let task = tokio::spawn(read(Arc::clone(&seen))).abort_handle();
        Self { seen, task }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> MutexGuard<'_, T> {
        lock(&self.seen)
    }
}

fn lock<T>(seen: &Mutex<T>) -> MutexGuard<'_, T> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an operation said, as data: the kind of an error is compared, its words are not.
pub(super) fn answer<T: serde::Serialize>(outcome: Result<T>) -> Value {
    match outcome {
        Ok(answer) => json!({"ok": answer}),
        Err(error) => json!({"error": error.kind()}),
    }
}

/// A wait: `null` until it is answered.
pub(super) fn exit(pending: Pending<Exit>) -> Watch<Value> {
    Watch::new(Value::Null, |seen| async move {
        let exit = pending.await.map(|exit| exit.code);
        *lock(&seen) = answer(exit);
    })
}

/// What a log gave so far, source by source: how the two interleave is the kernel's affair.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Output {
    stdout: String,
    stderr: String,
    ended: bool,
    error: Option<ErrorKind>,
}

impl Output {
    fn add(&mut self, chunk: Result<LogChunk>) {
        match chunk {
            Ok(chunk) => {
                let text = String::from_utf8_lossy(&chunk.bytes);
                match chunk.source {
                    LogSource::Stderr => self.stderr.push_str(&text),
                    _ => self.stdout.push_str(&text),
                }
            }
            Err(error) => self.error = Some(error.kind()),
        }
    }

    /// All of a log that ends.
    pub(super) async fn of(mut chunks: Items<LogChunk>) -> Self {
        let mut output = Self::default();
        while let Some(chunk) = chunks.next().await {
            output.add(chunk);
        }
        output.ended = true;
        output
    }
}

/// A log that is followed.
pub(super) fn follow(mut chunks: Items<LogChunk>) -> Watch<Output> {
    Watch::new(Output::default(), |seen| async move {
        while let Some(chunk) = chunks.next().await {
            lock(&seen).add(chunk);
        }
        lock(&seen).ended = true;
    })
}

/// All that happens in the engine from now on.
pub(super) async fn events(runtime: &dyn Runtime) -> Result<Watch<Vec<Result<Event>>>> {
    let mut events = runtime.events(EventsOptions::default()).await?;
    Ok(Watch::new(Vec::new(), |seen| async move {
        while let Some(event) = events.next().await {
            lock(&seen).push(event);
        }
    }))
}
