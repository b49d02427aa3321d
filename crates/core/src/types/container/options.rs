//! How a container operation is done: one struct an operation. `Default` is what the engine does by itself.

use crate::{
    Error, Result, Timestamp,
    data::{data, words},
    filters::Filters,
    types::{ImageRef, RestartPolicy, Signal},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

data! {
    /// How to start a container. There is nothing to choose yet.
    #[derive(Default, Eq)]
    pub struct StartOptions {}
}

/// How long a stop or a restart waits after the stop signal before it sends SIGKILL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grace {
    /// As the container's `stop_timeout` says, else 10 s.
    #[default]
    Default,
    /// Not at all: SIGKILL comes at once.
    Now,
    /// So long, in whole seconds: parts of a second round up.
    After(#[serde(with = "crate::serde_with::seconds")] Duration),
    /// For ever: SIGKILL never comes.
    Forever,
}

impl Grace {
    /// The whole seconds that the engine is asked for: `None` for its default, -1 for ever.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Self::Default => None,
            Self::Now => Some(0),
            Self::After(duration) => Some(whole_seconds(duration)),
            Self::Forever => Some(-1),
        }
    }
}

/// Whole seconds, parts of a second rounded up: what engines understand.
pub fn whole_seconds(duration: Duration) -> i64 {
    let up = duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0));
    i64::try_from(up).unwrap_or(i64::MAX)
}

impl From<Duration> for Grace {
    fn from(duration: Duration) -> Self {
        if duration.is_zero() {
            Self::Now
        } else {
            Self::After(duration)
        }
    }
}

data! {
    /// How to stop a container.
    #[derive(Default, Eq)]
    pub struct StopOptions {
        /// What to send first; else the container's stop signal, else SIGTERM.
        pub signal: Option<Signal>,
        /// How long to wait before SIGKILL.
        pub grace: Grace,
    }
}

data! {
    /// How to restart a container.
    #[derive(Default, Eq)]
    pub struct RestartOptions {
        /// What to send first; else the container's stop signal, else SIGTERM.
        pub signal: Option<Signal>,
        /// How long to wait before SIGKILL.
        pub grace: Grace,
    }
}

data! {
    /// What to send to a container's main process.
    #[derive(Default, Eq)]
    pub struct KillOptions {
        /// The signal; else SIGKILL.
        pub signal: Option<Signal>,
    }
}

data! {
    /// How to remove a container.
    #[derive(Default, Eq)]
    pub struct RemoveOptions {
        /// Kills it first where it runs.
        pub force: bool,
        /// Removes its anonymous volumes too.
        pub volumes: bool,
    }
}

data! {
    /// What to look at in a container.
    #[derive(Default, Eq)]
    pub struct InspectOptions {
        /// Also measures its files, which takes the engine a while.
        pub size: bool,
    }
}

data! {
    /// Which containers to list.
    #[derive(Default, Eq)]
    pub struct ListOptions {
        /// Also those that do not run. A `limit`, and a filter on `status` or `exited`, imply it.
        pub all: bool,
        /// At most so many, the newest; 0 means all.
        pub limit: Option<u32>,
        /// Also measures their files, which takes the engine a while.
        pub size: bool,
        /// Only those that match.
        pub filters: Filters,
    }
}

words! {
    /// What a wait waits for.
    #[derive(Default)]
    pub enum WaitCondition {
        /// That it does not run: at once where it does not, and also when a restart policy starts it again.
        #[default]
        NotRunning = "not-running",
        /// Its next exit, be it running or yet to be started.
        NextExit = "next-exit",
        /// That it is removed.
        Removed = "removed",
    }
}

data! {
    /// What to wait for.
    #[derive(Default, Eq)]
    pub struct WaitOptions {
        /// The condition.
        pub condition: WaitCondition,
    }
}

/// How much of a log is given: all of it, or its last lines. Parsed from `all` or a number.
///
/// ```
/// use wharf_core::Tail;
/// assert_eq!("20".parse::<Tail>()?, Tail::Last(20));
/// assert!("twenty".parse::<Tail>().is_err());
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// Everything.
    #[default]
    All,
    /// So many lines of stdout and stderr together, counted before one of them is left out.
    Last(u64),
}

impl FromStr for Tail {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "all" {
            return Ok(Self::All);
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(lines) if digits => Ok(Self::Last(lines)),
            _ => Err(Error::invalid(
                "tail",
                format_args!("{text:?} is neither a number nor `all`"),
            )),
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Last(lines) => write!(f, "{lines}"),
        }
    }
}

data! {
    /// Which part of a container's log to read. By default both streams, all that is there, then the end.
    #[derive(Eq)]
    pub struct LogsOptions {
        /// Gives stdout.
        pub stdout: bool,
        /// Gives stderr.
        pub stderr: bool,
        /// Stays open for what comes, until the container exits or is removed.
        pub follow: bool,
        /// Only what was written at that time or later.
        pub since: Option<Timestamp>,
        /// Only what was written until that time; with `follow`, ends then.
        pub until: Option<Timestamp>,
        /// Tells when each chunk was written, in [`LogChunk::timestamp`](crate::LogChunk::timestamp).
        pub timestamps: bool,
        /// How much of what is there.
        pub tail: Tail,
    }
}

