//! The Docker backend's place in the front door.

use crate::{Candidate, Schemes, Verdict};
use std::sync::Arc;
use wharf_core::{Result, Runtime};
use wharf_docker::{Docker, Environment, MISSING_SCHEMES, SCHEMES};

/// The backend knows its schemes, reads the URLs, and has the words for what it cannot reach.
pub(crate) fn register(schemes: Schemes) -> Schemes {
    let schemes = SCHEMES.iter().fold(schemes, |schemes, scheme| {
        schemes.with_check(scheme, check, connect)
    });
    MISSING_SCHEMES
        .iter()
        .fold(schemes, |schemes, (scheme, why)| {
            schemes.missing(scheme, why)
        })
}

fn check(url: &str) -> Result<()> {
    Docker::builder(url).check()
}

async fn connect(url: String) -> Result<Arc<dyn Runtime>> {
    Ok(Arc::new(Docker::connect(&url).await?))
}

/// Where the `docker` command would look, and where engines usually are.
pub(crate) async fn candidates() -> Vec<Candidate> {
    let found = wharf_docker::discover(&Environment::of_process()).await;
    found.into_iter().map(neutral).collect()
}

fn neutral(candidate: wharf_docker::Candidate) -> Candidate {
    use wharf_docker::Verdict as V;
    let verdict = match candidate.verdict {
        V::Taken => Verdict::Taken,
        V::Available => Verdict::Available,
        V::Absent => Verdict::Absent,
        V::Unusable(why) => Verdict::Unusable(why),
        V::Forbidden(why) => Verdict::Forbidden(why),
        other => Verdict::Unusable(format!("{other:?}")),
    };
    let url = candidate.endpoint.map(|endpoint| endpoint.to_string());
    Candidate::new(candidate.origin.to_string(), url, verdict)
}
