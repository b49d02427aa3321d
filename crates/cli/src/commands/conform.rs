//! `wharf conform`: the conformance suite on any engine.

use crate::{
    context::Context,
    failure::{Failure, Outcome, complain},
    interrupt::Interrupts,
    output::{BOLD, DIM, GREEN, RED, Table, YELLOW, json, stdout},
};
use anstyle::Style;
use clap::ValueEnum;
use futures::{FutureExt, future};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    sync::Arc,
};
use wharf::{
    ImageRef, Runtime,
    fake::{self, ImageFixture, Registry},
};
use wharf_conformance::{CaseReport, Harness, Outcome as Verdict, Report, cases, run_all};

/// The fake has a folder of a host that does not exist.
const FOLDER: &str = "/srv/wharf";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,

    /// How many cases run at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,

    /// Only the cases whose name or group contains the text
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,

    /// The image to make containers from; it must be here, with a shell and the tools of busybox
    #[arg(long, default_value = "busybox:latest")]
    image: String,

    /// An image to pull and to remove again; else the cases that pull are skipped
    #[arg(long, value_name = "IMAGE", env = "WHARF_PULL_IMAGE")]
    pull_image: Option<ImageRef>,

    /// A folder on the engine's host that containers may write to; else the cases that bind one are skipped
    #[arg(long, value_name = "FOLDER")]
    bind_dir: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Each case as it is done, then a table
    Text,
    /// One object, when all is done
    Json,
    /// A table for a document
    Markdown,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let form = self.format;
        let jobs = self.jobs;
        let none = format!("no case has {:?} in its name or group", self.filter);
        // Whether there is an engine at all is said once, not by every case.
        let runtime = context.connect().await?;
        drop(runtime);
        let harness = match context.fake() {
            Some(url) => self.fake(&url)?,
            None => self.harness(context),
        };
        let wanted = cases().iter().filter(|case| harness.wants(case)).count();
        let mut live = Live::new(form, wanted);
        let mut interrupts = Interrupts::catch()?;
        let report = tokio::select! {
            report = run_all(&harness, jobs, |case| live.show(case)) => report,
            _ = interrupts.next() => {
                complain("interrupted: what the suite made may be left, under the label wharf.conformance");
                complain("`wharf rm -f $(wharf ps -aq -f label=wharf.conformance)` removes it");
                return Err(Failure::Reported);
            }
        };
        live.done()?;
        if report.cases.is_empty() {
            return Err(Failure::Usage(none));
        }
        match form {
            Form::Text => text(&report)?,
            Form::Json => json(&report)?,
            Form::Markdown => markdown(&report)?,
        }
        Ok(u8::from(report.failed > 0))
    }

    /// Any engine; somebody may be using it.
    fn harness(self, context: &Context) -> Harness {
        let name = context
            .url()
            .unwrap_or("the engine of the environment")
            .to_owned();
        let context = context.clone();
        let connect = move || {
            let context = context.clone();
            async move { context.connect().await }.boxed()
        };
        let harness = Harness::new(name, connect);
        let harness = harness.with_image(self.image).with_filter(self.filter);
        let harness = match self.pull_image {
            Some(image) => harness.with_pull_image(image),
            None => harness,
        };
        match self.bind_dir {
            Some(folder) => harness.with_bind_dir(folder),
            None => harness,
        }
    }

    /// An engine in memory that has all that a case can need. Nothing there takes real time, so nobody waits for it.
    fn fake(self, url: &str) -> Result<Harness, Failure> {
        tokio::time::pause();
        let image: ImageRef = "registry.test:5000/wharf/hello:latest".parse()?;
        let hello = ImageFixture::busybox().with_layer(6_000_000);
        let registry = Registry::new(image.registry()).with_image("wharf/hello:latest", hello);
        let fake = fake::builder(url)?
            .registry(registry)
            .host_folder(FOLDER, [])?
            .build();
        let connect = move || {
            let runtime: Arc<dyn Runtime> = Arc::new(fake.runtime());
            future::ready(Ok(runtime)).boxed()
        };
        let harness = Harness::new("fake", connect).with_filter(self.filter);
        Ok(harness
            .with_pull_image(image)
            .with_bind_dir(FOLDER)
            .with_exclusive(true))
    }
}

/// What is shown while the cases run.
struct Live {
    bar: ProgressBar,
    /// Where there is no terminal for a bar, each case is a line.
    lines: bool,
    /// Nobody can be told in the middle of a run that stdout is closed.
    trouble: io::Result<()>,
}

