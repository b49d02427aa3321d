//! What is not compared: read from the one file that says it, with the reason of each line.

use regex_lite::Regex;
use serde_json::Value;

/// What takes the place of a text that is not compared. That something is there is compared all the same.
const LEFT_OUT: &str = "…";

/// The lines of `exemptions.tsv`: where, which part of the text there, and why nobody can compare it.
#[derive(Debug)]
pub struct Exemptions(Vec<Line>);

#[derive(Debug)]
struct Line {
    place: Regex,
    text: Regex,
}

impl Exemptions {
    /// The file's. Says which line is wrong.
    ///
    /// # Errors
    /// A line that has not three fields, or one that is no pattern.
    pub fn load() -> Result<Self, String> {
        Self::parse(include_str!("exemptions.tsv"))
    }

    fn parse(file: &str) -> Result<Self, String> {
        let lines = file.lines().enumerate().map(|(at, line)| {
            let wrong = |why: &str| format!("exemptions.tsv, line {}: {why}", at + 1);
            let fields: Vec<_> = line.split('\t').collect();
            let [place, text, reason] = fields[..] else {
                return Err(wrong(
                    "a place, a text and a reason are needed, with tabs between",
                ));
            };
            if reason.trim().is_empty() {
                return Err(wrong("there is no reason"));
            }
            let pattern = |text: &str| {
                Regex::new(&format!("^(?:{text})$")).map_err(|e| wrong(&e.to_string()))
            };
            let part = Regex::new(text).map_err(|e| wrong(&e.to_string()))?;
            Ok(Line {
                place: pattern(place)?,
                text: part,
            })
        });
        lines.collect::<Result<_, _>>().map(Self)
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
            self.reorder(&format!("{name}.order"), events);
        }
    }

    /// A line about an order names actions: their events are compared, but not when they came.
    fn reorder(&self, place: &str, events: &mut [Value]) {
        let lines = || self.0.iter().filter(|line| line.place.is_match(place));
        events.sort_by_cached_key(|event| {
            let action = event["action"].as_str().unwrap_or_default();
            let loose = lines().any(|line| line.text.is_match(action));
            loose.then(|| event.to_string())
        });
    }

    fn descend(&self, path: &str, value: &mut Value) {
        let below = |key: &str| format!("{path}.{key}");
        match value {
            Value::Object(fields) => {
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
        let lines = Exemptions::parse(".*\\.status\t\\d+ seconds\ttime passes").unwrap();
        let mut value = json!({"a": {"status": "Up 3 seconds (healthy)", "other": "3 seconds"}});
        lines.apply("world", &mut value);
        assert_eq!(
            value,
            json!({"a": {"status": "Up … (healthy)", "other": "3 seconds"}})
        );
    }

    #[test]
    fn events_whose_order_is_left_out_are_compared_all_the_same() {
        let lines = Exemptions::parse("events\\.order\t^b$\trace").unwrap();
        let bare = |actions: &[&str]| {
            let events = actions.iter().map(|action| json!({"action": action}));
            let mut events = events.collect::<Value>();
            lines.apply("events", &mut events);
            events
        };
        assert_eq!(bare(&["a", "b", "c"]), bare(&["b", "a", "c"]));
        assert_ne!(bare(&["a", "b", "c"]), bare(&["c", "b", "a"]));
        assert_ne!(bare(&["a", "b", "c"]), bare(&["a", "c"]));
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        assert!(Exemptions::parse("a\tb\t ").unwrap_err().contains("line 1"));
        assert!(Exemptions::parse("a\tb").is_err());
        assert!(Exemptions::parse("a\t(\tc").is_err());
    }
}
