//! A case: a fact about backends, and how it is run.

use crate::{
    check::Verdict,
    context::Context,
    harness::Harness,
    report::{CaseReport, Outcome},
    sweep::sweep,
};
use futures::{FutureExt, future::BoxFuture};
use std::{any::Any, fmt, panic::AssertUnwindSafe, time::Instant};
use tokio::time::timeout;
use wharf_core::{Operation, Runtime};

/// A fact about backends, and how to see whether it is so.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// The fact: `stop_missing_container_is_not_found`.
    pub name: &'static str,
    /// What it is about: `container`, `image`, `events`, `system`, `volume`, `input`, `runtime`.
    pub group: &'static str,
    /// The row of the contract that it cites: `C12`.
    pub row: &'static str,
    /// What it needs beside the required operations.
    pub needs: &'static [Need],
    pub(crate) body: Body,
}

pub(crate) type Body = for<'a> fn(&'a Context) -> BoxFuture<'a, Verdict>;

/// What a case needs beside the required operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// An operation that backends may lack.
    Operation(Operation),
    /// An option that backends may lack, named as in [`Capabilities`](wharf_core::Capabilities).
    Option(&'static str),
    /// The volume group.
    Volumes,
    /// The network group.
    Networks,
    /// An image that can be pulled.
    PullableImage,
    /// A host directory for binds.
    BindDir,
    /// The whole engine.
    Exclusive,
}

impl Need {
    /// Why the case cannot be run, where it cannot.
    fn unmet(self, harness: &Harness, runtime: &dyn Runtime) -> Option<Outcome> {
        let has = runtime.capabilities();
        let (met, unmet) = match self {
            Self::Operation(operation) => (
                has.supports(operation),
                Outcome::Unsupported(format!("this backend has no {operation}")),
            ),
            Self::Option(option) => (
                has.supports_option(option),
                Outcome::Unsupported(format!("this backend has no option {option}")),
            ),
            Self::Volumes => (
                runtime.volumes().is_some(),
                Outcome::Unsupported("this backend has no volumes".into()),
            ),
            Self::Networks => (
                runtime.networks().is_some(),
                Outcome::Unsupported("this backend has no networks".into()),
            ),
            Self::PullableImage => (
                harness.pull_image.is_some(),
                Outcome::Skipped("no image that can be pulled was named".into()),
            ),
            Self::BindDir => (
                harness.bind_dir.is_some(),
                Outcome::Skipped("no host directory for binds was named".into()),
            ),
            Self::Exclusive => (
                harness.exclusive,
                Outcome::Skipped("it needs the whole engine, which others use too".into()),
            ),
        };
        (!met).then_some(unmet)
    }
}

impl Case {
    /// Runs the case to its end: within the harness' deadline, cleaning up after it whatever happened. A panic is a
    /// failure; nothing propagates.
    pub async fn run(&self, harness: &Harness) -> CaseReport {
        let turn = if self.needs.contains(&Need::PullableImage) {
            Some(harness.run.pulls.lock().await)
        } else {
            None
        };
        let begun = Instant::now();
        let outcome = self.outcome(harness).await;
        drop(turn);
        CaseReport {
            name: self.name,
            group: self.group,
            outcome,
            elapsed: begun.elapsed(),
        }
    }

    async fn outcome(&self, harness: &Harness) -> Outcome {
        let runtime = match harness.connect().await {
            Ok(runtime) => runtime,
            Err(error) => return Outcome::Failed(format!("cannot connect: {error}")),
        };
        let unmet = |need: &Need| need.unmet(harness, &*runtime);
        if let Some(outcome) = self.needs.iter().find_map(unmet) {
            return outcome;
        }
        let context = Context::new(harness, runtime);
        let body = AssertUnwindSafe((self.body)(&context)).catch_unwind();
        let failure = match timeout(harness.deadline, body).await {
            Ok(Ok(verdict)) => verdict.err().map(|failure| failure.to_string()),
            Ok(Err(panic)) => Some(format!("panicked: {}", panic_text(&*panic))),
            Err(_) => Some(format!("not done within {:?}", harness.deadline)),
        };
        let swept = AssertUnwindSafe(timeout(harness.deadline, sweep(&context))).catch_unwind();
        let left = match swept.await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(failure))) => Some(failure.to_string()),
            Ok(Err(_)) => Some(format!("not done within {:?}", harness.deadline)),
            Err(panic) => Some(format!("panicked: {}", panic_text(&*panic))),
        };
        match (failure, left) {
            (None, None) => Outcome::Passed,
            (None, Some(left)) => {
                Outcome::Failed(format!("passed, but could not clean up: {left}"))
            }
            (Some(failure), _) => match self.variance(&context).await {
                Some(what) => Outcome::Unsupported(format!("{}: {what}", self.row)),
                None => Outcome::Failed(failure),
            },
        }
    }

    /// The known departure that explains the failure.
    async fn variance(&self, context: &Context) -> Option<&'static str> {
        let known = context.harness.variances;
        if known.iter().all(|variance| variance.case != self.name) {
            return None;
        }
        let info = timeout(context.harness.deadline, context.rt.info())
            .await
            .ok()?
            .ok()?;
        let mut known = known.iter();
        known
            .find(|v| v.applies(&info.engine, &info.version, self.name))
            .map(|v| v.what)
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{} [{}]", self.group, self.name, self.row)
    }
}
