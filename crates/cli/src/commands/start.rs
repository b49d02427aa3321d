use super::{IN_TURN, each};
use crate::{context::Context, failure::Outcome};
use wharf::StartOptions;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Containers, by name or id
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let runtime = context.connect().await?;
        each(&self.containers, IN_TURN, async |id| {
            runtime.start_container(id, StartOptions::default()).await?;
            Ok(id.to_owned())
        })
        .await
    }
}
