//! What a liar does otherwise, and the layer that does so with answers.

use crate::deaf::Deaf;
use futures::{StreamExt, future, stream};
use std::{any::Any, sync::Arc};
use wharf_core::*;
use wharf_fake::Engine;

/// One lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lie {
    /// Changes what a call, or a wait, gives.
    Answer(fn(&mut dyn Any)),
    /// Changes the items of a stream, or their order.
    Item(fn(&mut dyn Any) -> Fate),
    /// Changes an error.
    Twist(fn(Error) -> Error),
    /// Says Ok where that operation failed so.
    Forgive(Operation, ErrorKind),
    /// Says Ok and does nothing.
    Pretend(Operation),
    /// Never answers.
    Hang(Operation),
    /// Fails where it need not.
    Refuse(fn(&Call<'_>) -> Option<Error>),
    /// Answers a wait at once.
    Hasten,
    /// Says otherwise what it can.
    Declare(fn(Capabilities) -> Capabilities),
    /// Takes arguments for others.
    Hear(fn(&mut dyn Any)),
    /// Says Ok before it waits, or listens.
    Delay,
    /// Lets all input through to the engine.
    Trust,
}

/// What becomes of an item of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Lost,
    Doubled,
    /// Told after the one that comes next.
    Late,
}

impl Lie {
    /// Whether it is about what goes in, not about what comes out.
    pub(crate) fn hears(self) -> bool {
        matches!(self, Self::Hear(_) | Self::Delay)
    }
}

/// The runtime with a liar around it.
pub(crate) fn around(lie: Lie, runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
    match lie {
        Lie::Trust => match runtime.backend_as::<Engine>() {
            Some(engine) => Arc::new(engine.clone()),
            None => runtime,
        },
        _ if lie.hears() => Arc::new(Deaf {
            inner: runtime,
            lie,
        }),
        _ => Arc::new(runtime.layer(Liar(lie))),
    }
}

#[derive(Debug)]
struct Liar(Lie);

/// A value of any type, where it is of that one.
fn turned<T: 'static>(value: impl Any) -> Option<T> {
    let value: Box<dyn Any> = Box::new(value);
    value.downcast().ok().map(|value| *value)
}

impl Layer for Liar {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        match self.0 {
            Lie::Pretend(operation) if operation == call.operation() => {
                if let Some(done) = turned(()) {
                    return Ok(done);
                }
            }
            Lie::Hang(operation) if operation == call.operation() => future::pending().await,
            Lie::Refuse(refuse) => {
                if let Some(error) = refuse(&call) {
                    return Err(error);
                }
            }
            _ => {}
        }
        match (next().await, self.0) {
            (Ok(mut answer), Lie::Answer(change)) => {
                change(&mut answer);
                Ok(answer)
            }
            (Err(error), Lie::Forgive(operation, kind))
                if (operation, kind) == (call.operation(), error.kind()) =>
            {
                turned(()).ok_or(error)
            }
            (Err(error), Lie::Twist(change)) => Err(change(error)),
            (outcome, _) => outcome,
        }
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let items = self.around(call, next).await?;
        let Lie::Item(fate) = self.0 else {
            return Ok(items);
        };
        let told = items.scan(None, move |late, item| {
            let told = match item {
                Ok(mut item) => match fate(&mut item) {
                    Fate::Kept => vec![Ok(item)],
                    Fate::Lost => Vec::new(),
                    Fate::Doubled => vec![Ok(item.clone()), Ok(item)],
                    Fate::Late => {
                        let before = late.replace(item);
                        return future::ready(Some(before.into_iter().map(Ok).collect()));
                    }
                },
                Err(error) => vec![Err(error)],
            };
            let told: Vec<Result<T>> = told.into_iter().chain(late.take().map(Ok)).collect();
            future::ready(Some(told))
        });
        Ok(Items::new(told.flat_map(stream::iter)))
    }

    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let pending = self.around(call, next).await?;
        match self.0 {
            Lie::Answer(change) => Ok(Pending::new(async move {
                let mut answer = pending.await?;
                change(&mut answer);
                Ok(answer)
            })),
            Lie::Hasten => Ok(match turned(Exit::new(0)) {
                Some(exit) => Pending::new(future::ready(Ok(exit))),
                None => pending,
            }),
            _ => Ok(pending),
        }
    }

    fn capabilities(&self, below: Capabilities) -> Capabilities {
        match self.0 {
            Lie::Declare(declare) => declare(below),
            _ => below,
        }
    }
}
