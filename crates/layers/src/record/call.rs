//! A call as it was recorded: plain data.

use crate::{seconds, word};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    time::Duration,
};
use wharf_core::{Error, ErrorKind, Operation, Resource};

/// A call as it was recorded.
///
/// Plain data with serde, so that a record can be a golden file, of JSON, TOML or YAML. Times are tokio's: where its
/// clock is paused, they are the same in every run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Which operation.
    pub operation: Operation,
    /// What it was about: the id or name as the caller gave it, for a create the wished name, for a pull the image in
    /// its full form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Resource>,
    /// The arguments by name, in their `Debug` form, which shows no secret. The target is among them.
    pub arguments: BTreeMap<String, String>,
    /// When it began, in seconds since the record was made.
    #[serde(with = "seconds")]
    pub at: Duration,
    /// How many seconds it took until its answer, until what it opened was open, or until its wait was over; `None`
    /// while it runs.
    #[serde(default, with = "seconds::option")]
    pub took: Option<Duration>,
    /// What came of it.
    #[serde(deserialize_with = "word::deserialize")]
    pub outcome: CallOutcome,
}

impl RecordedCall {
    /// Whether something of it is still to come: its answer, the end of its stream or of its wait.
    pub fn is_open(&self) -> bool {
        matches!(
            self.outcome,
            CallOutcome::Running
                | CallOutcome::Opened {
                    end: StreamEnd::Open,
                    ..
                }
        )
    }

    /// The kind of the error that it failed with, or its stream did.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        match &self.outcome {
            CallOutcome::Failed { kind, .. }
            | CallOutcome::Opened {
                end: StreamEnd::Failed { kind, .. },
                ..
            } => Some(*kind),
            CallOutcome::Unexpected => Some(ErrorKind::Internal),
            _ => None,
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallOutcome {
    /// Nothing yet: it runs, or the wait that it armed does.
    Running,
    /// It was answered with this, in its `Debug` form.
    Ok(String),
    /// It failed.
    Failed {
        /// The error's kind.
        kind: ErrorKind,
        /// The error's message.
        message: String,
    },
    /// It opened a stream or a session.
    Opened {
        /// How many items came out so far.
        items: u64,
        /// How many bytes of payload these had.
        bytes: u64,
        /// How it ended.
        #[serde(deserialize_with = "word::deserialize")]
        end: StreamEnd,
    },
    /// The caller gave up: the call was dropped, or the wait that it armed.
    Dropped,
    /// It was not allowed, and not sent: see [`Record::strict`](crate::Record::strict).
    Unexpected,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEnd {
    /// It has not.
    Open,
    /// There was no more, and the caller read up to there.
    Ended,
    /// The caller dropped it before its end.
    Dropped,
    /// It failed.
    Failed {
        /// The error's kind.
        kind: ErrorKind,
        /// The error's message.
        message: String,
    },
}

impl CallOutcome {
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed {
            kind: error.kind(),
            message: clipped(error.message()),
        }
    }
}

impl StreamEnd {
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed {
            kind: error.kind(),
            message: clipped(error.message()),
        }
    }
}

/// For people, in a table's last column.
impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("running"),
            Self::Ok(_) => f.write_str("ok"),
            Self::Failed { kind, message } => write!(f, "{kind}: {message}"),
            Self::Opened { items, bytes, end } => {
                write!(f, "{items} items")?;
                if *bytes > 0 {
                    write!(f, " of {bytes} bytes")?;
                }
                write!(f, ", {end}")
            }
            Self::Dropped => f.write_str("dropped"),
            Self::Unexpected => f.write_str("unexpected"),
        }
    }
}

impl fmt::Display for StreamEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Ended => f.write_str("ended"),
            Self::Dropped => f.write_str("dropped"),
            Self::Failed { kind, message } => write!(f, "{kind}: {message}"),
        }
    }
}

/// A text, clipped at 4 KiB: the `Debug` form of a list of all containers can be long.
pub(super) fn clipped(text: impl fmt::Display) -> String {
    let mut kept = Clipped(String::new());
    if write!(kept, "{text}").is_err() {
        kept.0.push('…');
    }
    kept.0
}

/// Refuses more than it has room for, so that the rest is not even formatted.
struct Clipped(String);

impl Write for Clipped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut fitting = text.len().min(4096 - self.0.len());
        while !text.is_char_boundary(fitting) {
            fitting -= 1;
        }
        self.0.push_str(&text[..fitting]);
        if fitting == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_clipped_between_characters() {
        assert_eq!(clipped("ahoy"), "ahoy");
        let long = clipped("é".repeat(4096));
        assert!(long.ends_with("é…"));
        assert!(long.len() <= 4096 + '…'.len_utf8());
    }
}
