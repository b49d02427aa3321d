//! Finds the engine that the `docker` command would talk to.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, io};

use tokio::net::UnixStream;
use wharf_core::{Error, ErrorKind, Result};

use crate::context::{check_tls, context_endpoint, current_context, tls_variable};
use crate::endpoint::Endpoint;
use crate::environment::{Base, Environment};

/// A daemon that is there answers a connection at once; one that hangs is not worth waiting for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who named an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A variable.
    Variable(&'static str),
    /// A context of the `docker` command, and who chose it.
    Context {
        /// The context's name.
        name: String,
        /// `DOCKER_CONTEXT` or `config.json`.
        chosen_by: &'static str,
    },
    /// The configuration file of the `docker` command, which cannot be read.
    ConfigFile,
    /// A place where a known engine usually listens.
    Usual(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Context { name, chosen_by } => write!(f, "context {name:?} of {chosen_by}"),
            Self::ConfigFile => f.write_str("config.json"),
            Self::Usual(engine) => f.write_str(engine),
        }
    }
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// This is the engine to talk to.
    Taken,
    /// It answers, but what comes before it decides: another that is taken, or a name that is
    /// nonsense.
    Available,
    /// Nothing is there.
    Absent,
    /// Something is there that cannot be used, and why.
    Unusable(String),
    /// This user may not connect, and what to do about it.
    Forbidden(String),
}

/// A place where an engine was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Who named it.
    pub origin: Origin,
    /// The place; none if what was named is no endpoint.
    pub endpoint: Option<Endpoint>,
    /// Whether it was taken, and if not, why.
    pub verdict: Verdict,
}

/// Where engines listen if nobody says anything, in the order in which they are tried.
const USUAL: &[(&str, Base, &str)] = &[
    ("Docker", Base::Root, "var/run/docker.sock"),
    ("rootless Docker", Base::Runtime, "docker.sock"),
    ("Podman, system", Base::Root, "run/podman/podman.sock"),
    ("Podman, user", Base::Runtime, "podman/podman.sock"),
    (
        "Podman machine",
        Base::Home,
        ".local/share/containers/podman/machine/podman.sock",
    ),
    ("Docker Desktop", Base::Home, ".docker/run/docker.sock"),
    (
        "Docker Desktop on Linux",
        Base::Home,
        ".docker/desktop/docker.sock",
    ),
    ("Colima", Base::Home, ".colima/default/docker.sock"),
    ("Rancher Desktop", Base::Home, ".rd/docker.sock"),
    ("OrbStack", Base::Home, ".orbstack/run/docker.sock"),
];

/// Every place where an engine was looked for, in order; at most one of them is taken.
///
/// What a variable or a context names decides alone, as it does for the `docker` command: it is
/// taken without asking whether anything answers there, and if it is nonsense nothing is taken.
/// Of the usual places the first that accepts a connection is taken.
///
/// `DOCKER_HOST` is read as the command reads it: blanks around it do not count, without a scheme it
/// is a TCP port, and a host, port or socket that it leaves out is `localhost`, 2375 or
/// `/var/run/docker.sock`. `DOCKER_TLS` and `DOCKER_TLS_VERIFY` ask for TLS, which is not available
/// yet: a TCP port is [`Unusable`](Verdict::Unusable) then, and so is the default if nothing is named.
pub async fn discover(environment: &Environment) -> Vec<Candidate> {
    let named = named(environment).map(|(origin, endpoint)| {
        let (endpoint, verdict) = match endpoint {
            Ok(endpoint) => (Some(endpoint), Verdict::Taken),
            Err(error) => (None, Verdict::Unusable(error.message().to_owned())),
        };
        Candidate {
            origin,
            endpoint,
            verdict,
        }
    });
    let mut candidates: Vec<Candidate> = named.into_iter().collect();
    let mut decided = !candidates.is_empty();
    for (engine, path) in usual(environment) {
        let verdict = match knock(&path).await {
            Verdict::Available if !decided => {
                decided = true;
                Verdict::Taken
            }
            verdict => verdict,
        };
        candidates.push(Candidate {
            origin: Origin::Usual(engine),
            endpoint: Some(Endpoint::Unix(path)),
            verdict,
        });
    }
    candidates
}

/// The usual places of this environment.
fn usual(environment: &Environment) -> impl Iterator<Item = (&'static str, PathBuf)> {
    USUAL.iter().filter_map(|&(engine, base, path)| {
        let place = environment.place(base)?;
        Some((engine, place.join(path)))
    })
}

