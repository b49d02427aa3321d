//! Where engines were looked for, and what was found.

use crate::{
    Schemes,
    connect::{RUNTIME_VARIABLE, named},
};
use std::fmt;

/// A place where an engine was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Who named it: a variable, a context of the `docker` command, or the engine that usually listens there.
    pub origin: String,
    /// Its URL; none where what was named is no engine's.
    pub url: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a [`Candidate`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// [`connect_from_env`](crate::connect_from_env) connects to it. Where somebody named it, nobody has asked yet
    /// whether it answers.
    Taken,
    /// It could be taken, but what comes before it decides: another that is taken, or a name that is nonsense.
    Available,
    /// Nothing is there.
    Absent,
    /// Something is there that cannot be used, and why.
    Unusable(String),
    /// This user may not connect, and what to do about it.
    Forbidden(String),
}

impl Candidate {
    pub(crate) fn new(origin: impl Into<String>, url: Option<String>, verdict: Verdict) -> Self {
        Self {
            origin: origin.into(),
            url,
            verdict,
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if let Some(url) = &self.url {
            write!(f, " ({url})")?;
        }
        write!(f, ": {}", self.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("taken"),
            Self::Available => f.write_str("what comes before it decides"),
            Self::Absent => f.write_str("nothing is there"),
            Self::Unusable(why) | Self::Forbidden(why) => f.write_str(why),
        }
    }
}

/// Looks for engines where [`connect_from_env`](crate::connect_from_env) does, but at every place: what was found, in
/// order. At most one is [`Taken`](Verdict::Taken).
///
/// What a variable or a context names decides alone: it is taken without asking whether anything answers, and where it
/// is nonsense, or an engine that this build cannot talk to, nothing is taken. Of the usual places the first that
/// accepts a connection is.
pub async fn discover() -> Vec<Candidate> {
    #[cfg(feature = "docker")]
    let others = crate::docker::candidates().await;
    #[cfg(not(feature = "docker"))]
    let others = Vec::new();
    arrange(named(), others)
}

/// Puts what `WHARF_RUNTIME` names before all others.
fn arrange(named: Option<String>, others: Vec<Candidate>) -> Vec<Candidate> {
    let Some(url) = named else {
        return others;
    };
    let passed_over = others.into_iter().map(|mut other| {
        if other.verdict == Verdict::Taken {
            other.verdict = Verdict::Available;
        }
        other
    });
    let first = match Schemes::default().check(&url) {
        Ok(()) => Candidate::new(RUNTIME_VARIABLE, Some(url), Verdict::Taken),
        Err(error) => {
            let why = Verdict::Unusable(error.message().to_owned());
            Candidate::new(RUNTIME_VARIABLE, None, why)
        }
    };
    std::iter::once(first).chain(passed_over).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others() -> Vec<Candidate> {
        vec![
            Candidate::new("Docker", Some("unix:///d".to_owned()), Verdict::Taken),
            Candidate::new("Podman", Some("unix:///p".to_owned()), Verdict::Absent),
        ]
    }

    #[test]
    fn what_wharf_runtime_names_comes_before_all_others() {
        let candidates = arrange(Some("fake:".to_owned()), others());
        let seen: Vec<_> = candidates
            .iter()
            .map(|c| (c.origin.as_str(), &c.verdict))
            .collect();
        assert_eq!(
            seen,
            [
                ("WHARF_RUNTIME", &Verdict::Taken),
                ("Docker", &Verdict::Available),
                ("Podman", &Verdict::Absent),
            ]
        );
    }

    #[test]
    fn where_it_is_nonsense_nothing_is_taken() {
        for (url, why) in [
            ("nonsense", "has no scheme"),
            ("ftp://h", "no scheme \"ftp\""),
            #[cfg(feature = "docker")]
            ("tcp://u:hunter2@h", "a user or a password"),
            #[cfg(feature = "docker")]
            ("ssh://h", "SSH"),
            #[cfg(feature = "docker")]
            ("unix://run/docker.sock", "absolute"),
            #[cfg(feature = "fake")]
            ("fake:?speed=2", "seed=NUMBER"),
        ] {
            let candidates = arrange(Some(url.to_owned()), others());
            let Verdict::Unusable(told) = &candidates[0].verdict else {
                panic!("{candidates:?}");
            };
            assert!(told.contains(why), "{url}: {told}");
            assert!(!told.contains("hunter2"), "{told}");
            assert_eq!(candidates[0].url, None);
            assert_eq!(candidates[1].verdict, Verdict::Available);
            // Which is the truth here, too.
            let shown = "Docker (unix:///d): what comes before it decides";
            assert_eq!(candidates[1].to_string(), shown);
        }
    }

    #[test]
    fn where_it_names_none_the_others_stay_as_they_are() {
        assert_eq!(arrange(None, others()), others());
    }
}
