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
        let action: EventAction = dialect.event_action(&r#type, action)?.into();
        let id = dialect.event_attributes(&r#type, id, &mut attributes);
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
