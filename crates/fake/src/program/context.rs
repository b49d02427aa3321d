//! What a closure that is a program is given.

use super::{LINE_LIMIT, files, rules::Start};
use crate::{
    fs::FsError,
    process::{ExitStatus, IoError, Process, is_deadly},
};
use bytes::{Bytes, BytesMut};
use futures::{
    future::{BoxFuture, pending},
    task::AtomicWaker,
};
use std::{
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    io,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::Poll,
    time::Duration,
};
use wharf_core::{Signal, Timestamp};

type Run = Arc<dyn Fn(Context) -> BoxFuture<'static, u8> + Send + Sync>;

/// A process, as the closure that is its [program](super::Program) sees it: arguments and environment, standard
/// streams, signals, files, the engine's clock.
///
/// Errors are those of the system, as [`io::Error`]: a missing file is [`NotFound`](io::ErrorKind::NotFound), a full
/// disk [`StorageFull`](io::ErrorKind::StorageFull). All waiting can be given up by dropping the future; nothing that
/// was read is lost.
///
/// A hundred reads, writes or sleeps for no time, whatever comes of them, take a millisecond by the engine's clock, if
/// there was no longer sleep in between. So a loop that reads past the end of its input, writes to nobody or sleeps for
/// no time cannot hold up a test whose time is paused.
pub struct Context {
    process: Process,
    start: Start,
    /// What was read of a line that has not come to its end.
    line: Mutex<BytesMut>,
    ending: Arc<Ending>,
}

/// How a process ends, where that is not with a code of its own.
#[derive(Debug, Default)]
struct Ending {
    status: OnceLock<ExitStatus>,
    /// Of the process, which need not be the task that says so.
    waker: AtomicWaker,
}

impl Context {
    /// The command: the program's own name, then its arguments.
    pub fn argv(&self) -> &[String] {
        &self.process.argv
    }

