use crate::{
    context::Context,
    failure::{Failure, Outcome, verdict},
    output::{Format, json_line, line},
};
use serde::Serialize;
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
        let (mut failed, mut written) = (false, Ok(()));
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
                // The others are waited for also where nobody can be told.
                Ok(_) if written.is_err() => {}
                Ok(exit) if self.format.json => written = json_line(&Ended { container, exit }),
                Ok(exit) => written = line(exit.code),
                Err(error) => {
                    Failure::from(error).report();
                    failed = true;
                }
            }
        }
        verdict(written, u8::from(failed))
    }
}
