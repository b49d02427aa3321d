use super::{TOGETHER, each};
use crate::{context::Context, failure::Outcome};
use std::time::Duration;
use wharf::{Grace, Signal, StopOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Seconds to wait before the container is killed: 0 for not at all, -1 for ever; else the container's own, else 10
    #[arg(
        short,
        long,
        visible_alias = "timeout",
        value_name = "SECONDS",
        allow_negative_numbers = true
    )]
    time: Option<i64>,

    /// What to send in place of the container's stop signal
    #[arg(short, long)]
    signal: Option<Signal>,

    /// Containers, by name or id
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut options = StopOptions::default().with_grace(grace(self.time));
        options.signal = self.signal;
        let runtime = context.connect().await?;
        each(&self.containers, TOGETHER, async |id| {
            runtime.stop_container(id, options.clone()).await?;
            Ok(id.to_owned())
        })
        .await
    }
}

/// Below zero means for ever, as for docker.
fn grace(seconds: Option<i64>) -> Grace {
    match seconds.map(u64::try_from) {
        None => Grace::Default,
        Some(Ok(seconds)) => Duration::from_secs(seconds).into(),
        Some(Err(_)) => Grace::Forever,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_a_grace() {
        for (seconds, expected) in [
            (None, Grace::Default),
            (Some(0), Grace::Now),
            (Some(3), Grace::After(Duration::from_secs(3))),
            (Some(-1), Grace::Forever),
        ] {
            assert_eq!(grace(seconds), expected, "{seconds:?}");
        }
    }
}
