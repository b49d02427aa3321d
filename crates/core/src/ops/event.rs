//! The engine's events.

use crate::{
    Result,
    types::{Event, EventsOptions, Items},
};
use async_trait::async_trait;
use std::fmt::Debug;

/// The engine's events.
#[async_trait]
pub trait EventOps: Debug + Send + Sync {
    /// Tells what happens in the engine, in its order. Source: `GET /events`.
    ///
    /// Ok means the feed is live: nothing that happens after that instant is missed. With `since` it begins with what
    /// the engine remembers; with `until` it ends then. Events are read ahead into a bounded buffer; a caller who stays
    /// behind it gets [`Lagged`](crate::ErrorKind::Lagged) and the end, never a gap. When the engine goes away the
    /// stream ends with [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed).
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): a filter's key or value is unknown; `since` is after
    ///   `until`.
    async fn events(&self, options: EventsOptions) -> Result<Items<Event>>;
}
