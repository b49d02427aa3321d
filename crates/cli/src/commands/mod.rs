//! The subcommands, one file each.

mod conform;
mod engines;
mod events;
mod exec;
mod images;
mod info;
mod inspect;
mod logs;
mod ps;
mod pull;
mod rm;
mod rmi;
mod run;
mod start;
mod stop;
mod tour;
mod wait;

use crate::{
    context::Context,
    failure::{Failure, Outcome, verdict},
    output::line,
};
use clap::Subcommand;
use futures::{StreamExt, stream};
use std::pin::pin;

/// One row a subcommand: its name in the code, its file, and what `--help` says of it.
macro_rules! commands { ($( $(#[$doc:meta])* $Name:ident $module:ident, )*) => {
    #[derive(Debug, Subcommand)]
    pub(crate) enum Command { $(
        $(#[$doc])*
        $Name(Box<$module::Args>),
    )* }

    impl Command {
        pub(crate) async fn run(self, context: &Context) -> Outcome {
            match self { $( Self::$Name(args) => Box::pin(args.run(context)).await, )* }
        }
    }
} }

commands! {
    /// See wharf at work: a small job, step by step, on an engine in memory
    Tour tour,
    /// Tell which engines are here, and which one is taken
    Engines engines,
    /// Tell about the engine
    Info info,
    /// Run a program in a new container
    Run run,
    /// List containers
    Ps ps,
    /// List images
    Images images,
    /// Fetch an image from its registry
    Pull pull,
    /// Start containers
    Start start,
    /// Stop containers
    Stop stop,
    /// Remove containers
    Rm rm,
    /// Remove images
    Rmi rmi,
    /// Tell everything about containers or images, as JSON
    Inspect inspect,
    /// Wait until containers have exited, and print their exit codes
    Wait wait,
    /// Show what a container has written
    Logs logs,
    /// Run a program in a running container
    Exec exec,
    /// Show what happens in the engine
    Events events,
    /// Hold an engine to the contract: run the conformance suite on it. Exits with 1 where cases failed, with 2 where
    /// it could not be held to it or no case was tested
    Conform conform,
}

impl Command {
    /// The exit code where the command itself fails. That of `run` cannot be taken for the program's, nor that of
    /// `conform` for the engine's.
    pub(crate) fn failure_code(&self) -> u8 {
        match self {
            Self::Run(_) => 125,
            Self::Conform(_) => 2,
            _ => 1,
        }
    }
}

/// One after the other: what is done to one may matter to the next.
const IN_TURN: usize = 1;
/// As many at a time as docker's own command works on.
const TOGETHER: usize = 50;

/// Does the same to each of several things, so many at a time, and prints what comes of it in their order. One that
/// fails does not keep the others from their turn, and neither does a closed stdout; the command fails then.
async fn each(
    names: &[String],
    at_a_time: usize,
    act: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Outcome {
    let (mut failed, mut written) = (false, Ok(()));
    let acts = names.iter().map(|name| act(name));
    let mut ends = pin!(stream::iter(acts).buffered(at_a_time));
    while let Some(end) = ends.next().await {
        match end {
            Ok(text) if text.is_empty() || written.is_err() => {}
            Ok(text) => written = line(text),
            Err(failure) => {
                failure.report();
                failed = true;
            }
        }
    }
    verdict(written, u8::from(failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn what_goes_together_takes_as_long_as_the_longest() {
        let names = ["20", "30", "no number", "10"].map(str::to_owned);
        for (at_a_time, seconds) in [(IN_TURN, 60), (2, 40), (TOGETHER, 30)] {
            let begun = Instant::now();
            let outcome = each(&names, at_a_time, async |name| {
                let seconds = name.parse().map_err(|_| Failure::Reported)?;
                sleep(Duration::from_secs(seconds)).await;
                Ok(String::new())
            });
            assert_eq!(outcome.await.unwrap(), 1);
            assert_eq!(begun.elapsed().as_secs(), seconds, "{at_a_time}");
        }
    }
}
