//! The programs that once showed a difference between the fake and a real engine, on every engine that `WHARF_ENGINES`
//! names. `just differential` writes such a program when it finds one; it goes to `differential/regressions/`, under a
//! name that says what it showed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what is skipped is said where test runners say it"
)]

use libtest_mimic::{Arguments, Completion, Failed, Trial, run};
use std::{fs, path::Path, process::ExitCode, time::Duration};
use wharf_tests::{
    Engines,
    differential::{Bench, Outcome, Program},
};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/differential/regressions");
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = programs().and_then(|programs| Ok((programs, Engines::from_env()?)));
    let (programs, engines) = match trials {
        Ok(found) => found,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for engine in &engines.named {
        for (at, (name, program)) in programs.iter().enumerate() {
            let program = program.clone();
            let (url, silence) = (engine.url.clone(), engine.silence.clone());
            let title = format!("{}::{name}", engine.name);
            trials.push(Trial::ignorable_test(title, move || match silence {
                // That a required engine is silent has failed the suite already.
                Some(why) => Ok(Completion::ignored_with(format!("skipped: {why}"))),
                None => agree(&url, at, &program),
            }));
        }
    }
    let conclusion = run(&arguments, trials);
    if engines.named.is_empty() {
        println!(
            "{} programs: skipped, since WHARF_ENGINES names none",
            programs.len()
        );
    }
    conclusion.exit_code()
}

fn agree(url: &str, at: usize, program: &Program) -> Result<Completion, Failed> {
    // No world's name may begin another's.
    let world = format!("wr{:x}-{at}-", std::process::id());
    match Bench::new(url, PATIENCE)?.run(program, &world)? {
        Outcome::Same => Ok(Completion::Completed),
        Outcome::Differs(difference) => Err(difference.to_string().into()),
    }
}

/// All that are kept, by name.
fn programs() -> Result<Vec<(String, Program)>, String> {
    let said = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let folder = Path::new(PROGRAMS);
    let entries = fs::read_dir(folder).map_err(|error| said(folder, &error))?;
    let mut programs = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| said(folder, &error))?.path();
        let text = fs::read_to_string(&path).map_err(|error| said(&path, &error))?;
        let program = serde_json::from_str(&text).map_err(|error| said(&path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        programs.push((name.into_owned(), program));
    }
    programs.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(programs)
}
