//! What engines send bit by bit: output in frames, and JSON values.

pub(crate) mod frames;
pub(crate) mod json;
pub(crate) mod output;

use futures::{Stream, StreamExt, future};

use crate::error::Failure;

/// Nothing comes after a failure: an engine may go on talking after it has said that it failed.
pub(crate) fn until_failure<T>(
    stream: impl Stream<Item = Result<T, Failure>>,
) -> impl Stream<Item = Result<T, Failure>> {
    stream.scan(false, |failed, item| {
        let over = std::mem::replace(failed, item.is_err());
        future::ready((!over).then_some(item))
    })
}
