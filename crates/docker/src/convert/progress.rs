//! `POST /images/create`: the steps of a pull.

use serde::Deserialize;
use wharf_core::{PullPhase, PullProgress};

use super::{nullable, positive, some};
use crate::error::Failure;

/// A line of a stream of progress. Any of its parts may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Line {
    status: String,
    id: String,
    #[serde(deserialize_with = "nullable")]
    progress_detail: Detail,
    error_detail: Option<ErrorDetail>,
    /// The same as in `errorDetail`; old daemons send it alone.
    error: Option<String>,
    /// What Podman sends where Docker sends `error`.
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    current: i64,
    total: i64,
}

#[derive(Debug, Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    message: String,
}

/// The words of Docker, and the phases they stand for. A word ends at its end, or before a colon.
const PHASES: &[(&str, PullPhase)] = &[
    ("Pulling from", PullPhase::Resolving),
    ("Pulling fs layer", PullPhase::Preparing),
    ("Waiting", PullPhase::Waiting),
    ("Layer already being pulled", PullPhase::Waiting),
    ("Downloading", PullPhase::Downloading),
    ("Verifying Checksum", PullPhase::Verifying),
    ("Download complete", PullPhase::Downloaded),
    ("Extracting", PullPhase::Extracting),
    ("Pull complete", PullPhase::Complete),
    ("Already exists", PullPhase::Exists),
    ("Digest:", PullPhase::Digest),
    ("Status:", PullPhase::Done),
];

impl Line {
    /// A failure inside the stream, in whatever form it comes.
    fn failure(&self) -> Option<Failure> {
        let detail = self.error_detail.as_ref().map(|detail| &detail.message);
        let words = detail
            .filter(|text| !text.is_empty())
            .or(self.error.as_ref());
        let words = words.or(self.message.as_ref())?;
        Some(Failure::InStream(words.clone()))
    }

    pub(crate) fn into_pull(self) -> Result<PullProgress, Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let phase = PHASES
            .iter()
            .find(|(words, _)| self.status.starts_with(words));
        let phase = match phase {
            Some((_, phase)) => phase.clone(),
            None => PullPhase::Other(self.status.clone()),
        };
        let about_layer = !matches!(
            phase,
            PullPhase::Resolving | PullPhase::Digest | PullPhase::Done
        );
        let mut progress = PullProgress::new(phase, self.status);
        progress.layer = some(self.id).filter(|_| about_layer);
        progress.current = positive(self.progress_detail.current);
        progress.total = positive(self.progress_detail.total);
        Ok(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    fn steps(engine: &str) -> Vec<PullProgress> {
        let wire = String::from_utf8(recorded(engine, "pull.jsonl")).unwrap();
        let lines = wire
            .lines()
            .map(|line| serde_json::from_str::<Line>(line).unwrap());
        lines.map(|line| line.into_pull().unwrap()).collect()
    }

    #[test]
    fn every_word_of_a_pull_is_known() {
        for (engine, _) in ENGINES {
            let unknown: Vec<_> = steps(engine)
                .into_iter()
                .filter(|step| matches!(step.phase, PullPhase::Other(_)))
                .collect();
            assert_eq!(unknown, [], "{engine}");
        }
    }

    #[test]
    fn a_pull_by_docker_tells_of_layers_and_of_itself() {
        let steps = steps("docker-28");
        assert_eq!(
            (&steps[0].phase, &steps[0].layer),
            (&PullPhase::Resolving, &None)
        );
        let last = steps.last().unwrap();
        assert_eq!((&last.phase, &last.layer), (&PullPhase::Done, &None));
        let moved = steps
            .iter()
            .find(|step| step.phase == PullPhase::Downloading)
            .unwrap();
        assert!(moved.layer.is_some() && moved.current > Some(0) && moved.total >= moved.current);
    }

    #[test]
    fn a_failure_is_seen_in_every_form() {
        for (line, words) in [
            (
                r#"{"errorDetail":{"code":1,"message":"a"},"error":"b"}"#,
                "a",
            ),
            (r#"{"error":"b"}"#, "b"),
            (r#"{"errorDetail":{},"error":"b"}"#, "b"),
            (r#"{"message":"c"}"#, "c"),
            (r#"{"cause":"x","message":"c","response":500}"#, "c"),
        ] {
            let failure = serde_json::from_str::<Line>(line)
                .unwrap()
                .into_pull()
                .unwrap_err();
            assert_eq!(failure.to_string(), words, "{line}");
        }
    }
}
