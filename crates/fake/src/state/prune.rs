//! Removing what is not used.

use super::{State, container::Key, event::has_label};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use wharf_core::{
    ContainerState, Error, EventAction, EventKind, Filters, Pruned, Result, Timestamp,
};

/// What a prune is limited to: the filters that all prunes of things with an age know.
pub(super) struct PruneFilter<'a> {
    filters: &'a Filters,
    until: Option<Timestamp>,
}

impl<'a> PruneFilter<'a> {
    pub(super) fn new(filters: &'a Filters, now: Timestamp) -> Result<Self> {
        let until = match filters.values("until") {
            [] => None,
            [until] => Some(parse_until(until, now)?),
            _ => {
                return Err(Error::invalid(
                    "filters",
                    "more than one until filter specified",
                ));
            }
        };
        Ok(Self { filters, until })
    }

    pub(super) fn lets_through(
        &self,
        labels: &BTreeMap<String, String>,
        created: Timestamp,
    ) -> bool {
        self.until.is_none_or(|until| created <= until)
            && self
                .filters
                .values("label")
                .iter()
                .all(|label| has_label(labels, label))
            && !self
                .filters
                .values("label!")
                .iter()
                .any(|label| has_label(labels, label))
    }
}

/// A point in time as RFC 3339 or in Unix seconds, or how long ago it was: `10m`, `1h30m`.
fn parse_until(text: &str, now: Timestamp) -> Result<Timestamp> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    if let Ok(seconds) = text.parse::<i64>()
        && let Some(time) = Timestamp::from_timestamp(seconds, 0)
    {
        return Ok(time);
    }
    let ago = parse_duration(text).and_then(|ago| now.checked_sub_signed(ago));
    ago.ok_or_else(|| {
        let why = format_args!(
            "until cannot be {text:?}: use a time (2024-01-01T00:00:00Z, Unix seconds) or how long ago (10m, 1h30m)"
        );
        Error::invalid("filters", why)
    })
}

/// Numbers with units, as Go writes durations.
fn parse_duration(text: &str) -> Option<TimeDelta> {
    let mut total = TimeDelta::zero();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let part = std::time::Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds);
        total = total.checked_add(&TimeDelta::from_std(part.ok()?).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

impl State {
    pub(crate) fn prune_containers(&mut self, filters: &Filters) -> Result<Pruned> {
        let filter = PruneFilter::new(filters, self.now)?;
        let unused: Vec<Key> = self
            .containers
            .iter()
            .filter(|(_, container)| {
                matches!(
                    container.state,
                    ContainerState::Created | ContainerState::Exited
                ) && filter.lets_through(&container.config.labels, container.created)
            })
            .map(|(key, _)| key)
            .collect();
        let mut pruned = Pruned::default();
        for key in unused {
            if let Ok(container) = self.container(key) {
                pruned.reclaimed += container.root.used();
                pruned.removed.push(container.id.to_string());
            }
            self.destroy(key, false);
        }
        self.tell_pruned(EventKind::Container, pruned.reclaimed);
        Ok(pruned)
    }

    /// A prune is told even where there was nothing to remove.
    pub(super) fn tell_pruned(&mut self, kind: EventKind, reclaimed: u64) {
        self.tell(
            kind,
            EventAction::Prune,
            "",
            [("reclaimed", reclaimed.to_string())],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_time_or_how_long_ago() {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::hours(10);
        for (text, seconds) in [
            ("1970-01-01T01:00:00Z", 3600),
            ("7200", 7200),
            ("1h30m", 30_600),
            ("10m", 35_400),
            ("1.5s", 35_998),
        ] {
            assert_eq!(
                parse_until(text, now).unwrap().timestamp(),
                seconds,
                "{text}"
            );
        }
        for text in ["", "abc", "h", "10x", "-5m", "1e400h", "5m3"] {
            assert!(parse_until(text, now).is_err(), "{text}");
        }
    }
}
