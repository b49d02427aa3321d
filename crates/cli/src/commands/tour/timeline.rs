//! What happened when, from the engine's own events.

use super::{follow::PATIENCE, screen::Screen};
use crate::{failure::Failure, human::shortened};
use futures::TryStreamExt;
use serde::Serialize;
use tokio::time::timeout;
use wharf::{Event, EventAction, Items, Timestamp};

/// Command lines are cut here.
const WIDTH: usize = 56;

/// One thing that happened.
#[derive(Debug, Serialize)]
pub(crate) struct Moment {
    /// Seconds since the first one.
    seconds: f64,
    /// By the engine's clock.
    time: Timestamp,
    container: String,
    /// In the engine's words.
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Of an exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<String>,
}

/// Reads the events until so many containers are gone.
pub(crate) async fn collect(
    mut events: Items<Event>,
    containers: usize,
) -> Result<Vec<Event>, Failure> {
    let mut seen = Vec::new();
    let all = async {
        let mut gone = 0;
        while gone < containers {
            let Some(event) = events.try_next().await? else {
                break;
            };
            gone += usize::from(event.action == EventAction::Destroy);
            seen.push(event);
        }
        Ok::<_, wharf::Error>(())
    };
    match timeout(PATIENCE, all).await {
        Ok(read) => read?,
        Err(_) => {
            return Err(Failure::Usage(
                "the engine did not tell of all that happened".to_owned(),
            ));
        }
    }
    Ok(seen)
}

/// The events as they lie in time; names are shown without what all of them begin with.
pub(crate) fn timeline(events: &[Event], prefix: &str) -> Vec<Moment> {
    let Some(first) = events.first() else {
        return Vec::new();
    };
    let moment = |event: &Event| {
        let name = event
            .attributes
            .get("name")
            .map_or(&*event.id, String::as_str);
        Moment {
            seconds: (event.time - first.time).as_seconds_f64(),
            time: event.time,
            container: name.strip_prefix(prefix).unwrap_or(name).to_owned(),
            action: event.action.to_string(),
            detail: event.detail.clone(),
            // Podman tells one of every event.
            exit_code: exits(event)
                .then(|| event.attributes.get("exitCode").cloned())
                .flatten(),
        }
    };
    events.iter().map(moment).collect()
}

fn exits(event: &Event) -> bool {
    matches!(event.action, EventAction::Die | EventAction::ExecDie)
}

impl Moment {
    pub(crate) fn show(&self, screen: &Screen) -> Result<(), Failure> {
        let detail = self.detail.iter().map(|detail| format!(": {detail}"));
        let code = self
            .exit_code
            .iter()
            .map(|code| format!(", exit code {code}"));
        let what: String = std::iter::once(self.action.clone())
            .chain(detail)
            .chain(code)
            .collect();
        Ok(screen.event(self.seconds, &self.container, &shortened(&what, WIDTH))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_begins_with_the_first_event_and_names_lose_what_they_share() {
        let begin: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let event = |millis, action: &str| {
            Event::new(
                begin + Duration::from_millis(millis),
                "container",
                action,
                "abc",
            )
            .with_attributes([("name", "tour-1-web")])
        };
        let events = [
            event(0, "create"),
            event(1500, "die").with_attributes([("exitCode", "3")]),
        ];
        let moments = timeline(&events, "tour-1-");
        assert_eq!(
            (moments[0].seconds, moments[0].container.as_str()),
            (0.0, "web")
        );
        assert_eq!(
            (moments[1].seconds, moments[1].container.as_str()),
            (1.5, "abc")
        );
        assert_eq!(moments[1].exit_code.as_deref(), Some("3"));
        assert!(timeline(&[], "").is_empty());
    }
}
