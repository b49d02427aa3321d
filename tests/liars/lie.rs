//! What a liar does otherwise, and the layer that does so with answers.

use crate::{
    deaf::Deaf,
    place::{self, Change},
};
use futures::{StreamExt, future, stream};
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use wharf_core::*;
use wharf_fake::Engine;

/// One lie. Those that are data come in families: one a field, a filter's key, a kind of error, an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lie {
    /// Changes what a call, a wait or a stream gives.
    Answer(fn(&mut dyn Any)),
    /// Leaves that field out of all answers and items: see [`place`].
    Unsaid(&'static str),
    /// Says something else in that field.
    Wrong(&'static str),
    /// Changes the items of a stream, or their order.
    Item(fn(&mut dyn Any) -> Fate),
    /// Leaves out the events that say this.
    Untold(&'static str),
    /// Changes an error.
    Twist(fn(Error) -> Error),
    /// Where that operation fails so, says that the engine is at fault.
    Mistaken(Operation, ErrorKind),
    /// Says Ok where that operation failed so.
    Forgive(Operation, ErrorKind),
    /// Says Ok and does nothing.
    Pretend(Operation),
    /// Never answers.
    Hang(Operation),
    /// Panics where that operation fails.
    Panic(Operation),
    /// Fails where it need not.
    Fail(Operation),
    /// As `Fail`, for some calls only.
    Refuse(fn(&Call<'_>) -> Option<Error>),
    /// Fails from the second time on.
    Once(Operation),
    /// Answers a wait at once.
    Hasten,
    /// Ends no stream.
    Endless,
    /// Closes everything with a handle that is closed, or with a stream or a wait that is dropped.
    Careless,
    /// Says otherwise whether it has that operation.
    Misdeclare(Operation),
    /// Takes arguments for others.
    Hear(fn(&mut dyn Any)),
    /// Takes that field of a configuration or of options, or that key of filters, as if it had not been given.
    Unheard(&'static str),
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
        matches!(self, Self::Hear(_) | Self::Unheard(_) | Self::Delay)
    }

    /// The same liar without the lie: calls go the same way through it.
    pub(crate) fn honest(self) -> Self {
        if self.hears() {
            Self::Hear(|_| ())
        } else {
            Self::Answer(|_| ())
        }
    }

    /// Changes an argument.
    pub(crate) fn hear(self, argument: &mut dyn Any) {
        match self {
            Self::Hear(change) => change(argument),
            Self::Unheard(place) => place::change(argument, place, Change::Lost),
            _ => {}
        }
    }

    /// Changes an answer or an item, and says what becomes of an item.
    fn tell(self, told: &mut dyn Any) -> Fate {
        match self {
            Self::Answer(change) => change(told),
            Self::Unsaid(place) => place::change(told, place, Change::Lost),
            Self::Wrong(place) => place::change(told, place, Change::Wrong),
            Self::Item(fate) => return fate(told),
            Self::Untold(action) => {
                let event = told.downcast_ref::<Event>();
                if event.is_some_and(|event| event.action.as_str() == action) {
                    return Fate::Lost;
                }
            }
            _ => {}
        }
        Fate::Kept
    }

    /// Changes an error.
    fn twist(self, call: &Call<'_>, error: Error) -> Error {
        match self {
            Self::Twist(change) => change(error),
            Self::Mistaken(operation, kind)
                if (operation, kind) == (call.operation(), error.kind()) =>
            {
                told_as(&error, ErrorKind::Internal)
            }
            Self::Panic(operation) if operation == call.operation() => {
                panic!("a backend's own fault: {error}")
            }
            _ => error,
        }
    }
}

/// The error, of another kind.
pub(crate) fn told_as(error: &Error, kind: ErrorKind) -> Error {
    let told = Error::new(kind, error.message()).with_sent(error.was_sent());
    match (error.operation(), error.resource()) {
        (Some(operation), Some(resource)) => told
            .with_operation(operation)
            .with_resource(resource.clone()),
        _ => told,
    }
}

/// The runtime with a liar around it. All handles on one engine have `closed` in common.
pub(crate) fn around(
    lie: Lie,
    closed: &Arc<AtomicBool>,
    runtime: Arc<dyn Runtime>,
) -> Arc<dyn Runtime> {
    match lie {
        Lie::Trust => match runtime.backend_as::<Engine>() {
            Some(engine) => Arc::new(engine.clone()),
            None => runtime,
        },
        _ if lie.hears() => Arc::new(Deaf {
            inner: runtime,
            lie,
        }),
        _ => Arc::new(runtime.layer(Liar {
            lie,
            calls: AtomicUsize::new(0),
            closed: Arc::clone(closed),
        })),
    }
}

/// All that is told goes one way, whatever the lie: so an honest one shows that the way changes nothing.
#[derive(Debug)]
struct Liar {
    lie: Lie,
    /// How often the operation was called that works once.
    calls: AtomicUsize,
    /// Whether one who is careless has closed everything.
    closed: Arc<AtomicBool>,
}

/// Goes with a stream or a wait.
struct Open {
    lie: Lie,
    closed: Arc<AtomicBool>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if matches!(self.lie, Lie::Careless) {
            self.closed.store(true, Ordering::Relaxed);
        }
    }
}

impl Liar {
    fn open(&self) -> Open {
        Open {
            lie: self.lie,
            closed: Arc::clone(&self.closed),
        }
    }
}

/// A value of any type, where it is of that one.
fn turned<T: 'static>(value: impl Any) -> Option<T> {
    let value: Box<dyn Any> = Box::new(value);
    value.downcast().ok().map(|value| *value)
}

impl Layer for Liar {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::ConnectionFailed, "all is closed"));
        }
        match self.lie {
            Lie::Careless if call.operation() == Operation::Close => drop(self.open()),
            Lie::Fail(operation) if operation == call.operation() => {
                return Err(Error::new(ErrorKind::Conflict, "not now"));
            }
            Lie::Pretend(operation) if operation == call.operation() => {
                if let Some(done) = turned(()) {
                    return Ok(done);
                }
            }
            Lie::Hang(operation) if operation == call.operation() => future::pending().await,
            Lie::Once(operation)
                if operation == call.operation()
                    && self.calls.fetch_add(1, Ordering::Relaxed) > 0 =>
            {
                return Err(Error::new(ErrorKind::Conflict, "not again"));
            }
            Lie::Refuse(refuse) => {
                if let Some(error) = refuse(&call) {
                    return Err(error);
                }
            }
            _ => {}
        }
        match next().await {
            Ok(mut answer) => {
                self.lie.tell(&mut answer);
                Ok(answer)
            }
            Err(error) => match self.lie {
                Lie::Forgive(operation, kind)
                    if (operation, kind) == (call.operation(), error.kind()) =>
                {
                    turned(()).ok_or(error)
                }
                lie => Err(lie.twist(&call, error)),
            },
        }
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let (items, lie, open) = (self.around(call, next).await?, self.lie, self.open());
        let told = items.scan(None, move |late, item| {
            let told = match item {
                Ok(mut item) => match lie.tell(&mut item) {
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
        let told = told.flat_map(move |items| {
            let _open = &open;
            stream::iter(items)
        });
        Ok(match lie {
            Lie::Endless => Items::new(told.chain(stream::pending())),
            _ => Items::new(told),
        })
    }

    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let (pending, lie, open) = (self.around(call, next).await?, self.lie, self.open());
        if let (Lie::Hasten, Some(exit)) = (lie, turned(Exit::new(0))) {
            return Ok(Pending::new(future::ready(Ok(exit))));
        }
        Ok(Pending::new(async move {
            let _open = open;
            let mut answer = pending.await?;
            lie.tell(&mut answer);
            Ok(answer)
        }))
    }

    fn capabilities(&self, below: Capabilities) -> Capabilities {
        match self.lie {
            Lie::Misdeclare(operation) if below.supports(operation) => below.without(operation),
            Lie::Misdeclare(operation) => Capabilities::of(below.operations().chain([operation])),
            _ => below,
        }
    }
}
