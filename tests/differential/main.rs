//! Random programs on the fake and on a real engine, side by side: `just differential --runtime URL`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program to be watched"
)]

use clap::Parser;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use wharf_tests::differential::{Bench, Difference, Outcome, Program, Recording, shrink};

/// How long an engine gets to show what it has shown before.
const SHORT: Duration = Duration::from_secs(1);

/// Runs random programs on the engine in memory and on a real one, and compares them after each step.
///
/// All that it makes on the real engine bears the label `wharf.differential` and is removed after each program. A
/// program that shows a difference is made small and written to a file; `--replay FILE` runs it again.
#[derive(Parser)]
struct Arguments {
    /// The real engine.
    #[arg(long, value_name = "URL")]
    runtime: String,
    /// How many programs.
    #[arg(long, default_value_t = 100)]
    programs: u64,
    /// Steps of each.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// What the programs come from; the same seed gives the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many run beside each other.
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// How many seconds the real engine gets to show what is expected.
    #[arg(long, default_value_t = 20)]
    patience: u64,
    /// How many smaller programs are tried for each difference; with 0 it is shown as it was found.
    #[arg(long, default_value_t = 80)]
    tries: usize,
    /// Keeps how far it got in this file, and goes on from there; programs that differed are run again.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Where programs that show a difference are written to.
    #[arg(long, value_name = "DIR", default_value = "target/differential")]
    found: PathBuf,
    /// Runs the program of this file, or of this recording, instead of random ones.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Writes to this folder what both showed of the programs on which they agree: `cargo test` holds the engine in
    /// memory to it where there is no other.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// What all workers share.
struct Run {
    arguments: Arguments,
    next: AtomicU64,
    tally: Mutex<Tally>,
    begun: Instant,
}

#[derive(Default)]
struct Tally {
    done: BTreeMap<u64, bool>,
    steps: u64,
    /// How often each kind of difference was seen.
    kinds: BTreeMap<String, u64>,
    broken: Option<String>,
}

impl Tally {
    fn differences(&self) -> usize {
        self.done.values().filter(|same| !**same).count()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.replay {
        Some(file) => replay(&arguments, file),
        None => run(arguments),
    };
    outcome.unwrap_or_else(|why| {
        eprintln!("{why}");
        ExitCode::from(2)
    })
}

fn replay(arguments: &Arguments, file: &Path) -> Result<ExitCode, String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| said(&error))?;
    let program = Program::from_json(&text).map_err(|error| said(&error))?;
    let bench = Bench::new(&arguments.runtime, Duration::from_secs(arguments.patience))?;
    let outcome = bench.run(&program, &world(arguments.seed, 0));
    let steps = program.0.len();
    let differences = match outcome.map_err(|error| error.to_string())? {
        Outcome::Same(seen) => {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            keep(arguments, &name, || bench.record(&program, seen))?;
            0
        }
        Outcome::Differs(difference) => {
            println!("{difference}");
            1
        }
    };
    println!("programs 1, steps {steps}, differences {differences}");
    Ok(ExitCode::from(differences))
}

fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let done = match &arguments.resume {
        Some(file) => read_done(file, &arguments)?,
        None => BTreeMap::new(),
    };
    if !done.is_empty() {
        println!("{} programs were done before", done.len());
    }
    let steps = done.len() as u64 * arguments.steps as u64;
    let tally = Tally {
        done,
        steps,
        ..Tally::default()
    };
    let run = Run {
        next: AtomicU64::new(0),
        tally: Mutex::new(tally),
        begun: Instant::now(),
        arguments,
    };
    thread::scope(|scope| {
        for _ in 0..run.arguments.jobs.max(1) {
            scope.spawn(|| {
                if let Err(why) = run.work() {
                    run.tally().broken.get_or_insert(why);
                }
            });
        }
    });
    let tally = run.tally();
    for (kind, times) in &tally.kinds {
        println!("{times} x {kind}");
    }
    let (programs, differences) = (tally.done.len(), tally.differences());
    println!(
        "programs {programs}, steps {}, differences {differences}",
        tally.steps
    );
    match &tally.broken {
        Some(why) => Err(why.clone()),
        None => Ok(ExitCode::from(u8::from(differences > 0))),
    }
}

