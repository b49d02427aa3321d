use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::stdout,
};
use std::io::Write;
use wharf::WaitOptions;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Containers, by name or id
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let runtime = context.connect().await?;
        let mut failed = false;
        // All are armed before the first is waited for, so that none can end or go unseen meanwhile.
        let mut waits = Vec::new();
        for id in &self.containers {
            waits.push(runtime.wait_container(id, WaitOptions::default()).await);
        }
        for wait in waits {
            let exit = match wait {
                Ok(pending) => pending.await,
                Err(error) => Err(error),
            };
            match exit {
                Ok(exit) => writeln!(stdout(), "{}", exit.code)?,
                Err(error) => {
                    Failure::from(error).report();
                    failed = true;
                }
            }
        }
        if failed {
            Err(Failure::Reported)
        } else {
            Ok(0)
        }
    }
}
