//! The suite on the fake, always, and on every engine that `WHARF_ENGINES` names.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what is skipped, and why nothing is run, is said where test runners say it"
)]

use libtest_mimic::{Arguments, Completion, Failed, Trial, run};
use std::{
    process::ExitCode,
    sync::{Arc, PoisonError, RwLock},
};
use wharf_conformance::{Case, Harness, Need, Outcome, cases};
use wharf_core::{Call, Layer, Next, Result, Runtime, RuntimeExt};
use wharf_tests::{Engine, Engines, engine, harness, paused, real};

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

/// An engine that does not answer is a failure where it is required, and named as skipped where it is not.
fn answers(engine: &Engine) -> Trial {
    let (required, silence) = (engine.required, engine.silence.clone());
    Trial::ignorable_test(format!("{}::answers", engine.name), move || match silence {
        None => Ok(Completion::Completed),
        Some(why) if required => Err(why.into()),
        Some(why) => Ok(Completion::ignored_with(format!("skipped: {why}"))),
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let engines = match Engines::from_env() {
        Ok(engines) => engines,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for (title, wrap) in FAKES {
        trials.extend(cases().iter().map(|case| on_the_fake(title, wrap, case)));
    }
    for name in engines.missing {
        trials.push(Trial::test(format!("{name}::is_there"), move || {
            Err(format!("WHARF_REQUIRE wants {name}, which WHARF_ENGINES does not name").into())
        }));
    }
    for engine in &engines.named {
        trials.push(answers(engine));
        if engine.silence.is_none() {
            let on_it =
                |case| on_an_engine(case, engine.harness.clone(), Arc::clone(&engine.turns));
            let (alone, others): (Vec<_>, Vec<_>) = cases().iter().partition(|case| is_alone(case));
            trials.extend(others.into_iter().chain(alone).map(on_it));
        }
    }
    let conclusion = run(&arguments, trials);
    if engines.named.is_empty() {
        println!(
            "real engines: skipped, since WHARF_ENGINES names none; \
             try WHARF_ENGINES=docker=unix:///var/run/docker.sock"
        );
    }
    conclusion.exit_code()
}
