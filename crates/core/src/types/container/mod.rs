//! Containers: what they are made from, how operations on them are done, and what is said of them.

mod config;
mod info;
mod options;
mod output;

pub use config::*;
pub use info::*;
pub use options::*;
pub use output::*;
