//! What answers late: streams of items, and one answer that is armed.

use crate::{Item, Result};
use futures::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// A stream that borrows nothing: it outlives the call, its arguments and the runtime.
///
/// What can fail at opening has failed before it is handed out. Trouble later is an `Err` item, after which the stream
/// ends. Dropping it releases the connection. Nothing is dropped in silence: a slow reader slows the producer down, or
/// gets [`Lagged`](crate::ErrorKind::Lagged).
pub struct Items<T>(BoxStream<'static, Result<T>>);

impl<T> Items<T> {
    /// Over any stream, which must end after its first error.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self
    where
        T: 'static,
    {
        Self(stream.boxed())
    }

    /// A stream of these items.
    pub fn from_items(items: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Self
    where
        T: Send + 'static,
    {
        Self(stream::iter(items.into_iter().map(Ok)).boxed())
    }

    /// A stream that has ended.
    pub fn empty() -> Self
    where
        T: Send + 'static,
    {
        Self(stream::empty().boxed())
    }
}

impl<T: Item> Items<T> {
    /// Whether its items have bytes, for the table of operations.
    pub(crate) const HAVE_BYTES: bool = T::HAS_BYTES;
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items<{}>", std::any::type_name::<T>())
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// An answer that is on its way: armed by the `await` that gave it, so that what happens from then on is not missed.
/// Awaiting it gives the answer; dropping it gives up.
pub struct Pending<T>(BoxFuture<'static, Result<T>>);

impl<T> Pending<T> {
    /// Over any future.
    pub fn new(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending<{}>", std::any::type_name::<T>())
    }
}
