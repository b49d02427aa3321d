use crate::{
    context::Context,
    failure::Outcome,
    human::one_line,
    output::{Format, json_line, stdout},
    parse::{FilterArgs, time::moment},
};
use chrono::SecondsFormat;
use futures::TryStreamExt;
use std::io::Write;
use wharf::{Event, EventsOptions, Timestamp};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Begin with what happened since then: 2026-01-31T12:00:00Z, unix seconds, or 10m for ten minutes ago
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    since: Option<Timestamp>,

    /// End then; else with Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    until: Option<Timestamp>,

    #[command(flatten)]
    filters: FilterArgs,

    #[command(flatten)]
    format: Format,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Outcome {
        let mut options = EventsOptions::default().with_filters(self.filters.into_filters());
        (options.since, options.until) = (self.since, self.until);
        let runtime = context.connect().await?;
        let mut events = runtime.events(options).await?;
        while let Some(event) = events.try_next().await? {
            if self.format.json {
                json_line(&event)?;
            } else {
                writeln!(stdout(), "{}", line(&event))?;
            }
        }
        Ok(0)
    }
}

/// As the `docker` command shows it: `TIME container die ID (exitCode=0, name=web)`.
fn line(event: &Event) -> String {
    let time = event.time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let detail = event
        .detail
        .as_ref()
        .map_or_else(String::new, |detail| format!(": {detail}"));
    let attributes: Vec<_> = event
        .attributes
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let Event {
        kind, action, id, ..
    } = event;
    // Commands and labels may have anything in them.
    one_line(&format!(
        "{time} {kind} {action}{detail} {id} ({})",
        attributes.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let time: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let event = Event::new(time, "container", "exec_create", "abc")
            .with_detail("echo a\nb")
            .with_attributes([("name", "web"), ("image", "busybox"), ("a", "\u{1b}c")]);
        assert_eq!(
            line(&event),
            r"2026-01-31T12:00:00.000000000Z container exec_create: echo a\nb abc (a=\x1bc, image=busybox, name=web)"
        );
    }
}
