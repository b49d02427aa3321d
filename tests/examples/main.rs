//! Tests of the kind people write: small pieces of code that need an engine, each with the tests that it would have.
//!
//! The code under test knows only [`wharf::Runtime`]. Its tests hold the [`Fake`](wharf::fake::Fake), and have tokio's
//! time paused: what takes minutes with a real engine takes a moment here.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod event_listener;
mod flaky_pull;
mod graceful_stop;
mod job_queue;
mod supervisor;
