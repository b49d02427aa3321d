//! What cases check with: each check says what was expected and what there was.

use std::{
    fmt::{self, Debug},
    panic::Location,
};
use wharf_core::{Error, ErrorKind, Result as Answer};

/// Why a case failed, and on which line.
#[derive(Debug)]
pub(crate) struct Failure(String);

pub(crate) type Verdict<T = ()> = Result<T, Failure>;

impl Failure {
    #[track_caller]
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        let at = Location::caller();
        let file = at
            .file()
            .rsplit_once("cases/")
            .map_or(at.file(), |(_, file)| file);
        Self(format!("{message} ({file}:{})", at.line()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
