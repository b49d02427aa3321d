//! What cases check with: each check says what was expected and what there was.

use std::{
    fmt::{self, Debug},
    panic::Location,
};
use wharf_core::{Error, ErrorKind, Result as Answer, Timestamp};

/// Why a case failed, and on which line.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    /// Whether it is what the harness brought that lacks what the case needs.
    pub(crate) is_skip: bool,
}

pub(crate) type Verdict<T = ()> = Result<T, Failure>;

impl Failure {
    #[track_caller]
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        let at = Location::caller();
        let file = at
            .file()
            .rsplit_once("cases/")
            .map_or(at.file(), |(_, file)| file);
        Self::bare(format!("{message} ({file}:{})", at.line()))
    }

    /// One that is about no line.
    pub(crate) fn bare(text: String) -> Self {
        Self {
            text,
            is_skip: false,
        }
    }

    /// The case says nothing here: what it was to work with is not such that it could fail.
    pub(crate) fn skip(why: &str) -> Self {
        Self {
            text: why.to_owned(),
            is_skip: true,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Self {
        Self::new(format_args!("unexpected: {error:?}"))
    }
}

/// `what` is so.
#[track_caller]
pub(crate) fn holds(what: impl fmt::Display, so: bool) -> Verdict {
    if so {
        return Ok(());
    }
    Err(Failure::new(format_args!("expected that {what}")))
}

/// `what` is `expected`.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "cases compare values that they have just been given"
)]
pub(crate) fn same<A, E>(what: &str, actual: A, expected: E) -> Verdict
where
    A: Debug + PartialEq<E>,
    E: Debug,
{
    if actual == expected {
        return Ok(());
    }
    Err(Failure::new(format_args!(
        "{what}: expected {expected:?}, got {actual:?}"
    )))
}

/// Both have a time, and the first is the earlier one.
#[track_caller]
pub(crate) fn later(what: &str, first: Option<Timestamp>, second: Option<Timestamp>) -> Verdict {
    holds(
        format_args!("{what}: {first:?} is before {second:?}"),
        matches!((first, second), (Some(first), Some(second)) if first < second),
    )
}

/// There is nothing there.
#[track_caller]
pub(crate) fn none<T: Debug>(what: &str, items: impl AsRef<[T]>) -> Verdict {
    let items = items.as_ref();
    holds(
        format_args!("{what}: nothing, not {items:?}"),
        items.is_empty(),
    )
}

/// `what` is there.
#[track_caller]
pub(crate) fn some<T>(what: &str, value: Option<T>) -> Verdict<T> {
    match value {
        Some(value) => Ok(value),
        None => Err(Failure::new(format_args!("expected {what}, got none"))),
    }
}

/// The call fails so.
#[track_caller]
pub(crate) fn refused<T: Debug>(outcome: Answer<T>, kind: ErrorKind) -> Verdict<Error> {
    match outcome {
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(Failure::new(format_args!(
            "expected {kind:?}, got {error:?}"
        ))),
        Ok(value) => Err(Failure::new(format_args!(
            "expected {kind:?}, got Ok({value:?})"
        ))),
    }
}

/// The call is refused as invalid input, by a message that names the field, and nothing was sent.
#[track_caller]
pub(crate) fn invalid<T: Debug>(outcome: Answer<T>, field: &str) -> Verdict {
    let error = refused(outcome, ErrorKind::InvalidInput)?;
    holds(
        format_args!("the message names {field:?} first: {:?}", error.message()),
        error.message().starts_with(&format!("{field}: ")),
    )?;
    holds("nothing was sent", !error.was_sent())
}