impl Default for LogsOptions {
    fn default() -> Self {
        Self {
            stdout: true,
            stderr: true,
            follow: false,
            since: None,
            until: None,
            timestamps: false,
            tail: Tail::All,
        }
    }
}

data! {
    /// What to change in a container. What is not named stays.
    #[derive(Default)]
    pub struct UpdateOptions {
        /// How many CPUs it may use.
        pub cpus: Option<f64>,
        /// Memory limit in bytes.
        pub memory: Option<u64>,
        /// How many processes it may have.
        pub pids_limit: Option<u64>,
        /// What happens when it exits.
        pub restart: Option<RestartPolicy>,
    }
}

data! {
    /// What to attach to.
    #[derive(Eq)]
    pub struct AttachOptions {
        /// Connects our input to its stdin, which it must have open.
        pub stdin: bool,
        /// Gives stdout.
        pub stdout: bool,
        /// Gives stderr.
        pub stderr: bool,
        /// First gives what it has written so far.
        pub logs: bool,
    }
}

impl Default for AttachOptions {
    fn default() -> Self {
        Self {
            stdin: false,
            stdout: true,
            stderr: true,
            logs: false,
        }
    }
}

data! {
    /// How to measure a container.
    #[derive(Eq)]
    pub struct StatsOptions {
        /// A sample a second until it is dropped; else one sample.
        pub stream: bool,
    }
}

impl Default for StatsOptions {
    fn default() -> Self {
        Self { stream: true }
    }
}

data! {
    /// Which columns a process list has.
    #[derive(Default, Eq)]
    pub struct TopOptions {
        /// Arguments for `ps`; else the engine's.
        pub ps_args: Option<String>,
    }
}

data! {
    /// How to unpack an archive in a container.
    #[derive(Default, Eq)]
    pub struct UploadOptions {
        /// Refuses to put a file where a folder is, or a folder where a file is.
        pub no_overwrite: bool,
    }
}

data! {
    /// How to pack files of a container. There is nothing to choose yet.
    #[derive(Default, Eq)]
    pub struct DownloadOptions {}
}

data! {
    /// What image to make from a container.
    #[derive(Eq)]
    pub struct CommitOptions {
        /// Its name; else it has only an id.
        pub reference: Option<ImageRef>,
        /// A word on what changed.
        pub comment: Option<String>,
        /// Who made it.
        pub author: Option<String>,
        /// Pauses the container meanwhile.
        pub pause: bool,
    }
}

impl Default for CommitOptions {
    fn default() -> Self {
        Self {
            reference: None,
            comment: None,
            author: None,
            pause: true,
        }
    }
}

data! {
    /// Which stopped containers to remove: all, or those that match.
    #[derive(Default, Eq)]
    pub struct PruneContainersOptions {
        /// Only those that match.
        pub filters: Filters,
    }
}

data! {
    /// A program to run in a running container.
    ///
    /// ```
    /// use wharf_core::ExecConfig;
    /// let config = ExecConfig::new(["cat", "/etc/hostname"]).with_user("nobody");
    /// assert_eq!(config.command, ["cat", "/etc/hostname"]);
    /// ```
    pub struct ExecConfig {
        required {
            /// The program and its arguments.
            pub command: Command,
        }
        /// Environment variables, added to the container's.
        pub env: crate::Env,
        /// The working directory, absolute; else the container's.
        pub working_dir: Option<String>,
        /// User or uid, and optionally `:group`; else the container's.
        pub user: Option<String>,
        /// Gives it a terminal: stdout and stderr become one.
        pub tty: bool,
        /// Gives it all privileges of the host.
        pub privileged: bool,
        /// What it reads on stdin, which then ends. Only `exec_container` takes it; without it stdin is empty.
        pub input: crate::Input,
        /// How many bytes of output `exec_container` collects before it fails, 16 MiB unless set.
        pub output_limit: OutputLimit,
    }
}

/// A program and its arguments: anything that gives texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Command(Vec<String>);

impl<I: IntoIterator<Item: Into<String>>> From<I> for Command {
    fn from(words: I) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

impl std::ops::Deref for Command {
    type Target = [String];
    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl<const N: usize> PartialEq<[&str; N]> for Command {
    fn eq(&self, other: &[&str; N]) -> bool {
        self.0 == other
    }
}

/// How many bytes of output are collected before it is an error, 16 MiB unless set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutputLimit(pub usize);

impl Default for OutputLimit {
    fn default() -> Self {
        Self(16 << 20)
    }
}

impl From<usize> for OutputLimit {
    fn from(bytes: usize) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_all_or_a_number() {
        assert_eq!("all".parse::<Tail>().unwrap(), Tail::All);
        assert_eq!("20".parse::<Tail>().unwrap(), Tail::Last(20));
        for text in ["", "abc", "-1", "+2", "2.5", "99999999999999999999", "All"] {
            assert!(text.parse::<Tail>().is_err(), "{text}");
        }
    }
}
