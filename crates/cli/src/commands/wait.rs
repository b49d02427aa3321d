use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Format, json_line, stdout},
};
use serde::Serialize;
use std::io::Write;
use wharf::{Exit, WaitOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,

    /// Containers, by name or id
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

/// How one of them ended.
#[derive(Serialize)]
struct Ended<'a> {
    container: &'a str,
    #[serde(flatten)]
    exit: Exit,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let runtime = context.connect().await?;
        let mut failed = false;
        // All are armed before the first is waited for, so that none can end or go unseen meanwhile.
        let mut waits = Vec::new();
        for container in &self.containers {
            let wait = runtime
                .wait_container(container, WaitOptions::default())
                .await;
            waits.push((container, wait));
        }
        for (container, wait) in waits {
            let exit = match wait {
                Ok(pending) => pending.await,
                Err(error) => Err(error),
            };
            match exit {
                Ok(exit) if self.format.json => json_line(&Ended { container, exit })?,
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
