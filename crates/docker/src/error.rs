//! What goes wrong, and what it is called in the contract. The only file that reads status codes and
//! the engines' sentences.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use wharf_core::{Error, ErrorKind, Operation};

use crate::dialect::Dialect;
use crate::endpoint::Endpoint;
use crate::sentences;

type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong on the way to the engine and back, before it is said of which operation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot connect to {endpoint}: {}", advice(endpoint, source))]
    Connect {
        endpoint: Endpoint,
        source: io::Error,
    },

    #[error("the connection to the engine broke before the answer was complete")]
    Cut(#[source] Cause),

    #[error("this handle was closed")]
    Closed { sent: bool },

    #[error("no answer within {0:?}; the engine may still be at work")]
    Late(Duration),

    /// The engine answered, and the answer is no.
    #[error("{message}")]
    Refused {
        status: StatusCode,
        message: String,
        /// The reason came in the form that engines give theirs.
        spoken: bool,
    },

    /// The engine failed after it had begun to answer with a yes.
    #[error("{0}")]
    InStream(String),

    #[error("this is no answer of a container engine: {what}")]
    Garbled { what: String, source: Option<Cause> },

    #[error("the request cannot be put into words: {0}")]
    Unsendable(#[source] Cause),

    #[error("events came faster than they were read: {0} wait, and more would have been lost")]
    Lagged(usize),

    /// What this side found out by itself.
    #[error("{message}")]
    Known { kind: ErrorKind, message: String },

    /// An operation of several requests failed after one of them had changed something.
    #[error("{0}")]
    AfterEffect(Box<Failure>),
}

impl Failure {
    pub(crate) fn known(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Known {
            kind,
            message: message.into(),
        }
    }

    /// The same, if something was changed already: then the engine has acted on the call, whatever
    /// became of its last request.
    pub(crate) fn after_effect(self, changed: bool) -> Self {
        if changed {
            Self::AfterEffect(Box::new(self))
        } else {
            self
        }
    }

    pub(crate) fn garbled(what: impl Into<String>) -> Self {
        Self::Garbled {
            what: what.into(),
            source: None,
        }
    }

    pub(crate) fn unsendable(cause: impl Into<Cause>) -> Self {
        Self::Unsendable(cause.into())
    }

    pub(crate) fn from_hyper(error: hyper::Error) -> Self {
        if error.is_parse() {
            Self::Garbled {
                what: "it is not HTTP".to_owned(),
                source: Some(error.into()),
            }
        } else {
            Self::Cut(error.into())
        }
    }

    /// A text that should have been JSON. What is no JSON at all is shown. What is may hold secrets:
    /// only the place is told.
    pub(crate) fn undecodable(error: &serde_json::Error, text: &[u8]) -> Self {
        let what = match text.first() {
            Some(b'{' | b'[') => "its JSON is not as expected".to_owned(),
            _ => format!("expected JSON, got {}", excerpt(text)),
        };
        Self::Garbled {
            what,
            source: Some(place(error).into()),
        }
    }

    pub(crate) fn is_refusal(status: StatusCode) -> bool {
        !status.is_success()
            && status != StatusCode::NOT_MODIFIED
            && status != StatusCode::SWITCHING_PROTOCOLS
    }

    pub(crate) fn is_upgrade(status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS
    }

    pub(crate) fn refused(status: StatusCode, body: &[u8]) -> Self {
        let (message, spoken) = reason(status, body);
        Self::Refused {
            status,
            message,
            spoken,
        }
    }

    /// A refusal that is not in an engine's form comes from something else that speaks HTTP.
    pub(crate) fn unless_engine(self) -> Self {
        match self {
            Self::Refused {
                status,
                message,
                spoken: false,
            } => Self::garbled(format!("status {status}, {}", excerpt(message.as_bytes()))),
            failure => failure,
        }
    }

    fn kind(&self, at: &At) -> ErrorKind {
        match self {
            Self::Connect { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                ErrorKind::PermissionDenied
            }
            Self::Connect { .. } | Self::Cut(_) | Self::Closed { .. } => {
                ErrorKind::ConnectionFailed
            }
            Self::Late(_) => ErrorKind::Timeout,
            Self::Refused {
                status, message, ..
            } => sentences::kind(at.dialect, at.operation, message)
                .unwrap_or_else(|| kind_of_status(*status, at.operation)),
            Self::InStream(message) => {
                sentences::kind(at.dialect, at.operation, message).unwrap_or(ErrorKind::Internal)
            }
            Self::Garbled { .. } => ErrorKind::Protocol,
            Self::Unsendable(_) => ErrorKind::InvalidInput,
            Self::Lagged(_) => ErrorKind::Lagged,
            Self::Known { kind, .. } => *kind,
            Self::AfterEffect(failure) => failure.kind(at),
        }
    }

    fn into_cause(self) -> Option<Cause> {
        match self {
            Self::Connect { source, .. } => Some(source.into()),
            Self::Cut(cause) | Self::Unsendable(cause) => Some(cause),
            Self::Garbled { source, .. } => source,
            Self::AfterEffect(failure) => failure.into_cause(),
            _ => None,
        }
    }

    /// Whether the engine could have acted on the call.
    fn was_sent(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Unsendable(_) => false,
            Self::Closed { sent } => *sent,
            _ => true,
        }
    }
}

