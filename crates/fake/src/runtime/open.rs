//! What is open: calls that answer late, streams and waits, until they are over or dropped.

use super::{Engine, Session, closed, restored, stopped};
use crate::{
    leaks::{Leak, LeakKind},
    outside::{Waking, woken_outside},
};
use futures::{
    Stream,
    future::{self, Either},
    stream,
};
use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, ready},
};
use tokio::sync::watch;
use wharf_core::{Error, Items, Operation, Pending, Result, Timestamp};

/// What one of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenKind {
    /// A call that has not answered yet.
    Call,
    /// A stream that has not come to its end.
    Stream,
    /// A wait that was armed and not answered.
    Wait,
}

/// Why all that is open ends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The fake was restored: this world is not there any more.
    Restored,
    /// The engine has stopped.
    Stopped,
}

impl Cut {
    /// What it tells to what is open, unless that runs dry by itself.
    fn ends(self, runs_dry: bool) -> Option<Error> {
        match self {
            Self::Restored => Some(restored()),
            Self::Stopped => (!runs_dry).then(stopped),
        }
    }
}

/// What is known of one of them.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    kind: OpenKind,
    operation: Operation,
    /// As the caller named it.
    target: String,
    since: Timestamp,
}

impl From<Opened> for Leak {
    fn from(opened: Opened) -> Self {
        let Opened {
            kind,
            operation,
            target,
            since,
        } = opened;
        let of = if target.is_empty() { "" } else { " of " };
        let (kind, line) = match kind {
            OpenKind::Call => (
                LeakKind::Call,
                format!("a call that waits: {operation}{of}{target}, begun at {since}"),
            ),
            OpenKind::Stream => (
                LeakKind::Stream,
                format!("an open stream: {operation}{of}{target}, opened at {since}"),
            ),
            OpenKind::Wait => (
                LeakKind::Wait,
                format!("an armed wait: {operation}{of}{target}, armed at {since}"),
            ),
        };
        Self::new(kind, target, Some(since), line)
    }
}

/// All that is open in one fake. It has a lock of its own: what is dropped may be dropped anywhere.
#[derive(Debug)]
pub(super) struct OpenList {
    all: Mutex<Numbered>,
    /// Changes when all that is open is cut off.
    cut: watch::Sender<Cut>,
}

#[derive(Debug, Default)]
struct Numbered {
    last: u64,
    open: BTreeMap<u64, Opened>,
}

impl OpenList {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            all: Mutex::default(),
            cut: watch::Sender::new(Cut::Restored),
        })
    }

    /// All that is open ends, with an error that says why.
    pub(super) fn end_all(&self, cut: Cut) {
        self.cut.send_replace(cut);
    }

    /// All that was opened after the one with that number, the oldest first.
    pub(super) fn after(&self, number: u64) -> Vec<Opened> {
        let all = self.lock();
        all.open
            .range(number + 1..)
            .map(|(_, o)| o.clone())
            .collect()
    }

    /// The number of the one that was opened last.
    pub(super) fn last(&self) -> u64 {
        self.lock().last
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them. It ends with an error when its connection is closed or the fake is restored.
pub(super) struct Open {
    entry: Entry,
    operation: Operation,
    ends: Ends,
}

/// What ends it before its time.
#[derive(Clone)]
struct Ends {
    closed: watch::Receiver<bool>,
    cut: watch::Receiver<Cut>,
    /// It runs dry by itself when the engine stops: what there was before is still to be read.
    runs_dry: bool,
}

impl Ends {
    /// Why it has to end now, if it has to.
    fn now(&self) -> Option<Error> {
        let cut = self.cut().and_then(|cut| cut.ends(self.runs_dry));
        cut.or_else(|| {
            let is_closed = self.closed.has_changed().unwrap_or_default();
            is_closed.then(closed)
        })
    }

    fn cut(&self) -> Option<Cut> {
        let cut = self.cut.has_changed().unwrap_or_default();
        cut.then(|| *self.cut.borrow())
    }

    /// Comes back, with the reason, when it has to end.
    async fn come(mut self) -> Error {
        let cut = async {
            loop {
                // The sender is held by what waits here.
                let _ = self.cut.changed().await;
                let cut = *self.cut.borrow_and_update();
                if let Some(error) = cut.ends(self.runs_dry) {
                    return error;
                }
            }
        };
        match future::select(pin!(self.closed.changed()), pin!(cut)).await {
            Either::Left(_) => closed(),
            Either::Right((error, _)) => error,
        }
    }
}

/// Its place in the list, until this is dropped. The list and the session have the senders that [`Ends`] listens to:
/// what is open when the last handle goes stays so.
struct Entry {
    list: Arc<OpenList>,
    number: u64,
    _session: Arc<Session>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.list.lock().open.remove(&self.number);
    }
}

