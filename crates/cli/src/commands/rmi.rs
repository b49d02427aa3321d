use super::{IN_TURN, each};
use crate::{context::Context, failure::Outcome};
use wharf::RemoveImageOptions;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Remove it also where stopped containers use it or it has several names
    #[arg(short, long)]
    force: bool,

    /// Keep its untagged parents
    #[arg(long)]
    no_prune: bool,

    /// Images, by name or id
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let options = RemoveImageOptions::default()
            .with_force(self.force)
            .with_no_prune(self.no_prune);
        let runtime = context.connect().await?;
        each(&self.images, IN_TURN, async |image| {
            let removed = runtime.remove_image(image, options.clone()).await?;
            let untagged = removed
                .untagged
                .iter()
                .map(|name| format!("Untagged: {name}"));
            let deleted = removed.deleted.iter().map(|id| format!("Deleted: {id}"));
            Ok(untagged.chain(deleted).collect::<Vec<_>>().join("\n"))
        })
        .await
    }
}
