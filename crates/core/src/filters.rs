//! Filters for lists, prunes and events, and the one table of keys that each operation knows.

use crate::{
    Error, Operation, Result,
    types::{ContainerState, EventAction, EventKind, HealthStatus},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Conditions on what is listed, pruned or told: keys with values.
///
/// Keys are joined by AND; several values of one key by OR, but for labels, which must all be there. A key that the
/// operation does not know is [`InvalidInput`](crate::ErrorKind::InvalidInput), on every backend.
///
/// ```
/// use wharf_core::{ContainerState, Filters};
///
/// let filters = Filters::new()
///     .label("team", "harbour")
///     .status(ContainerState::Running)
///     .with("name", "web");
/// assert_eq!(filters.values("label"), ["team=harbour"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    /// No conditions: everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more value for a key, in the engine's words.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.entry(key.into()).or_default().push(value.into());
        self
    }

    /// Has that label with that value.
    #[must_use]
    pub fn label(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.with("label", format!("{}={}", key.as_ref(), value.as_ref()))
    }

    /// Has that label, whatever its value.
    #[must_use]
    pub fn label_key(self, key: impl Into<String>) -> Self {
        self.with("label", key)
    }

    /// Has that name. For containers a regular expression, found anywhere in the name or in `/name`.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with("name", name)
    }

    /// Has that id, or an id that begins so.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        self.with("id", id)
    }

    /// Containers: is in that state.
    #[must_use]
    pub fn status(self, state: impl Into<ContainerState>) -> Self {
        self.with("status", state.into())
    }

    /// Containers: has exited with that code.
    #[must_use]
    pub fn exited(self, code: i64) -> Self {
        self.with("exited", code.to_string())
    }

    /// Containers: was made from that image or one that builds on it.
    #[must_use]
    pub fn ancestor(self, image: impl Into<String>) -> Self {
        self.with("ancestor", image)
    }

    /// Containers: has that health.
    #[must_use]
    pub fn health(self, health: impl Into<HealthStatus>) -> Self {
        self.with("health", health.into())
    }

    /// Images: has a name that fits the pattern: `busy*`, `team/app:1.*`.
    #[must_use]
    pub fn reference(self, pattern: impl Into<String>) -> Self {
        self.with("reference", pattern)
    }

    /// Images, volumes, networks: is used or named by nothing.
    #[must_use]
    pub fn dangling(self, dangling: bool) -> Self {
        self.with("dangling", dangling.to_string())
    }

    /// Events: is about that kind of thing.
    #[must_use]
    pub fn kind(self, kind: impl Into<EventKind>) -> Self {
        self.with("type", kind.into())
    }

    /// Events: says that this happened.
    #[must_use]
    pub fn action(self, action: impl Into<EventAction>) -> Self {
        self.with("event", action.into())
    }

    /// Events: is about that container, by id or name.
    #[must_use]
    pub fn container(self, container: impl Into<String>) -> Self {
        self.with("container", container)
    }

    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of a key; none where the key is absent.
    pub fn values(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// All keys with their values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    /// Refuses keys that the operation does not know, and values that a key cannot have.
    pub(crate) fn validate(&self, operation: Operation) -> Result<()> {
        let known = keys(operation);
        for (key, values) in &self.0 {
            let Some((_, kind)) = known.iter().find(|(name, _)| name == key) else {
                let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
                return Err(Error::invalid(
                    "filters",
                    format_args!(
                        "{operation} knows no key {key:?}; it knows {}",
                        names.join(", ")
                    ),
                ));
            };
            for value in values {
                kind.validate(value).map_err(|why| {
                    Error::invalid("filters", format_args!("{key} cannot be {value:?}: {why}"))
                })?;
            }
        }
        Ok(())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Filters {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        pairs
            .into_iter()
            .fold(Self::new(), |filters, (key, value)| {
                filters.with(key, value)
            })
    }
}

/// What the values of a key look like.
#[derive(Clone, Copy)]
enum Value {
    Text,
    Number,
    Bool,
    OneOf(&'static [&'static str]),
    /// A number or a range of numbers, and a protocol after a slash.
    Port,
    /// A pattern with `*`, `?`, `[a-z]` and `\`.
    Pattern,
}

impl Value {
    fn validate(self, value: &str) -> Result<(), String> {
        let fits = match self {
            Self::Text => !value.is_empty(),
            Self::Number => value.parse::<i64>().is_ok(),
            Self::Bool => matches!(value, "true" | "false"),
            Self::OneOf(words) => words.contains(&value),
            Self::Port => is_port_range(value),
            Self::Pattern => !value.is_empty() && is_pattern(value),
        };
        if fits {
            return Ok(());
        }
        Err(match self {
            Self::Text => "it is empty".to_owned(),
            Self::Number => "it is no number".to_owned(),
            Self::Bool => "use true or false".to_owned(),
            Self::OneOf(words) => format!("use one of {}", words.join(", ")),
            Self::Port => "use PORT[-PORT][/PROTOCOL]".to_owned(),
            Self::Pattern => "a `[` or a `\\` in it has no end".to_owned(),
        })
    }
}

