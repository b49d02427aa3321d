//! What becomes of calls, and how often: the parts of a rule.

use crate::{seconds, word};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use wharf_core::{Error, ErrorKind, Operation, Result};

/// Which calls a rule hits, of those that it is about. They are counted from 1, since the rule was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// All.
    #[default]
    Always,
    /// That one.
    Nth(u64),
    /// Each whose number this divides.
    Every(u64),
    /// Those up to that one.
    First(u64),
    /// That one and all that follow.
    From(u64),
    /// Each with this probability, above 0 and at most 1. The seed decides, and with it the same calls are hit in every
    /// run.
    Probability(f64),
}

/// What becomes of a call that a rule hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// It fails; the runtime below does not see it.
    Fail(Failure),
    /// It is sent on so many seconds later.
    Delay(#[serde(with = "seconds")] Duration),
    /// It never answers, and the runtime below does not see it. Dropping it ends it, and so does an engine that goes.
    Hang,
    /// The runtime below carries it out, but the connection breaks before the answer, also before one that is an error:
    /// `ConnectionFailed`, transient, sent. What fails before anything is sent has no answer to lose.
    LoseAnswer,
    /// The stream that it opens fails after so much. A session's output is a stream.
    Cut {
        /// After how much.
        #[serde(deserialize_with = "word::deserialize")]
        after: Reach,
        /// What the stream then ends with; a broken connection unless set.
        #[serde(default = "Failure::connection")]
        with: Failure,
    },
    /// The stream that it opens yields its item of that number twice.
    RepeatItem(u64),
    /// The stream that it opens leaves out its item of that number.
    DropItem(u64),
    /// The engine goes, as with [`Fault::engine_gone`](crate::Fault::engine_gone), and the call fails.
    EngineGone {
        /// After so many seconds it is back; else when it is called back.
        #[serde(
            default,
            with = "seconds::option",
            skip_serializing_if = "Option::is_none"
        )]
        back_after: Option<Duration>,
    },
    /// The engine is back, and carries out the call.
    EngineBack,
}

/// How much of a stream comes before it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reach {
    /// So many items.
    Items(u64),
    /// As many whole items as so many bytes of payload have room for. Only logs, sessions and files have bytes.
    Bytes(u64),
}

/// The error that a rule makes.
///
/// Whether it is transient and whether the call was sent follow from its kind, as a real engine's would:
/// `ConnectionFailed`, `Timeout`, `RateLimited` and `Lagged` are transient; `InvalidInput`, `Unsupported` and
/// `ConnectionFailed` come before anything is sent (a connection refused; for one that breaks later there is
/// [`Rule::lose_answer`](crate::Rule::lose_answer)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Failure {
    /// Its kind.
    pub kind: ErrorKind,
    /// Its message; one that says it is a rule's unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it is transient; by its kind unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transient: Option<bool>,
    /// Whether the engine could have acted; by its kind unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
}

