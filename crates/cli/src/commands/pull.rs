use crate::{
    context::Context,
    failure::Outcome,
    output::stdout,
    progress::{self, Show},
};
use std::io::Write;
use wharf::{ImageRef, Platform, PullOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which variant of the image: OS/ARCHITECTURE[/VARIANT]; else the engine's own
    #[arg(long)]
    platform: Option<Platform>,

    /// Show no progress
    #[arg(short, long)]
    quiet: bool,

    /// The image: [REGISTRY/]NAME[:TAG][@DIGEST]
    image: ImageRef,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut options = PullOptions::default();
        options.platform = self.platform;
        let show = if self.quiet {
            Show::Nowhere
        } else {
            Show::Stdout
        };
        let runtime = context.connect().await?;
        progress::pull(&*runtime, &self.image, options, show).await?;
        writeln!(stdout(), "{}", self.image.familiar())?;
        Ok(0)
    }
}
