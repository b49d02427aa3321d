//! Bytes on their way to an engine.

use crate::{Error, Result, types::Items};
use bytes::Bytes;
use futures::{Stream, future::BoxFuture, stream};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes on their way to an engine: an archive, a build context.
///
/// Cloning copies the handle. A body of bytes, and one that can be opened anew, may be sent twice; a one-shot stream
/// can be opened once, whoever opens it.
#[derive(Clone)]
pub struct Body(Kind);

type Open = dyn Fn() -> BoxFuture<'static, Result<Items<Bytes>>> + Send + Sync;

#[derive(Clone)]
enum Kind {
    Bytes(Bytes),
    Reopen(Arc<Open>),
    Once(Arc<Mutex<Option<Items<Bytes>>>>),
}

impl Body {
    /// A stream that can be read once.
    pub fn from_stream(stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self(Kind::Once(Arc::new(Mutex::new(Some(Items::new(stream))))))
    }

    /// A closure that opens the bytes anew each time they are sent: a file, say.
    pub fn reopen<F, Fut>(open: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Items<Bytes>>> + Send + 'static,
    {
        Self(Kind::Reopen(Arc::new(move || Box::pin(open()))))
    }

    /// Whether it can be sent twice.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.0, Kind::Once(_))
    }

    /// Its length in bytes, where that is known beforehand.
    pub fn len_hint(&self) -> Option<u64> {
        match &self.0 {
            Kind::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Kind::Reopen(_) | Kind::Once(_) => None,
        }
    }

    /// Opens it for reading: what a backend does, once for each time that it sends.
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) where a one-shot stream has been opened before.
    pub async fn open(&self) -> Result<Items<Bytes>> {
        match &self.0 {
            Kind::Bytes(bytes) => Ok(Items::new(stream::iter([Ok(bytes.clone())]))),
            Kind::Reopen(open) => open().await,
            Kind::Once(slot) => slot
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
                .ok_or_else(|| {
                    Error::invalid("body", "it was a one-shot stream and is already read")
                }),
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Kind::Reopen(_) => f.write_str("Body(reopens)"),
            Kind::Once(_) => f.write_str("Body(once)"),
        }
    }
}
