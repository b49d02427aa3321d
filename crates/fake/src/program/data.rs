//! Steps as data. They are read by hand, so that whatever is wrong is told with its place:
//! `steps[1].trap.steps[0].exit`; and written by hand, so that each is a word or a map of one entry in every format.

use super::step::{LONGEST_WAIT, Step, Steps, join, place, too_long};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
    ser::SerializeMap,
};
use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};
use wharf_core::Signal;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    content: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    signal: SignalName,
    steps: Steps,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnStarts {
    #[serde(default = "first")]
    from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    anywhere: bool,
    steps: Steps,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    steps: Steps,
}

fn first() -> u64 {
    1
}

/// What is a map of named fields and nothing else: a list of its values is refused.
pub(super) struct Fields<T>(pub(super) T);

/// Says what such a map is, where there is something else.
pub(super) trait Called {
    const CALLED: &'static str = "its fields, each by name";
}

impl Called for File {}
impl Called for Trap {}
impl Called for OnStarts {}
impl Called for Repeat {}

impl<'de, T: Deserialize<'de> + Called> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}

struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Called> Visitor<'de> for FieldsVisitor<T> {
    type Value = Fields<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::CALLED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Fields)
    }
}

/// A signal as data has it, by its name or its number. Whether there is one of that name is seen where its place is
/// known.
#[derive(Serialize)]
#[serde(transparent)]
struct SignalName(String);

impl<'de> Deserialize<'de> for SignalName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SignalVisitor)
    }
}

struct SignalVisitor;

impl Visitor<'_> for SignalVisitor {
    type Value = SignalName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a signal, by name or number")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<SignalName, E> {
        Ok(SignalName(name.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<SignalName, E> {
        Ok(SignalName(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SignalName, E> {
        Ok(SignalName(number.to_string()))
    }
}

/// The same error, with the place in front. Some formats end it with the end of a line.
fn placed<E: Error>(place: &str) -> impl Fn(E) -> E + use<'_, E> {
    move |error| E::custom(join(place, error.to_string().trim_end()))
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(StepsVisitor { before: "." })
    }
}

/// The steps of a script: the path to each begins there.
pub(super) fn of_script<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Steps, D::Error> {
    deserializer.deserialize_seq(StepsVisitor { before: "" })
}

struct StepsVisitor {
    /// What stands before them in the path to one.
    before: &'static str,
}

impl<'de> Visitor<'de> for StepsVisitor {
    type Value = Steps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Steps, A::Error> {
        let mut steps = Vec::new();
        loop {
            let place = format!("{}{}", self.before, place(steps.len()));
            let step = list.next_element().map_err(placed(&place))?;
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
            let Fields(File { path, content }) = map.next_value()?;
            Step::WriteFile { path, content }
        }
        "append_file" => {
            let Fields(File { path, content }) = map.next_value()?;
            Step::AppendFile { path, content }
        }
        "trap" => {
            let Fields(Trap {
                signal: name,
                steps,
            }) = map.next_value()?;
            let signal = signal(&name).map_err(placed(".signal"))?;
            Step::Trap { signal, steps }
        }
        "ignore" => Step::Ignore(signal(&map.next_value()?)?),
        "on_starts" => {
            let Fields(OnStarts {
                from,
                to,
                anywhere,
                steps,
            }) = map.next_value()?;
            Step::OnStarts {
                from,
                to,
                anywhere,
                steps,
            }
        }
        "repeat" => {
            let Fields(Repeat { times, steps }) = map.next_value()?;
            Step::Repeat { times, steps }
        }
        "exit" => Step::Exit(exit_code(map.next_value()?)?),
        "die" => Step::Die(signal(&map.next_value()?)?),
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

fn signal<E: Error>(SignalName(name): &SignalName) -> Result<Signal, E> {
    name.parse().map_err(|error: wharf_core::Error| {
        let why = error.message();
        // Where it is said is said already.
        E::custom(why.strip_prefix("signal: ").unwrap_or(why))
    })
}

fn seconds<E: Error>(seconds: f64) -> Result<Duration, E> {
    if seconds > LONGEST_WAIT.as_secs_f64() {
        return Err(E::custom(too_long(seconds)));
    }
    let range = |_| E::custom(format_args!("{seconds:?} is no time (seconds, 0 or more)"));
    Duration::try_from_secs_f64(seconds).map_err(range)
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.name();
        let named = |signal: &Signal| SignalName(signal.to_string());
        match self {
            Self::ReadLine | Self::EchoLine | Self::Forever | Self::OutOfMemory => {
                serializer.serialize_str(name)
            }
            Self::Print(text) | Self::Eprint(text) => entry(serializer, name, text),
            // As all of wharf's data has durations: seconds, with parts.
            Self::Wait(time) => entry(serializer, name, &time.as_secs_f64()),
            Self::WriteFile { path, content } | Self::AppendFile { path, content } => {
                let (path, content) = (path.clone(), content.clone());
                entry(serializer, name, &File { path, content })
            }
            Self::Trap { signal, steps } => {
                let (signal, steps) = (named(signal), steps.clone());
                entry(serializer, name, &Trap { signal, steps })
            }
            Self::Ignore(signal) | Self::Die(signal) => entry(serializer, name, &named(signal)),
            Self::OnStarts {
                from,
                to,
                anywhere,
                steps,
            } => {
                let on = OnStarts {
                    from: *from,
                    to: *to,
                    anywhere: *anywhere,
                    steps: steps.clone(),
                };
                entry(serializer, name, &on)
            }
            Self::Repeat { times, steps } => {
                let (times, steps) = (*times, steps.clone());
                entry(serializer, name, &Repeat { times, steps })
            }
            Self::Exit(code) => entry(serializer, name, code),
        }
    }
}

/// One name with its value.
fn entry<S: Serializer, V: Serialize>(
    serializer: S,
    name: &str,
    value: &V,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
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
