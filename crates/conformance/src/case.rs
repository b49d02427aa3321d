//! A case: a fact about backends, and how it is run.

use crate::{
    check::{Failure, Verdict},
    context::Context,
    harness::Harness,
    report::{CaseReport, Outcome},
    sweep::sweep,
};
use futures::{FutureExt, future::BoxFuture};
use std::{
    any::Any,
    fmt,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
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
        let deadline = harness.deadline;
        let connected = guarded(deadline, async { Ok(harness.connect().await?) });
        let runtime = match connected.await {
            Ok(runtime) => runtime,
            Err(why) => return Outcome::Failed(format!("cannot connect: {why}")),
        };
        if self.needs.contains(&Need::PullableImage) && harness.pulls_what_it_runs() {
            let why = "the image that is pulled and removed is the one that all cases run";
            return Outcome::Failed(why.into());
        }
        let unmet = |need: &Need| need.unmet(harness, &*runtime);
        if let Some(outcome) = self.needs.iter().find_map(unmet) {
            return outcome;
        }
        let context = Context::new(harness, runtime);
        let verdict = guarded(deadline, (self.body)(&context)).await;
        let swept = guarded(deadline, sweep(&context)).await;
        match (verdict, swept) {
            (Ok(()), Ok(())) => Outcome::Passed,
            (Ok(()), Err(left)) => {
                Outcome::Failed(format!("passed, but could not clean up: {left}"))
            }
            (Err(failure), Ok(())) if failure.is_skip => Outcome::Skipped(failure.to_string()),
            (Err(failure), Ok(())) => match self.variance(&context, &failure.to_string()).await {
                Some(what) => Outcome::Unsupported(format!("{}: {what}", self.row)),
                None => Outcome::Failed(failure.to_string()),
            },
            // What is left behind is no known departure.
            (Err(failure), Err(left)) => {
                Outcome::Failed(format!("{failure}; and could not clean up: {left}"))
            }
        }
    }

    /// The known departure that explains the failure.
    async fn variance(&self, context: &Context, failure: &str) -> Option<&'static str> {
        let known = context.harness.variances;
        let explained = known
            .iter()
            .filter(|variance| variance.explains(self.name, failure));
        let mut explained = explained.peekable();
        explained.peek()?;
        let info = guarded(context.harness.deadline, async {
            Ok(context.rt.info().await?)
        });
        let info = info.await.ok()?;
        let found = explained.find(|variance| variance.is_of(&info.engine, &info.version));
        found.map(|variance| variance.what)
    }
}

/// Runs something of a case to its end, whatever that is: trouble is told, a panic and a hang too.
async fn guarded<T>(deadline: Duration, work: impl Future<Output = Verdict<T>>) -> Verdict<T> {
    match timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => Err(Failure::bare(format!("panicked: {}", panic_text(&*panic)))),
        Err(_) => Err(Failure::bare(format!("not done within {deadline:?}"))),
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
