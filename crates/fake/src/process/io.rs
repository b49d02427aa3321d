//! Where the bytes of a process come from and go to: pipes, files, the engine.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use crate::fs::{FsError, OpenFile};

/// Bytes that a pipe between two programs holds, as on Linux.
pub(crate) const PIPE_CAPACITY: usize = 64 * 1024;

/// Why a read or a write failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IoError {
    /// EPIPE: nobody reads any more.
    BrokenPipe,
    /// What the file system says.
    File(FsError),
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenPipe => f.write_str("Broken pipe"),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for IoError {}

impl From<FsError> for IoError {
    fn from(error: FsError) -> Self {
        Self::File(error)
    }
}

/// Which of its two outputs a process wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Channel {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// The engine's end of a process's output: it keeps logs and feeds who is attached.
pub(crate) trait Sink: Send + Sync {
    /// Takes one write of the process. Pending is back-pressure: the process waits.
    ///
    /// # Errors
    /// [`IoError::BrokenPipe`] when nobody reads any more: the process gets SIGPIPE.
    fn write(&self, channel: Channel, bytes: Bytes) -> BoxFuture<'_, Result<(), IoError>>;
}

/// What a descriptor stands for. A clone is a duplicate: same pipe, same offset.
#[derive(Clone, Default)]
pub(crate) enum Stream {
    /// No descriptor.
    #[default]
    Closed,
    /// `/dev/null`.
    Null,
    /// The reading end of a pipe.
    Reader(PipeReader),
    /// The writing end of a pipe.
    Writer(PipeWriter),
    /// An open file.
    File(OpenFile),
    /// An output that the engine takes.
    Engine(Arc<dyn Sink>, Channel),
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Null => "Null",
            Self::Reader(_) => "Reader",
            Self::Writer(_) => "Writer",
            Self::File(_) => "File",
            Self::Engine(..) => "Engine",
        })
    }
}

impl Stream {
    /// At least one and at most `limit` bytes, as they come; none at the end.
    ///
    /// # Errors
    /// [`FsError::BadDescriptor`] if it is not for reading; what a file says.
    pub(crate) async fn read(&self, limit: usize) -> Result<Bytes, IoError> {
        match self {
            Self::Null => Ok(Bytes::new()),
            Self::Reader(pipe) => Ok(pipe.read(limit).await),
            Self::File(file) => Ok(file.read(limit)?),
            Self::Closed | Self::Writer(_) | Self::Engine(..) => Err(FsError::BadDescriptor.into()),
        }
    }

    /// Writes all of `bytes`, waiting for room.
    ///
    /// # Errors
    /// [`IoError::BrokenPipe`]; [`FsError::BadDescriptor`], [`FsError::NoSpace`].
    pub(crate) async fn write(&self, mut bytes: Bytes) -> Result<(), IoError> {
        match self {
            Self::Null => Ok(()),
            Self::Writer(pipe) => pipe.write(bytes).await,
            Self::Engine(sink, channel) => sink.write(*channel, bytes).await,
            Self::File(file) => {
                while !bytes.is_empty() {
                    let written = file.write(&bytes)?;
                    let _ = bytes.split_to(written);
                }
                Ok(())
            }
            Self::Closed | Self::Reader(_) => Err(FsError::BadDescriptor.into()),
        }
    }
}

/// The descriptors of a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Descriptors {
    standard: [Stream; 3],
    others: BTreeMap<u32, Stream>,
}

impl Descriptors {
    /// Standard input, output and error.
    #[must_use]
    pub(crate) fn new(stdin: Stream, stdout: Stream, stderr: Stream) -> Self {
        Self {
            standard: [stdin, stdout, stderr],
            others: BTreeMap::new(),
        }
    }

    /// Descriptor `number`; [`Stream::Closed`] if there is none.
    #[must_use]
    pub(crate) fn get(&self, number: u32) -> &Stream {
        match self.standard.get(number as usize) {
            Some(stream) => stream,
            None => self.others.get(&number).unwrap_or(&Stream::Closed),
        }
    }

