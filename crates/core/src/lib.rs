//! The heart of wharf: one [`Runtime`] trait for every container engine, neutral types, canonical errors. No I/O.
//!
//! Libraries code against the traits here; backends implement them; layers go around them. Applications and tests
//! usually take the crate `wharf`, which has all of this and a way to connect.
//!
//! - [`Runtime`] and its groups [`SystemOps`], [`ContainerOps`], [`ImageOps`], [`EventOps`], and the optional
//!   [`VolumeOps`] and [`NetworkOps`]: the contract is in their docs.
//! - [`RuntimeExt`]: what callers want beside the operations, the same for every backend.
//! - [`Error`] and [`ErrorKind`]: what can go wrong, to match on.
//! - [`Layer`]: one hook around every operation.
//! - [`Checked`]: what backends hand themselves out in.

mod checked;
mod data;
mod error;
mod ext;
mod filters;
mod forward;
mod layer;
mod operation;
mod ops;
mod reference;
mod runtime;
mod serde_with;
mod table;
mod types;
mod url;
mod validate;

/// A point in time, in UTC. The one type of `chrono` that shows.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

pub use checked::Checked;
pub use error::{Error, ErrorKind, Resource, ResourceKind, Result};
pub use ext::{PullPolicy, RunOptions, RunOutput, RuntimeExt};
pub use layer::{Call, Item, Layer, Layered, Next, Outcome};
pub use operation::{Capabilities, Operation};
pub use ops::{ContainerOps, EventOps, ImageOps, NetworkOps, SystemOps, VolumeOps};
pub use runtime::Runtime;
pub use types::*;
pub use url::show_url;
