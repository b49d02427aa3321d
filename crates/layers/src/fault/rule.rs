//! A rule: which calls, and what becomes of them.

use super::{Effect, Failure, Reach, When};
use crate::{names::Known, target, word};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use wharf_core::{Error, Operation, Resource, Result};

/// One fault: which calls it is about, which of these it hits, and what becomes of them.
///
/// Made from its effect, and narrowed from there; a rule that is not narrowed is about every call that can have that
/// effect. It is plain data, so that rules can stand in a file: of JSON, of TOML, or of YAML, in the same style in each.
///
/// ```
/// use wharf_core::{ErrorKind, Operation};
/// use wharf_layers::Rule;
///
/// let rule = Rule::fail(ErrorKind::RateLimited).on(Operation::PullImage).to("app:*").first(2);
/// let json = r#"{
///     "operations": ["pull_image"],
///     "target": "app:*",
///     "when": {"first": 2},
///     "effect": {"fail": {"kind": "rate_limited"}}
/// }"#;
/// assert_eq!(serde_json::from_str::<Rule>(json)?, rule);
/// assert_eq!(rule.to_string(), "fail with rate limited: pull_image to app:*, first 2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// It is about calls of these; with none, of all, or where its effect is on a stream, of all that open one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// It is about calls to this, by its name or its id, however the caller named it: see
    /// [what a call is to](crate#what-a-call-is-to). A create is to the name that it wishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Which of the calls that it is about it hits.
    #[serde(default, deserialize_with = "word::deserialize")]
    pub when: When,
    /// What becomes of them.
    #[serde(deserialize_with = "word::deserialize")]
    pub effect: Effect,
}

impl Rule {
    /// All calls, with that effect.
    pub fn new(effect: Effect) -> Self {
        Self {
            operations: Vec::new(),
            target: None,
            when: When::Always,
            effect,
        }
    }

    /// Calls fail: with an [`ErrorKind`](wharf_core::ErrorKind), or with a [`Failure`] that says more.
    pub fn fail(failure: impl Into<Failure>) -> Self {
        Self::new(Effect::Fail(failure.into()))
    }

    /// Calls are sent on so much later, by tokio's time.
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Delay(by))
    }

    /// Calls never answer.
    pub fn hang() -> Self {
        Self::new(Effect::Hang)
    }

    /// Calls are carried out, but their answers are lost.
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// Streams break after so many items.
    pub fn cut_after_items(items: u64) -> Self {
        Self::cut(Reach::Items(items), Failure::connection())
    }

    /// Streams break before the item with which there would be more than so many bytes. Only logs, sessions and files
    /// have bytes: on events and progress only 0 is taken, which cuts them before the first.
    pub fn cut_after_bytes(bytes: u64) -> Self {
        Self::cut(Reach::Bytes(bytes), Failure::connection())
    }

    /// Streams fail after so much, in any way: [`Lagged`](wharf_core::ErrorKind::Lagged), for one.
    pub fn cut(after: Reach, with: impl Into<Failure>) -> Self {
        let with = with.into();
        Self::new(Effect::Cut { after, with })
    }

    /// Streams yield their n-th item twice.
    pub fn repeat_item(n: u64) -> Self {
        Self::new(Effect::RepeatItem(n))
    }

    /// Streams leave out their n-th item.
    pub fn drop_item(n: u64) -> Self {
        Self::new(Effect::DropItem(n))
    }

    /// The engine goes, and comes back when it is called back.
    pub fn engine_gone() -> Self {
        Self::new(Effect::EngineGone { back_after: None })
    }

    /// The engine goes, and is back so much later.
    pub fn engine_gone_for(time: Duration) -> Self {
        let back_after = Some(time);
        Self::new(Effect::EngineGone { back_after })
    }

    /// The engine is back.
    pub fn engine_back() -> Self {
        Self::new(Effect::EngineBack)
    }

    /// Only calls of this operation, and of those named so before.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Only calls to this, by its name or its id: see [`target`](Self::target).
    #[must_use]
    pub fn to(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Only the n-th of these calls.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.when(When::Nth(n))
    }

    /// Only every n-th of these calls.
    #[must_use]
    pub fn every(self, n: u64) -> Self {
        self.when(When::Every(n))
    }

    /// Only the first n of these calls.
    #[must_use]
    pub fn first(self, n: u64) -> Self {
        self.when(When::First(n))
    }

    /// Only the n-th of these calls and all that follow.
    #[must_use]
    pub fn from_nth(self, n: u64) -> Self {
        self.when(When::From(n))
    }

    /// Each of these calls with that probability, above 0 and at most 1.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        self.when(When::Probability(probability))
    }

    fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Whether it is about such a call.
    pub(super) fn is_about(
        &self,
        operation: Operation,
        target: Option<&Resource>,
        known: Option<&Known>,
    ) -> bool {
        let pattern = self.target.as_deref();
        (self.operations.is_empty() || self.operations.contains(&operation))
            && self.effect.can_be_on(operation)
            && pattern.is_none_or(|pattern| target::is_named(pattern, target, known))
    }

    /// Refuses what could never come to pass.
    pub(super) fn check(&self) -> Result<()> {
        self.when.check()?;
        if self.target.as_deref() == Some("") {
            return Err(Error::invalid("target", "nothing has an empty name"));
        }
        if let Effect::RepeatItem(0) | Effect::DropItem(0) = self.effect {
            return Err(Error::invalid("effect", "items are counted from 1, not 0"));
        }
        for &operation in &self.operations {
            self.effect.check_on(operation)?;
            self.check_target(operation)?;
        }
        let could_hit = |&operation: &Operation| {
            self.effect.can_be_on(operation) && self.check_target(operation).is_ok()
        };
        if Operation::ALL.iter().any(could_hit) {
            return Ok(());
        }
        let why = "no operation can have such a target; use a name, an id or a pattern";
        Err(Error::invalid("target", why))
    }

    /// Refuses a target that no call of this operation can have.
    fn check_target(&self, operation: Operation) -> Result<()> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        if operation.target_kind().is_none() {
            let why = format_args!(
                "{operation} is to nothing in particular; take the target away, or the operation"
            );
            return Err(Error::invalid("target", why));
        }
        if target::is_pattern(target) {
            return Ok(());
        }
        operation.check_target(target).map_err(|refused| {
            let why = format_args!("{operation} can have no such target: {}", refused.message());
            Error::invalid("target", why)
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.effect)?;
        if self.operations.is_empty() {
            f.write_str("any call")?;
        }
        for (i, operation) in self.operations.iter().enumerate() {
            write!(f, "{}{operation}", if i == 0 { "" } else { " or " })?;
        }
        if let Some(target) = &self.target {
            write!(f, " to {target}")?;
        }
        write!(f, "{}", self.when)
    }
}
