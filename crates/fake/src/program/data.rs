//! Steps read from data. By hand, so that whatever is wrong is told with its place: `steps[1].trap.steps[0].exit`.

use super::step::{Step, Steps, join, place};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, sync::Arc, time::Duration};
use wharf_core::Signal;

/// The steps that are a word, and those that are a name with a value.
const WORDS: [&str; 4] = ["read_line", "echo_line", "forever", "out_of_memory"];
const NAMES: &[&str] = &[
    "print",
    "eprint",
    "wait",
    "write_file",
    "append_file",
    "trap",
    "ignore",
    "on_starts",
    "repeat",
    "exit",
    "die",
];

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
        match word {
            "read_line" => Ok(Step::ReadLine),
            "echo_line" => Ok(Step::EchoLine),
            "forever" => Ok(Step::Forever),
            "out_of_memory" => Ok(Step::OutOfMemory),
            name if NAMES.contains(&name) => Err(E::custom(format_args!(
                "{name} needs a value: {{\"{name}\": …}}"
            ))),
            other => Err(unknown(other)),
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

fn unknown<E: Error>(name: &str) -> E {
    let known = [&WORDS, NAMES].concat().join(", ");
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
        word if WORDS.contains(&word) => {
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
