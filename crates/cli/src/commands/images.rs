use crate::{
    context::Context,
    failure::Outcome,
    human::{ago, size},
    output::{Format, Table, json, stdout},
    parse::FilterArgs,
};
use chrono::Utc;
use std::io::Write;
use wharf::{ImageSummary, ListImagesOptions};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also those that only stand between two others
    #[arg(short, long)]
    all: bool,

    /// Ids alone
    #[arg(short, long)]
    quiet: bool,

    /// Ids in full
    #[arg(long)]
    no_trunc: bool,

    #[command(flatten)]
    filters: FilterArgs,

    #[command(flatten)]
    format: Format,

    /// Only images of that name; `*` stands for anything
    #[arg(value_name = "REPOSITORY[:TAG]")]
    reference: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let filters = self.filters.into_filters();
        let filters = match self.reference {
            Some(pattern) => filters.reference(pattern),
            None => filters,
        };
        let options = ListImagesOptions::default()
            .with_all(self.all)
            .with_filters(filters);
        let runtime = context.connect().await?;
        let images = runtime.list_images(options).await?;
        let id = |image: &ImageSummary| {
            if self.no_trunc {
                image.id.to_string()
            } else {
                image.id.short().to_owned()
            }
        };
        if self.format.json {
            json(&images)?;
        } else if self.quiet {
            for image in &images {
                writeln!(stdout(), "{}", id(image))?;
            }
        } else {
            let now = Utc::now();
            let mut table = Table::new(["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]);
            for image in &images {
                for (repository, tag) in names(image) {
                    table.row([
                        repository,
                        tag,
                        id(image),
                        ago(image.created, now),
                        size(image.size),
                    ]);
                }
            }
            table.write(stdout())?;
        }
        Ok(0)
    }
}

/// A row for each name; one for an image that has none.
fn names(image: &ImageSummary) -> Vec<(String, String)> {
    let none = || ("<none>".to_owned(), "<none>".to_owned());
    let split = |name: &String| match name.rsplit_once(':') {
        Some((repository, tag)) => (repository.to_owned(), tag.to_owned()),
        None => (name.clone(), "<none>".to_owned()),
    };
    if image.tags.is_empty() {
        vec![none()]
    } else {
        image.tags.iter().map(split).collect()
    }
}
