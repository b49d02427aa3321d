//! What is not compared: read from the one file that says it, with the reason of each line.

use regex_lite::Regex;
use serde_json::Value;

/// What takes the place of a text that is not compared. That something is there is compared all the same.
const LEFT_OUT: &str = "…";

/// The text of a line that says that not even this is compared.
const ABSENT: &str = "-";

/// The lines of `exemptions.tsv`: where, which part of the text there, on which engines, and why nobody can compare it.
///
/// The places `events.order`, `events.order_among_themselves` and `events.left_out` are no way to a value: their texts
/// are a kind and an action, of events whose order is not compared, whose order is where they come one after another, or
/// which are not compared at all.
#[derive(Debug)]
pub struct Exemptions(Vec<Line>);

#[derive(Debug)]
struct Line {
    place: Regex,
    text: Regex,
    /// It is about engines whose API is older than this; else about all.
    before: Option<u32>,
}

impl Exemptions {
    /// All that the file says. Tells which line is wrong.
    ///
    /// # Errors
    /// A line that has not four fields, or one that is no pattern.
    pub fn load() -> Result<Self, String> {
        Self::parse(include_str!("exemptions.tsv"))
    }

    fn parse(file: &str) -> Result<Self, String> {
        let lines = file.lines().enumerate().map(|(at, line)| {
            let wrong = |why: &str| format!("exemptions.tsv, line {}: {why}", at + 1);
            let fields: Vec<_> = line.split('\t').collect();
            let [place, text, engines, reason] = fields[..] else {
                return Err(wrong(
                    "a place, a text, engines and a reason are needed, with tabs between",
                ));
            };
            if reason.trim().is_empty() {
                return Err(wrong("there is no reason"));
            }
            let pattern = |text: &str| Regex::new(text).map_err(|e| wrong(&e.to_string()));
            let before = match engines {
                "all" => None,
                some => Some(
                    some.strip_prefix("before API ")
                        .and_then(minor)
                        .ok_or_else(|| {
                            wrong("the engines are neither `all` nor `before API 1.N`")
                        })?,
                ),
            };
            Ok(Line {
                place: pattern(&format!("^(?:{place})$"))?,
                text: pattern(text)?,
                before,
            })
        });
        lines.collect::<Result<_, _>>().map(Self)
    }

