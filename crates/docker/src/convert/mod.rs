//! From the wire and back. Pure functions, without I/O, tested with recorded answers.
//!
//! Answers are read into models of our own that have only what wharf gives: an engine may leave a
//! field out, send `null` for an empty list, or add words that nobody knew, and none of it is an
//! error. Requests are written with the models of bollard, which know every field there is.

pub(crate) mod config;
pub(crate) mod container;
pub(crate) mod create;
pub(crate) mod event;
pub(crate) mod image;
pub(crate) mod progress;
pub(crate) mod summary;
pub(crate) mod system;
pub(crate) mod volume;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use wharf_core::Timestamp;

/// `null` for what is empty, as Go writes it.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The keys of a map whose values say nothing.
#[derive(Debug, Default)]
pub(crate) struct Keys(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeysOf;
        impl<'de> Visitor<'de> for KeysOf {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(KeysOf)
    }
}

/// An RFC 3339 text; Go's zero time stands for none.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (time.year() > 1).then_some(time)
}

/// Seconds since 1970; 0 stands for none.
pub(crate) fn unix_time(seconds: i64) -> Option<Timestamp> {
    if seconds == 0 {
        None
    } else {
        DateTime::from_timestamp(seconds, 0)
    }
}

/// An empty text stands for none.
pub(crate) fn some(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

/// Zero and less stand for none.
pub(crate) fn positive<T: TryInto<U>, U: PartialOrd + Default>(number: T) -> Option<U> {
    number
        .try_into()
        .ok()
        .filter(|number| *number > U::default())
}

/// A size in bytes. Engines that did not count say -1.
pub(crate) fn size(bytes: i64) -> Option<u64> {
    u64::try_from(bytes).ok()
}

/// Nanoseconds, as Go counts durations; zero stands for the engine's default.
pub(crate) fn nanos(nanos: i64) -> Option<Duration> {
    positive::<_, u64>(nanos).map(Duration::from_nanos)
}

/// A duration in Go's nanoseconds; the longest that fits if it is longer.
pub(crate) fn to_nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// `80/tcp`, or `80` for the same.
pub(crate) fn port(text: &str) -> Option<(u16, wharf_core::Protocol)> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    Some((port.parse().ok()?, protocol.into()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An answer of a real engine, recorded in `tests/recorded/`.
    pub(crate) fn recorded(engine: &str, name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded");
        let path = format!("{folder}/{engine}/{name}");
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The engines whose answers are recorded, and their dialects.
    pub(crate) const ENGINES: [(&str, crate::dialect::Dialect); 3] = [
        ("docker-20", crate::dialect::Dialect::Docker),
        ("docker-28", crate::dialect::Dialect::Docker),
        ("podman-5.8", crate::dialect::Dialect::Podman),
    ];

    #[test]
    fn gos_zero_time_is_none() {
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time(""), None);
        assert_eq!(
            time("2026-11-21T08:16:24.788798774Z").unwrap().to_rfc3339(),
            "2026-11-21T08:16:24.788798774+00:00"
        );
    }

    #[test]
    fn a_port_may_leave_out_its_protocol() {
        assert_eq!(port("53/udp"), Some((53, wharf_core::Protocol::Udp)));
        assert_eq!(port("80"), Some((80, wharf_core::Protocol::Tcp)));
        assert_eq!(port("x/tcp"), None);
    }
}