impl Failure {
    /// An error of that kind.
    pub fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            message: None,
            transient: None,
            sent: None,
        }
    }

    /// A connection that breaks.
    pub(super) fn connection() -> Self {
        Self::new(ErrorKind::ConnectionFailed)
    }

    /// Sets [`message`](Self::message).
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets [`transient`](Self::transient).
    #[must_use]
    pub fn with_transient(mut self, transient: bool) -> Self {
        self.transient = Some(transient);
        self
    }

    /// Sets [`sent`](Self::sent).
    #[must_use]
    pub fn with_sent(mut self, sent: bool) -> Self {
        self.sent = Some(sent);
        self
    }

    pub(super) fn error(&self) -> Error {
        use ErrorKind::{ConnectionFailed, Lagged, RateLimited, Timeout};
        let message = match &self.message {
            Some(message) => message.clone(),
            None => format!("{}, by a fault rule", self.kind),
        };
        let transient = matches!(self.kind, ConnectionFailed | Timeout | RateLimited | Lagged);
        let error = Error::new(self.kind, message);
        let sent = error.was_sent() && self.kind != ConnectionFailed;
        error
            .with_transient(self.transient.unwrap_or(transient))
            .with_sent(self.sent.unwrap_or(sent))
    }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl When {
    /// Refuses what hits no call.
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Nth(0) | Self::Every(0) | Self::First(0) | Self::From(0) => {
                Err(Error::invalid("when", "calls are counted from 1, not 0"))
            }
            Self::Probability(p) if !(p > 0.0 && p <= 1.0) => {
                let why = format_args!("a probability is above 0 and at most 1, not {p}");
                Err(Error::invalid("when", why))
            }
            _ => Ok(()),
        }
    }

    /// Whether it hits the n-th call.
    pub(super) fn hits(self, n: u64, seed: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(nth) => n == nth,
            Self::Every(every) => n.is_multiple_of(every),
            Self::First(first) => n <= first,
            Self::From(from) => n >= from,
            Self::Probability(probability) => fraction(seed, n) < probability,
        }
    }
}

/// The n-th number of a seed's sequence, from 0 to just under 1 (`SplitMix64`). It depends on nothing else, so that other
/// calls and other rules do not change which calls a rule hits.
#[allow(
    clippy::cast_precision_loss,
    reason = "the top 53 bits are kept, which an f64 has room for"
)]
fn fraction(seed: u64, n: u64) -> f64 {
    let mut mixed = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

impl Effect {
    pub(super) fn is_on_a_stream(&self) -> bool {
        matches!(
            self,
            Self::Cut { .. } | Self::RepeatItem(_) | Self::DropItem(_)
        )
    }

    /// Whether a call of this operation can have it.
    pub(super) fn can_be_on(&self, operation: Operation) -> bool {
        match self {
            Self::Cut {
                after: Reach::Bytes(1..),
                ..
            } => operation.streams_bytes(),
            _ => operation.opens_stream() || !self.is_on_a_stream(),
        }
    }

    /// Refuses what no call of this operation can have.
    pub(super) fn check_on(&self, operation: Operation) -> Result<()> {
        if self.can_be_on(operation) {
            return Ok(());
        }
        Err(if operation.opens_stream() {
            let why = format_args!(
                "what {operation} yields has no bytes, so it cannot {self}; cut after items"
            );
            Error::invalid("effect", why)
        } else {
            let why = format_args!("{operation} opens no stream, so it cannot {self}");
            Error::invalid("effect", why)
        })
    }

    /// Whether the call is over with it, so that no later rule has a say.
    pub(super) fn ends_the_call(&self) -> bool {
        matches!(self, Self::Fail(_) | Self::Hang | Self::EngineGone { .. })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fail(failure) => write!(f, "fail with {}", failure.kind),
            Self::Delay(by) => write!(f, "delay by {by:?}"),
            Self::Hang => f.write_str("hang"),
            Self::LoseAnswer => f.write_str("lose the answer"),
            Self::Cut { after, .. } => match after {
                Reach::Items(n) => write!(f, "cut after {n} items"),
                Reach::Bytes(n) => write!(f, "cut after {n} bytes"),
            },
            Self::RepeatItem(n) => write!(f, "repeat item {n}"),
            Self::DropItem(n) => write!(f, "drop item {n}"),
            Self::EngineGone { back_after: None } => f.write_str("engine gone"),
            Self::EngineGone {
                back_after: Some(time),
            } => write!(f, "engine gone for {time:?}"),
            Self::EngineBack => f.write_str("engine back"),
        }
    }
}

/// What is said behind the calls that it is about: nothing where it hits them all.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::Nth(n) => write!(f, ", number {n}"),
            Self::Every(n) => write!(f, ", every {n}"),
            Self::First(n) => write!(f, ", first {n}"),
            Self::From(n) => write!(f, ", from number {n}"),
            Self::Probability(p) => write!(f, ", with probability {p}"),
        }
    }
}
