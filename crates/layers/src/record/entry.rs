//! A call while something of it is still to come.

use super::{CallOutcome, Record, RecordedCall, StreamEnd, call::clipped};
use crate::names::Known;
use futures::{StreamExt, stream};
use std::sync::Arc;
use tokio::time::Instant;
use wharf_core::{Item, Items, Outcome};

/// A call in the log. What is still open when it is dropped was dropped by the caller.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) number: u64,
    pub(super) begun: Instant,
    /// The container that it is to, where that was known when it began.
    pub(super) known: Option<Arc<Known>>,
}

impl Entry {
    fn change(&self, change: impl FnOnce(&mut RecordedCall)) {
        if let Some(logged) = self.record.log().calls.get_mut(&self.number) {
            change(&mut logged.call);
        }
    }

    /// Its answer told which container it was to.
    pub(super) fn was_to(&self, known: Arc<Known>) {
        if let Some(logged) = self.record.log().calls.get_mut(&self.number) {
            logged.known = Some(known);
        }
    }

    pub(super) fn over(&self, outcome: CallOutcome) {
        let took = self.begun.elapsed();
        self.change(|call| {
            call.took = Some(took);
            call.outcome = outcome;
        });
    }

    pub(super) fn answered<T: Outcome>(&self, value: &T) {
        let text = value.data().map(|data| clipped(format_args!("{data:?}")));
        self.over(CallOutcome::Ok(text.unwrap_or_default()));
    }

    /// The same stream, counted.
    pub(super) fn counting<T: Item>(self, items: Items<T>) -> Items<T> {
        self.over(CallOutcome::Opened {
            items: 0,
            bytes: 0,
            end: StreamEnd::Open,
        });
        Items::new(stream::unfold(
            (items, self),
            |(mut items, entry)| async move {
                let item = items.next().await;
                let length = item.as_ref().and_then(|item| item.as_ref().ok());
                let length = length.map_or(0, Item::byte_len);
                entry.change(|call| {
                    let CallOutcome::Opened { items, bytes, end } = &mut call.outcome else {
                        return;
                    };
                    match &item {
                        Some(Ok(_)) => {
                            *items += 1;
                            *bytes += u64::try_from(length).unwrap_or(u64::MAX);
                        }
                        Some(Err(error)) => *end = StreamEnd::failed(error),
                        // After an error the stream ends, and the error is what it ended with.
                        None if *end == StreamEnd::Open => *end = StreamEnd::Ended,
                        None => {}
                    }
                });
                Some((item?, (items, entry)))
            },
        ))
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        self.change(|call| match &mut call.outcome {
            outcome @ CallOutcome::Running => {
                *outcome = CallOutcome::Dropped;
                call.took = Some(took);
            }
            CallOutcome::Opened { end, .. } if *end == StreamEnd::Open => *end = StreamEnd::Dropped,
            _ => {}
        });
    }
}