/// Of which operation a failure is, and which engine it was.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) operation: Operation,
    pub(crate) dialect: Dialect,
    /// For people: `docker 28.5.2`.
    pub(crate) engine: Arc<str>,
}

impl At {
    pub(crate) fn error(&self, failure: Failure) -> Error {
        Failed { failure, at: self }.into()
    }
}

/// A failure, and of what.
struct Failed<'a> {
    failure: Failure,
    at: &'a At,
}

impl From<Failed<'_>> for Error {
    fn from(Failed { failure, at }: Failed<'_>) -> Self {
        let kind = failure.kind(at);
        let transient = match failure {
            // To repeat it is not to do it once.
            Failure::Closed { .. } | Failure::AfterEffect(_) => false,
            _ => matches!(
                kind,
                ErrorKind::ConnectionFailed
                    | ErrorKind::Timeout
                    | ErrorKind::RateLimited
                    | ErrorKind::Lagged
            ),
        };
        let error = Error::new(kind, failure.to_string())
            .with_operation(at.operation)
            .with_engine(&*at.engine)
            .with_transient(transient)
            .with_sent(failure.was_sent());
        match failure.into_cause() {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}

/// What the status alone says, where no sentence is recognised.
fn kind_of_status(status: StatusCode, operation: Operation) -> ErrorKind {
    match status.as_u16() {
        400 | 406 | 413 | 415 | 416 => ErrorKind::InvalidInput,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::PermissionDenied,
        404 => match operation.group() {
            // What a create misses is the image, unless a sentence says otherwise.
            "ImageOps" => ErrorKind::ImageNotFound,
            "ContainerOps" if operation == Operation::CreateContainer => ErrorKind::ImageNotFound,
            "ContainerOps" => ErrorKind::ContainerNotFound,
            _ => ErrorKind::NotFound,
        },
        405 | 501 => ErrorKind::Unsupported,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        _ => ErrorKind::Internal,
    }
}

#[derive(Debug, Deserialize)]
struct Reason {
    message: String,
}

/// The engine's own words, or what came in place of them.
fn reason(status: StatusCode, body: &[u8]) -> (String, bool) {
    let (message, spoken) = match serde_json::from_slice::<Reason>(body) {
        Ok(reason) => (reason.message, true),
        Err(_) => (String::from_utf8_lossy(body).into_owned(), false),
    };
    match message.trim() {
        "" => (
            format!("the engine answered {status} without a reason"),
            spoken,
        ),
        message => (message.to_owned(), spoken),
    }
}

fn advice(endpoint: &Endpoint, error: &io::Error) -> &'static str {
    match (endpoint, error.kind()) {
        (Endpoint::Unix(_), io::ErrorKind::NotFound) => {
            "there is no such socket; is the engine installed and running?"
        }
        (Endpoint::Unix(_), io::ErrorKind::ConnectionRefused) => {
            "nobody listens on the socket; start the engine"
        }
        (Endpoint::Unix(_), io::ErrorKind::PermissionDenied) => {
            "this user may not use the socket; join the group that owns it, or use a rootless engine"
        }
        (Endpoint::Tcp { .. }, io::ErrorKind::ConnectionRefused) => {
            "nobody listens on that port; is the engine running, and told to listen there?"
        }
        _ => "check the address, and that the engine runs",
    }
}

/// Where JSON is wrong. The parser quotes what it did not expect, which may be a secret.
pub(crate) fn place(error: &serde_json::Error) -> String {
    let (kind, line, column) = (error.classify(), error.line(), error.column());
    format!("{kind:?} error at line {line}, column {column}")
}

/// The beginning of a text, for a message.
pub(crate) fn excerpt(text: &[u8]) -> String {
    const SHOWN: usize = 80;
    let start = String::from_utf8_lossy(&text[..text.len().min(SHOWN)]);
    let dots = if text.len() > SHOWN { "…" } else { "" };
    format!("{start:?}{dots}")
}

#[cfg(test)]
mod tests;
