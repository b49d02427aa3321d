//! `GET /events`.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;
use wharf_core::{Event, EventAction};

use super::container::bare;
use super::nullable;
use crate::dialect::Dialect;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Told {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    actor: Actor,
    #[serde(default, rename = "time")]
    seconds: i64,
    #[serde(default, rename = "timeNano")]
    nanos: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    #[serde(deserialize_with = "nullable")]
    attributes: BTreeMap<String, String>,
}

impl Told {
    /// The event as Docker would tell it; none if Docker would say nothing.
    pub(crate) fn into_event(self, dialect: Dialect) -> Option<Event> {
        let Self {
            r#type,
            action,
            actor: Actor { id, mut attributes },
            seconds,
            nanos,
        } = self;
        // `exec_create: sh -c ls` and `health_status: healthy` have more after the colon.
        let (action, detail) = match action.split_once(':') {
            Some((action, detail)) => (action, Some(detail.trim().to_owned())),
            None => (action.as_str(), None),
        };
        let action = dialect.event_action(&r#type, action)?;
        let id = dialect.event_attributes(&r#type, action, id, &mut attributes);
        let action = EventAction::from(action);
        if let Some(old) = attributes.get_mut("oldName") {
            *old = bare(old).to_owned();
        }
        let time = if nanos == 0 {
            DateTime::from_timestamp(seconds, 0).unwrap_or_default()
        } else {
            DateTime::from_timestamp_nanos(nanos)
        };
        let mut event = Event::new(time, r#type.as_str(), action, id);
        event.detail = detail.filter(|detail| !detail.is_empty());
        event.attributes = attributes;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt, stream};
    use wharf_core::EventKind;

    use super::*;
    use crate::convert::tests::{ENGINES, recorded};
    use crate::stream::json;

    fn events(engine: &str, dialect: Dialect) -> Vec<Event> {
        let wire = recorded(engine, "events.jsonl");
        let told = json::values::<Told>(stream::iter([Ok(wire.into())]));
        let told: Vec<_> = told.collect().now_or_never().unwrap();
        told.into_iter()
            .filter_map(|told| told.unwrap().into_event(dialect))
            .collect()
    }

    #[test]
    fn the_same_story_is_told_in_the_same_words() {
        for (engine, dialect) in ENGINES {
            let events = events(engine, dialect);
            let of_container = |event: &&Event| {
                event.kind == EventKind::Container
                    && event.attributes["name"].starts_with("rec-web")
            };
            let expected = [
                EventAction::ExecStart,
                EventAction::ExecDie,
                EventAction::Rename,
                EventAction::Pause,
                EventAction::Unpause,
                EventAction::Die,
                EventAction::Destroy,
            ];
            let exec = events.iter().position(|event| {
                event.action == EventAction::ExecStart && event.detail.as_deref() != Some("true")
            });
            let told = events.iter().skip(exec.unwrap()).filter(of_container);
            let told: Vec<_> = told
                .map(|event| event.action.clone())
                .filter(|a| expected.contains(a))
                .collect();
            assert_eq!(told, expected, "{engine}");
        }
    }

    #[test]
    fn attributes_are_dockers() {
        for (engine, dialect) in ENGINES {
            let events = events(engine, dialect);
            let of = |action: EventAction| {
                let mut found = events.iter().filter(move |event| event.action == action);
                found.find(|event| {
                    event
                        .attributes
                        .get("execID")
                        .is_none_or(|id| !id.is_empty())
                })
            };
            let die = of(EventAction::Die).unwrap();
            assert!(die.attributes.contains_key("exitCode"), "{engine}: {die:?}");
            assert!(die.attributes["image"].starts_with("busybox"), "{engine}");
            assert_eq!(die.attributes["a"], "b=c");
            assert_eq!(die.id.len(), 64);
            assert!(!die.attributes.contains_key("containerExitCode"));
            let volume = events
                .iter()
                .rfind(|event| event.kind == EventKind::Volume)
                .unwrap();
            assert_eq!(
                (volume.action.as_str(), volume.id.as_str()),
                ("destroy", "rec-data"),
                "{engine}"
            );
        }
    }

    #[test]
    fn what_follows_the_colon_is_the_detail() {
        let told = |json: &str| {
            serde_json::from_str::<Told>(json)
                .unwrap()
                .into_event(Dialect::Docker)
                .unwrap()
        };
        let event = told(
            r#"{"Type":"container","Action":"exec_create: sh -c a:b ","Actor":{"ID":"c"},"timeNano":5}"#,
        );
        assert_eq!(event.action, EventAction::ExecCreate);
        assert_eq!(event.detail.as_deref(), Some("sh -c a:b"));
        assert_eq!(event.time.timestamp_subsec_nanos(), 5);
        let event =
            told(r#"{"Type":"pod","Action":"new","Actor":{"ID":"c","Attributes":null},"time":7}"#);
        assert_eq!(event.kind, EventKind::Other("pod".to_owned()));
        assert_eq!((event.detail, event.time.timestamp()), (None, 7));
    }

    #[test]
    fn an_old_name_has_no_slash() {
        let renamed = events("docker-28", Dialect::Docker);
        let renamed = renamed
            .iter()
            .find(|event| event.action == EventAction::Rename)
            .unwrap();
        assert_eq!(renamed.attributes["oldName"], "rec-web");
    }
}
