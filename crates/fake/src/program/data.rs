//! Steps read from data. By hand, so that whatever is wrong is told with its place: `steps[1].trap.steps[0].exit`.

use super::step::{Step, Steps, join, place};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, sync::Arc, time::Duration};
use wharf_core::Signal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    signal: String,
    steps: Steps,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnStarts {
    #[serde(default = "first")]
    from: u64,
    to: Option<u64>,
    #[serde(default)]
    anywhere: bool,
    steps: Steps,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    times: Option<u64>,
    steps: Steps,
}

fn first() -> u64 {
    1
}

/// The same error, with the place in front.
fn placed<E: Error>(place: &str) -> impl Fn(E) -> E + use<'_, E> {
    move |error| E::custom(join(place, &error.to_string()))
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(StepsVisitor)
    }
}

struct StepsVisitor;

impl<'de> Visitor<'de> for StepsVisitor {
    type Value = Steps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Steps, A::Error> {
        let mut steps = Vec::new();
        loop {
            let step = list.next_element().map_err(placed(&place(steps.len())))?;
            let Some(step) = step else {
                return Ok(Steps(Arc::new(steps)));
            };
            steps.push(step);
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a step: a word as \"forever\", or one name with its value as {\"exit\": 0}")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Step, E> {
        match step_of(word) {
            Some(step) => Ok(step.clone()),
            None if Step::NAMES.contains(&word) => Err(E::custom(format_args!(
                "{word} needs a value: {{\"{word}\": …}}"
            ))),
            None => Err(unknown(word)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom("a step without a name"));
        };
        let step = read(&name, &mut map).map_err(placed(&format!(".{name}")))?;
        match map.next_key::<String>()? {
            None => Ok(step),
            Some(other) => Err(A::Error::custom(format_args!(
                "{name} and {other} are two steps, and each is one of its own"
            ))),
        }
    }
}

/// The step that is this word.
fn step_of(word: &str) -> Option<&'static Step> {
    let step = Step::WORDS.iter().find(|(known, _)| *known == word);
    step.map(|(_, step)| step)
}

fn unknown<E: Error>(name: &str) -> E {
    let words = Step::WORDS.iter().map(|(word, _)| *word);
    let known: Vec<_> = words.chain(Step::NAMES.iter().copied()).collect();
    let known = known.join(", ");
    E::custom(format_args!("there is no step {name:?}; there are {known}"))
}

/// The step of that name, from its value.
fn read<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Step, A::Error> {
    let step = match name {
        "print" => Step::Print(map.next_value()?),
        "eprint" => Step::Eprint(map.next_value()?),
        "wait" => Step::Wait(seconds(map.next_value()?)?),
        "write_file" => {
            let File { path, content } = map.next_value()?;
            Step::WriteFile { path, content }
        }
        "append_file" => {
            let File { path, content } = map.next_value()?;
            Step::AppendFile { path, content }
        }
        "trap" => {
            let Trap {
                signal: name,
                steps,
            } = map.next_value()?;
            let signal = signal(&name).map_err(placed(".signal"))?;
            Step::Trap { signal, steps }
        }
        "ignore" => Step::Ignore(signal(&map.next_value::<String>()?)?),
        "on_starts" => {
            let OnStarts {
                from,
                to,
                anywhere,
                steps,
            } = map.next_value()?;
            Step::OnStarts {
                from,
                to,
                anywhere,
                steps,
            }
        }
        "repeat" => {
            let Repeat { times, steps } = map.next_value()?;
            Step::Repeat { times, steps }
        }
        "exit" => Step::Exit(exit_code(map.next_value()?)?),
        "die" => Step::Die(signal(&map.next_value::<String>()?)?),
        word if step_of(word).is_some() => {
            return Err(A::Error::custom(format_args!(
                "it has no value: write \"{word}\" alone"
            )));
        }
        other => return Err(unknown(other)),
    };
    step.check().map_err(A::Error::custom)?;
    Ok(step)
}

fn exit_code<E: Error>(code: i64) -> Result<u8, E> {
    let range = |_| E::custom(format_args!("{code} is no exit code (0 to 255)"));
    u8::try_from(code).map_err(range)
}

fn signal<E: Error>(name: &str) -> Result<Signal, E> {
    name.parse().map_err(|error: wharf_core::Error| {
        let why = error.message();
        // Where it is said is said already.
        E::custom(why.strip_prefix("signal: ").unwrap_or(why))
    })
}

fn seconds<E: Error>(seconds: f64) -> Result<Duration, E> {
    let range = |_| E::custom(format_args!("{seconds} is no time (seconds, 0 or more)"));
    Duration::try_from_secs_f64(seconds).map_err(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json, to_value};

    #[test]
    fn each_step_is_read_and_written_by_its_name_in_the_table() {
        let values = json!({
            "print": "text",
            "eprint": "text",
            "wait": 1.5,
            "write_file": {"path": "/a", "content": "x"},
            "append_file": {"path": "/a", "content": "x"},
            "trap": {"signal": "SIGTERM", "steps": []},
            "ignore": "SIGTERM",
            "on_starts": {"from": 2, "steps": []},
            "repeat": {"times": 2, "steps": ["forever"]},
            "exit": 3,
            "die": "SIGSEGV",
        });
        let words = Step::WORDS.iter().map(|(word, _)| (*word, json!(word)));
        let named = Step::NAMES.iter().map(|name| {
            let value = &values[name];
            (*name, json!({ (*name): value }))
        });
        for (name, data) in words.chain(named) {
            let step: Step = from_value(data.clone()).unwrap();
            assert_eq!(step.name(), name);
            assert_eq!(to_value(&step).unwrap(), data);
        }
    }

    #[test]
    fn a_wait_is_carried_to_the_microsecond() {
        let century = Duration::from_secs(100 * 365 * 24 * 3600);
        for time in [
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::new(90 * 24 * 3600, 123_456_789),
            Duration::new(century.as_secs() - 1, 999_999_999),
            century,
        ] {
            let data = to_value(Step::Wait(time)).unwrap();
            let Step::Wait(read) = from_value(data).unwrap() else {
                panic!("{time:?} is another step");
            };
            assert!(read.abs_diff(time) < Duration::from_micros(1), "{time:?}");
        }
    }
}
