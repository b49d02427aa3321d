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
