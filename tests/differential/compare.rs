//! Two values, and where they differ.

use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// What differs between the two engines, and after which step.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The step, counted from 0; one past the last for the events.
    pub step: usize,
    /// Where, and what each shows.
    pub places: Vec<Place>,
}

/// One place where two values differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The way there: `world.containers.c0.info.state`.
    pub path: String,
    /// What the fake shows; nothing where it has no such place.
    pub fake: Option<Value>,
    /// What the real engine shows.
    pub real: Option<Value>,
}

impl Difference {
    /// Where it first differs, without numbers: programs that show the same are taken for one.
    pub fn kind(&self) -> String {
        let path = self.places.first().map_or("", |place| &place.path);
        path.chars().filter(|c| !c.is_ascii_digit()).collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or_else(|| "nothing".to_owned(), Value::to_string)
        };
        write!(f, "after step {}:", self.step)?;
        for place in &self.places {
            write!(
                f,
                "\n  {}\n    fake {}\n    real {}",
                place.path,
                shown(&place.fake),
                shown(&place.real)
            )?;
        }
        Ok(())
    }
}

/// The places where they differ, as deep as they go.
pub(super) fn differences(fake: &Value, real: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    descend(String::new(), Some(fake), Some(real), &mut places);
    places
}

fn descend(path: String, fake: Option<&Value>, real: Option<&Value>, places: &mut Vec<Place>) {
    let below = |key: &str| match path.as_str() {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match (fake, real) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                descend(below(key), a.get(key), b.get(key), places);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for at in 0..a.len().max(b.len()) {
                descend(below(&at.to_string()), a.get(at), b.get(at), places);
            }
        }
        (a, b) if a == b => {}
        (a, b) => places.push(Place {
            path,
            fake: a.cloned(),
            real: b.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_named() {
        let fake = json!({"a": [1, {"b": 2}], "c": 3});
        let real = json!({"a": [1, {"b": 4}, 5], "c": 3});
        let places = differences(&fake, &real);
        let paths: Vec<_> = places.iter().map(|place| place.path.as_str()).collect();
        assert_eq!(paths, ["a.1.b", "a.2"]);
        assert_eq!(places[1].fake, None);
        assert!(differences(&real, &real).is_empty());
    }
}
