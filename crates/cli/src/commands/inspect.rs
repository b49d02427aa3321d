use crate::{
    context::Context,
    failure::{Failure, Outcome, verdict},
    output::json,
};
use clap::ValueEnum;
use serde_json::Value;
use std::io;
use wharf::{ErrorKind, InspectImageOptions, InspectOptions, Runtime};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the names mean; else containers, and images where there is no such container
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<Kind>,

    /// Also measure the files of containers
    #[arg(short, long)]
    size: bool,

    /// Containers or images, by name or id
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Container,
    Image,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let runtime = context.connect().await?;
        let mut found = Vec::new();
        let mut failed = false;
        for name in &self.names {
            match self.find(&*runtime, name).await {
                Ok(value) => found.push(value),
                Err(failure) => {
                    failure.report();
                    failed = true;
                }
            }
        }
        verdict(json(&found), u8::from(failed))
    }

    async fn find(&self, runtime: &dyn Runtime, name: &str) -> Result<Value, Failure> {
        if self.kind != Some(Kind::Image) {
            let options = InspectOptions::default().with_size(self.size);
            match runtime.inspect_container(name, options).await {
                Ok(container) => {
                    return Ok(serde_json::to_value(container).map_err(io::Error::from)?);
                }
                Err(error)
                    if self.kind.is_none() && error.kind() == ErrorKind::ContainerNotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        match runtime
            .inspect_image(name, InspectImageOptions::default())
            .await
        {
            Ok(image) => Ok(serde_json::to_value(image).map_err(io::Error::from)?),
            Err(error) if self.kind.is_none() && error.kind() == ErrorKind::ImageNotFound => {
                Err(Failure::Usage(format!(
                    "there is neither a container nor an image {name:?}"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }
}