impl Run {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> Result<(), String> {
        let Arguments {
            runtime,
            programs,
            steps,
            seed,
            patience,
            ..
        } = &self.arguments;
        let mut bench = Bench::new(runtime, Duration::from_secs(*patience))?;
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            if at >= *programs || self.tally().broken.is_some() {
                return Ok(());
            }
            if self.tally().done.contains_key(&at) {
                continue;
            }
            let program = Program::random(of_both(*seed, at), *steps);
            let said = |error: wharf_core::Error| format!("program {at}: {error}");
            match bench.run(&program, &world(*seed, at)).map_err(said)? {
                Outcome::Same(seen) => {
                    let record = || bench.record(&program, seen);
                    keep(&self.arguments, &format!("{seed}-{at}"), record)?;
                    self.note(at, None)?;
                }
                Outcome::Differs(difference) => {
                    bench.set_patience(SHORT);
                    let found = self.make_small(&bench, at, &program, &difference)?;
                    bench.set_patience(Duration::from_secs(*patience));
                    self.note(at, Some(&found))?;
                }
            }
        }
    }

    /// Makes the program small, writes it to a file and says what differs.
    fn make_small(
        &self,
        bench: &Bench,
        at: u64,
        program: &Program,
        first: &Difference,
    ) -> Result<Difference, String> {
        let seed = self.arguments.seed;
        println!("program {at} of seed {seed} shows a difference: making it small …\n{first}");
        let (mut tried, mut last) = (0, first.clone());
        let mut shows = |candidate: &Program| {
            tried += 1;
            // Each time in a world of its own: one that is being removed must not be in the way.
            let world = format!("{}{tried}-", world(seed, at));
            match bench.run(candidate, &world) {
                Ok(Outcome::Differs(difference)) if difference.kind() == first.kind() => {
                    last = difference;
                    true
                }
                _ => false,
            }
        };
        let mut small = program.clone();
        // What comes after the difference has no part in it.
        small.0.truncate(first.step + 1);
        let mut again = "";
        match self.arguments.tries {
            0 => {}
            budget if shows(&small) => small = shrink(&small, budget, shows),
            _ => again = ", was not seen again",
        }
        let file = self.arguments.found.join(format!("{seed}-{at}.json"));
        let json = small.to_json().map_err(|error| error.to_string())?;
        fs::create_dir_all(&self.arguments.found)
            .and_then(|()| fs::write(&file, &json))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let file = file.display();
        println!("program {at}, in {file}{again}:\n{json}\n{last}\n");
        Ok(last)
    }

    fn note(&self, at: u64, found: Option<&Difference>) -> Result<(), String> {
        let mut tally = self.tally();
        tally.steps += self.arguments.steps as u64;
        tally.done.insert(at, found.is_none());
        if let Some(difference) = found {
            *tally.kinds.entry(difference.kind()).or_default() += 1;
        }
        if let Some(file) = &self.arguments.resume {
            write_done(file, &self.arguments, &tally.done)?;
        }
        let done = tally.done.len();
        if done.is_multiple_of(50) {
            let (seconds, found) = (self.begun.elapsed().as_secs(), tally.differences());
            eprintln!(
                "{done} of {} programs, {found} differences, {seconds} s",
                self.arguments.programs
            );
        }
        Ok(())
    }
}

/// Writes a recording of that name, if there shall be one.
fn keep(
    arguments: &Arguments,
    name: &str,
    record: impl FnOnce() -> wharf_core::Result<Recording>,
) -> Result<(), String> {
    let Some(folder) = &arguments.record else {
        return Ok(());
    };
    let file = folder.join(format!("{name}.json"));
    let said = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let recording = record().map_err(|error| said(&error))?;
    let json = serde_json::to_string_pretty(&recording).map_err(|error| said(&error))?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, json + "\n"))
        .map_err(|error| said(&error))
}

/// What a file of programs that are done is about: those of another run are others.
fn heading(
    Arguments {
        runtime,
        seed,
        steps,
        ..
    }: &Arguments,
) -> String {
    format!("programs of seed {seed} and {steps} steps on {runtime}")
}

/// After the heading a line for each program that is done: its number, and whether both engines agreed.
fn read_done(file: &Path, arguments: &Arguments) -> Result<BTreeMap<u64, bool>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(wrong(&error)),
    };
    let mut lines = text.lines();
    let (found, expected) = (lines.next().unwrap_or_default(), heading(arguments));
    if found != expected {
        return Err(wrong(&format!(
            "it is about {found:?}, and this run about {expected:?}"
        )));
    }
    let line = |line: &str| {
        let (number, outcome) = line.split_once(' ')?;
        Some((number.parse().ok()?, outcome == "same"))
    };
    let lines =
        lines.map(|text| line(text).ok_or_else(|| wrong(&format!("{text:?} is no line of it"))));
    let mut done = lines.collect::<Result<BTreeMap<_, _>, _>>()?;
    // What differed is run again: it may be mended.
    done.retain(|number, same| *same && *number < arguments.programs);
    Ok(done)
}

/// Whole or not at all: a run that is killed must be able to go on.
fn write_done(
    file: &Path,
    arguments: &Arguments,
    done: &BTreeMap<u64, bool>,
) -> Result<(), String> {
    let line = |(at, same): (&u64, &bool)| {
        let outcome = if *same { "same" } else { "differs" };
        format!("{at} {outcome}\n")
    };
    let lines: String = done.iter().map(line).collect();
    let new = file.with_extension("new");
    fs::write(&new, format!("{}\n{lines}", heading(arguments)))
        .and_then(|()| fs::rename(&new, file))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// The seed of one program: those of neighbouring numbers have nothing in common.
fn of_both(seed: u64, at: u64) -> u64 {
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ at.wrapping_mul(0xd134_2543_de82_ef95)
}

/// A name that no other program has, of this run or of another at the same time.
fn world(seed: u64, at: u64) -> String {
    format!("wd{:x}-{seed}-{at}-", std::process::id())
}
