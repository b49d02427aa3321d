//! Layers for wharf: things that go around every operation of a runtime, whichever backend it is.
//!
//! A layer is put on with [`RuntimeExt::layer`](wharf_core::RuntimeExt::layer); the one added last is the outermost.
//! None of them goes by a list of operations, so an operation that is added to core has them all from its first day.
//!
//! - [`Trace`]: a `tracing` span around each call.
//! - [`Fault`]: what goes wrong with a real engine, brought about by rules.
//! - [`Record`]: what was called, to be asked afterwards.
//!
//! # What a call is to
//!
//! [`Calls::to`] and [`Rule::to`] mean the thing, however the caller named it. A container is found by
//!
//! - the name that it had when it was called,
//! - its whole id, or a beginning of that of six characters or more: less is as likely a name (`cafe`),
//! - what the caller said, whatever that is.
//!
//! In a name, `*` stands for any text and `?` for one character. An id is random, so no pattern fits one by its digits: a
//! call by an id is found by a pattern where the name is known. `*` alone is whatever there is.
//!
//! Which container has which name a layer learns from the calls that go through it: from each that creates, renames,
//! inspects, lists, removes or prunes containers. What an inspection or a list is the first to tell is true of the calls
//! before it, too. A name that no such call has told is not known: where containers are made in another way, and called
//! by their ids, list them once through the layer. Of containers that it saw go a layer remembers the last 10,000, of
//! others the last 100,000. One layer is for one engine.
//!
//! An image is found by its full and by its short form, or where it was called by its id, by that and its beginnings.
//! Anything else is found by what the caller said, or where that is a whole id, by its beginnings.

mod fault;
mod names;
mod record;
mod seconds;
mod target;
mod trace;
mod word;

pub use fault::{Effect, Failure, Fault, Reach, Rule, RuleId, RuleReport, When};
pub use record::{CallOutcome, Calls, Record, RecordedCall, StreamEnd};
pub use trace::Trace;
