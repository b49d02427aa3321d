//! What real engines have shown, kept. The fake is held to all of it, wherever this runs. The programs of
//! `differential/regressions/`, which once showed a difference, are also run side by side with every engine that
//! `WHARF_ENGINES` names; those of `differential/samples/` are the first of the random ones.
//!
//! `just differential` writes a program that shows a difference to a file. Once that is mended,
//! `--replay FILE --record tests/differential/regressions` keeps it, under a name that says what it showed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what is skipped is said where test runners say it"
)]

use libtest_mimic::{Arguments, Completion, Failed, Trial, run};
use std::{fs, path::Path, process::ExitCode, time::Duration};
use wharf_tests::{
    Engines,
    differential::{Bench, Outcome, Program, Recording},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/differential");
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let read = || Ok::<_, String>((kept("regressions")?, kept("samples")?, Engines::from_env()?));
    let (regressions, samples, engines) = match read() {
        Ok(read) => read,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = engines.answers();
    for engine in &engines.named {
        for (at, (name, kept)) in regressions.iter().enumerate() {
            let program = kept.program.clone();
            let (url, silence) = (engine.url.clone(), engine.silence.clone());
            let title = format!("{}::{name}", engine.name);
            trials.push(Trial::ignorable_test(title, move || match silence {
                Some(why) => Ok(Completion::ignored_with(format!("skipped: {why}"))),
                None => agree(&url, at, &program),
            }));
        }
    }
    let count = regressions.len();
    trials.extend(regressions.into_iter().chain(samples).map(|(name, kept)| {
        Trial::test(format!("recorded::{name}"), move || {
            match kept.hold_the_fake()? {
                None => Ok(()),
                Some(difference) => Err(format!("real is {}: {difference}", kept.engine).into()),
            }
        })
    }));
    let conclusion = run(&arguments, trials);
    if engines.named.is_empty() {
        println!("{count} programs beside a real engine: skipped, since WHARF_ENGINES names none");
    }
    conclusion.exit_code()
}

fn agree(url: &str, at: usize, program: &Program) -> Result<Completion, Failed> {
    // No world's name may begin another's.
    let world = format!("wr{:x}-{at}-", std::process::id());
    match Bench::new(url, PATIENCE)?.run(program, &world)? {
        Outcome::Same(_) => Ok(Completion::Completed),
        Outcome::Differs(difference) => Err(difference.to_string().into()),
    }
}

/// All that are kept in one folder, by name.
fn kept(folder: &str) -> Result<Vec<(String, Recording)>, String> {
    let said = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let folder = Path::new(FOLDER).join(folder);
    let entries = fs::read_dir(&folder).map_err(|error| said(&folder, &error))?;
    let mut kept = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| said(&folder, &error))?.path();
        let text = fs::read_to_string(&path).map_err(|error| said(&path, &error))?;
        let recording = serde_json::from_str(&text).map_err(|error| said(&path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        kept.push((name.into_owned(), recording));
    }
    if kept.is_empty() {
        return Err(said(&folder, &"there is nothing in it"));
    }
    kept.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(kept)
}
