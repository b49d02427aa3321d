//! Programs that run in the fake's containers: a shell and applets as busybox has them.
//!
//! The engine [`resolve`]s a command, which fails at once if there is no such program, and then
//! drives the future of [`run`]. Dropping that future is SIGKILL: it leaves nothing behind, since
//! nothing is ever spawned. Not polling it is a frozen process. All waiting is on tokio's clock.

mod account;
mod applets;
mod io;
mod kernel;
mod program;
mod shell;
mod signal;

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use wharf_core::Signal;

use crate::fs::{Device, Files, FsError, OpenOptions, Owner};

pub(crate) use account::find_account;
pub(crate) use applets::names as applet_names;
pub(crate) use io::{Channel, Descriptors, IoError, PIPE_CAPACITY, PipeWriter, Sink, Stream, pipe};
pub(crate) use kernel::{Kernel, Limits, Pid};
#[cfg(test)]
pub(crate) use program::ResolveError;
pub(crate) use program::{Program, failed_to_write, resolve};
pub(crate) use signal::is_deadly;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// It exited with this code.
    Code(u8),
    /// A signal ended it.
    Signal(Signal),
}

impl ExitStatus {
    /// The exit code as an engine reports it: 128 and the number for a signal.
    #[must_use]
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal.number(),
        }
    }
}

/// Shells, functions and compound commands nested deeper than this are refused, long before the
/// stack of a thread runs out.
const DEPTH_LIMIT: u16 = 64;

/// After so many bytes read or written, a program has used a virtual millisecond.
const BYTES_PER_MILLISECOND: usize = 64 * 1024;

/// What a round of a program of a test is charged at least, in bytes: a hundredth of a millisecond.
const ROUND: usize = BYTES_PER_MILLISECOND / 100;

/// A process: what a program is given.
#[derive(Debug)]
pub(crate) struct Process {
    /// Its arguments, its own name first.
    pub(crate) argv: Vec<String>,
    /// Its environment.
    pub(crate) env: Arc<BTreeMap<String, String>>,
    /// Its working directory, absolute.
    pub(crate) cwd: String,
    /// The files of the container, with the rights of the process's user.
    pub(crate) files: Files,
    /// Its descriptors.
    pub(crate) descriptors: Descriptors,
    /// Its pid, which also leads to the container's other processes.
    pub(crate) pid: Pid,
    /// Its standard streams are a terminal.
    pub(crate) tty: bool,
    parent: u32,
    umask: u32,
    depth: u16,
    work: AtomicUsize,
    jobs: Option<shell::JobQueue>,
}

impl Process {
    /// A process that the engine starts. Its user is the owner of `files`.
    #[must_use]
    pub(crate) fn new(
        argv: Vec<String>,
        env: BTreeMap<String, String>,
        files: Files,
        descriptors: Descriptors,
        pid: Pid,
    ) -> Self {
        Self {
            argv,
            env: Arc::new(env),
            cwd: "/".to_owned(),
            files,
            descriptors,
            pid,
            tty: false,
            parent: 0,
            umask: 0o022,
            depth: 0,
            work: AtomicUsize::new(0),
            jobs: None,
        }
    }

    /// A child with a pid of its own that runs `argv`; `None` if there may be no more.
    fn fork(&self, argv: Vec<String>, env: Arc<BTreeMap<String, String>>) -> Option<Self> {
        if self.depth >= DEPTH_LIMIT {
            return None;
        }
        let signals = self.pid.signals().inherited();
        let pid = self.pid.kernel().fork(argv.clone().into(), signals)?;
        Some(Self {
            pid,
            parent: self.pid.number(),
            ..self.replaced(argv, env)
        })
    }

    /// This process after exec of `argv`.
    fn replaced(&self, argv: Vec<String>, env: Arc<BTreeMap<String, String>>) -> Self {
        Self {
            argv,
            env,
            cwd: self.cwd.clone(),
            files: self.files.clone(),
            descriptors: self.descriptors.clone(),
            pid: self.pid.clone(),
            tty: self.tty,
            parent: self.parent,
            umask: self.umask,
            depth: self.depth + 1,
            work: AtomicUsize::new(0),
            jobs: self.jobs.clone(),
        }
    }

