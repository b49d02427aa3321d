//! Tracing: what was called, on what, how it ended, and how long that took.

use futures::{StreamExt, stream};
use tokio::time::Instant;
use tracing::{Instrument, Span, debug, field, info, info_span};
use wharf_core::{Call, Error, Item, Items, Layer, Next, Outcome, Pending, Result, Session};

/// A `tracing` span around every call.
///
/// The span is named `call` and stands at level INFO. Its fields: `operation` (`stop_container`), `target` (the id or
/// name as the caller gave it, where the operation has one), and, once the call has ended, `outcome` (`ok`, or the
/// kind of the error) and `duration_ms`. At the end there is one event of the same level; an error's message is in it.
/// At level DEBUG the arguments are told too: passwords, tokens and the values of environment variables never are.
///
/// A call that opens a stream has ended when the stream is open; how many items and bytes came, and how the stream
/// ended, is told when it ends or is dropped, in the same span. How a wait ended is told when it does.
///
/// ```
/// use std::sync::Arc;
/// use wharf_core::{Runtime, RuntimeExt};
/// use wharf_layers::Trace;
///
/// fn traced(runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
///     Arc::new(runtime.layer(Trace::new()))
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace(());

impl Trace {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Trace {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        let span = open(call);
        traced(&span, next).await
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let span = open(call);
        let items = traced(&span, next).await?;
        Ok(tallied(items, span))
    }

    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let span = open(call);
        let pending = traced(&span, next).await?;
        let told = span.clone();
        let answer = async move {
            let answer = pending.await;
            let end = outcome(answer.as_ref().err());
            info!(parent: &told, end, "wait ended");
            answer
        };
        Ok(Pending::new(answer.instrument(span)))
    }

    async fn around_session<'a>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Session>,
    ) -> Result<Session> {
        let span = open(call);
        let mut session = traced(&span, next).await?;
        session.output = tallied(session.output, span);
        Ok(session)
    }
}

fn open(call: Call<'_>) -> Span {
    let span = info_span!(
        "call",
        operation = call.operation().name(),
        target = call.target_id(),
        outcome = field::Empty,
        duration_ms = field::Empty,
    );
    debug!(parent: &span, arguments = ?call, "called");
    span
}

async fn traced<'a, T>(span: &Span, next: impl Next<'a, T>) -> Result<T> {
    let begun = Instant::now();
    let result = next().instrument(span.clone()).await;
    span.record("outcome", outcome(result.as_ref().err()));
    span.record("duration_ms", begun.elapsed().as_secs_f64() * 1e3);
    match &result {
        Ok(_) => info!(parent: span, "done"),
        Err(error) => info!(parent: span, %error, "failed"),
    }
    result
}

/// The outcome in one word.
fn outcome(error: Option<&Error>) -> String {
    error.map_or_else(|| "ok".to_owned(), |error| error.kind().to_string())
}

/// What came out of a stream, told when the stream goes.
struct Tally {
    span: Span,
    items: u64,
    bytes: usize,
    end: Option<String>,
}

impl Drop for Tally {
    fn drop(&mut self) {
        let end = self.end.as_deref().unwrap_or("dropped");
        info!(parent: &self.span, items = self.items, bytes = self.bytes, end, "stream closed");
    }
}

/// The same stream, counted.
fn tallied<T: Item>(items: Items<T>, span: Span) -> Items<T> {
    let tally = Tally {
        span,
        items: 0,
        bytes: 0,
        end: None,
    };
    Items::new(stream::unfold(
        (items, tally),
        |(mut items, mut tally)| async move {
            let span = tally.span.clone();
            let item = items.next().instrument(span).await;
            match &item {
                Some(Ok(item)) => {
                    tally.items += 1;
                    tally.bytes += item.byte_len();
                }
                Some(Err(error)) => tally.end = Some(outcome(Some(error))),
                // After an error the stream ends, and the error is what it ended with.
                None => {
                    tally.end.get_or_insert_with(|| outcome(None));
                }
            }
            Some((item?, (items, tally)))
        },
    ))
}
