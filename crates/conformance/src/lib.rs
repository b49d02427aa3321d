//! The contract of wharf's [`Runtime`](wharf_core::Runtime) trait, as cases that any backend can run.
//!
//! Each [`Case`] states a fact, cites the row of the contract that it holds a backend to, and says what it needs. A
//! [`Harness`] tells how to reach a backend and what may be done there. [`run_all`] runs every case; a test runner that
//! wants each case by itself takes [`cases`] and calls [`Case::run`].
//!
//! ```
//! use wharf_conformance::{Harness, cases};
//! # use wharf_core::{Error, ErrorKind};
//!
//! let harness = Harness::new("mine", || Box::pin(async {
//!     // Connect to your backend here.
//! #   Err(Error::new(ErrorKind::ConnectionFailed, "there is none"))
//! }));
//! assert!(cases().len() > 120);
//! # let _ = harness;
//! ```
//!
//! The suite is safe on an engine that somebody uses: all it makes bears a label of its run, and it removes, prunes and
//! counts only under that label. What needs the whole engine runs only where the harness says
//! [`with_exclusive`](Harness::with_exclusive).

mod case;
mod cases;
mod check;
mod context;
mod guard;
mod harness;
mod report;
mod sweep;
mod variance;

pub use case::{Case, Need};
pub use cases::cases;
pub use harness::Harness;
pub use report::{CaseReport, Outcome, Report, run_all};
pub use variance::{VARIANCES, Variance};
