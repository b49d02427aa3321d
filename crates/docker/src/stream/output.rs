//! Output as chunks: from frames, or from a terminal's bare bytes; with timestamps or without.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt, ready};
use wharf_core::{LogChunk, LogSource, Timestamp};

use super::frames::FrameDecoder;
use crate::convert::time;
use crate::error::Failure;

/// How the bytes are to be read. Nothing in them says so.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Framing {
    /// Bare bytes of a terminal, in place of frames.
    pub(crate) tty: bool,
    /// Each record begins with the time when it was written.
    pub(crate) timestamps: bool,
}

/// The chunks of a stream of output, up to its end or its first failure.
#[derive(Debug)]
pub(crate) struct Output<S> {
    /// None once it has ended.
    stream: Option<S>,
    decoder: Decoder,
}

impl<S> Output<S> {
    pub(crate) fn new(stream: S, framing: Framing) -> Self {
        let decoder = match framing {
            Framing {
                tty: false,
                timestamps,
            } => Decoder::Frames(Frames::new(timestamps)),
            Framing {
                tty: true,
                timestamps: false,
            } => Decoder::Console(Bytes::new()),
            Framing {
                tty: true,
                timestamps: true,
            } => Decoder::Lines(Lines::default()),
        };
        Self {
            stream: Some(stream),
            decoder,
        }
    }

    /// The failure is the last item.
    fn fail(&mut self, failure: Failure) -> Poll<Option<Result<LogChunk, Failure>>> {
        self.stream = None;
        self.decoder = Decoder::Console(Bytes::new());
        Poll::Ready(Some(Err(failure)))
    }
}

impl<S: Stream<Item = Result<Bytes, Failure>> + Unpin> Stream for Output<S> {
    type Item = Result<LogChunk, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.decoder.next() {
                Ok(Some(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                Ok(None) => {}
                Err(failure) => return self.fail(failure),
            }
            let Some(stream) = &mut self.stream else {
                return Poll::Ready(None);
            };
            match ready!(stream.poll_next_unpin(cx)) {
                Some(Ok(bytes)) => self.decoder.feed(bytes),
                Some(Err(failure)) => return self.fail(failure),
                None => {
                    self.stream = None;
                    if let Err(failure) = self.decoder.finish() {
                        return self.fail(failure);
                    }
                }
            }
        }
    }
}

#[derive(Debug)]
enum Decoder {
    Frames(Frames),
    Console(Bytes),
    Lines(Lines),
}

impl Decoder {
    fn feed(&mut self, bytes: Bytes) {
        match self {
            Self::Frames(frames) => frames.decoder.feed(bytes),
            Self::Console(console) => *console = bytes,
            Self::Lines(lines) => lines.held.extend_from_slice(&bytes),
        }
    }

    fn next(&mut self) -> Result<Option<LogChunk>, Failure> {
        match self {
            Self::Frames(frames) => frames.next(),
            Self::Console(bytes) if bytes.is_empty() => Ok(None),
            Self::Console(bytes) => Ok(Some(LogChunk::new(
                LogSource::Console,
                std::mem::take(bytes),
            ))),
            Self::Lines(lines) => Ok(lines.next()),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self {
            Self::Frames(frames) => frames.decoder.finish(),
            Self::Console(_) => Ok(()),
            Self::Lines(lines) => {
                lines.ended = true;
                Ok(())
            }
        }
    }
}

#[derive(Debug)]
struct Frames {
    decoder: FrameDecoder,
    timestamps: bool,
    /// The time of the frame being read, which may come in several pieces.
    time: Option<Timestamp>,
}

impl Frames {
    fn new(timestamps: bool) -> Self {
        Self {
            decoder: FrameDecoder::default(),
            timestamps,
            time: None,
        }
    }