    fn is_too_deep(&self) -> bool {
        self.depth >= DEPTH_LIMIT
    }

    /// Whether another process of the container has started it, and not the engine.
    pub(crate) fn is_child(&self) -> bool {
        self.parent != 0
    }

    /// The name that it was called by, without directories.
    pub(crate) fn name(&self) -> &str {
        let called = self.argv.first().map_or("", String::as_str);
        called.rsplit('/').next().unwrap_or(called)
    }

    fn args(&self) -> &[String] {
        self.argv.get(1..).unwrap_or_default()
    }

    /// `path` as seen from the working directory. `..` is left to the walk, which knows the links.
    pub(crate) fn path(&self, path: &str) -> String {
        if path.starts_with('/') || path.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.cwd.trim_end_matches('/'))
        }
    }

    /// Opens `path` as this process sees it; `/dev/stdin` and its like are its own descriptors.
    pub(crate) fn open(&self, path: &str, mut options: OpenOptions) -> Result<Stream, FsError> {
        options.mode &= !self.umask;
        let file = self.files.open(&self.path(path), options)?;
        match file.device() {
            Some(Device::Descriptor(number)) => match self.descriptors.get(number) {
                Stream::Closed => Err(FsError::NotFound),
                open => Ok(open.clone()),
            },
            _ => Ok(Stream::File(file)),
        }
    }

    /// Reads from descriptor 0.
    async fn read_stdin(&self, limit: usize) -> Result<Bytes, IoError> {
        self.read_from(self.descriptors.get(0), limit).await
    }

    async fn read_from(&self, stream: &Stream, limit: usize) -> Result<Bytes, IoError> {
        let bytes = stream.read(limit).await?;
        self.spend(bytes.len()).await;
        Ok(bytes)
    }

    /// Writes to descriptor 1 in one piece.
    async fn print(&self, bytes: impl Into<Bytes>) -> Result<(), IoError> {
        let bytes = bytes.into();
        let length = bytes.len();
        self.descriptors.get(1).write(bytes).await?;
        self.spend(length).await;
        Ok(())
    }

    /// Writes `name: message` to descriptor 2. That nobody reads it is no error: there is nobody
    /// left to tell.
    pub(crate) async fn complain(&self, message: &str) {
        self.complain_raw(format!("{}: {message}\n", self.name()))
            .await;
    }

    async fn complain_raw(&self, message: String) {
        let _ = self.descriptors.get(2).write(message.into()).await;
    }

    /// Charges the process for work, so that endless producers take time: a paused clock can then
    /// advance, and other tasks get their turn.
    pub(crate) async fn spend(&self, bytes: usize) {
        let total = self.work.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if total >= BYTES_PER_MILLISECOND {
            self.work.store(0, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Charges the process for a round of something that a program may do for ever without waiting, in which that many
    /// bytes were moved, if any.
    pub(crate) async fn spend_round(&self, bytes: usize) {
        self.spend(bytes.max(ROUND)).await;
    }

    /// It has let time pass by itself: what it was charged for until now fits in there.
    pub(crate) fn rest(&self) {
        self.work.store(0, Ordering::Relaxed);
    }

    fn owner(&self) -> Owner {
        self.files.owner()
    }
}

/// Lets the supervisor of this process deliver signals, and others have a turn.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a program that [`resolve`] found as `process` to its end.
///
/// Dropping the future kills it, and all that it started. A panic in a program unwinds out of the
/// future: catch it there.
pub(crate) fn run(
    program: Program,
    process: Process,
) -> impl Future<Output = ExitStatus> + Send + 'static {
    let first = process.pid.number() == 1;
    let signals = process.pid.signals().clone();
    signal::supervise(signals, first, program::execute(program, process))
}

#[cfg(test)]
mod tests;