/// The engine that is taken, and who named it; or why none is, and what to do. Looks no further than
/// it has to.
pub(crate) async fn resolve(environment: &Environment) -> Result<(Origin, Endpoint)> {
    let (origin, endpoint) = match check_named(environment)? {
        Some(named) => named,
        None => first_usual(environment).await?,
    };
    tracing::info!(%endpoint, found_by = %origin, "engine chosen");
    Ok((origin, endpoint))
}

/// What is named, or why it cannot be; the error says who named it.
pub(crate) fn check_named(environment: &Environment) -> Result<Option<(Origin, Endpoint)>> {
    let Some((origin, endpoint)) = named(environment) else {
        return Ok(None);
    };
    match endpoint {
        Ok(endpoint) => Ok(Some((origin, endpoint))),
        Err(error) => Err(error.with_context(origin)),
    }
}

/// The first of the usual places that answers.
async fn first_usual(environment: &Environment) -> Result<(Origin, Endpoint)> {
    let mut asked = Vec::new();
    for (engine, path) in usual(environment) {
        let verdict = knock(&path).await;
        let endpoint = Endpoint::Unix(path);
        if verdict == Verdict::Available {
            return Ok((Origin::Usual(engine), endpoint));
        }
        asked.push((endpoint, verdict));
    }
    Err(none_found(asked))
}

/// What is wrong where none of the usual places answers.
fn none_found(asked: Vec<(Endpoint, Verdict)>) -> Error {
    let places = asked.len();
    let mut kind = ErrorKind::ConnectionFailed;
    let mut trouble = Vec::new();
    for (endpoint, verdict) in asked {
        let why = match verdict {
            Verdict::Unusable(why) => why,
            Verdict::Forbidden(why) => {
                kind = ErrorKind::PermissionDenied;
                why
            }
            Verdict::Taken | Verdict::Available | Verdict::Absent => continue,
        };
        trouble.push(format!("{endpoint}: {why}"));
    }
    let found = if trouble.is_empty() {
        String::new()
    } else {
        format!(": {}", trouble.join("; "))
    };
    let advice = "start Docker or Podman, or name the engine with DOCKER_HOST";
    let message = format!("no engine found in {places} usual places{found}; {advice}");
    Error::new(kind, message)
        .with_sent(false)
        .with_transient(kind == ErrorKind::ConnectionFailed)
}

/// What the variables or the chosen context name, if anything is chosen.
fn named(environment: &Environment) -> Option<(Origin, Result<Endpoint>)> {
    let (origin, endpoint) = match environment.variable("DOCKER_HOST") {
        // For the command, blanks alone stand for its default, whatever the context.
        Some(blank) if blank.trim().is_empty() => by_default(environment)?,
        Some(host) => {
            let origin = Origin::Variable("DOCKER_HOST");
            (origin, Endpoint::of_docker_host(host))
        }
        None => by_context(environment).or_else(|| by_default(environment))?,
    };
    let endpoint = endpoint.and_then(|endpoint| check_tls(environment, endpoint));
    Some((origin, endpoint))
}

fn by_context(environment: &Environment) -> Option<(Origin, Result<Endpoint>)> {
    let (name, chosen_by) = match environment.variable("DOCKER_CONTEXT") {
        Some(name) => (name.to_owned(), "DOCKER_CONTEXT"),
        None => match current_context(environment) {
            Ok(name) => (name?, "config.json"),
            Err(error) => return Some((Origin::ConfigFile, Err(error))),
        },
    };
    // The context of this name stands for "none".
    if name == "default" {
        return None;
    }
    let endpoint = context_endpoint(environment, &name);
    Some((Origin::Context { name, chosen_by }, endpoint))
}

/// Whoever asks for TLS and names no engine does not mean one of the usual sockets.
fn by_default(environment: &Environment) -> Option<(Origin, Result<Endpoint>)> {
    let variable = tls_variable(environment)?;
    let endpoint = Endpoint::of_docker_with_tls();
    Some((Origin::Variable(variable), Ok(endpoint)))
}

/// Whether something accepts connections on a socket.
async fn knock(path: &Path) -> Verdict {
    match tokio::time::timeout(PATIENCE, UnixStream::connect(path)).await {
        Ok(Ok(_)) => Verdict::Available,
        Ok(Err(error)) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Verdict::Absent,
            io::ErrorKind::PermissionDenied => Verdict::Forbidden(
                "no permission: is the user in the group that owns the socket?".to_owned(),
            ),
            io::ErrorKind::ConnectionRefused => {
                Verdict::Unusable("nobody listens: the socket is stale".to_owned())
            }
            _ => Verdict::Unusable(error.to_string()),
        },
        Err(_) => Verdict::Unusable(format!("no answer within {PATIENCE:?}")),
    }
}

#[cfg(test)]
mod tests;
