use super::{TOGETHER, each};
use crate::{
    context::Context,
    failure::{Outcome, complain},
};
use wharf::{ErrorKind, RemoveOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Kill what runs; a container that is not there is no failure
    #[arg(short, long)]
    force: bool,

    /// Remove anonymous volumes too
    #[arg(short, long)]
    volumes: bool,

    /// Containers, by name or id
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let options = RemoveOptions::default()
            .with_force(self.force)
            .with_volumes(self.volumes);
        let runtime = context.connect().await?;
        each(&self.containers, TOGETHER, async |id| {
            match runtime.remove_container(id, options.clone()).await {
                Err(error) if self.force && error.kind() == ErrorKind::ContainerNotFound => {
                    complain(error.message());
                    Ok(String::new())
                }
                outcome => Ok(outcome.map(|()| id.to_owned())?),
            }
        })
        .await
    }
}
