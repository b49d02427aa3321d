//! Containers in a list.

use super::{
    State,
    container::Container,
    inspect::{mount_infos, sizes},
    network::network_name,
};
use chrono::TimeDelta;
use std::collections::HashMap;
use wharf_core::{
    ContainerConfig, ContainerState, ContainerSummary, HealthStatus, ImageId, ListOptions, Result,
    Timestamp,
};

impl State {
    pub(crate) fn list(&self, options: &ListOptions) -> Result<Vec<ContainerSummary>> {
        let filter = self.container_filter(options)?;
        let limit = match options.limit {
            None | Some(0) => usize::MAX,
            Some(limit) => limit as usize,
        };
        let listed = self.containers.newest_first();
        let listed = listed.filter(|(key, container)| self.matches(&filter, *key, container));
        // Many containers share few images: each name is looked up once.
        let mut named: HashMap<&str, Option<ImageId>> = HashMap::new();
        let summaries = listed.take(limit).map(|(_, container)| {
            let name = container.config.image.as_str();
            let look = || self.images.resolve(name).ok().map(|image| image.id.clone());
            let id = named.entry(name).or_insert_with(look);
            // A name that has moved on to another image would lie: the id does not.
            let honest = id.as_ref() == Some(&container.image.id);
            let image = if honest {
                name
            } else {
                container.image.id.as_str()
            };
            self.summary(container, image, options.size)
        });
        Ok(summaries.collect())
    }

    fn summary(&self, container: &Container, image: &str, size: bool) -> ContainerSummary {
        let config = &container.config;
        let mut summary = ContainerSummary::new(
            container.id.clone(),
            container.name.as_str(),
            container.state.clone(),
            image,
            container.image.id.clone(),
        );
        summary.command = command_line(config);
        summary.created = Some(container.created);
        summary.status = status(container, self.now);
        summary.labels.clone_from(&config.labels);
        summary.networks = network_name(config).into_iter().collect();
        summary.mounts = mount_infos(container);
        if let Some(active) = &container.active {
            summary.ports.clone_from(&active.endpoint.ports);
        }
        if size {
            (summary.size_rw, summary.size_root) = sizes(container);
        }
        summary
    }
}

/// What it runs; arguments with spaces are quoted.
fn command_line(config: &ContainerConfig) -> String {
    let words = config.entrypoint.iter().chain(&config.command).flatten();
    let mut line = String::with_capacity(words.clone().map(|word| word.len() + 3).sum());
    for (index, word) in words.enumerate() {
        if index > 0 {
            line.push(' ');
        }
        let quote = if index > 0 && word.contains(' ') {
            "'"
        } else {
            ""
        };
        line.extend([quote, word, quote]);
    }
    line
}

/// The state for people, as `docker ps` has it.
fn status(container: &Container, now: Timestamp) -> String {
    let since = |time: Option<Timestamp>| {
        human(time.map_or_else(TimeDelta::zero, |time| now.signed_duration_since(time)))
    };
    match container.state {
        ContainerState::Created => "Created".to_owned(),
        ContainerState::Running => {
            let health = match container.health_status() {
                HealthStatus::None => String::new(),
                HealthStatus::Starting => " (health: starting)".to_owned(),
                known => format!(" ({known})"),
            };
            format!("Up {}{health}", since(container.started_at))
        }
        ContainerState::Paused => format!("Up {} (Paused)", since(container.started_at)),
        ContainerState::Removing => "Removal In Progress".to_owned(),
        ContainerState::Dead => "Dead".to_owned(),
        _ => {
            let code = container.exit_code.unwrap_or_default();
            let word = if container.state == ContainerState::Restarting {
                "Restarting"
            } else {
                "Exited"
            };
            format!("{word} ({code}) {} ago", since(container.finished_at))
        }
    }
}

/// How long something took, in one unit.
fn human(span: TimeDelta) -> String {
    let (seconds, minutes) = (span.num_seconds(), span.num_minutes());
    let hours = (span.num_minutes() + 30) / 60;
    match (seconds, minutes, hours) {
        (..1, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, ..60, _) => format!("{minutes} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, ..48) => format!("{hours} hours"),
        (_, _, ..336) => format!("{} days", hours / 24),
        (_, _, ..1_440) => format!("{} weeks", hours / 24 / 7),
        (_, _, ..17_520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_one_unit() {
        for (seconds, text) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"),
            (3_599, "59 minutes"),
            (3_600, "About an hour"),
            (7_200, "2 hours"),
            (48 * 3_600, "2 days"),
            (15 * 86_400, "2 weeks"),
            (70 * 86_400, "2 months"),
            (800 * 86_400, "2 years"),
        ] {
            assert_eq!(human(TimeDelta::seconds(seconds)), text);
        }
    }
}
