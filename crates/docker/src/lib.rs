//! Docker and Podman behind wharf's [`Runtime`](wharf_core::Runtime): the Docker Engine API on unix
//! sockets and TCP.
//!
//! [`Docker::connect`] takes a URL and gives a handle; [`discover()`] tells which engines are here
//! and which of them the `docker` command would take.

mod bridge;
mod connect;
mod container;
mod context;
mod convert;
mod dialect;
mod discover;
mod endpoint;
mod environment;
mod error;
mod event;
mod exec;
mod filters;
mod image;
mod lifecycle;
mod logs;
mod pull;
mod registry;
mod sentences;
mod stream;
mod system;
mod transport;
mod version;
mod volume;
mod wait;

pub use connect::{Docker, DockerBuilder};
pub use discover::{Candidate, Origin, Verdict, discover};
pub use endpoint::{Endpoint, MISSING_SCHEMES, SCHEMES};
pub use environment::Environment;
