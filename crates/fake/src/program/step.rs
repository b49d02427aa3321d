//! The steps of a script.

use crate::process::is_deadly;
use std::{sync::Arc, time::Duration};
use wharf_core::Signal;

/// Steps may be nested so deep, long before the stack of a thread runs out.
const DEPTH_LIMIT: usize = 32;
/// A hundred years: as seconds in a float they still have their microseconds.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// One step. [`Script`](super::Script) says what each does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Print(String),
    Eprint(String),
    Wait(Duration),
    ReadLine,
    EchoLine,
    WriteFile {
        path: String,
        content: String,
    },
    AppendFile {
        path: String,
        content: String,
    },
    Trap {
        signal: Signal,
        steps: Steps,
    },
    Ignore(Signal),
    OnStarts {
        from: u64,
        to: Option<u64>,
        anywhere: bool,
        steps: Steps,
    },
    Repeat {
        times: Option<u64>,
        steps: Steps,
    },
    Forever,
    Exit(u8),
    Die(Signal),
    OutOfMemory,
}

/// The names of the steps in data, which stand nowhere else: of those that are a word, and of those that have a value.
macro_rules! names {
    (words { $($word:ident: $called:literal),+ $(,)? } values { $($step:ident: $name:literal),+ $(,)? }) => {
        impl Step {
            /// The steps that are a word alone.
            pub(super) const WORDS: &'static [(&'static str, Self)] = &[$(($called, Self::$word)),+];
            /// The names of those that have a value.
            pub(super) const NAMES: &'static [&'static str] = &[$($name),+];

            /// As data has it.
            pub(super) fn name(&self) -> &'static str {
                match self {
                    $(Self::$word => $called,)+
                    $(Self::$step { .. } => $name,)+
                }
            }
        }
    };
}

names! {
    words {
        ReadLine: "read_line",
        EchoLine: "echo_line",
        Forever: "forever",
        OutOfMemory: "out_of_memory",
    }
    values {
        Print: "print",
        Eprint: "eprint",
        Wait: "wait",
        WriteFile: "write_file",
        AppendFile: "append_file",
        Trap: "trap",
        Ignore: "ignore",
        OnStarts: "on_starts",
        Repeat: "repeat",
        Exit: "exit",
        Die: "die",
    }
}

/// Steps, one after the other. Clones share them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Steps(pub(super) Arc<Vec<Step>>);

impl Steps {
    pub(super) fn push(&mut self, step: Step) {
        Arc::make_mut(&mut self.0).push(step);
    }

    /// What is wrong with them, if anything: a path to the place, and why.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_within(DEPTH_LIMIT)
    }

    fn check_within(&self, depth: usize) -> Result<(), String> {
        for (at, step) in self.0.iter().enumerate() {
            let deeper = || match step.steps() {
                Some(_) if depth == 0 => {
                    Err(format!("steps in steps, more than {DEPTH_LIMIT} deep"))
                }
                Some(steps) => steps.check_within(depth - 1),
                None => Ok(()),
            };
            if let Err(why) = step.check().and_then(|()| deeper()) {
                let place = format!(".{}.{}", place(at), step.name());
                return Err(join(&place, &why));
            }
        }
        Ok(())
    }
}

/// Where the step is in the field of its steps.
pub(super) fn place(at: usize) -> String {
    format!("steps[{at}]")
}

/// What is wrong, at its place: either a path that goes on from there, or a sentence.
pub(super) fn join(place: &str, why: &str) -> String {
    let goes_on = why.starts_with('.');
    let between = if goes_on { "" } else { ": " };
    format!("{place}{between}{why}")
}

/// Why nobody waits so many seconds.
pub(super) fn too_long(seconds: f64) -> String {
    format!("{seconds:?} seconds are more than a hundred years; forever has no end")
}

impl Step {
    fn steps(&self) -> Option<&Steps> {
        match self {
            Self::Trap { steps, .. }
            | Self::OnStarts { steps, .. }
            | Self::Repeat { steps, .. } => Some(steps),
            _ => None,
        }
    }

    /// What is wrong with the step itself, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let uncaught = |signal: &Signal| {
            let certain = matches!(signal.number(), 9 | 19);
            certain.then(|| format!("{signal} cannot be caught"))
        };
        match self {
            Self::Wait(time) if *time > LONGEST_WAIT => Err(too_long(time.as_secs_f64())),
            Self::Trap { signal, .. } => {
                uncaught(signal).map_or(Ok(()), |why| Err(join(".signal", &why)))
            }
            Self::Ignore(signal) => uncaught(signal).map_or(Ok(()), Err),
            Self::Die(signal) if !is_deadly(*signal) => Err(format!("{signal} ends no process")),
            Self::WriteFile { path, .. } | Self::AppendFile { path, .. }
                if path.is_empty() || path.ends_with('/') =>
            {
                Err(join(".path", &format!("{path:?} is no path of a file")))
            }
            Self::OnStarts { from: 0, .. } => {
                Err(join(".from", "starts are counted from 1, not 0"))
            }
            Self::OnStarts {
                from, to: Some(to), ..
            } if to < from => Err(join(".to", &format!("no start is from {from} to {to}"))),
            Self::Repeat { steps, .. } if steps.0.is_empty() => {
                Err(join(".steps", "there is nothing to repeat"))
            }
            _ => Ok(()),
        }
    }
}
