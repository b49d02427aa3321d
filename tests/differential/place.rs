//! Places in a value, to leave out what is there.

use serde_json::Value;

/// A field of an object, by the keys and the positions that lead to it.
#[derive(Debug, Clone)]
pub(super) struct Place(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    At(usize),
}

impl Place {
    /// All fields of all objects in a value, what holds others before what it holds.
    pub(super) fn all(value: &Value) -> Vec<Self> {
        let mut places = Vec::new();
        collect(value, &mut Vec::new(), &mut places);
        places
    }

    /// The value without what is there.
    pub(super) fn left_out_of(&self, value: &Value) -> Value {
        let mut value = value.clone();
        let Some((Step::Key(last), way)) = self.0.split_last() else {
            return value;
        };
        let holder = way.iter().try_fold(&mut value, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::At(at) => value.get_mut(at),
        });
        if let Some(Value::Object(fields)) = holder {
            fields.remove(last);
        }
        value
    }
}

fn collect(value: &Value, way: &mut Vec<Step>, places: &mut Vec<Place>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                way.push(Step::Key(key.clone()));
                places.push(Place(way.clone()));
                collect(value, way, places);
                way.pop();
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                way.push(Step::At(at));
                collect(value, way, places);
                way.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_field_can_be_left_out() {
        let value = json!({"a": [{"b": 1}, {"c": {"d": 2}}]});
        let without: Vec<_> = Place::all(&value)
            .iter()
            .map(|place| place.left_out_of(&value))
            .collect();
        assert_eq!(
            without,
            [
                json!({}),
                json!({"a": [{}, {"c": {"d": 2}}]}),
                json!({"a": [{"b": 1}, {}]}),
                json!({"a": [{"b": 1}, {"c": {}}]}),
            ]
        );
    }
}
