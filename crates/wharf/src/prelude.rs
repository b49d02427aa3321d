//! What most code wants in scope: `use wharf::prelude::*`.
//!
//! The traits of the single groups are left out on purpose: a call on `dyn Runtime` finds its method without them, and
//! with them a call on an `Arc` would go through one pointer more.

pub use futures::StreamExt;
pub use wharf_core::{Layer, Runtime, RuntimeExt};
