//! The groups of operations, one trait a file. Their docs are the contract.

mod container;
mod event;
mod image;
mod network;
mod system;
mod volume;

pub use container::ContainerOps;
pub use event::EventOps;
pub use image::ImageOps;
pub use network::NetworkOps;
pub use system::SystemOps;
pub use volume::VolumeOps;

/// What a provided operation answers until a backend overrides it. Takes the arguments, so that none is unused.
macro_rules! unsupported {
    ($op:ident $(, $argument:ident)*) => {{
        $( let _ = $argument; )*
        Err($crate::Error::unsupported($crate::Operation::$op))
    }};
}
use unsupported;
