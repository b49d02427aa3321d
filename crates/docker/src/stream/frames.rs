//! The engine's framing of output: `[stream, 0, 0, 0, length as four bytes, big-endian]`, then the
//! bytes. With a TTY there are no frames, and nothing in the bytes says so: who opens a stream asks
//! the engine and tells the decoder.

use bytes::{Buf, Bytes, BytesMut};
use wharf_core::LogSource;

use crate::error::Failure;

/// Longest piece that is handed out. A frame may claim 4 GiB; it is passed on in pieces of this
/// size, so that memory is bounded whatever the sender claims.
pub(crate) const PIECE: usize = 64 * 1024;

const HEADER: usize = 8;

/// A frame, or a piece of one that is longer than [`PIECE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) source: LogSource,
    pub(crate) bytes: Bytes,
    /// The first bytes of a frame: where a timestamp stands if one was asked for.
    pub(crate) starts: bool,
}

/// What the frame being read will become.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Output(LogSource),
    /// The engine's own words: reading the log failed on its side.
    Trouble,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    left: usize,
    starts: bool,
}

/// Takes bytes as they arrive, gives pieces that do not depend on how they arrived.
///
/// Nothing is copied as long as a frame lies within what one read brought.
#[derive(Debug, Default)]
pub(crate) struct FrameDecoder {
    /// What was read and not handed out.
    input: Bytes,
    /// The part of a header or a piece that earlier reads brought.
    held: BytesMut,
    open: Option<Open>,
}

impl FrameDecoder {
    /// Adds what a read brought. To be called when [`next`](Self::next) has nothing more to give.
    pub(crate) fn feed(&mut self, bytes: Bytes) {
        debug_assert!(self.input.is_empty(), "fed before it was drained");
        self.input = bytes;
    }