    /// Those that hold for an engine of that API version.
    #[must_use]
    pub(super) fn of(mut self, api: &str) -> Self {
        let own = minor(api);
        let concerns = |line: &Line| line.before.is_none_or(|before| own < Some(before));
        self.0.retain(concerns);
        self
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everything is compared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out what is not compared from a value of that name.
    pub(super) fn apply(&self, name: &str, value: &mut Value) {
        self.descend(name, value);
        if let Value::Array(events) = value {
            let said = |event: &Value| {
                let word = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
                format!("{} {}", word("kind"), word("action"))
            };
            let names = |place: &str, event: &Value| {
                let said = said(event);
                let mut lines = self.0.iter();
                lines.any(|line| line.place.is_match(place) && line.text.is_match(&said))
            };
            events.retain(|event| !names(&format!("{name}.left_out"), event));
            let place = format!("{name}.order_among_themselves");
            for alike in events.chunk_by_mut(|one, other| said(one) == said(other)) {
                if names(&place, &alike[0]) {
                    alike.sort_by_cached_key(Value::to_string);
                }
            }
            // They go to the end, in an order that both sides have.
            let place = format!("{name}.order");
            events.sort_by_cached_key(|event| names(&place, event).then(|| event.to_string()));
        }
    }

    fn is_absent(&self, path: &str) -> bool {
        let mut lines = self.0.iter().filter(|line| line.text.as_str() == ABSENT);
        lines.any(|line| line.place.is_match(path))
    }

    fn descend(&self, path: &str, value: &mut Value) {
        let below = |key: &str| format!("{path}.{key}");
        match value {
            Value::Object(fields) => {
                fields.retain(|key, _| !self.is_absent(&below(key)));
                for (key, value) in fields {
                    self.descend(&below(key), value);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter_mut().enumerate() {
                    self.descend(&below(&at.to_string()), value);
                }
            }
            Value::Null => {}
            leaf => {
                for line in self.0.iter().filter(|line| line.place.is_match(path)) {
                    let text = match leaf.as_str() {
                        Some(text) => text.to_owned(),
                        None => leaf.to_string(),
                    };
                    let left = line.text.replace_all(&text, LEFT_OUT);
                    if left != text {
                        *leaf = left.into_owned().into();
                    }
                }
            }
        }
    }
}

/// The 41 of `1.41`.
fn minor(api: &str) -> Option<u32> {
    api.strip_prefix("1.")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_file_is_short_and_each_line_has_its_reason() {
        let exemptions = Exemptions::load().unwrap();
        assert!(
            exemptions.len() <= 15,
            "a difference is mended, not exempted"
        );
    }

    #[test]
    fn only_the_text_that_is_named_is_left_out() {
        let lines = Exemptions::parse(".*\\.status\t\\d+ seconds\tall\ttime passes").unwrap();
        let mut value = json!({"a": {"status": "Up 3 seconds (healthy)", "other": "3 seconds"}});
        lines.apply("world", &mut value);
        assert_eq!(
            value,
            json!({"a": {"status": "Up … (healthy)", "other": "3 seconds"}})
        );
        let lines = Exemptions::parse(".*\\.other\t-\tall\tnot everywhere").unwrap();
        lines.apply("world", &mut value);
        assert_eq!(value, json!({"a": {"status": "Up … (healthy)"}}));
    }

    #[test]
    fn events_whose_order_is_left_out_are_compared_all_the_same() {
        let lines = Exemptions::parse("events\\.order\t^x b$\tall\trace").unwrap();
        let bare = |actions: &[&str]| {
            let events = actions
                .iter()
                .map(|action| json!({"kind": "x", "action": action}));
            let mut events = events.collect::<Value>();
            lines.apply("events", &mut events);
            events
        };
        assert_eq!(bare(&["a", "b", "c"]), bare(&["b", "a", "c"]));
        assert_ne!(bare(&["a", "b", "c"]), bare(&["c", "b", "a"]));
        assert_ne!(bare(&["a", "b", "c"]), bare(&["a", "c"]));
    }

    #[test]
    fn of_events_of_one_kind_one_after_another_the_order_may_be_left_out() {
        let line = "events\\.order_among_themselves\t^x b$\tall\ta map";
        let lines = Exemptions::parse(line).unwrap();
        let bare = |events: &[(&str, u8)]| {
            let events = events.iter();
            let events =
                events.map(|(action, id)| json!({"kind": "x", "action": action, "id": id}));
            let mut events = events.collect::<Value>();
            lines.apply("events", &mut events);
            events
        };
        let told = [("a", 1), ("b", 1), ("b", 2), ("a", 2)];
        assert_eq!(bare(&told), bare(&[("a", 1), ("b", 2), ("b", 1), ("a", 2)]));
        assert_ne!(bare(&told), bare(&[("b", 1), ("a", 1), ("b", 2), ("a", 2)]));
        assert_ne!(bare(&told), bare(&[("a", 2), ("b", 1), ("b", 2), ("a", 1)]));
        assert_ne!(bare(&told), bare(&[("a", 1), ("b", 1), ("b", 1), ("a", 2)]));
    }

    #[test]
    fn a_line_may_be_about_old_engines_only() {
        let lines = || Exemptions::parse("a\tb\tbefore API 1.42\tc").unwrap();
        assert_eq!(lines().of("1.41").len(), 1);
        assert_eq!(lines().of("1.42").len(), 0);
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        let refused = |file: &str| Exemptions::parse(file).unwrap_err();
        assert!(refused("a\tb\tall\t ").contains("line 1"));
        assert!(refused("a\tb\tall").contains("are needed"));
        assert!(refused("a\tb\tsome\tc").contains("neither"));
        assert!(refused("a\t(\tall\tc").contains("line 1"));
    }
}
