//! The differential test: random programs of operations, on the engine in memory and on a real one, compared after
//! each step.
//!
//! A [`Program`] is done on a fake first, whose time is paused: that gives what is expected after every step, at rest.
//! Then it is done on the real engine, which is asked again and again until it shows the same or too much time has
//! passed. What differs is a [`Difference`]; [`shrink`] makes the program that shows it small, and the file that it is
//! kept in, in `regressions/`, is run by `cargo test` ever after. What is not compared stands in `exemptions.tsv`.
//!
//! Where both agree, what they showed can be kept as a [`Recording`]: it holds the fake where there is no engine.

mod compare;
mod exemptions;
mod generate;
mod names;
mod perform;
mod place;
mod program;
mod recording;
mod shrink;
mod side;
mod watch;

pub use compare::Difference;
pub use exemptions::Exemptions;
pub use program::{Program, Step};
pub use recording::Recording;
pub use shrink::shrink;
pub use side::{Bench, Outcome, Trace};
