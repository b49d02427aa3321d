//! `wharf run`: a container from its making to its end, with the exit codes of `docker run`.

pub(crate) mod config;

use super::logs::Lines;
use crate::{
    context::Context,
    failure::{Failure, Outcome, complain, verdict},
    interrupt::{Interrupts, PATIENCE},
    output::line,
    progress::{self, Show},
};
use config::ConfigArgs;
use futures::{StreamExt, TryStreamExt, channel::mpsc};
use std::{cell::OnceCell, pin::pin, time::Duration};
use tokio::time::timeout;
use wharf::{
    ContainerId, ErrorKind, Exit, InspectOptions, Items, KillOptions, LogChunk, LogsOptions,
    Operation, Pending, Platform, PullOptions, PullPolicy, RestartPolicy, Runtime, RuntimeExt,
    Signal, StartOptions, StopOptions, WaitCondition, WaitOptions,
};

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Print its id and let it run
    #[arg(short, long)]
    detach: bool,

    /// Remove it when it has exited
    #[arg(long)]
    rm: bool,

    /// When its image is fetched: missing, always or never
    #[arg(long, value_name = "WHEN", default_value = "missing", value_parser = policy)]
    pull: PullPolicy,

    /// Show no progress of a pull
    #[arg(short, long)]
    quiet: bool,

    /// Connect our stdin to it: not in this version
    #[arg(short, long)]
    interactive: bool,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,

    /// The image
    image: String,

    /// The program and its arguments, in place of the image's
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,

    #[command(flatten)]
    config: ConfigArgs,
}

/// Where nobody reads it any more, a program has so long to end by itself: most do, and their exit code is what the
/// caller needs.
const LAST_WORDS: Duration = Duration::from_secs(2);

fn policy(text: &str) -> Result<PullPolicy, String> {
    match PullPolicy::from(text) {
        PullPolicy::Other(_) => Err(format!("use one of {}", PullPolicy::WORDS.join(", "))),
        policy => Ok(policy),
    }
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        if self.interactive {
            return Err(Failure::Usage(
                "-i is not in this version: `wharf exec -i` sends stdin to a program in a running container".to_owned(),
            ));
        }
        let platform = self.config.platform.clone();
        let mut config = self.config.into_config(self.image.clone(), self.command)?;
        if self.rm && config.restart != RestartPolicy::No {
            return Err(Failure::Usage(
                "conflicting options: what --rm removes when it exits, --restart cannot start again"
                    .to_owned(),
            ));
        }
        // In the foreground we remove it ourselves: the engine would take its last words with it.
        config.auto_remove = self.rm && self.detach;

        // Before the container is there, Ctrl-C ends us as any program.
        let runtime = context.connect().await?;
        let show = if self.quiet {
            Show::Nowhere
        } else {
            Show::Stderr
        };
        ensure(&*runtime, &self.image, &self.pull, platform, show).await?;
        let mut interrupts = Interrupts::catch()?;
        let (mut pass_on, mut signals) = mpsc::channel(PATIENCE);
        let made = OnceCell::new();
        let life = async {
            let created = runtime.create_container(config).await?;
            for warning in &created.warnings {
                complain(&format!("warning: {warning}"));
            }
            let id = made.get_or_init(|| created.id);
            if self.detach {
                start(&*runtime, id).await.map(|()| 0)
            } else {
                foreground(&*runtime, id, &mut signals).await
            }
        };
        // There is room for as many as come before the last.
        let hear = |signal| drop(pass_on.try_send(signal));
        let outcome = interrupts.patiently(life, hear).await;
        let outcome = outcome.unwrap_or_else(|| {
            complain(&match made.get() {
                Some(id) if self.rm => format!("removing container {}", id.short()),
                Some(id) => format!("container {} is left as it is", id.short()),
                None => "the engine may still make the container".to_owned(),
            });
            Err(Failure::Reported)
        });
        let Some(id) = made.get() else {
            return outcome;
        };
        if matches!(outcome, Err(Failure::Unread)) && !self.rm {
            complain(&format!("container {} goes on, unread", id.short()));
        }
        // A detached one that was started is the engine's to remove.
        if self.rm && (!self.detach || outcome.is_err()) {
            let removal = runtime.remove_container_if_exists(id);
            let removed = interrupts.patiently(removal, drop).await;
            if removed.is_none() {
                complain(&format!("container {id} may be left"));
            }
            // What went wrong first is what the user needs to know.
            let code = outcome?;
            removed.ok_or(Failure::Reported)??;
            return Ok(code);
        }
        let code = outcome?;
        let shown = if self.detach { line(id) } else { Ok(()) };
        verdict(shown, code)
    }
}