impl Live {
    fn new(form: Form, wanted: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(wanted as u64), ProgressDrawTarget::stderr());
        // A template of ours that is wrong costs its looks alone.
        if let Ok(style) = ProgressStyle::with_template("[{bar:40}] {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let lines = form == Form::Text && !io::stderr().is_terminal();
        Self {
            bar,
            lines,
            trouble: Ok(()),
        }
    }

    fn show(&mut self, case: &CaseReport) {
        self.bar.set_message(case.name);
        self.bar.inc(1);
        let failed = matches!(case.outcome, Verdict::Failed(_));
        if self.trouble.is_ok() && (self.lines || failed) {
            self.trouble = self.bar.suspend(|| {
                let to: &mut dyn Write = if self.lines {
                    &mut stdout()
                } else {
                    &mut anstream::stderr()
                };
                writeln!(to, "{}", line(case))
            });
        }
    }

    fn done(self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        Ok(self.trouble?)
    }
}

fn line(case: &CaseReport) -> String {
    let word = case.outcome.word();
    let style = style(&case.outcome);
    let why = case
        .outcome
        .message()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    let time = case.elapsed.as_secs_f64();
    format!(
        "{style}{word:11}{style:#} {DIM}{time:7.3} s{DIM:#}  {}::{}{why}",
        case.group, case.name
    )
}

fn style(outcome: &Verdict) -> Style {
    match outcome {
        Verdict::Passed => GREEN,
        Verdict::Failed(_) => RED,
        Verdict::Unsupported(_) | Verdict::Skipped(_) => YELLOW,
    }
}

/// Groups, each with how many of its cases came to what, and how long they took.
fn by_group(report: &Report) -> Vec<[String; 6]> {
    let mut groups: BTreeMap<&str, (BTreeMap<&str, u64>, f64)> = BTreeMap::new();
    for case in &report.cases {
        let (counts, time) = groups.entry(case.group).or_default();
        *counts.entry(case.outcome.word()).or_default() += 1;
        *time += case.elapsed.as_secs_f64();
    }
    let row = |(group, (counts, time)): (&str, (BTreeMap<&str, u64>, f64))| {
        let [passed, failed, unsupported, skipped] = ["passed", "failed", "unsupported", "skipped"]
            .map(|word| counts.get(word).copied().unwrap_or(0).to_string());
        [
            group.to_owned(),
            passed,
            failed,
            unsupported,
            skipped,
            format!("{time:.1} s"),
        ]
    };
    groups.into_iter().map(row).collect()
}

const TITLES: [&str; 6] = [
    "GROUP",
    "PASSED",
    "FAILED",
    "UNSUPPORTED",
    "SKIPPED",
    "TIME",
];

fn summary(report: &Report) -> String {
    let Report {
        engine,
        version,
        passed,
        failed,
        unsupported,
        skipped,
        ..
    } = report;
    format!(
        "{engine} {version}: {passed} passed, {failed} failed, {unsupported} unsupported, {skipped} skipped"
    )
}

fn failures(report: &Report) -> impl Iterator<Item = &CaseReport> {
    report
        .cases
        .iter()
        .filter(|case| matches!(case.outcome, Verdict::Failed(_)))
}

fn text(report: &Report) -> Result<(), Failure> {
    let mut table = Table::new(TITLES);
    for row in by_group(report) {
        table.row(row);
    }
    let mut out = stdout();
    writeln!(out)?;
    table.write(&mut out)?;
    let style = if report.failed > 0 { RED } else { GREEN };
    writeln!(out, "\n{BOLD}{style}{}{style:#}{BOLD:#}", summary(report))?;
    for case in failures(report) {
        writeln!(out, "{}", line(case))?;
    }
    Ok(())
}

fn markdown(report: &Report) -> Result<(), Failure> {
    let mut out = stdout();
    writeln!(out, "# {}\n", summary(report))?;
    writeln!(
        out,
        "| {} |\n|---|--:|--:|--:|--:|--:|",
        TITLES.join(" | ").to_lowercase()
    )?;
    for row in by_group(report) {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    for case in failures(report) {
        let why = case.outcome.message().unwrap_or_default();
        writeln!(
            out,
            "\n- `{}::{}`: {}",
            case.group,
            case.name,
            why.replace('\n', " ")
        )?;
    }
    Ok(())
}