fn is_port_range(value: &str) -> bool {
    let (ports, protocol) = value.split_once('/').unwrap_or((value, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = (first.parse::<u16>(), last.parse::<u16>());
    matches!(range, (Ok(first), Ok(last)) if first <= last)
        && matches!(protocol, "tcp" | "udp" | "sctp")
}

/// Whether every class and every escape of a pattern has its end.
fn is_pattern(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let ends = match c {
            '\\' => chars.next().is_some(),
            '[' => ends_class(&mut chars),
            _ => true,
        };
        if !ends {
            return false;
        }
    }
    true
}

/// Reads a class to its `]`: at least one character or range, each perhaps escaped.
fn ends_class(chars: &mut std::str::Chars<'_>) -> bool {
    let mut rest = chars
        .as_str()
        .strip_prefix('^')
        .unwrap_or(chars.as_str())
        .chars();
    let member = |rest: &mut std::str::Chars<'_>| match rest.next() {
        Some('\\') => rest.next().is_some(),
        Some('-' | ']') | None => false,
        Some(_) => true,
    };
    loop {
        if !member(&mut rest) {
            return false;
        }
        if let Some(after) = rest.as_str().strip_prefix('-') {
            rest = after.chars();
            if !member(&mut rest) {
                return false;
            }
        }
        if let Some(after) = rest.as_str().strip_prefix(']') {
            *chars = after.chars();
            return true;
        }
    }
}

/// The keys that an operation knows.
fn keys(operation: Operation) -> &'static [(&'static str, Value)] {
    use Value::{Bool, Number, OneOf, Pattern, Port, Text};
    match operation {
        Operation::ListContainers => &[
            ("ancestor", Text),
            ("before", Text),
            ("exited", Number),
            ("expose", Port),
            ("health", OneOf(HealthStatus::WORDS)),
            ("id", Text),
            ("label", Text),
            ("name", Text),
            ("network", Text),
            ("publish", Port),
            ("since", Text),
            ("status", OneOf(ContainerState::WORDS)),
            ("volume", Text),
        ],
        Operation::PruneContainers | Operation::PruneNetworks => {
            &[("label", Text), ("label!", Text), ("until", Text)]
        }
        Operation::ListImages => &[
            ("before", Text),
            ("dangling", Bool),
            ("label", Text),
            ("reference", Pattern),
            ("since", Text),
        ],
        Operation::PruneImages => &[
            ("dangling", Bool),
            ("label", Text),
            ("label!", Text),
            ("until", Text),
        ],
        Operation::Events => &[
            ("container", Text),
            ("event", Text),
            ("image", Text),
            ("label", Text),
            ("network", Text),
            ("type", OneOf(EventKind::WORDS)),
            ("volume", Text),
        ],
        Operation::ListVolumes => &[
            ("dangling", Bool),
            ("driver", Text),
            ("label", Text),
            ("name", Text),
        ],
        Operation::PruneVolumes => &[("label", Text), ("label!", Text)],
        Operation::ListNetworks => &[
            ("dangling", Bool),
            ("driver", Text),
            ("id", Text),
            ("label", Text),
            ("name", Text),
            ("scope", OneOf(&["local", "swarm", "global"])),
            ("type", OneOf(&["builtin", "custom"])),
        ],
        Operation::SearchImages => &[("is-official", Bool), ("stars", Number)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn known_keys_with_fitting_values_pass() {
        let filters = Filters::new()
            .label("a", "b")
            .label_key("c")
            .name("^web")
            .status("exited")
            .exited(137)
            .health("healthy")
            .with("publish", "8000-8010/udp");
        filters.validate(Operation::ListContainers).unwrap();
        Filters::new()
            .dangling(true)
            .validate(Operation::PruneImages)
            .unwrap();
        Filters::new()
            .kind(EventKind::Image)
            .validate(Operation::Events)
            .unwrap();
    }

    #[test]
    fn an_unknown_key_names_the_known_ones() {
        let error = Filters::new()
            .with("nope", "x")
            .validate(Operation::ListImages)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("reference"), "{error}");
        assert!(
            Filters::new()
                .dangling(true)
                .validate(Operation::ListContainers)
                .is_err()
        );
    }

    #[test]
    fn a_pattern_has_an_end_to_what_it_begins() {
        let valid = |pattern: &str| {
            let filters = Filters::new().reference(pattern);
            filters.validate(Operation::ListImages).is_ok()
        };
        for pattern in [
            "web",
            "w*",
            "w[a-c]b",
            "[^x]",
            r"\[",
            r"[\]]",
            "a]",
            "[a-c0-9]*",
        ] {
            assert!(valid(pattern), "{pattern}");
        }
        for pattern in ["", "[", "busyb[", "busybo[x", "b[]]", "[a-]", "a\\", "[^]"] {
            assert!(!valid(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_value_that_a_key_cannot_have_is_refused() {
        for (key, value) in [
            ("status", "stopped"),
            ("exited", "abc"),
            ("health", "fine"),
            ("label", ""),
            ("publish", "abc"),
            ("publish", "9-8"),
        ] {
            let filters = Filters::new().with(key, value);
            assert!(
                filters.validate(Operation::ListContainers).is_err(),
                "{key}={value}"
            );
        }
        assert!(
            Filters::new()
                .with("dangling", "1")
                .validate(Operation::ListImages)
                .is_err()
        );
    }
}