    /// Puts `stream` at `number` and answers what was there.
    pub(crate) fn set(&mut self, number: u32, stream: Stream) -> Stream {
        if let Some(slot) = self.standard.get_mut(number as usize) {
            return std::mem::replace(slot, stream);
        }
        let old = match stream {
            Stream::Closed => self.others.remove(&number),
            open => self.others.insert(number, open),
        };
        old.unwrap_or_default()
    }
}

/// A pipe that holds at most `capacity` bytes.
#[must_use]
pub(crate) fn pipe(capacity: usize) -> (PipeWriter, PipeReader) {
    let shared = Arc::new(Shared {
        pipe: Mutex::new(Pipe {
            buffer: VecDeque::new(),
            held: 0,
            capacity: capacity.max(1),
            readers: 1,
            writers: 1,
        }),
        readable: Notify::new(),
        writable: Notify::new(),
    });
    (PipeWriter(Arc::clone(&shared)), PipeReader(shared))
}

#[derive(Debug)]
struct Shared {
    pipe: Mutex<Pipe>,
    /// Called where there is something to read, or there are no writers any more.
    readable: Notify,
    /// Called where there is room, or there are no readers any more.
    writable: Notify,
}

#[derive(Debug)]
struct Pipe {
    buffer: VecDeque<Bytes>,
    held: usize,
    capacity: usize,
    readers: usize,
    writers: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pipe> {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reading end of a pipe. With its last clone writes fail.
#[derive(Debug)]
pub(crate) struct PipeReader(Arc<Shared>);

/// The writing end of a pipe. With its last clone reads come to their end.
#[derive(Debug)]
pub(crate) struct PipeWriter(Arc<Shared>);

impl PipeReader {
    /// At least one and at most `limit` bytes; none when all writers are gone.
    pub(crate) async fn read(&self, limit: usize) -> Bytes {
        loop {
            let mut readable = pin!(self.0.readable.notified());
            // Before the look, so that what is written after it is not missed.
            readable.as_mut().enable();
            if let Some(bytes) = self.take(limit) {
                return bytes;
            }
            readable.await;
        }
    }

    /// None: it has to wait.
    fn take(&self, limit: usize) -> Option<Bytes> {
        let mut pipe = self.0.lock();
        let Some(front) = pipe.buffer.front_mut() else {
            return (pipe.writers == 0).then(Bytes::new);
        };
        let bytes = front.split_to(limit.min(front.len()));
        if front.is_empty() {
            pipe.buffer.pop_front();
        }
        pipe.held -= bytes.len();
        drop(pipe);
        self.0.writable.notify_waiters();
        Some(bytes)
    }
}

impl PipeWriter {
    /// Writes all of `bytes`, waiting for room.
    ///
    /// # Errors
    /// [`IoError::BrokenPipe`] when all readers are gone; part may have been written.
    pub(crate) async fn write(&self, mut bytes: Bytes) -> Result<(), IoError> {
        loop {
            let mut writable = pin!(self.0.writable.notified());
            // Before the look, so that room that is made after it is not missed.
            writable.as_mut().enable();
            self.put(&mut bytes)?;
            if bytes.is_empty() {
                return Ok(());
            }
            writable.await;
        }
    }

    /// As much of it as there is room for.
    fn put(&self, bytes: &mut Bytes) -> Result<(), IoError> {
        let mut pipe = self.0.lock();
        if pipe.readers == 0 {
            return Err(IoError::BrokenPipe);
        }
        let part = bytes.split_to(bytes.len().min(pipe.capacity - pipe.held));
        if !part.is_empty() {
            pipe.held += part.len();
            pipe.buffer.push_back(part);
        }
        drop(pipe);
        self.0.readable.notify_waiters();
        Ok(())
    }
}

impl Clone for PipeReader {
    fn clone(&self) -> Self {
        self.0.lock().readers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl Clone for PipeWriter {
    fn clone(&self) -> Self {
        self.0.lock().writers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut pipe = self.0.lock();
        pipe.readers -= 1;
        if pipe.readers == 0 {
            pipe.buffer.clear();
            pipe.held = 0;
            drop(pipe);
            self.0.writable.notify_waiters();
        }
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut pipe = self.0.lock();
        pipe.writers -= 1;
        if pipe.writers == 0 {
            drop(pipe);
            self.0.readable.notify_waiters();
        }
    }
}
