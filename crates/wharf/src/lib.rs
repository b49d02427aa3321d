//! One trait for every container engine: any ship ties up at a wharf, any engine sits behind [`Runtime`].
//!
//! # The tour
//!
//! **Code against the trait.** A library takes `&dyn Runtime` to borrow an engine, `Arc<dyn Runtime>` to keep one, and
//! knows none of them:
//!
//! ```
//! use wharf::prelude::*;
//! use wharf::{ContainerConfig, PullPolicy, Result, RunOptions};
//!
//! /// What a shell command prints in a fresh container.
//! pub async fn shell(runtime: &dyn Runtime, command: &str) -> Result<String> {
//!     runtime.ensure_image("busybox", PullPolicy::Missing).await?;
//!     let config = ContainerConfig::new("busybox").with_command(["sh", "-c", command]);
//!     let output = runtime.run(config, RunOptions::default()).await?;
//!     Ok(output.stdout_text())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
//! // A test gives it the engine in memory; no daemon, milliseconds.
//! let runtime = wharf::connect("fake:").await?;
//! assert_eq!(shell(&*runtime, "echo ahoy").await?, "ahoy\n");
//! # Ok(()) }
//! ```
//!
//! **Pick the engine at startup.** [`connect`] takes a URL; [`connect_from_env`] finds an engine as the `docker` command
//! would, and says which it took; [`discover`] tells what was looked at, and [`Schemes`] lets a backend of another
//! crate in:
//!
//! ```no_run
//! # async fn example() -> wharf::Result<()> {
//! let runtime = match std::env::args().nth(1) {
//!     Some(url) => wharf::connect(&url).await?,
//!     None => wharf::connect_from_env().await?,
//! };
//! # let _ = runtime; Ok(()) }
//! ```
//!
//! **Match on what went wrong.** The same mistake has the same [`ErrorKind`] on every engine. An exit code that is not
//! zero is data, not an error:
//!
//! ```
//! # use wharf::prelude::*;
//! use wharf::{ErrorKind, StopOptions};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> wharf::Result<()> {
//! let runtime = wharf::connect("fake:").await?;
//! let error = runtime.stop_container("web", StopOptions::default()).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::ContainerNotFound);
//! # Ok(()) }
//! ```
//!
//! **Follow what happens.** Logs, events and progress are streams that do not lie: when the call has given Ok they are
//! live, trouble is an item and then the end, and dropping one leaves nothing behind:
//!
//! ```
//! use wharf::prelude::*;
//! use wharf::{ContainerConfig, EventAction, EventsOptions, RunOptions};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> wharf::Result<()> {
//! let runtime = wharf::connect("fake:").await?;
//! let mut events = runtime.events(EventsOptions::default()).await?;
//!
//! let config = ContainerConfig::new("busybox").with_command(["true"]);
//! runtime.run(config, RunOptions::default()).await?;
//!
//! let first = events.next().await.transpose()?.map(|event| event.action);
//! assert_eq!(first, Some(EventAction::Create));
//! # Ok(()) }
//! ```
//!
//! **Put something around all of it.** A layer is one hook around every operation, on any engine:
//!
//! ```
//! # #[cfg(feature = "layers")] {
//! use std::sync::Arc;
//! use wharf::{layers::Trace, prelude::*};
//!
//! fn traced(runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
//!     Arc::new(runtime.layer(Trace::new()))
//! }
//! # }
//! ```
//!
//! # Features
//!
//! - `docker` (default): Docker and Podman, on unix sockets and TCP.
//! - `fake`: the engine in memory.
//! - `layers`: what goes around every operation: `layers::Trace`, `layers::Fault` and `layers::Record`.

mod connect;
mod discover;
#[cfg(feature = "docker")]
mod docker;
#[cfg(feature = "fake")]
pub mod fake;
pub mod prelude;
mod schemes;
mod wait;

pub use connect::{RUNTIME_VARIABLE, connect, connect_from_env};
pub use discover::{Candidate, Verdict, discover};
pub use schemes::Schemes;
pub use wait::{Ready, wait_until};
pub use wharf_core::*;

#[cfg(feature = "layers")]
pub use wharf_layers as layers;
