//! How fast the fake is and how little memory it takes, beside its goals: `cargo bench -p wharf-fake`, or
//! `just bench` with those against real engines. Words choose measures: `cargo bench -p wharf-fake -- inspect hold`.
//!
//! Each measure runs in a process of its own, so that memory which one has freed is not counted for the next, on one
//! thread, with tokio's time paused as in tests. Speeds are medians of rounds, which are shorter than the time that a
//! program has a core for at a stretch, where that can be. The load of the machine stands beside each: on a busy one
//! they are worth less.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program to be watched"
)]

mod events;
mod health;
mod hold;
mod life;
mod look;
mod machine;

use std::{env, future::Future, pin::Pin, process::Command, sync::Arc, time::Duration};
use wharf_core::Runtime;
use wharf_fake::Fake;

/// What is measured, by name.
const MEASURES: &[(&str, Measure)] = &[
    ("life", || Box::pin(life::of_a_container())),
    ("inspect", || Box::pin(look::inspect())),
    ("list-few", || Box::pin(look::list_few())),
    ("list-all", || Box::pin(look::list_all())),
    ("events", || Box::pin(events::to_many())),
    ("hold-created", || Box::pin(hold::created())),
    ("hold-exited", || Box::pin(hold::exited())),
    ("health", || Box::pin(health::of_a_day())),
];

type Measure = fn() -> Pin<Box<dyn Future<Output = Row>>>;

/// Says to a process of this program which measure is its.
const CHOSEN: &str = "WHARF_FAKE_BENCH";

/// A line of the table.
struct Row {
    what: &'static str,
    goal: &'static str,
    measured: String,
    /// None where there is no goal, or this machine cannot tell.
    met: Option<bool>,
}

fn main() {
    if let Ok(chosen) = env::var(CHOSEN) {
        let measure = MEASURES.iter().find(|(name, _)| *name == chosen);
        return run(measure.expect("one of the names").1);
    }
    // Cargo passes `--bench`.
    let words: Vec<_> = env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    print_row("what", "goal", "measured", "met", "load");
    print_row("---", "---", "---", "---", "---");
    for (name, _) in MEASURES {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            let mut itself = Command::new(env::current_exe().unwrap());
            let status = itself.env(CHOSEN, name).status().unwrap();
            assert!(status.success(), "{name} failed");
        }
    }
}

fn run(measure: Measure) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let load = machine::load();
    let Row {
        what,
        goal,
        measured,
        met,
    } = tokio.block_on(measure());
    let met = match met {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "-",
    };
    print_row(what, goal, &measured, met, &load);
}

fn print_row(what: &str, goal: &str, measured: &str, met: &str, load: &str) {
    println!("| {what:<58} | {goal:<16} | {measured:<32} | {met:<3} | {load:<4} |");
}

/// A fake, and its runtime as the code under test has it.
fn engine() -> (Fake, Arc<dyn Runtime>) {
    let fake = Fake::new();
    let runtime = Arc::new(fake.runtime());
    (fake, runtime)
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
