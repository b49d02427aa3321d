//! Containers: what they are made from, how operations on them are done, and what is said of them.

mod config;
mod health;
mod info;
mod mount;
mod network;
mod options;
mod output;
mod port;
mod restart;

pub use config::*;
pub use health::*;
pub use info::*;
pub use mount::*;
pub use network::*;
pub use options::*;
pub use output::*;
pub use port::*;
pub use restart::*;
