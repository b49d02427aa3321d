//! What there is around a program while it runs: the gate that freezes it, and where its output goes.

use crate::{
    clock::EngineClock,
    log::{Log, with_carriage_returns},
    process::{self, Channel, ExitStatus, IoError, Process, Program, Sink, Stream},
    program::{PANICKED, defuse, text_of},
};
use bytes::{Bytes, BytesMut};
use futures::{FutureExt, future::BoxFuture};
use std::{
    future::poll_fn,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};
use wharf_core::{Exit, LogSource};

/// Freezes all programs of a container while it is shut: their futures are not polled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<GateState>>);

#[derive(Debug, Default)]
struct GateState {
    shut: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    pub(crate) fn shut(&self) {
        self.lock().shut = true;
    }

    pub(crate) fn open(&self) {
        let mut state = self.lock();
        state.shut = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Runs `program` to its end, but not while the gate is shut.
    pub(crate) async fn drive<T>(&self, program: impl Future<Output = T>) -> T {
        let mut program = pin!(program);
        poll_fn(|context| {
            let mut state = self.lock();
            if state.shut {
                if !state
                    .waiting
                    .iter()
                    .any(|waker| waker.will_wake(context.waker()))
                {
                    state.waiting.push(context.waker().clone());
                }
                return Poll::Pending;
            }
            drop(state);
            program.as_mut().poll(context)
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a program to its end.
pub(crate) async fn to_the_end(program: Program, process: Process, gate: &Gate) -> Exit {
    exit_of(process::run(program, process), gate).await
}

/// One that panics has exited too, and says why.
async fn exit_of(program: impl Future<Output = ExitStatus>, gate: &Gate) -> Exit {
    match AssertUnwindSafe(gate.drive(program)).catch_unwind().await {
        Ok(status) => Exit::new(status.code().into()),
        Err(panic) => {
            let text = text_of(&*panic);
            let mut exit = Exit::new(PANICKED.into());
            exit.error = Some(format!("the program panicked: {text}"));
            defuse(panic);
            exit
        }
    }
}

/// A container's output: it goes to the log.
#[derive(Debug)]
pub(crate) struct LogSink {
    log: Arc<Log>,
    clock: Arc<EngineClock>,
}

impl LogSink {
    pub(crate) fn new(log: Arc<Log>, clock: Arc<EngineClock>) -> Self {
        Self { log, clock }
    }

    /// Its two ends: stdout and stderr.
    pub(crate) fn streams(self) -> [Stream; 2] {
        streams(Arc::new(self))
    }
}

impl Sink for LogSink {
    fn write(&self, channel: Channel, bytes: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        let outcome = self.log.write(channel, &bytes, &self.clock);
        Box::pin(std::future::ready(outcome))
    }
}

/// Collects what an exec writes, up to a limit. What is written once there was too much, or when nobody collects any
/// more, is thrown away: the program runs on.
#[derive(Debug)]
pub(crate) struct Collector {
    output: Mutex<Output>,
    limit: usize,
    tty: bool,
    full: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct Output {
    stdout: BytesMut,
    stderr: BytesMut,
    overflown: bool,
    closed: bool,
}

/// Closes a collector when it is dropped.
#[derive(Debug)]
pub(crate) struct Closing(Arc<Collector>);

impl Drop for Closing {
    fn drop(&mut self) {
        let mut output = self.0.lock();
        *output = Output {
            overflown: output.overflown,
            closed: true,
            ..Output::default()
        };
    }
}

impl Collector {
    pub(crate) fn new(limit: usize, tty: bool) -> Arc<Self> {
        let full = tokio::sync::Notify::new();
        Arc::new(Self {
            output: Mutex::default(),
            limit,
            tty,
            full,
        })
    }

    pub(crate) fn streams(self: &Arc<Self>) -> [Stream; 2] {
        streams(Arc::clone(self) as Arc<dyn Sink>)
    }

    /// Throws away what is there and what comes once this is dropped.
    pub(crate) fn closing(self: &Arc<Self>) -> Closing {
        Closing(Arc::clone(self))
    }

    /// Comes back when there is more than the limit.
    pub(crate) async fn overflown(&self) {
        // One permit is kept where this waits later than the overflow.
        self.full.notified().await;
    }

    /// What was written so far, as stdout and stderr; whether it was too much.
    pub(crate) fn take(&self) -> (Bytes, Bytes, bool) {
        let mut output = self.lock();
        let (stdout, stderr) = (
            output.stdout.split().freeze(),
            output.stderr.split().freeze(),
        );
        (stdout, stderr, output.overflown)
    }

    /// What the engine itself writes.
    pub(crate) fn say(&self, text: &str) {
        self.append(&LogSource::Stdout, text.as_bytes());
    }

    fn append(&self, source: &LogSource, bytes: &[u8]) {
        let mut output = self.lock();
        if output.closed {
            return;
        }
        if output.stdout.len() + output.stderr.len() + bytes.len() > self.limit {
            output.overflown = true;
            output.closed = true;
            drop(output);
            self.full.notify_one();
            return;
        }
        match source {
            LogSource::Stderr => output.stderr.extend_from_slice(bytes),
            _ => output.stdout.extend_from_slice(bytes),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Collector {
    fn write(&self, channel: Channel, bytes: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        match channel {
            // A terminal is one stream.
            _ if self.tty => self.append(&LogSource::Console, &with_carriage_returns(&bytes)),
            Channel::Stdout => self.append(&LogSource::Stdout, &bytes),
            Channel::Stderr => self.append(&LogSource::Stderr, &bytes),
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

fn streams(sink: Arc<dyn Sink>) -> [Stream; 2] {
    let stdout = Stream::Engine(Arc::clone(&sink), Channel::Stdout);
    [stdout, Stream::Engine(sink, Channel::Stderr)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn a_program_behind_a_shut_gate_does_not_move() {
        let gate = Gate::default();
        let program = async { sleep(Duration::from_secs(1)).await };
        gate.shut();
        let begin = Instant::now();
        let opener = async {
            sleep(Duration::from_secs(5)).await;
            gate.open();
        };
        tokio::join!(gate.drive(program), opener);
        // Its second begins when it is first polled.
        assert_eq!(begin.elapsed().as_secs(), 6);
    }

    #[tokio::test]
    async fn a_panic_is_an_exit_with_its_text() {
        let program = async { panic!("no such luck") };
        let exit = exit_of(program, &Gate::default()).await;
        assert_eq!(exit.code, 101);
        assert_eq!(
            exit.error.as_deref(),
            Some("the program panicked: no such luck")
        );
        let fine = exit_of(async { ExitStatus::Code(3) }, &Gate::default()).await;
        assert_eq!(fine, Exit::new(3));
    }

    #[tokio::test]
    async fn output_over_the_limit_is_told_and_thrown_away() {
        let collector = Collector::new(4, false);
        let [stdout, stderr] = collector.streams();
        stdout.write(Bytes::from_static(b"abc")).await.unwrap();
        stderr.write(Bytes::from_static(b"d")).await.unwrap();
        assert!(!collector.lock().overflown);
        stdout.write(Bytes::from_static(b"e")).await.unwrap();
        collector.overflown().await;
        let (out, err, overflown) = collector.take();
        assert_eq!(
            (&out[..], &err[..], overflown),
            (&b"abc"[..], &b"d"[..], true)
        );
        // There is room again, and yet what comes now would be a piece with a hole before it.
        stdout.write(Bytes::from_static(b"f")).await.unwrap();
        assert!(collector.take().0.is_empty());
    }

    #[tokio::test]
    async fn what_is_written_when_nobody_collects_is_not_kept() {
        let collector = Collector::new(100, false);
        let [stdout, _] = collector.streams();
        let closing = collector.closing();
        stdout.write(Bytes::from_static(b"abc")).await.unwrap();
        assert_eq!(collector.lock().stdout.len(), 3);
        drop(closing);
        stdout.write(Bytes::from_static(b"d")).await.unwrap();
        let (stdout, stderr, overflown) = collector.take();
        assert!(stdout.is_empty() && stderr.is_empty() && !overflown);
    }
}
