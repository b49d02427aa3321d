//! `wharf tour`: a small job from beginning to end, on any engine, told step by step.

mod follow;
mod job;
mod screen;
mod timeline;

use crate::{
    context::Context,
    failure::{Failure, Outcome, complain},
    interrupt::Interrupts,
    output::{self, Format},
};
use job::Job;
use screen::Screen;
use std::{
    process,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::sleep;
use wharf::{Filters, ListOptions, Result, Runtime, RuntimeExt, Signal};

/// All that the tour makes bears it, with a value of the run's own.
const LABEL: &str = "wharf.tour";

/// An engine that is still busy with what it was last asked for is done with it by then.
const LAST_CALL: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The image to work from; it has a shell. It is pulled where it is not here, and stays
    #[arg(long, default_value = "busybox:latest")]
    image: String,

    #[command(flatten)]
    format: Format,
}

impl Args {
    /// Without `--runtime` it needs nothing: the engine is the one in memory.
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let context = context.or("fake:");
        let runtime = context.connect().await?;
        let mut screen = Screen::new(!self.format.json);
        let mut interrupts = Interrupts::catch()?;
        let run = run_id();
        let label = Filters::new().label(LABEL, &run);

        let job = Job::new(&*runtime, self.image, run);
        let told = tokio::select! {
            told = job.tell(&mut screen) => told.map_err(Stop::Failed),
            signal = interrupts.next() => Err(Stop::Asked(signal)),
        };
        let stop = match told {
            Ok(report) => {
                if self.format.json {
                    output::json(&report)?;
                }
                return Ok(0);
            }
            Err(stop) => stop,
        };
        let code = stop.announce();
        let removed = tokio::select! {
            removed = sweep(&*runtime, &label) => removed?,
            _ = interrupts.next() => {
                complain("cleaning up was interrupted too");
                // What is in memory is gone with us.
                if context.fake().is_none() {
                    let wharf = context.wharf();
                    complain(&format!("`{wharf} ps -a -f label={LABEL}` lists what may be left"));
                }
                return Ok(code);
            }
        };
        match stop {
            // Whoever closed the pipe has what they want: it ends quietly, wherever it was.
            Stop::Failed(failure) if failure.is_closed_pipe() => Err(failure),
            _ => {
                for name in removed {
                    complain(&format!("removed {name}"));
                }
                Ok(code)
            }
        }
    }
}

/// Why a tour ends before its end.
enum Stop {
    Failed(Failure),
    Asked(Signal),
}

impl Stop {
    /// Says so, and gives the exit code.
    fn announce(&self) -> u8 {
        match self {
            Self::Failed(failure) => {
                if !failure.is_closed_pipe() {
                    failure.report();
                }
                1
            }
            Self::Asked(signal) => {
                complain("interrupted: cleaning up");
                128 + signal.number()
            }
        }
    }
}

/// Two tours on one engine must not meet: the process and the moment tell them apart.
fn run_id() -> String {
    let moment = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.subsec_nanos());
    format!("{:x}{:x}", process::id(), moment)
}

/// Removes all that bears the label, also what the engine was about to make when we stopped listening.
async fn sweep(runtime: &dyn Runtime, label: &Filters) -> Result<Vec<String>> {
    let mut removed = remove(runtime, label).await?;
    sleep(LAST_CALL).await;
    removed.extend(remove(runtime, label).await?);
    Ok(removed)
}

async fn remove(runtime: &dyn Runtime, label: &Filters) -> Result<Vec<String>> {
    let ours = ListOptions::default()
        .with_all(true)
        .with_filters(label.clone());
    let mut removed = Vec::new();
    for container in runtime.list_containers(ours).await? {
        runtime.remove_container_if_exists(&container.id).await?;
        removed.push(container.name);
    }
    Ok(removed)
}
