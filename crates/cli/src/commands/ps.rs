use crate::{
    context::Context,
    failure::Outcome,
    human::{ago, quoted, shortened, size},
    output::{Format, Table, json, stdout},
    parse::FilterArgs,
};
use chrono::Utc;
use std::io::Write;
use wharf::{ContainerSummary, ListOptions, PublishedPort};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also those that do not run
    #[arg(short, long)]
    all: bool,

    /// Ids alone
    #[arg(short, long)]
    quiet: bool,

    /// Ids and commands in full
    #[arg(long)]
    no_trunc: bool,

    /// The newest so many, running or not; below 1 for no limit
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    last: Option<i32>,

    /// The newest one, running or not
    #[arg(short, long, conflicts_with = "last")]
    latest: bool,

    /// Also measure their files
    #[arg(short, long)]
    size: bool,

    #[command(flatten)]
    filters: FilterArgs,

    #[command(flatten)]
    format: Format,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut options = ListOptions::default()
            .with_all(self.all)
            .with_size(self.size)
            .with_filters(self.filters.into_filters());
        let last = if self.latest { Some(1) } else { self.last };
        options.limit = last
            .and_then(|last| u32::try_from(last).ok())
            .filter(|last| *last > 0);
        let runtime = context.connect().await?;
        let containers = runtime.list_containers(options).await?;
        let id = |container: &ContainerSummary| {
            if self.no_trunc {
                container.id.to_string()
            } else {
                container.id.short().to_owned()
            }
        };
        if self.format.json {
            json(&containers)?;
        } else if self.quiet {
            for container in &containers {
                writeln!(stdout(), "{}", id(container))?;
            }
        } else {
            let width = if self.no_trunc { usize::MAX } else { 20 };
            table(&containers, id, width, self.size).write(stdout())?;
        }
        Ok(0)
    }
}

fn table(
    containers: &[ContainerSummary],
    id: impl Fn(&ContainerSummary) -> String,
    width: usize,
    sizes: bool,
) -> Table {
    let now = Utc::now();
    let mut table = Table::new([
        "CONTAINER ID",
        "IMAGE",
        "COMMAND",
        "CREATED",
        "STATUS",
        "PORTS",
        "NAMES",
    ]);
    for container in containers {
        let ports: Vec<_> = container.ports.iter().map(port).collect();
        table.row([
            id(container),
            container.image.clone(),
            quoted(&shortened(&container.command, width)),
            ago(container.created, now),
            container.status.clone(),
            ports.join(", "),
            container.name.clone(),
        ]);
    }
    if sizes {
        let cells = containers.iter().map(|container| {
            let shown = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), size);
            format!(
                "{} (virtual {})",
                shown(container.size_rw),
                shown(container.size_root)
            )
        });
        table.column(std::iter::once("SIZE".to_owned()).chain(cells));
    }
    table
}

fn port(port: &PublishedPort) -> String {
    let inside = format!("{}/{}", port.container, port.protocol);
    match port.host {
        Some(host) => format!("{host}->{inside}"),
        None => inside,
    }
}
