//! What a call has opened, and what is to become of it.

use super::{Effect, Failure, Fault, Reach, RuleId};
use async_trait::async_trait;
use futures::{
    StreamExt,
    future::{self, BoxFuture, Either, FutureExt},
    stream,
};
use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};
use tokio::io::AsyncWrite;
use wharf_core::{Error, Exit, Item, Items, Operation, Resource, Result, Session, SessionControl};

/// Where an error happened.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) operation: Operation,
    pub(super) target: Option<Resource>,
}

impl Place {
    pub(super) fn fails(&self, failure: &Failure) -> Error {
        let error = failure.error().with_operation(self.operation);
        match &self.target {
            Some(target) => error.with_resource(target.clone()),
            None => error,
        }
    }

    /// The connection broke; the engine could have acted where the call was sent.
    pub(super) fn breaks(&self, why: &str, sent: bool) -> Error {
        self.fails(&Failure::connection().with_message(why).with_sent(sent))
    }
}

/// A call that was sent, and what it has opened: tied to the engine as it was then.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) fault: Fault,
    pub(super) place: Place,
    /// How often the engine had gone.
    pub(super) outages: u64,
    /// What the rules have for its stream.
    pub(super) effects: Vec<(RuleId, Effect)>,
}

impl Open {
    /// Does the work, and fails at once when the engine goes.
    pub(super) async fn unless_gone<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let outage = pin!(self.fault.0.engine.outage_after(self.outages));
        match future::select(outage, pin!(work)).await {
            Either::Left(((), _)) => Err(self.place.breaks(GONE, true)),
            Either::Right((answer, _)) => answer,
        }
    }

    /// The stream, with what the rules have for it.
    pub(super) fn items<T: Item>(self, items: Items<T>) -> Items<T> {
        let stream = Stream {
            open: self,
            items,
            again: Vec::new(),
            came: 0,
            given: 0,
            bytes: 0,
        };
        Items::new(stream::unfold(Some(stream), |stream| async move {
            let mut stream = stream?;
            let item = stream.next().await?;
            // After an error it has ended, and what is below is let go.
            let rest = item.is_ok().then_some(stream);
            Some((item, rest))
        }))
    }

    /// The session, its output with what the rules have for it.
    pub(super) fn session(self, session: Session) -> Session {
        let Session {
            output,
            input,
            control,
            ..
        } = session;
        let open = self.clone();
        let outage = async move { open.fault.0.engine.outage_after(open.outages).await };
        let input = Input {
            inner: input,
            outage: Some(outage.boxed()),
        };
        let control = Control {
            inner: control,
            open: self.clone(),
        };
        Session::new(self.items(output), input, Arc::new(control))
    }
}

pub(super) const GONE: &str = "the engine is gone, by a fault";

struct Stream<T> {
    open: Open,
    items: Items<T>,
    /// The last item, as often as it is still to be given.
    again: Vec<T>,
    /// Items that came from below.
    came: u64,
    /// Items that were given, and their bytes.
    given: u64,
    bytes: u64,
}

impl<T: Item> Stream<T> {
    async fn next(&mut self) -> Option<Result<T>> {
        // Before the next item is there: it may be long in coming, and the cut is due.
        if let Some(cut) = self.cut_before(0) {
            return Some(Err(cut));
        }
        let item = match self.again.pop() {
            Some(item) => item,
            None => match self.fetch().await? {
                Ok(item) => item,
                Err(error) => return Some(Err(error)),
            },
        };
        let length = u64::try_from(item.byte_len()).unwrap_or(u64::MAX);
        if let Some(cut) = self.cut_before(length) {
            return Some(Err(cut));
        }
        self.given += 1;
        self.bytes = self.bytes.saturating_add(length);
        Some(Ok(item))
    }

    /// The next item that is not dropped.
    async fn fetch(&mut self) -> Option<Result<T>> {
        loop {
            let next = async { Ok(self.items.next().await) };
            let item = match self.open.unless_gone(next).await {
                Ok(Some(Ok(item))) => item,
                Ok(end) => return end,
                Err(gone) => return Some(Err(gone)),
            };
            self.came += 1;
            let mut is_dropped = false;
            for (rule, effect) in &self.open.effects {
                match effect {
                    Effect::DropItem(n) if *n == self.came => is_dropped = true,
                    Effect::RepeatItem(n) if *n == self.came => self.again.push(item.clone()),
                    _ => continue,
                }
                self.open.fault.took_effect(*rule);
            }
            if !is_dropped {
                return Some(Ok(item));
            }
            self.again.clear();
        }
    }

    /// The error that comes instead of an item of that length, where a rule says so.
    fn cut_before(&self, length: u64) -> Option<Error> {
        self.open.effects.iter().find_map(|(rule, effect)| {
            let Effect::Cut { after, with } = effect else {
                return None;
            };
            let is_due = match *after {
                Reach::Items(n) => self.given >= n,
                Reach::Bytes(n) => self.bytes >= n || self.bytes.saturating_add(length) > n,
            };
            is_due.then(|| {
                self.open.fault.took_effect(*rule);
                // The stream was open, so the call was sent, whatever went wrong then.
                let sent = with.sent.unwrap_or(true);
                self.open.place.fails(&with.clone().with_sent(sent))
            })
        })
    }
}

/// A session's input, until the engine goes.
struct Input {
    inner: Pin<Box<dyn AsyncWrite + Send>>,
    /// None when it has.
    outage: Option<BoxFuture<'static, ()>>,
}

impl Input {
    fn unless_gone(
        &mut self,
        cx: &mut Context<'_>,
    ) -> io::Result<Pin<&mut (dyn AsyncWrite + Send)>> {
        if let Some(outage) = &mut self.outage
            && outage.poll_unpin(cx).is_ready()
        {
            self.outage = None;
        }
        match self.outage {
            Some(_) => Ok(self.inner.as_mut()),
            None => Err(io::Error::new(io::ErrorKind::BrokenPipe, GONE)),
        }
    }
}

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unless_gone(cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unless_gone(cx)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unless_gone(cx)?.poll_shutdown(cx)
    }
}

/// A session's control, until the engine goes.
struct Control {
    inner: Arc<dyn SessionControl>,
    open: Open,
}

#[async_trait]
impl SessionControl for Control {
    async fn resize(&self, rows: u16, columns: u16) -> Result<()> {
        self.open
            .unless_gone(self.inner.resize(rows, columns))
            .await
    }

    async fn wait(&self) -> Result<Exit> {
        self.open.unless_gone(self.inner.wait()).await
    }
}
