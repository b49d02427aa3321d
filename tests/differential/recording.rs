//! What a real engine showed, kept: it holds the fake where no engine is.

use super::{
    compare::{Difference, differences},
    exemptions::Exemptions,
    program::Program,
    side::{Double, Seen, Trace},
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::{Map, Value, json};
use wharf_core::{Error, ErrorKind, ImageConfig, Result, Timestamp};

/// Stands for what is as it was after the step before.
const AS_BEFORE: &str = "as before";

/// A program, and what a real engine showed at rest after each of its steps.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recording {
    /// Which engine it was, for people: `docker 28.5.2`.
    pub engine: String,
    /// Its API: some of what old engines show is not compared.
    pub api: String,
    /// What its image says of itself.
    pub(super) image: Image,
    /// The program.
    #[serde(serialize_with = "in_short")]
    pub program: Program,
    /// What was seen. Of each world only what is not as it was after the step before.
    pub(super) seen: Trace,
}

/// What the containers have of their image.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Image {
    pub(super) config: ImageConfig,
    pub(super) created: Timestamp,
}

impl Recording {
    /// Keeps only what changes from step to step.
    pub(super) fn folded(mut self) -> Result<Self> {
        let whole = self.seen.clone();
        let mut before = Value::Null;
        for step in &mut self.seen.steps {
            let world = step.world.clone();
            step.world = fold(&before, &world);
            before = world;
        }
        if self.unfolded() == whole {
            Ok(self)
        } else {
            let why = format!("somewhere a text is {AS_BEFORE:?}, which has a meaning of its own");
            Err(Error::new(ErrorKind::Internal, why))
        }
    }

    fn unfolded(&self) -> Trace {
        let mut seen = self.seen.clone();
        let mut before = Value::Null;
        for step in &mut seen.steps {
            step.world = unfold(&before, &step.world);
            before = step.world.clone();
        }
        seen
    }

    /// Where the fake does not do what the engine did.
    ///
    /// # Errors
    /// The list of what is not compared cannot be read, or the fake does not let itself be looked at.
    pub fn hold_the_fake(&self) -> Result<Option<Difference>> {
        let exemptions = Exemptions::load().map_err(|why| Error::new(ErrorKind::Internal, why))?;
        let double = Double::new(self.image.clone(), exemptions.of(&self.api));
        let (fake, mut real) = (double.expect(&self.program, "recorded-")?, self.unfolded());
        // More may be left out by now than when it was recorded.
        real.events = double.bare("events", real.events);
        for seen in &mut real.steps {
            seen.answer = double.bare("answer", seen.answer.take());
            seen.world = double.bare("world", seen.world.take());
        }
        let shown = |seen: &Seen| json!({"answer": seen.answer, "world": seen.world});
        let events = |trace: &Trace| json!({"events": trace.events});
        // A step that only one side has shows as a difference too.
        let sides = |trace: &Trace| {
            let steps = trace.steps.iter().map(shown);
            steps.chain([events(trace)]).collect::<Vec<_>>()
        };
        let (fake, real) = (sides(&fake), sides(&real));
        let all = (0..fake.len().max(real.len())).map(|step| {
            let nothing = Value::Null;
            let side = |side: &[Value]| side.get(step).unwrap_or(&nothing).clone();
            let places = differences(&side(&fake), &side(&real));
            Difference { step, places }
        });
        let mut all = all.filter(|difference| !difference.places.is_empty());
        Ok(all.next())
    }
}

fn in_short<S: Serializer>(program: &Program, to: S) -> std::result::Result<S::Ok, S::Error> {
    let short = program.in_short().map_err(S::Error::custom)?;
    short.serialize(to)
}

fn fold(before: &Value, now: &Value) -> Value {
    match (before, now) {
        // What is shorter than the sign stays.
        (_, Value::Null | Value::Bool(_) | Value::Number(_)) => now.clone(),
        (before, now) if before == now => AS_BEFORE.into(),
        (Value::Object(before), Value::Object(now)) => {
            let fold = |(key, now): (&String, &Value)| {
                let before = before.get(key).unwrap_or(&Value::Null);
                (key.clone(), fold(before, now))
            };
            Value::Object(now.iter().map(fold).collect())
        }
        _ => now.clone(),
    }
}

fn unfold(before: &Value, now: &Value) -> Value {
    match (before, now) {
        (before, Value::String(sign)) if sign == AS_BEFORE => before.clone(),
        (before, Value::Object(now)) => {
            let nothing = Map::new();
            let before = before.as_object().unwrap_or(&nothing);
            let unfold = |(key, now): (&String, &Value)| {
                let before = before.get(key).unwrap_or(&Value::Null);
                (key.clone(), unfold(before, now))
            };
            Value::Object(now.iter().map(unfold).collect())
        }
        _ => now.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_is_unfolded() {
        let worlds = [
            json!({"c0": {"name": "a", "log": {"text": "hi"}, "code": null}, "images": ["x"]}),
            json!({"c0": {"name": "a", "log": {"text": "hi"}, "code": 0}, "c1": {"name": "a"}, "images": ["x"]}),
            json!({"c1": {"name": "b"}, "images": []}),
        ];
        let mut before = Value::Null;
        for world in worlds {
            let folded = fold(&before, &world);
            assert_eq!(unfold(&before, &folded), world);
            before = world;
        }
        let (a, b) = (
            json!({"log": {"x": "y"}, "n": 1}),
            json!({"log": {"x": "y"}, "n": 2}),
        );
        assert_eq!(fold(&a, &b), json!({"log": AS_BEFORE, "n": 2}));
    }
}