    fn next(&mut self) -> Result<Option<LogChunk>, Failure> {
        let Some(mut piece) = self.decoder.next()? else {
            return Ok(None);
        };
        if self.timestamps && piece.starts {
            self.time = take_time(&mut piece.bytes);
        }
        let mut chunk = LogChunk::new(piece.source, piece.bytes);
        chunk.timestamp = self.time;
        Ok(Some(chunk))
    }
}

/// A terminal's output with timestamps: there a record is a line.
#[derive(Debug, Default)]
struct Lines {
    held: BytesMut,
    /// The time of the line being read.
    time: Option<Timestamp>,
    /// A part of the line was given already, its time before it.
    begun: bool,
    ended: bool,
}

impl Lines {
    fn next(&mut self) -> Option<LogChunk> {
        if !self.begun {
            let whole = self.ended || self.held.len() >= LONGEST_TIME || self.held.contains(&b' ');
            if !whole {
                return None;
            }
            self.time = take_time(&mut self.held);
            self.begun = true;
        }
        if self.held.is_empty() {
            return None;
        }
        let newline = self.held.iter().position(|byte| *byte == b'\n');
        self.begun = newline.is_none();
        let line = self
            .held
            .split_to(newline.map_or(self.held.len(), |at| at + 1));
        let mut chunk = LogChunk::new(LogSource::Console, line.freeze());
        chunk.timestamp = self.time;
        Some(chunk)
    }
}

/// `2026-11-21T08:16:24.788798774Z` has 30 bytes; some engines write fewer digits, or a zone.
const LONGEST_TIME: usize = 40;

/// Takes the time, and the space after it, from the beginning of a record. What does not begin
/// with a time stays as it is.
fn take_time<B: Buf + AsRef<[u8]>>(record: &mut B) -> Option<Timestamp> {
    let bytes = record.as_ref();
    let space = bytes
        .iter()
        .take(LONGEST_TIME)
        .position(|byte| *byte == b' ')?;
    let time = time(std::str::from_utf8(&bytes[..space]).ok()?)?;
    record.advance(space + 1);
    Some(time)
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, stream};

    use super::*;

    const TIME: &str = "2026-11-21T08:16:24.788798774Z";

    fn frame(kind: u8, payload: &str) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 0, 0], &length[..], payload.as_bytes()].concat()
    }

    /// The chunks of some reads, as source, text and time, and the failure at their end.
    fn chunks(
        reads: &[&[u8]],
        framing: Framing,
    ) -> (Vec<(LogSource, String, bool)>, Option<String>) {
        let reads: Vec<_> = reads
            .iter()
            .map(|read| Ok(Bytes::copy_from_slice(read)))
            .collect();
        let items: Vec<_> = Output::new(stream::iter(reads), framing)
            .collect()
            .now_or_never()
            .unwrap();
        let mut seen = Vec::new();
        let mut failure = None;
        for item in items {
            assert!(failure.is_none(), "an item after a failure");
            match item {
                Ok(chunk) => {
                    let text = String::from_utf8(chunk.bytes.to_vec()).unwrap();
                    seen.push((chunk.source, text, chunk.timestamp.is_some()));
                }
                Err(error) => failure = Some(error.to_string()),
            }
        }
        (seen, failure)
    }

    #[test]
    fn frames_give_up_their_times_and_keep_the_rest() {
        let wire = [
            frame(1, &format!("{TIME} a b\n")),
            frame(2, &format!("{TIME} \n")),
        ]
        .concat();
        let framing = Framing {
            timestamps: true,
            ..Framing::default()
        };
        let (seen, failure) = chunks(&[&wire], framing);
        assert_eq!(failure, None);
        assert_eq!(
            seen,
            [
                (LogSource::Stdout, "a b\n".to_owned(), true),
                (LogSource::Stderr, "\n".to_owned(), true)
            ]
        );
    }

    #[test]
    fn a_terminals_bytes_come_as_they_are_even_if_they_look_like_frames() {
        let (seen, failure) = chunks(
            &[b"\x01\x02 $ ", b"ls\r\n"],
            Framing {
                tty: true,
                timestamps: false,
            },
        );
        assert_eq!(failure, None);
        assert_eq!(
            seen,
            [
                (LogSource::Console, "\x01\x02 $ ".to_owned(), false),
                (LogSource::Console, "ls\r\n".to_owned(), false)
            ]
        );
    }

    #[test]
    fn a_terminals_lines_give_up_their_times_however_they_are_cut() {
        let wire = format!("{TIME} one\r\n{TIME} \r\n{TIME} $ ");
        let framing = Framing {
            tty: true,
            timestamps: true,
        };
        for cut in 0..wire.len() {
            let (start, end) = wire.as_bytes().split_at(cut);
            let (seen, failure) = chunks(&[start, end], framing);
            assert_eq!(failure, None);
            let text: String = seen.iter().map(|(_, text, _)| text.as_str()).collect();
            assert_eq!(text, "one\r\n\r\n$ ", "cut at {cut}");
            assert!(
                seen.iter().all(|(_, _, timed)| *timed),
                "cut at {cut}: {seen:?}"
            );
        }
    }

    #[test]
    fn a_failure_is_the_last_item() {
        let (seen, failure) = chunks(
            &[&frame(1, "whole"), &frame(1, "cut")[..9]],
            Framing::default(),
        );
        assert_eq!(seen.len(), 1);
        assert!(failure.unwrap().contains("broke"));
        let junk = [
            frame(1, "whole"),
            b"{\"message\":1}".to_vec(),
            frame(1, "more"),
        ]
        .concat();
        let (seen, failure) = chunks(&[&junk], Framing::default());
        assert_eq!(seen.len(), 1);
        assert!(failure.unwrap().contains("frame"));
    }
}
