//! Layers for wharf: things that go around every operation of a runtime, whichever backend it is.
//!
//! A layer is put on with [`RuntimeExt::layer`](wharf_core::RuntimeExt::layer); the one added last is the outermost.
//! None of them names an operation, so an operation that is added to core has them all from its first day.
//!
//! - [`Trace`]: a `tracing` span around each call.
//! - [`Fault`]: what goes wrong with a real engine, brought about by rules.
//! - [`Record`]: what was called, to be asked afterwards.

mod fault;
mod record;
mod seconds;
mod target;
mod trace;

pub use fault::{Effect, Failure, Fault, Reach, Rule, RuleId, RuleReport, When};
pub use record::{CallOutcome, Calls, Record, RecordedCall, StreamEnd};
pub use trace::Trace;
