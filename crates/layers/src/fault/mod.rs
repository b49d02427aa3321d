//! Faults: what goes wrong with a real engine, brought about by rules.

mod effect;
mod engine;
mod layer;
mod open;
mod rule;

pub use effect::{Effect, Failure, Reach, When};
pub use rule::Rule;

use crate::names::Names;
use engine::Engine;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use wharf_core::Result;

/// A layer that makes calls fail, wait, hang and break as rules say. Its clones are one: keep one as the handle, with
/// which the test adds and removes rules while the code under test runs.
///
/// ```
/// use wharf_core::{ErrorKind, Operation, PullPolicy, RuntimeExt};
/// use wharf_fake::Fake;
/// use wharf_layers::{Fault, Rule};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wharf_core::Result<()> {
/// let faults = Fault::new();
/// let runtime = Fake::new().runtime().layer(faults.clone());
///
/// let flaky = Rule::fail(wharf_core::ErrorKind::RateLimited).on(Operation::PullImage).first(2);
/// faults.add(flaky)?;
/// for _ in 0..2 {
///     let error = runtime.ensure_image("busybox", PullPolicy::Always).await.unwrap_err();
///     assert!(error.is_transient());
/// }
/// runtime.ensure_image("busybox", PullPolicy::Always).await?;
/// faults.assert_all_matched();
/// # Ok(())
/// # }
/// ```
///
/// The rules are asked in the order in which they were added, and each counts the calls that it is about for itself.
/// All that hit a call act on it, up to the first that ends it. So a delay before a failure delays the failure.
///
/// What is supported stays as the runtime below says. A rule for a container hits it by its id and by its name: see
/// [what a call is to](crate#what-a-call-is-to).
#[derive(Clone)]
pub struct Fault(Arc<Shared>);

struct Shared {
    seed: u64,
    rules: Mutex<Rules>,
    engine: Engine,
    names: Names,
}

#[derive(Default)]
struct Rules {
    added: u64,
    by_id: BTreeMap<RuleId, RuleReport>,
}

/// A rule that was added, by which the handle knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RuleId(u64);

/// A rule, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// How many calls it was about: operation and target fit, and it opens a stream where the effect is on one, of bytes
    /// where that counts them.
    pub calls: u64,
    /// How often it took effect. A rule on a stream takes effect when the stream is cut, or the item comes.
    pub matched: u64,
}

impl fmt::Display for RuleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            calls,
            matched,
        } = self;
        write!(
            f,
            "{rule}: took effect {matched} times on {calls} such calls"
        )
    }
}

impl Default for Fault {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Fault {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a seed for the rules that have a probability: the same seed, rules and calls hit the same calls.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Shared {
            seed,
            rules: Mutex::default(),
            engine: Engine::default(),
            names: Names::default(),
        }))
    }

    /// Adds a rule, behind those that are there.
    ///
    /// Fails with [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where the rule, or one of the operations that it
    /// names, could never hit: a number that is 0, a probability that is not above 0 and at most 1, a stream's effect on
    /// an operation that opens none, bytes of one whose stream has none, a target for one that has none or that cannot
    /// have this. A target with `*` or `?` is not looked into.
    pub fn add(&self, rule: Rule) -> Result<RuleId> {
        rule.check()?;
        let mut rules = self.rules();
        rules.added += 1;
        let id = RuleId(rules.added);
        let report = RuleReport {
            rule,
            calls: 0,
            matched: 0,
        };
        rules.by_id.insert(id, report);
        Ok(id)
    }

    /// Takes a rule away, and tells what came of it; `None` where it is gone already. What it did to open streams stays.
    pub fn remove(&self, id: RuleId) -> Option<RuleReport> {
        self.rules().by_id.remove(&id)
    }

    /// Takes all rules away. The engine stays gone where it is.
    pub fn clear(&self) {
        self.rules().by_id.clear();
    }

    /// What came of a rule so far; `None` where it was taken away.
    pub fn report(&self, id: RuleId) -> Option<RuleReport> {
        self.rules().by_id.get(&id).cloned()
    }

    /// How often a rule took effect; 0 where it was taken away.
    pub fn matched(&self, id: RuleId) -> u64 {
        self.rules()
            .by_id
            .get(&id)
            .map_or(0, |report| report.matched)
    }

    /// All rules in their order, and what came of them.
    pub fn reports(&self) -> Vec<RuleReport> {
        self.rules().by_id.values().cloned().collect()
    }

    /// The rules that never took effect.
    pub fn unmatched(&self) -> Vec<RuleReport> {
        let mut reports = self.reports();
        reports.retain(|report| report.matched == 0);
        reports
    }

    /// Holds that each rule took effect at least once: one that did not tests nothing.
    ///
    /// # Panics
    ///
    /// Where one did not, naming it, how many calls it was about, and the seed.
    #[track_caller]
    pub fn assert_all_matched(&self) {
        let unmatched: Vec<_> = self.unmatched().iter().map(ToString::to_string).collect();
        assert!(
            unmatched.is_empty(),
            "fault rules that never took effect, under seed {}:\n  {}",
            self.0.seed,
            unmatched.join("\n  ")
        );
    }

    /// The engine goes: every call fails with [`ConnectionFailed`](wharf_core::ErrorKind::ConnectionFailed), calls that
    /// wait for their answer as well, and so end all open streams, sessions and waits. The engine below lives on. Until
    /// it is back, rules count calls but have no effect on them, but for one that
    /// [calls it back](Rule::engine_back).
    pub fn engine_gone(&self) {
        self.0.engine.go(None);
    }

    /// The same, but after so much time by tokio's clock the engine is back.
    pub fn engine_gone_for(&self, time: Duration) {
        self.0.engine.go(Some(time));
    }

    /// The engine is back: calls are sent on again. What was open when it went stays broken.
    pub fn engine_back(&self) {
        self.0.engine.come_back();
    }

    /// Whether the engine is gone now.
    pub fn is_engine_gone(&self) -> bool {
        self.0.engine.is_gone()
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn took_effect(&self, id: RuleId) {
        if let Some(report) = self.rules().by_id.get_mut(&id) {
            report.matched += 1;
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("seed", &self.0.seed)
            .field("engine_gone", &self.is_engine_gone())
            .field("rules", &self.reports())
            .finish()
    }
}
