//! What came of cases, and how all of them are run.

use crate::{
    case::{Case, Need},
    cases::cases,
    harness::Harness,
};
use futures::{StreamExt, stream};
use serde::{Serialize, Serializer};
use std::time::Duration;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "message", rename_all = "lowercase")]
pub enum Outcome {
    /// It is so.
    Passed,
    /// It is not so: what was expected, and what there was.
    Failed(String),
    /// The backend says that it lacks what the case needs, or is known to depart from the contract here.
    Unsupported(String),
    /// The harness lacks what the case needs.
    Skipped(String),
}

impl Outcome {
    /// The outcome in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unsupported(_) => "unsupported",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Why, where it did not pass.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(why) | Self::Unsupported(why) | Self::Skipped(why) => Some(why),
        }
    }
}

/// What came of one case. Serialised as `name`, `result`, `message` where there is one, and `time` in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case's name.
    pub name: &'static str,
    /// Its group.
    #[serde(skip)]
    pub group: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took, by the wall clock.
    #[serde(rename = "time", serialize_with = "seconds")]
    pub elapsed: Duration,
}

fn seconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}

/// What came of all cases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The engine, as it names itself; the harness' name where it does not answer.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// How many cases passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many need what the backend lacks.
    pub unsupported: u64,
    /// How many need what the harness lacks.
    pub skipped: u64,
    /// All of them, in the order of [`cases`].
    pub cases: Vec<CaseReport>,
}

impl Report {
    fn count(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Unsupported(_) => &mut self.unsupported,
            Outcome::Skipped(_) => &mut self.skipped,
        };
        *count += 1;
    }
}

/// Runs every case that the harness wants, at most `jobs` at a time, and tells of each as it is done. Those that need
/// the whole engine run after the others, one by one. Dropping the future may leave containers, which bear the label
/// `wharf.conformance`.
pub async fn run_all(
    harness: &Harness,
    jobs: usize,
    mut on_result: impl FnMut(&CaseReport),
) -> Report {
    let mut report = Report {
        engine: harness.name.clone(),
        ..Report::default()
    };
    if let Ok(runtime) = harness.connect().await
        && let Ok(info) = runtime.info().await
    {
        (report.engine, report.version) = (info.engine, info.version);
    }
    let alone = |case: &&Case| case.needs.contains(&Need::Exclusive);
    let all = || {
        cases()
            .iter()
            .enumerate()
            .filter(|(_, case)| harness.wants(case))
    };
    let run =
        |(index, case): (usize, &'static Case)| async move { (index, case.run(harness).await) };
    let shared = stream::iter(all().filter(|(_, case)| !alone(case))).map(run);
    let lonely = stream::iter(all().filter(|(_, case)| alone(case))).map(run);
    let mut results = shared
        .buffer_unordered(jobs.max(1))
        .chain(lonely.buffer_unordered(1));
    let mut done = Vec::with_capacity(cases().len());
    while let Some((index, result)) = results.next().await {
        on_result(&result);
        report.count(&result.outcome);
        done.push((index, result));
    }
    done.sort_by_key(|(index, _)| *index);
    report.cases = done.into_iter().map(|(_, result)| result).collect();
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_these_keys_and_no_others() {
        let case = |outcome| CaseReport {
            name: "it_is_so",
            group: "container",
            outcome,
            elapsed: Duration::from_millis(1500),
        };
        let report = Report {
            engine: "fake".into(),
            version: "1".into(),
            passed: 1,
            skipped: 1,
            cases: vec![
                case(Outcome::Passed),
                case(Outcome::Skipped("no image".into())),
            ],
            ..Report::default()
        };
        assert_eq!(
            serde_json::to_value(report).unwrap(),
            serde_json::json!({
                "engine": "fake", "version": "1",
                "passed": 1, "failed": 0, "unsupported": 0, "skipped": 1,
                "cases": [
                    {"name": "it_is_so", "result": "passed", "time": 1.5},
                    {"name": "it_is_so", "result": "skipped", "message": "no image", "time": 1.5},
                ],
            })
        );
    }
}
