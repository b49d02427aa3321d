//! Scripts as tests write them.

use super::{
    data::{Called, Fields, of_script},
    step::{Step, Steps},
};
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    ops::{Bound, RangeBounds},
    time::Duration,
};
use wharf_core::{Result, Signal};

/// A program as a list of steps, one after the other; after the last it exits with 0.
///
/// ```
/// use std::time::Duration;
/// use wharf_core::Signal;
/// use wharf_fake::Script;
///
/// let server = Script::new()
///     .trap(Signal::TERM, Script::new().wait(Duration::from_secs(2)).exit(0))
///     .on_starts(..=2, Script::new().eprint("no database\n").exit(1))
///     .print("ready\n")
///     .forever();
///
/// let json = r#"{"steps": [
///     {"trap": {"signal": "SIGTERM", "steps": [{"wait": 2.0}, {"exit": 0}]}},
///     {"on_starts": {"to": 2, "steps": [{"eprint": "no database\n"}, {"exit": 1}]}},
///     {"print": "ready\n"},
///     "forever"
/// ]}"#;
/// assert_eq!(serde_json::from_str::<Script>(json)?, server);
///
/// // What is no script says where.
/// let json = r#"{"steps": ["forever", {"exit": 300}]}"#;
/// let error = serde_json::from_str::<Script>(json).unwrap_err();
/// assert!(error.to_string().starts_with("steps[1].exit: 300 is no exit code (0 to 255) at line 1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// As a process it is like any other: as PID 1 it outlives signals that it does not trap, SIGKILL but for one, so that
/// a stop of a script that traps nothing takes its whole grace; elsewhere they end it. A read or a
/// write that fails ends it with 1 and a word on stderr.
///
/// It begins a moment after the start has answered. As with any engine, a stop right after the start comes before the
/// script has trapped its signal, and takes the whole grace: wait for a line of its log, or for its health.
///
/// # As data
///
/// `steps` is a list. A step is a word, or one name with its value, in whatever format says of itself what it holds; JSON,
/// YAML and TOML are held by tests. Signals are written by their names and read by number too:
///
/// | step | value | |
/// |---|---|---|
/// | `print`, `eprint` | text | [`print`](Self::print), [`eprint`](Self::eprint) |
/// | `wait` | seconds, with parts | [`wait`](Self::wait) |
/// | `"read_line"`, `"echo_line"` | | [`read_line`](Self::read_line), [`echo_line`](Self::echo_line) |
/// | `write_file`, `append_file` | `path`, `content` | [`write_file`](Self::write_file), [`append_file`](Self::append_file) |
/// | `trap` | `signal`, `steps` | [`trap`](Self::trap) |
/// | `ignore` | a signal | [`ignore`](Self::ignore) |
/// | `on_starts` | `from`, else 1; `to`, else for ever; `anywhere`, else false; `steps` | [`on_starts`](Self::on_starts), [`on_starts_anywhere`](Self::on_starts_anywhere) |
/// | `repeat` | `times`, else for ever; `steps` | [`repeat`](Self::repeat), [`repeat_forever`](Self::repeat_forever) |
/// | `"forever"` | | [`forever`](Self::forever) |
/// | `exit` | 0 to 255 | [`exit`](Self::exit) |
/// | `die` | a signal | [`die`](Self::die) |
/// | `"out_of_memory"` | | [`out_of_memory`](Self::out_of_memory) |
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Script {
    steps: Steps,
}

impl Script {
    /// A program that exits with 0 at once, as long as it has no steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `text` to stdout, as it is: a line ends where the text ends it.
    #[must_use]
    pub fn print(self, text: impl Into<String>) -> Self {
        self.then(Step::Print(text.into()))
    }

    /// Writes `text` to stderr, as it is.
    #[must_use]
    pub fn eprint(self, text: impl Into<String>) -> Self {
        self.then(Step::Eprint(text.into()))
    }

