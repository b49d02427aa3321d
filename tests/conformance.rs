//! The suite on the fake, always, and on every engine that `WHARF_ENGINES` names.

use libtest_mimic::{Completion, Failed, Trial};
use std::{
    process::ExitCode,
    sync::{Arc, PoisonError, RwLock},
};
use wharf_conformance::{Case, Harness, Need, Outcome, cases};
use wharf_core::{Call, Layer, Next, Result, Runtime, RuntimeExt};
use wharf_tests::{engine, harness, on_engines, paused, real};

type Done = std::result::Result<Completion, Failed>;

/// What is unsupported or skipped is shown as ignored, with the reason, never as passed.
fn completion(outcome: Outcome) -> Done {
    match outcome {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Failed(why) => Err(why.into()),
        Outcome::Unsupported(why) => Ok(Completion::ignored_with(format!("unsupported: {why}"))),
        Outcome::Skipped(why) => Ok(Completion::ignored_with(format!("skipped: {why}"))),
    }
}

type Wrap = fn(Arc<dyn Runtime>) -> Arc<dyn Runtime>;

fn on_the_fake(title: &str, wrap: Wrap, case: &'static Case) -> Trial {
    Trial::ignorable_test(format!("{title}::{}", case.name), move || {
        let harness = harness(&engine()?, wrap)?;
        completion(paused()?.block_on(case.run(&harness)).outcome)
    })
}

/// A layer that does nothing: the contract holds through it.
#[derive(Debug)]
struct Nothing;

impl Layer for Nothing {
    async fn around<'a, T: wharf_core::Outcome>(
        &self,
        _: Call<'_>,
        next: impl Next<'a, T>,
    ) -> Result<T> {
        next().await
    }
}

/// How the fake is had.
const FAKES: [(&str, Wrap); 2] = [
    ("fake", |runtime| runtime),
    ("layered-fake", |runtime| Arc::new(runtime.layer(Nothing))),
];

/// A case that needs the whole engine waits for all others there, and they for it.
fn on_an_engine(case: &'static Case, harness: Harness, turns: Arc<RwLock<()>>) -> Trial {
    Trial::ignorable_test(format!("{}::{}", harness.name(), case.name), move || {
        let run = || completion(real()?.block_on(case.run(&harness)).outcome);
        if is_alone(case) {
            let _turn = turns.write().unwrap_or_else(PoisonError::into_inner);
            run()
        } else {
            let _turn = turns.read().unwrap_or_else(PoisonError::into_inner);
            run()
        }
    })
}

fn is_alone(case: &Case) -> bool {
    case.needs.contains(&Need::Exclusive)
}

fn main() -> ExitCode {
    on_engines(|engines| {
        let mut trials = Vec::new();
        for (title, wrap) in FAKES {
            trials.extend(cases().iter().map(|case| on_the_fake(title, wrap, case)));
        }
        trials.extend(engines.answers());
        for engine in engines.named.iter().filter(|it| it.silence.is_none()) {
            let on_it =
                |case| on_an_engine(case, engine.harness.clone(), Arc::clone(&engine.turns));
            let (alone, others): (Vec<_>, Vec<_>) = cases().iter().partition(|case| is_alone(case));
            trials.extend(others.into_iter().chain(alone).map(on_it));
        }
        trials
    })
}