/// Sees to it that the image is here.
async fn ensure(
    runtime: &dyn Runtime,
    image: &str,
    policy: &PullPolicy,
    platform: Option<Platform>,
    show: Show,
) -> Result<(), Failure> {
    let missing = runtime
        .image_to_pull(image, policy, platform.as_ref())
        .await?;
    let Some(missing) = missing else {
        return Ok(());
    };
    if *policy == PullPolicy::Missing && !matches!(show, Show::Nowhere) {
        let variant = platform
            .as_ref()
            .map(|platform| format!(" for {platform}"))
            .unwrap_or_default();
        complain(&format!(
            "image {image}{variant} is not here, so it is pulled"
        ));
    }
    let mut options = PullOptions::default();
    options.platform = platform;
    progress::pull(runtime, &missing, options, show).await
}

async fn start(runtime: &dyn Runtime, id: &ContainerId) -> Result<(), Failure> {
    let Err(error) = runtime.start_container(id, StartOptions::default()).await else {
        return Ok(());
    };
    let info = runtime
        .inspect_container(id, InspectOptions::default())
        .await;
    let code = match info.ok().and_then(|info| info.exit_code) {
        // The program cannot be run, or is not there.
        Some(126) => 126,
        Some(127) => 127,
        _ => 125,
    };
    Err(Failure::NotStarted(error, code))
}

/// From its start to its end, with the signals that we are sent passed on.
async fn foreground(
    runtime: &dyn Runtime,
    id: &ContainerId,
    signals: &mut mpsc::Receiver<Signal>,
) -> Outcome {
    // Armed before the start, so that the exit of the shortest run is not missed.
    let next_exit = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container(id, next_exit).await?;
    start(runtime, id).await?;
    let logs = runtime
        .container_logs(id, LogsOptions::default().with_follow(true))
        .await?;
    let mut run = pin!(watch(logs, exit));
    loop {
        let signal = tokio::select! {
            code = &mut run => return code,
            Some(signal) = signals.next() => signal,
        };
        // Its output goes on meanwhile.
        tokio::select! {
            code = &mut run => return code,
            passed = pass_on(runtime, id, signal) => passed?,
        }
    }
}

/// Shows what it writes until its end.
async fn watch(mut logs: Items<LogChunk>, exit: Pending<Exit>) -> Outcome {
    let mut out = Lines::default();
    while let Some(chunk) = logs.try_next().await? {
        match out.write(&chunk) {
            Err(failure) if failure.is_closed_pipe() => {
                let end = to_its_end(logs, out, exit);
                return timeout(LAST_WORDS, end)
                    .await
                    .unwrap_or(Err(Failure::Unread));
            }
            written => written?,
        }
    }
    Ok(exit_code(&exit.await?))
}

/// What is left to be written, for the one of stdout and stderr that is still read, and the exit code.
async fn to_its_end(mut logs: Items<LogChunk>, mut out: Lines, exit: Pending<Exit>) -> Outcome {
    while let Some(chunk) = logs.try_next().await? {
        verdict(out.write(&chunk), 0)?;
    }
    Ok(exit_code(&exit.await?))
}

/// An exit code as a process can have it.
pub(crate) fn exit_code(exit: &Exit) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as the kernel does"
    )]
    let code = exit.code as u8;
    code
}

/// Gives a signal of ours to the container; where the engine cannot, asks it to stop with it.
async fn pass_on(runtime: &dyn Runtime, id: &ContainerId, signal: Signal) -> Result<(), Failure> {
    let passed = if runtime.capabilities().supports(Operation::KillContainer) {
        runtime
            .kill_container(id, KillOptions::default().with_signal(signal))
            .await
    } else {
        runtime.stop_container(id, StopOptions::default()).await
    };
    match passed {
        // It has just ended by itself.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Conflict | ErrorKind::ContainerNotFound
            ) =>
        {
            Ok(())
        }
        passed => Ok(passed?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_a_process() {
        for (code, expected) in [(0, 0), (137, 137), (255, 255), (256, 0), (-1, 255)] {
            assert_eq!(exit_code(&Exit::new(code)), expected, "{code}");
        }
    }

    #[test]
    fn only_docker_s_words_are_pull_policies() {
        assert_eq!(policy("always"), Ok(PullPolicy::Always));
        assert!(
            policy("sometimes")
                .unwrap_err()
                .contains("missing, always, never")
        );
    }
}
