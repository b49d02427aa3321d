//! JSON values one after another, as the engine streams them: separated by whitespace or by
//! nothing, on one line or on many, and cut anywhere by the transport.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt, ready};
use serde::de::DeserializeOwned;

use crate::error::Failure;

/// Longest single value that is accepted. Progress lines and events are far below; without a
/// limit, an engine that never closes a brace would fill the memory.
const LONGEST: usize = 16 * 1024 * 1024;

/// The values of a stream, up to its end or its first failure.
pub(crate) fn values<T: DeserializeOwned>(
    stream: impl Stream<Item = Result<Bytes, Failure>> + Unpin,
) -> impl Stream<Item = Result<T, Failure>> + Unpin {
    Values {
        stream: Some(stream),
        decoder: JsonDecoder::default(),
        value: PhantomData,
    }
}

struct Values<S, T> {
    /// None once it has ended.
    stream: Option<S>,
    decoder: JsonDecoder,
    value: PhantomData<fn() -> T>,
}

impl<S, T> Stream for Values<S, T>
where
    S: Stream<Item = Result<Bytes, Failure>> + Unpin,
    T: DeserializeOwned,
{
    type Item = Result<T, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Self {
                stream: Some(stream),
                decoder,
                ..
            } = &mut *self
            else {
                return Poll::Ready(None);
            };
            let failure = match decoder.next() {
                Ok(Some(text)) => match serde_json::from_slice(&text) {
                    Ok(value) => return Poll::Ready(Some(Ok(value))),
                    Err(error) => Failure::undecodable(&error, &text),
                },
                Ok(None) => match ready!(stream.poll_next_unpin(cx)) {
                    Some(Ok(bytes)) => {
                        decoder.feed(&bytes);
                        continue;
                    }
                    Some(Err(failure)) => failure,
                    None => match decoder.finish() {
                        Ok(()) => {
                            self.stream = None;
                            return Poll::Ready(None);
                        }
                        Err(failure) => failure,
                    },
                },
                Err(failure) => failure,
            };
            self.stream = None;
            return Poll::Ready(Some(Err(failure)));
        }
    }
}

/// Finds where each value ends; what it means is left to the caller.
#[derive(Debug, Default)]
pub(crate) struct JsonDecoder {
    held: BytesMut,
    /// How much of `held` was looked at.
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl JsonDecoder {
    /// Adds what a read brought.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The text of the next value, or nothing until more is fed.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.depth == 0 {
            let blank = self
                .held
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            self.held.advance(blank);
        }
        while let Some(&byte) = self.held.get(self.seen) {
            self.seen += 1;
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let value = self.held.split_to(self.seen).freeze();
                        self.seen = 0;
                        return Ok(Some(value));
                    }
                }
                b'"' if self.depth > 0 => self.in_string = true,
                _ if self.depth > 0 => {}
                _ => return Err(self.not_json()),
            }
        }
        if self.seen > LONGEST {
            return Err(Failure::garbled(format!(
                "a JSON value is longer than {LONGEST} bytes"
            )));
        }
        Ok(None)
    }

    /// To be called when the stream has ended: a stream that ends inside a value was cut.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        if self.held.iter().all(u8::is_ascii_whitespace) {
            Ok(())
        } else {
            Err(Failure::Cut(
                "the stream ended in the middle of a JSON value".into(),
            ))
        }
    }

    fn not_json(&self) -> Failure {
        let start = String::from_utf8_lossy(&self.held[..self.held.len().min(80)]);
        Failure::garbled(format!("expected a JSON object, got {start:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn decode<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Value>, Result<(), String>) {
        let mut decoder = JsonDecoder::default();
        let mut values = Vec::new();
        for slice in slices {
            decoder.feed(slice);
            loop {
                match decoder.next() {
                    Ok(Some(text)) => values.push(serde_json::from_slice(&text).unwrap()),
                    Ok(None) => break,
                    Err(failure) => return (values, Err(failure.to_string())),
                }
            }
        }
        let end = decoder.finish().map_err(|failure| failure.to_string());
        (values, end)
    }

    #[test]
    fn values_need_no_newline_between_them() {
        let (values, end) = decode([&br#"{"a":1}{"b":[2,{"c":"}"}]}
            {"d":"\"{"}"#[..]]);
        assert_eq!(values.len(), 3);
        assert_eq!(values[1]["b"][1]["c"], "}");
        assert_eq!(values[2]["d"], "\"{");
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn blanks_after_the_last_value_are_no_cut() {
        let (values, end) = decode([&b"{\"a\":1}"[..], b"\r\n", b"\r\n"]);
        assert_eq!(values.len(), 1);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn an_end_in_the_middle_is_an_error() {
        let (values, end) = decode([&b"{\"a\":1}\n{\"b\""[..]]);
        assert_eq!(values.len(), 1);
        assert!(end.unwrap_err().contains("broke"));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for junk in ["<html>no</html>", "true", "}", "\"text\""] {
            let (values, end) = decode([junk.as_bytes()]);
            assert!(values.is_empty());
            assert!(
                end.unwrap_err().contains("expected a JSON object"),
                "{junk}"
            );
        }
    }

    #[test]
    fn a_value_without_an_end_is_refused_in_time() {
        let mut decoder = JsonDecoder::default();
        decoder.feed(b"{\"a\":\"");
        let block = vec![b'x'; 1024 * 1024];
        let refused = (0..32).find_map(|_| {
            decoder.feed(&block);
            decoder.next().err()
        });
        assert!(refused.unwrap().to_string().contains("longer than"));
        assert!(decoder.held.len() <= LONGEST + 2 * block.len());
    }

    proptest! {
        #[test]
        fn any_split_and_any_layout_give_the_same_values(
            texts in prop::collection::vec("\\PC{0,40}", 0..8),
            pretty in any::<bool>(),
            between in prop::sample::select(vec!["", "\n", "\r\n", " \t\n"]),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let expected: Vec<Value> =
                texts.iter().map(|text| serde_json::json!({ text: [text, { "n": 1 }] })).collect();
            let wire = expected
                .iter()
                .map(|value| if pretty { format!("{value:#}") } else { value.to_string() })
                .collect::<Vec<_>>()
                .join(between);
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
            at.extend([0, wire.len()]);
            at.sort_unstable();
            let slices = at.windows(2).map(|pair| &wire.as_bytes()[pair[0]..pair[1]]);
            prop_assert_eq!(decode(slices), (expected, Ok(())));
        }
    }
}