    /// Waits so long, by the engine's clock: at most a hundred years, and [`forever`](Self::forever) without an end.
    /// What is trapped meanwhile does not make it longer. Data has it to the microsecond.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.then(Step::Wait(time))
    }

    /// Waits for a line of stdin and reads it. At the end of the input it leaves the [`repeat`](Self::repeat) that it
    /// stands in; outside of one the script goes on.
    #[must_use]
    pub fn read_line(self) -> Self {
        self.then(Step::ReadLine)
    }

    /// The same, and writes the line to stdout.
    #[must_use]
    pub fn echo_line(self) -> Self {
        self.then(Step::EchoLine)
    }

    /// Makes a file of `content`, or replaces what was in it; the folders above it are made. A path that is empty or
    /// ends in a slash is refused.
    #[must_use]
    pub fn write_file(self, path: impl Into<String>, content: impl Into<String>) -> Self {
        let (path, content) = (path.into(), content.into());
        self.then(Step::WriteFile { path, content })
    }

    /// Adds to the end of a file, which is made where it is missing, with the folders above it.
    #[must_use]
    pub fn append_file(self, path: impl Into<String>, content: impl Into<String>) -> Self {
        let (path, content) = (path.into(), content.into());
        self.then(Step::AppendFile { path, content })
    }

    /// From here on does these steps whenever that signal comes, at once, in the midst of any step but those of another
    /// trap; then it goes on where it was, unless the steps end it. None: the signal is caught and nothing else.
    #[must_use]
    pub fn trap(self, signal: Signal, steps: Self) -> Self {
        let steps = steps.steps;
        self.then(Step::Trap { signal, steps })
    }

    /// From here on ignores that signal: with SIGTERM a stop takes its whole grace and ends with SIGKILL, and 137.
    #[must_use]
    pub fn ignore(self, signal: Signal) -> Self {
        self.then(Step::Ignore(signal))
    }

    /// Does these steps only where this is one of those starts of the program, counted from 1 in each container:
    /// `..=2` are the first two.
    #[must_use]
    pub fn on_starts(self, starts: impl RangeBounds<u64>, steps: Self) -> Self {
        self.on(&starts, false, steps)
    }

    /// The same, but counted in all containers of the fake together: for a program that is tried again in a new
    /// container.
    #[must_use]
    pub fn on_starts_anywhere(self, starts: impl RangeBounds<u64>, steps: Self) -> Self {
        self.on(&starts, true, steps)
    }

    fn on(self, starts: &impl RangeBounds<u64>, anywhere: bool, steps: Self) -> Self {
        let from = match starts.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 1,
        };
        let to = match starts.end_bound() {
            Bound::Included(last) => Some(*last),
            Bound::Excluded(after) => Some(after.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        let steps = steps.steps;
        self.then(Step::OnStarts {
            from,
            to,
            anywhere,
            steps,
        })
    }

    /// Does these steps so many times.
    #[must_use]
    pub fn repeat(self, times: u64, steps: Self) -> Self {
        let (times, steps) = (Some(times), steps.steps);
        self.then(Step::Repeat { times, steps })
    }

    /// Does these steps over and over. Rounds that do not wait take time all the same, a hundredth of a millisecond
    /// each.
    #[must_use]
    pub fn repeat_forever(self, steps: Self) -> Self {
        let (times, steps) = (None, steps.steps);
        self.then(Step::Repeat { times, steps })
    }

    /// Runs for ever, until a signal ends it.
    #[must_use]
    pub fn forever(self) -> Self {
        self.then(Step::Forever)
    }

    /// Exits with that code.
    #[must_use]
    pub fn exit(self, code: u8) -> Self {
        self.then(Step::Exit(code))
    }

    /// Dies by that signal as the kernel kills, PID 1 or not, and exits with 128 and its number: with SIGSEGV as a
    /// program does that crashes. One that ends no process, as SIGCHLD or SIGSTOP, is refused.
    #[must_use]
    pub fn die(self, signal: Signal) -> Self {
        self.then(Step::Die(signal))
    }

    /// Uses up the memory: it is killed for that with SIGKILL, and its container ran out of memory.
    #[must_use]
    pub fn out_of_memory(self) -> Self {
        self.then(Step::OutOfMemory)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(super) fn steps(&self) -> Steps {
        self.steps.clone()
    }

    /// Refuses, by its place, a step that cannot be done.
    pub(super) fn check(&self) -> Result<()> {
        let checked = self.steps.check();
        checked.map_err(|why| super::invalid(why.trim_start_matches('.')))
    }
}

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Data {
            #[serde(deserialize_with = "of_script")]
            steps: Steps,
        }
        impl Called for Data {
            const CALLED: &'static str = "a script: {\"steps\": […]}";
        }
        let Fields(Data { steps }) = Fields::deserialize(deserializer)?;
        Ok(Self { steps })
    }
}