    /// The next piece, or nothing until more is fed.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Failure> {
        let open = match self.open.take() {
            Some(open) => open,
            None => match self.header()? {
                Some(open) => open,
                None => return Ok(None),
            },
        };
        let Some(bytes) = self.take(open.left.min(PIECE)) else {
            self.open = Some(open);
            return Ok(None);
        };
        let Open { kind, left, starts } = open;
        let left = left - bytes.len();
        if left > 0 {
            self.open = Some(Open {
                kind: kind.clone(),
                left,
                starts: false,
            });
        }
        match kind {
            Kind::Output(source) => Ok(Some(Piece {
                source,
                bytes,
                starts,
            })),
            Kind::Trouble => {
                let text = String::from_utf8_lossy(&bytes).trim().to_owned();
                Err(Failure::InStream(text))
            }
        }
    }

    /// To be called when the stream has ended: a stream that ends inside a frame was cut.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        if self.open.is_none() && self.held.is_empty() && self.input.is_empty() {
            Ok(())
        } else {
            Err(Failure::Cut(
                "the stream ended in the middle of a frame".into(),
            ))
        }
    }

    fn header(&mut self) -> Result<Option<Open>, Failure> {
        loop {
            let Some(header) = self.take(HEADER) else {
                return Ok(None);
            };
            let kind = match header[..4] {
                // 0 is the program's standard input, echoed by attach: output for a reader.
                [0 | 1, 0, 0, 0] => Kind::Output(LogSource::Stdout),
                [2, 0, 0, 0] => Kind::Output(LogSource::Stderr),
                [3, 0, 0, 0] => Kind::Trouble,
                _ => {
                    return Err(Failure::garbled(format!(
                        "expected the header of an output frame, got {:02x?}",
                        &header[..]
                    )));
                }
            };
            let left = (&header[4..]).get_u32() as usize;
            // An empty frame says nothing.
            if left > 0 {
                return Ok(Some(Open {
                    kind,
                    left,
                    starts: true,
                }));
            }
        }
    }

    /// Exactly `count` bytes, without a copy if they came with one read.
    fn take(&mut self, count: usize) -> Option<Bytes> {
        if self.held.is_empty() && self.input.len() >= count {
            return Some(self.input.split_to(count));
        }
        let missing = count - self.held.len();
        let brought = self.input.split_to(missing.min(self.input.len()));
        self.held.extend_from_slice(&brought);
        (self.held.len() == count).then(|| self.held.split().freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 0, 0], &length[..], payload].concat()
    }

    /// All pieces of a wire that arrives in the given slices, and how it ended.
    fn decode<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Piece>, Result<(), String>) {
        let mut decoder = FrameDecoder::default();
        let mut pieces = Vec::new();
        for slice in slices {
            decoder.feed(Bytes::copy_from_slice(slice));
            loop {
                match decoder.next() {
                    Ok(Some(piece)) => pieces.push(piece),
                    Ok(None) => break,
                    Err(failure) => return (pieces, Err(failure.to_string())),
                }
            }
        }
        let end = decoder.finish().map_err(|failure| failure.to_string());
        (pieces, end)
    }

    #[test]
    fn frames_come_out_with_their_source() {
        let wire = [
            frame(1, b"out\n"),
            frame(2, b"err"),
            frame(1, b""),
            frame(0, b"in"),
        ]
        .concat();
        let (pieces, end) = decode([&wire[..]]);
        let seen: Vec<_> = pieces
            .iter()
            .map(|p| (p.source.clone(), &p.bytes[..]))
            .collect();
        assert_eq!(
            seen,
            [
                (LogSource::Stdout, &b"out\n"[..]),
                (LogSource::Stderr, b"err"),
                (LogSource::Stdout, b"in")
            ]
        );
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_frame_within_one_read_is_not_copied() {
        let wire = Bytes::from(frame(1, b"hello"));
        let inside = wire.as_ptr() as usize + HEADER;
        let mut decoder = FrameDecoder::default();
        decoder.feed(wire);
        let piece = decoder.next().unwrap().unwrap();
        assert_eq!(piece.bytes.as_ptr() as usize, inside);
    }

    #[test]
    fn a_long_frame_comes_in_pieces_and_only_the_first_starts_it() {
        let payload = vec![b'x'; PIECE * 2 + 5];
        let (pieces, end) = decode([&frame(2, &payload)[..]]);
        let seen: Vec<_> = pieces.iter().map(|p| (p.bytes.len(), p.starts)).collect();
        assert_eq!(seen, [(PIECE, true), (PIECE, false), (5, false)]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_huge_claim_allocates_nothing() {
        let mut decoder = FrameDecoder::default();
        decoder.feed(Bytes::from_static(&[
            1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'x',
        ]));
        assert!(decoder.next().unwrap().is_none());
        assert!(decoder.held.capacity() <= PIECE);
    }

    #[test]
    fn the_engines_own_trouble_is_an_error() {
        let wire = [
            frame(1, b"before"),
            frame(3, b"error reading log file: gone\n"),
        ]
        .concat();
        let (pieces, end) = decode([&wire[..]]);
        assert_eq!(pieces.len(), 1);
        assert_eq!(end, Err("error reading log file: gone".to_owned()));
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        for junk in [
            &b"{\"message\":\"no\"}"[..],
            &[4, 0, 0, 0, 0, 0, 0, 1, 1],
            &[1, 1, 0, 0, 0, 0, 0, 1, 1],
        ] {
            let (pieces, end) = decode([junk]);
            assert!(pieces.is_empty());
            assert!(end.unwrap_err().contains("frame"));
        }
    }

    #[test]
    fn an_end_in_the_middle_is_an_error() {
        let wire = frame(1, b"hello");
        for cut in 1..wire.len() {
            let (_, end) = decode([&wire[..cut]]);
            assert!(end.is_err(), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_pieces(
            frames in prop::collection::vec((0u8..3, prop::collection::vec(any::<u8>(), 0..300)), 0..20),
            long in 0usize..3 * PIECE,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let mut wire: Vec<u8> =
                frames.iter().flat_map(|(kind, payload)| frame(*kind, payload)).collect();
            wire.extend(frame(1, &vec![b'l'; long]));
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
            at.extend([0, wire.len()]);
            at.sort_unstable();
            let slices = at.windows(2).map(|pair| &wire[pair[0]..pair[1]]);
            prop_assert_eq!(decode(slices), decode([&wire[..]]));
        }

        #[test]
        fn any_bytes_are_refused_or_decoded_but_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let (pieces, _) = decode([&bytes[..]]);
            prop_assert!(pieces.iter().all(|piece| !piece.bytes.is_empty()));
        }
    }
}
