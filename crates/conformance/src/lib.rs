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
//! The suite is safe on an engine that somebody uses. All it makes that can bear a label bears `wharf.conformance`,
//! with its run as the value; the names that it gives to images, and the volumes that are made only by being mounted,
//! begin with `wharf-<run>-` instead. It removes, prunes and counts nothing but what it made, and the image that it may
//! [pull](Harness::with_pull_image). What needs the whole engine runs only where the harness says
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
