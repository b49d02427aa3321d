//! Is the suite honest? Backends that tell one lie each: every lie must make the case fail that is named beside it.

mod deaf;
mod lie;
mod table;

use libtest_mimic::{Arguments, Failed, Trial, run};
use lie::{Lie, around};
use std::{collections::BTreeSet, process::ExitCode};
use table::lies;
use wharf_conformance::{Case, Outcome, cases};
use wharf_tests::{engine, harness, paused};

fn outcome(case: &Case, lie: Lie) -> Result<Outcome, Failed> {
    let harness = harness(&engine()?, move |runtime| around(lie, runtime))?;
    Ok(paused()?.block_on(case.run(&harness)).outcome)
}

fn named(name: &str) -> Result<&'static Case, Failed> {
    let found = cases().iter().find(|case| case.name == name);
    found.ok_or_else(|| format!("there is no case {name}").into())
}

fn is_caught(lie: Lie, name: &str) -> Result<(), Failed> {
    match outcome(named(name)?, lie)? {
        Outcome::Failed(_) => Ok(()),
        believed => Err(format!("{name} believes it: {believed:?}").into()),
    }
}

/// Without its lie a liar is believed: it was the lie that was caught.
fn is_believed(honest: Lie, name: &str) -> Result<(), Failed> {
    match outcome(named(name)?, honest)? {
        Outcome::Passed => Ok(()),
        other => Err(format!("{name} does not pass without a lie: {other:?}").into()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for &(what, name, lie) in lies() {
        let title = format!("caught::{}", what.replace(' ', "_"));
        trials.push(Trial::test(title, move || is_caught(lie, name)));
    }
    let honest: BTreeSet<_> = lies().map(|&(_, name, lie)| (name, lie.hears())).collect();
    for (name, hears) in honest {
        let (liar, lie) = if hears {
            ("hearing", Lie::Hear(|_| ()))
        } else {
            ("telling", Lie::Answer(|_| ()))
        };
        trials.push(Trial::test(format!("honest::{liar}::{name}"), move || {
            is_believed(lie, name)
        }));
    }
    run(&arguments, trials).exit_code()
}
