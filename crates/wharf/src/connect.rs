//! Picking an engine: by URL, or by what the environment says.

use crate::{Candidate, Schemes, Verdict};
use std::sync::Arc;
use tracing::info;
use wharf_core::{Error, ErrorKind, Result, Runtime};

/// The variable that names the engine for wharf, before all that names one for the `docker` command.
pub const RUNTIME_VARIABLE: &str = "WHARF_RUNTIME";

/// Connects to the engine that a URL names.
///
/// | URL | engine |
/// |---|---|
/// | `docker:` | the one that the `docker` command would take: `DOCKER_HOST`, its context, then the usual sockets |
/// | `unix:///run/docker.sock` | a Docker or Podman behind that socket |
/// | `tcp://127.0.0.1:2375`, `http://127.0.0.1:2375` | a Docker or Podman on that port, without encryption |
/// | `fake:`, `fake:?seed=7&clock=real` | a new one in memory, empty but for busybox (feature `fake`) |
///
/// For schemes of your own see [`Schemes`]. Fails as [`Schemes::connect`] does; an engine that does not answer is an
/// error here and not at the first call.
pub async fn connect(url: &str) -> Result<Arc<dyn Runtime>> {
    Schemes::default().connect(url).await
}

/// Connects to the engine that the environment names: by `WHARF_RUNTIME`, else as the `docker` command would find it
/// (`DOCKER_HOST`, its context), else at the usual sockets. What was taken, and why, is logged at level INFO.
///
/// [`discover`](crate::discover) tells all that was looked at.
///
/// - [`ConnectionFailed`](ErrorKind::ConnectionFailed): no engine was found, or the one that is named does not answer.
/// - [`InvalidInput`](ErrorKind::InvalidInput): what a variable or a context names is no engine's URL.
pub async fn connect_from_env() -> Result<Arc<dyn Runtime>> {
    connect_first(&Schemes::default(), &crate::discover().await).await
}

/// Connects to the candidate that was taken.
pub(crate) async fn connect_first(
    schemes: &Schemes,
    candidates: &[Candidate],
) -> Result<Arc<dyn Runtime>> {
    let taken = candidates.iter().find(|c| c.verdict == Verdict::Taken);
    let Some(Candidate {
        origin,
        url: Some(url),
        ..
    }) = taken
    else {
        return Err(nothing_found(candidates));
    };
    info!(%url, %origin, "connecting");
    schemes.connect(url).await
}

fn nothing_found(candidates: &[Candidate]) -> Error {
    // What somebody names decides alone, even where it is nonsense.
    if let Some(nonsense) = candidates.iter().find(|candidate| candidate.url.is_none()) {
        return Error::new(ErrorKind::InvalidInput, nonsense.to_string());
    }
    // A place where nothing is tells nobody what to mend.
    let (absent, odd): (Vec<_>, Vec<_>) = candidates
        .iter()
        .partition(|candidate| candidate.verdict == Verdict::Absent);
    let mut message = vec!["no container engine was found".to_owned()];
    message.extend(odd.iter().map(ToString::to_string));
    if !absent.is_empty() {
        message.push(format!("nothing is at {} usual places", absent.len()));
    }
    message.push(format!(
        "start Docker or Podman, or set {RUNTIME_VARIABLE} or DOCKER_HOST to the URL of one"
    ));
    Error::new(ErrorKind::ConnectionFailed, message.join("; ")).with_sent(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn candidate(origin: &str, verdict: Verdict) -> Candidate {
        Candidate::new(origin, Some(format!("ctr:{origin}")), verdict)
    }

    /// Schemes that note what is asked for, and refuse.
    fn noting(asked: &Arc<Mutex<Vec<String>>>) -> Schemes {
        let asked = asked.clone();
        Schemes::empty().with("ctr", move |url| {
            asked.lock().unwrap().push(url);
            async { Err(Error::new(ErrorKind::ConnectionFailed, "refused")) }
        })
    }

    #[tokio::test]
    async fn the_candidate_that_was_taken_is_the_one_connected_to() {
        let asked = Arc::default();
        let candidates = [
            candidate("first", Verdict::Absent),
            candidate("second", Verdict::Taken),
        ];
        let error = connect_first(&noting(&asked), &candidates)
            .await
            .unwrap_err();
        assert_eq!(error.message(), "refused");
        assert_eq!(*asked.lock().unwrap(), ["ctr:second"]);
    }

    #[tokio::test]
    async fn a_name_that_is_nonsense_is_the_error_alone() {
        let nonsense = Verdict::Unusable("that is no URL".to_owned());
        let candidates = [
            Candidate::new("DOCKER_HOST", None, nonsense),
            candidate("second", Verdict::Available),
        ];
        let error = connect_first(&Schemes::empty(), &candidates)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), "DOCKER_HOST: that is no URL");
    }

    #[tokio::test]
    async fn where_none_was_taken_the_error_says_what_is_wrong_and_what_to_do() {
        let asked = Arc::default();
        let candidates = [
            candidate("first", Verdict::Unusable("nobody listens".to_owned())),
            candidate("second", Verdict::Absent),
            candidate("third", Verdict::Absent),
        ];
        let error = connect_first(&noting(&asked), &candidates)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        assert!(!error.was_sent());
        for part in [
            "first (ctr:first): nobody listens",
            "2 usual places",
            "WHARF_RUNTIME",
        ] {
            assert!(error.message().contains(part), "{error}");
        }
        assert!(asked.lock().unwrap().is_empty());
    }
}
