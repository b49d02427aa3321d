//! The neutral types, by topic: data beside its options.

mod body;
mod container;
mod event;
mod id;
mod image;
mod network;
mod platform;
mod secret;
mod session;
mod signal;
mod stream;
mod system;
mod volume;

pub use crate::{filters::Filters, reference::ImageRef};
pub use body::Body;
pub use container::*;
pub use event::*;
pub use id::*;
pub use image::*;
pub use network::*;
pub use platform::Platform;
pub use secret::*;
pub use session::*;
pub use signal::Signal;
pub use stream::*;
pub use system::*;
pub use volume::*;