impl Engine {
    /// What an operation begins with that may answer late.
    pub(super) fn open(&self, kind: OpenKind, operation: Operation, target: &str) -> Result<Open> {
        // Before the look at the connection, so that a close after it is noticed.
        let closed = self.session.closed.subscribe();
        let list = &self.enter()?.open;
        let ends = Ends {
            closed,
            cut: list.cut.subscribe(),
            runs_dry: false,
        };
        let opened = Opened {
            kind,
            operation,
            target: target.to_owned(),
            since: self.shared.now(),
        };
        let mut all = list.lock();
        all.last += 1;
        let number = all.last;
        all.open.insert(number, opened);
        drop(all);
        Ok(Open {
            entry: Entry {
                list: Arc::clone(list),
                number,
                _session: Arc::clone(&self.session),
            },
            operation,
            ends,
        })
    }
}

impl Open {
    /// The same for what comes to an end by itself when the engine stops.
    pub(super) fn that_runs_dry(mut self) -> Self {
        self.ends.runs_dry = true;
        self
    }

    /// An answer that takes its time, and does not come any more once this has to end.
    pub(super) async fn wait<T>(self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let Self { entry, ends, .. } = self;
        let (answer, end) = (pin!(answer), pin!(ends.clone().come()));
        let outcome = match woken_outside(future::select(answer, end)).await {
            // What the end of the old world has brought about is no answer of it.
            Either::Left((outcome, _)) => match (outcome, ends.cut()) {
                (_, Some(Cut::Restored)) => Err(restored()),
                // What was answered before stands.
                (Err(_), Some(Cut::Stopped)) => Err(stopped()),
                (outcome, _) => outcome,
            },
            Either::Right((error, _)) => Err(error),
        };
        drop(entry);
        outcome
    }

    /// The same for an answer that is handed out before it is there.
    pub(super) fn pending<T: Send + 'static>(
        self,
        answer: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Pending<T> {
        let operation = self.operation;
        Pending::new(async move {
            let outcome = self.wait(answer).await;
            outcome.map_err(|error| error.with_operation(operation))
        })
    }

    /// A stream that ends with an error once this has to end.
    pub(super) fn items<T: Send + 'static>(
        self,
        items: impl Stream<Item = Result<T>> + Send + 'static,
    ) -> Items<T> {
        let Self {
            entry,
            operation,
            ends,
        } = self;
        let come = Box::pin(ends.clone().come());
        // With its end what it holds is let go, and not only when the caller drops it.
        let mut open = Some((ends, come, Box::pin(items), entry));
        let mut waking = Waking::default();
        Items::new(stream::poll_fn(move |context| {
            let Some((ends, come, items, _)) = &mut open else {
                return Poll::Ready(None);
            };
            let context = &mut waking.context(context);
            let next = match ends.now() {
                Some(error) => Some(Err(error)),
                None => match items.as_mut().poll_next(context) {
                    Poll::Ready(next) => next,
                    // To be woken by an end costs more than to look for one: only who has nothing else to do asks for
                    // it.
                    Poll::Pending => Some(Err(ready!(come.as_mut().poll(context)))),
                },
            };
            if !matches!(next, Some(Ok(_))) {
                open = None;
            }
            Poll::Ready(next.map(|item| item.map_err(|error| error.with_operation(operation))))
        }))
    }
}
