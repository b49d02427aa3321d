//! A container's log: one file for all its runs, a record a line, as json-file keeps it.

use crate::{
    clock::EngineClock,
    fs::FsError,
    process::{Channel, IoError},
};
use bytes::{Bytes, BytesMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use wharf_core::{LogChunk, LogSource, LogsOptions, Tail, Timestamp};

/// A longer line is split into records of so many bytes.
const RECORD_MAX: usize = 16 * 1024;
/// What a record costs of the limit beside its bytes, so that empty lines have a price too.
const RECORD_COST: usize = 64;

/// Grows by whole records; what a stream has written since its last newline is held back until the line ends, the
/// piece is full, or the run is over. Shared by the container's processes, which append, and its readers, each of whom
/// keeps a position of its own: nothing is copied for a reader.
#[derive(Debug)]
pub(crate) struct Log {
    inner: Mutex<Inner>,
    grown: Notify,
    limit: usize,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    records: Vec<Record>,
    held: usize,
    partial: [BytesMut; 2],
    console: bool,
    running: bool,
    /// There is no engine any more that could end the run.
    abandoned: bool,
    /// How many records there were when each run was over.
    ends: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Record {
    time: Timestamp,
    source: LogSource,
    bytes: Bytes,
}

impl Log {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            inner: Mutex::default(),
            grown: Notify::new(),
            limit,
        }
    }

    /// A run begins. On a `console` both streams are one and lines end as terminals end them.
    pub(crate) fn begin_run(&self, console: bool) {
        let mut inner = self.lock();
        inner.console = console;
        inner.running = true;
    }

    /// The run is over: what was held back is written, followers come to their end.
    pub(crate) fn end_run(&self, now: Timestamp) {
        let mut inner = self.lock();
        for channel in [Channel::Stdout, Channel::Stderr] {
            let rest = inner.partial_of(channel).split().freeze();
            if !rest.is_empty() {
                inner.push(channel, rest, now);
            }
        }
        inner.running = false;
        let end = inner.records.len();
        inner.ends.push(end);
        drop(inner);
        self.grown.notify_waiters();
    }

    /// The engine is gone, and with it the run: its end will not come, which is what followers are told.
    pub(crate) fn abandon(&self) {
        self.lock().abandoned = true;
        self.grown.notify_waiters();
    }

    /// Takes what a process wrote. A full log fails as a full disk does.
    pub(crate) fn write(
        &self,
        channel: Channel,
        bytes: &Bytes,
        clock: &EngineClock,
    ) -> Result<(), IoError> {
        let mut inner = self.lock();
        if !inner.running {
            // The run is over: what a task still does before it is gone has not happened.
            return Err(IoError::BrokenPipe);
        }
        if inner.held + bytes.len() > self.limit {
            return Err(FsError::NoSpace.into());
        }
        let (channel, bytes) = if inner.console {
            (Channel::Stdout, with_carriage_returns(bytes))
        } else {
            (channel, bytes.clone())
        };
        let before = inner.records.len();
        inner.append(channel, bytes, clock);
        let grown = inner.records.len() > before;
        drop(inner);
        if grown {
            self.grown.notify_waiters();
        }
        Ok(())
    }

    /// The log as it is now, apart from this one. What a program has begun of a line is no part of it.
    pub(crate) fn copy(&self) -> Self {
        let inner = Inner {
            partial: Default::default(),
            ..self.lock().clone()
        };
        Self {
            inner: Mutex::new(inner),
            grown: Notify::new(),
            limit: self.limit,
        }
    }

    /// Everything in it, with its times.
    pub(crate) fn all(&self) -> Vec<LogChunk> {
        let inner = self.lock();
        let chunk = |record: &Record| {
            LogChunk::new(record.source.clone(), record.bytes.clone()).with_timestamp(record.time)
        };
        inner.records.iter().map(chunk).collect()
    }

    /// Where a reader with these options begins, and, when it follows, which run it follows.
    pub(crate) fn open(&self, options: &LogsOptions) -> Cursor {
        let inner = self.lock();
        let length = inner.records.len();
        let first = match options.tail {
            Tail::All => 0,
            Tail::Last(lines) => length.saturating_sub(usize::try_from(lines).unwrap_or(length)),
        };
        let follows = options.follow && inner.running;
        Cursor {
            next: first,
            end: (!follows).then_some(length),
            run: inner.ends.len(),
        }
    }

    /// The next record that the options let through; none when the reader has come to its end. Fails where the run
    /// that it follows was abandoned.
    pub(crate) async fn next(
        &self,
        cursor: &mut Cursor,
        options: &LogsOptions,
    ) -> Option<Result<LogChunk, Abandoned>> {
        loop {
            let grown = self.grown.notified();
            tokio::pin!(grown);
            // Enabled before the look, so that nothing that is written after it is missed.
            grown.as_mut().enable();
            match self.step(cursor, options) {
                Step::Record(chunk) => return Some(Ok(chunk)),
                Step::End => return None,
                Step::Abandoned => return Some(Err(Abandoned)),
                Step::NothingYet => grown.await,
            }
        }
    }

    fn step(&self, cursor: &mut Cursor, options: &LogsOptions) -> Step {
        let inner = self.lock();
        let end = cursor.end.or_else(|| inner.ends.get(cursor.run).copied());
        let there = inner.records.len();
        while cursor.next < end.unwrap_or(there) {
            let Some(record) = inner.records.get(cursor.next) else {
                break;
            };
            cursor.next += 1;
            if options.until.is_some_and(|until| record.time > until) {
                return Step::End;
            }
            let chosen = match record.source {
                LogSource::Stderr => options.stderr,
                _ => options.stdout,
            };
            if chosen && options.since.is_none_or(|since| record.time >= since) {
                let mut chunk = LogChunk::new(record.source.clone(), record.bytes.clone());
                chunk.timestamp = options.timestamps.then_some(record.time);
                return Step::Record(chunk);
            }
        }
        if end.is_some() {
            Step::End
        } else if inner.abandoned {
            Step::Abandoned
        } else {
            Step::NothingYet
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look at the log finds.
enum Step {
    Record(LogChunk),
    NothingYet,
    End,
    Abandoned,
}

/// What a follower finds whose engine is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abandoned;

/// How far a reader has come.
#[derive(Debug)]
pub(crate) struct Cursor {
    next: usize,
    /// Where it stops; none while the run that it follows goes on.
    end: Option<usize>,
    run: usize,
}

impl Inner {
    fn append(&mut self, channel: Channel, mut bytes: Bytes, clock: &EngineClock) {
        while !bytes.is_empty() {
            let room = RECORD_MAX - self.partial_of(channel).len();
            let line = bytes
                .iter()
                .take(room)
                .position(|&b| b == b'\n')
                .map(|at| at + 1);
            let whole = line.is_some() || bytes.len() >= room;
            let piece = bytes.split_to(line.unwrap_or(room).min(bytes.len()));
            let partial = self.partial_of(channel);
            if !whole {
                partial.extend_from_slice(&piece);
                return;
            }
            let record = if partial.is_empty() {
                piece
            } else {
                partial.extend_from_slice(&piece);
                partial.split().freeze()
            };
            self.push(channel, record, clock.now());
        }
    }

    fn push(&mut self, channel: Channel, bytes: Bytes, time: Timestamp) {
        let source = match channel {
            _ if self.console => LogSource::Console,
            Channel::Stdout => LogSource::Stdout,
            Channel::Stderr => LogSource::Stderr,
        };
        self.held += bytes.len() + RECORD_COST;
        self.records.push(Record {
            time,
            source,
            bytes,
        });
    }

    fn partial_of(&mut self, channel: Channel) -> &mut BytesMut {
        let [stdout, stderr] = &mut self.partial;
        match channel {
            Channel::Stdout => stdout,
            Channel::Stderr => stderr,
        }
    }
}

/// What a terminal makes of a program's newlines.
pub(crate) fn with_carriage_returns(bytes: &Bytes) -> Bytes {
    if !bytes.contains(&b'\n') {
        return bytes.clone();
    }
    let mut out = BytesMut::with_capacity(bytes.len() + 16);
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Channel::{Stderr, Stdout};

    fn log_of(writes: &[(Channel, &str)]) -> (Log, EngineClock) {
        let (log, clock) = (Log::new(1 << 20), EngineClock::new(Timestamp::UNIX_EPOCH));
        log.begin_run(false);
        for (channel, text) in writes {
            log.write(*channel, &Bytes::copy_from_slice(text.as_bytes()), &clock)
                .unwrap();
        }
        (log, clock)
    }

    async fn read(log: &Log, options: LogsOptions) -> Vec<LogChunk> {
        let mut cursor = log.open(&options);
        let mut chunks = Vec::new();
        while let Some(chunk) = log.next(&mut cursor, &options).await {
            chunks.push(chunk.unwrap());
        }
        chunks
    }

    fn texts(chunks: &[LogChunk]) -> Vec<&str> {
        chunks
            .iter()
            .map(|chunk| std::str::from_utf8(&chunk.bytes).unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_record_is_a_line_and_the_last_part_comes_with_the_end() {
        let (log, clock) = log_of(&[(Stdout, "a\nb"), (Stderr, "err\n"), (Stdout, "c\nrest")]);
        assert_eq!(
            texts(&read(&log, LogsOptions::default()).await),
            ["a\n", "err\n", "bc\n"]
        );
        log.end_run(clock.now());
        let all = read(&log, LogsOptions::default()).await;
        assert_eq!(texts(&all), ["a\n", "err\n", "bc\n", "rest"]);
        assert_eq!(all[1].source, LogSource::Stderr);
    }

    #[tokio::test]
    async fn a_long_line_is_split_at_16_kib() {
        let (log, _) = log_of(&[(Stdout, &"x".repeat(40_000)), (Stdout, "\n")]);
        let lengths: Vec<_> = read(&log, LogsOptions::default())
            .await
            .iter()
            .map(|c| c.bytes.len())
            .collect();
        assert_eq!(lengths, [16_384, 16_384, 7_233]);
    }

    #[tokio::test]
    async fn the_tail_is_counted_before_a_stream_is_left_out() {
        let (log, _) = log_of(&[(Stderr, "e1\n"), (Stdout, "o1\n"), (Stderr, "e2\n")]);
        let only_stderr = LogsOptions::default()
            .with_stdout(false)
            .with_tail(Tail::Last(2));
        assert_eq!(texts(&read(&log, only_stderr).await), ["e2\n"]);
        let none = LogsOptions::default().with_tail(Tail::Last(0));
        assert!(read(&log, none).await.is_empty());
    }

    #[tokio::test]
    async fn since_and_until_include_their_own_instant() {
        let (log, _) = log_of(&[(Stdout, "1\n"), (Stdout, "2\n"), (Stdout, "3\n")]);
        let stamped = read(&log, LogsOptions::default().with_timestamps(true)).await;
        let second = stamped[1].timestamp.unwrap();
        let since = LogsOptions::default().with_since(second);
        assert_eq!(texts(&read(&log, since).await), ["2\n", "3\n"]);
        let until = LogsOptions::default().with_until(second);
        assert_eq!(texts(&read(&log, until).await), ["1\n", "2\n"]);
    }

    #[tokio::test]
    async fn a_follower_ends_with_the_run_and_sees_nothing_of_the_next() {
        let (log, clock) = log_of(&[(Stdout, "first\n")]);
        let options = LogsOptions::default().with_follow(true);
        let mut cursor = log.open(&options);
        log.end_run(clock.now());
        log.begin_run(false);
        log.write(Stdout, &Bytes::from_static(b"second\n"), &clock)
            .unwrap();
        let first = log.next(&mut cursor, &options).await.unwrap().unwrap();
        assert_eq!(first.bytes.as_ref(), b"first\n");
        assert!(log.next(&mut cursor, &options).await.is_none());
    }

    #[tokio::test]
    async fn a_follower_of_an_abandoned_log_reads_what_is_there_and_is_told() {
        let (log, _) = log_of(&[(Stdout, "first\n")]);
        let options = LogsOptions::default().with_follow(true);
        let mut cursor = log.open(&options);
        log.abandon();
        let first = log.next(&mut cursor, &options).await.unwrap().unwrap();
        assert_eq!(first.bytes.as_ref(), b"first\n");
        assert_eq!(log.next(&mut cursor, &options).await, Some(Err(Abandoned)));
        assert_eq!(
            texts(&read(&log, LogsOptions::default()).await),
            ["first\n"]
        );
    }

    #[tokio::test]
    async fn a_console_has_one_stream_and_carriage_returns() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        let log = Log::new(1 << 20);
        log.begin_run(true);
        log.write(Stderr, &Bytes::from_static(b"a\nb\n"), &clock)
            .unwrap();
        let chunks = read(&log, LogsOptions::default()).await;
        assert_eq!(texts(&chunks), ["a\r\n", "b\r\n"]);
        assert_eq!(chunks[0].source, LogSource::Console);
        assert!(
            read(&log, LogsOptions::default().with_stdout(false))
                .await
                .is_empty()
        );
    }

    #[test]
    fn a_full_log_is_a_full_disk() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        let log = Log::new(4);
        log.begin_run(false);
        let error = log
            .write(Stdout, &Bytes::from_static(b"12345"), &clock)
            .unwrap_err();
        assert_eq!(error, FsError::NoSpace.into());
    }
}