    /// The environment.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.process.env
    }

    /// The working directory, from which relative paths lead.
    pub fn working_dir(&self) -> &str {
        &self.process.cwd
    }

    /// The host name of the container.
    pub fn hostname(&self) -> &str {
        self.process.pid.kernel().hostname()
    }

    /// The pid in the container: 1 for a main program, unless the container has an init.
    pub fn pid(&self) -> u32 {
        self.process.pid.number()
    }

    /// Which start of the program this is in its container, from 1.
    pub fn start_number(&self) -> u64 {
        self.start.here
    }

    /// Which start of the program this is in all containers of the fake, from 1.
    pub fn start_number_anywhere(&self) -> u64 {
        self.start.anywhere
    }

    /// What the engine's clock shows. No two looks show the same.
    pub fn now(&self) -> Timestamp {
        self.process.files.clock().now()
    }

    /// Waits so long, by the engine's clock.
    pub async fn sleep(&self, time: Duration) {
        if time.is_zero() {
            return self.process.spend_round(0).await;
        }
        tokio::time::sleep(time).await;
        self.process.rest();
    }

    /// Writes to stdout, as it is, and waits for room where there is none.
    ///
    /// Where nobody reads any more a process gets SIGPIPE, and ends with it; PID 1, and one that has caught or ignored
    /// the signal, is told [`BrokenPipe`](io::ErrorKind::BrokenPipe).
    pub async fn print(&self, text: impl Into<Bytes>) -> io::Result<()> {
        self.write(1, text.into()).await
    }

    /// The same to stderr.
    pub async fn eprint(&self, text: impl Into<Bytes>) -> io::Result<()> {
        self.write(2, text.into()).await
    }

    async fn write(&self, descriptor: u32, bytes: Bytes) -> io::Result<()> {
        let length = bytes.len();
        let written = self.process.descriptors.get(descriptor).write(bytes).await;
        self.process.spend_round(length).await;
        match written {
            Ok(()) => Ok(()),
            Err(IoError::BrokenPipe) => {
                self.process.pid.signals().send(Signal::PIPE);
                crate::process::yield_now().await;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            Err(IoError::File(error)) => Err(said(error, "write error")),
        }
    }

    /// Waits for something on stdin: at least one byte and at most `limit`, none at the end of the input.
    pub async fn read(&self, limit: usize) -> io::Result<Bytes> {
        // Before and not after it, as what was read would be lost with the future.
        self.process.spend_round(0).await;
        let begun = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            let length = limit.min(line.len());
            line.split_to(length)
        };
        if !begun.is_empty() || limit == 0 {
            return Ok(begun.freeze());
        }
        self.receive(limit).await
    }

    /// Waits for a line on stdin, without its end; none at the end of the input. What is no UTF-8 is replaced. One of
    /// more than a megabyte is [`InvalidData`](io::ErrorKind::InvalidData): [`read`](Self::read) takes it.
    pub async fn read_line(&self) -> io::Result<Option<String>> {
        self.process.spend_round(0).await;
        loop {
            // Byte by byte: a program that comes after this one finds the rest.
            self.process.spend(1).await;
            let byte = self.receive(1).await?;
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.extend_from_slice(&byte);
            if byte.is_empty() && line.is_empty() {
                return Ok(None);
            }
            if line.len() > LINE_LIMIT {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the line is too long",
                ));
            }
            if byte.is_empty() || line.ends_with(b"\n") {
                let line = line.split();
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return Ok(Some(String::from_utf8_lossy(line).into_owned()));
            }
        }
    }

    async fn receive(&self, limit: usize) -> io::Result<Bytes> {
        let read = self.process.descriptors.get(0).read(limit).await;
        read.map_err(|error| match error {
            IoError::File(error) => said(error, "read error"),
            IoError::BrokenPipe => io::ErrorKind::BrokenPipe.into(),
        })
    }

    /// From now on that signal does not act by itself, but is there for [`signal`](Self::signal). SIGKILL and SIGSTOP
    /// act all the same.
    pub fn catch(&self, signal: Signal) {
        self.process.pid.signals().catch(signal);
    }

    /// From now on that signal does nothing. SIGKILL and SIGSTOP act all the same.
    pub fn ignore(&self, signal: Signal) {
        self.process.pid.signals().ignore(signal);
    }

    /// Waits for a signal that is [caught](Self::catch). As on Linux one that comes again before it is taken is one.
    pub async fn signal(&self) -> Signal {
        let signals = self.process.pid.signals();
        loop {
            if let Some(signal) = signals.next_arrived() {
                return signal;
            }
            signals.arrival().await;
        }
    }

    /// The whole of a file.
    pub fn read_file(&self, path: &str) -> io::Result<Bytes> {
        let content = files::read(&self.process, path);
        content.map(Bytes::from).map_err(|error| said(error, path))
    }

    /// Makes a file of `content`, or replaces what was in it; the folders above it are made.
    pub fn write_file(&self, path: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let done = files::write(&self.process, path, content.as_ref());
        done.map_err(|error| said(error, path))
    }

    /// Adds to the end of a file, which is made where it is missing, with the folders above it.
    pub fn append_file(&self, path: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let done = files::append(&self.process, path, content.as_ref());
        done.map_err(|error| said(error, path))
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) -> io::Result<()> {
        let path = &self.process.path(path);
        let done = self.process.files.remove_file(path);
        done.map_err(|error| said(error, path))
    }

    /// The names in a folder, sorted.
    pub fn list_files(&self, path: &str) -> io::Result<Vec<String>> {
        let path = &self.process.path(path);
        let names = self.process.files.list(path);
        names.map_err(|error| said(error, path))
    }

    /// Dies by that signal as the kernel kills, PID 1 or not. It does not come back; its type lets it stand where a
    /// code is due. It may be called from a task that the closure has started.
    ///
    /// # Panics
    ///
    /// Where the signal ends no process: SIGCHLD, SIGCONT, SIGURG, SIGWINCH and those that stop one.
    pub async fn die(&self, signal: Signal) -> u8 {
        assert!(is_deadly(signal), "{signal} ends no process");
        // The first ending is the one.
        let _ = self.ending.status.set(ExitStatus::Signal(signal));
        self.ending.waker.wake();
        pending().await
    }

    /// Uses up the memory: it is killed for that with SIGKILL, and its container ran out of memory. It does not come
    /// back, as [`die`](Self::die) does not.
    pub async fn out_of_memory(&self) -> u8 {
        self.process.pid.kernel().run_out_of_memory();
        self.die(Signal::KILL).await
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("argv", &self.process.argv)
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}

/// Runs a closure to its end.
pub(super) async fn run(program: Run, process: Process, start: Start) -> ExitStatus {
    let ending = Arc::<Ending>::default();
    let context = Context {
        process,
        start,
        line: Mutex::default(),
        ending: Arc::clone(&ending),
    };
    let mut running = pin!(program(context));
    poll_fn(|context| {
        // Before the look, so that what is said after it is not missed.
        ending.waker.register(context.waker());
        let polled = running.as_mut().poll(context);
        match ending.status.get() {
            Some(status) => Poll::Ready(*status),
            None => polled.map(ExitStatus::Code),
        }
    })
    .await
}

/// What the system says, as programs are told it.
fn said(error: FsError, about: &str) -> io::Error {
    use io::ErrorKind as Kind;
    let kind = match error {
        FsError::NotFound => Kind::NotFound,
        FsError::NotADirectory => Kind::NotADirectory,
        FsError::IsADirectory => Kind::IsADirectory,
        FsError::Exists => Kind::AlreadyExists,
        FsError::NotEmpty => Kind::DirectoryNotEmpty,
        FsError::ReadOnly => Kind::ReadOnlyFilesystem,
        FsError::Permission | FsError::NotPermitted => Kind::PermissionDenied,
        FsError::NoSpace => Kind::StorageFull,
        FsError::InvalidPath => Kind::InvalidInput,
        FsError::NameTooLong => Kind::InvalidFilename,
        FsError::CrossDevice => Kind::CrossesDevices,
        FsError::Busy => Kind::ResourceBusy,
        FsError::Loop | FsError::BadDescriptor => Kind::Other,
    };
    io::Error::new(kind, format!("{about}: {error}"))
}
