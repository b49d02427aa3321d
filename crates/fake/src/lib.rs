//! A container engine in memory, behind [`Runtime`](wharf_core::Runtime): for tests that want an engine and no daemon.
//!
//! It is no mock: it has states, refusals, events, exit codes, logs, files and time as a real engine has them, and is
//! held to the same suite. [`Fake`] is the test's handle, [`Fake::runtime`] what the code under test is given.

mod bus;
mod clock;
mod control;
mod dump;
mod fs;
mod image;
mod leaks;
mod log;
mod outside;
mod probe;
mod process;
mod program;
mod pull;
mod random;
mod registry;
mod run;
mod runtime;
mod seed;
mod snapshot;
mod state;
mod trouble;

pub use control::{Builder, Fake};
pub use dump::{ContainerDump, Dump, FileDump, VolumeDump};
pub use image::ImageFixture;
pub use leaks::{Leak, LeakKind, Leaks};
pub use program::{Commands, Context, Program, Script};
pub use registry::Registry;
pub use runtime::{Engine, FakeRuntime};
pub use snapshot::Snapshot;
