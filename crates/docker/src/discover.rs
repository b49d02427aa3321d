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
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use tempfile::TempDir;

    use super::*;

    /// A file system with nothing in it, and a home.
    fn nowhere() -> (TempDir, Environment) {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        fs::create_dir(&home).unwrap();
        let environment =
            Environment::empty(root.path()).with_variable("HOME", home.to_str().unwrap());
        (root, environment)
    }

    fn listen(path: &Path) -> UnixListener {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        UnixListener::bind(path).unwrap()
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn taken(environment: &Environment) -> Option<String> {
        let candidates = discover(environment).await;
        let mut taken = candidates.iter().filter(|c| c.verdict == Verdict::Taken);
        let first = taken
            .next()
            .map(|c| format!("{} {}", c.origin, c.endpoint.as_ref().unwrap()));
        assert_eq!(taken.next(), None, "two were taken");
        first
    }

    #[tokio::test]
    async fn with_nothing_there_all_usual_places_are_listed() {
        let (_root, environment) = nowhere();
        let candidates = discover(&environment).await;
        assert_eq!(candidates.len(), USUAL.len());
        assert!(
            candidates.iter().all(|c| c.verdict == Verdict::Absent),
            "{candidates:?}"
        );
    }

    #[tokio::test]
    async fn the_first_usual_place_that_answers_is_taken() {
        let (root, environment) = nowhere();
        let podman = root.path().join("run/podman/podman.sock");
        let _podman = listen(&podman);
        assert_eq!(
            taken(&environment).await,
            Some(format!("Podman, system unix://{}", podman.display()))
        );
        let docker = root.path().join("var/run/docker.sock");
        let _docker = listen(&docker);
        assert_eq!(
            taken(&environment).await,
            Some(format!("Docker unix://{}", docker.display()))
        );
        let candidates = discover(&environment).await;
        assert_eq!(candidates[2].verdict, Verdict::Available);
    }

    #[tokio::test]
    async fn a_stale_socket_is_passed_over() {
        let (root, environment) = nowhere();
        drop(listen(&root.path().join("var/run/docker.sock")));
        let user = root.path().join("run/user/1000/podman/podman.sock");
        let _user = listen(&user);
        assert_eq!(
            taken(&environment).await,
            Some(format!("Podman, user unix://{}", user.display()))
        );
        let stale = &discover(&environment).await[0];
        assert!(matches!(&stale.verdict, Verdict::Unusable(why) if why.contains("stale")));
    }

    #[tokio::test]
    async fn docker_host_decides_alone() {
        let (root, environment) = nowhere();
        let _docker = listen(&root.path().join("var/run/docker.sock"));
        let set = |value: &str| environment.clone().with_variable("DOCKER_HOST", value);
        assert_eq!(
            taken(&set("tcp://remote:1")).await,
            Some("DOCKER_HOST tcp://remote:1".to_owned())
        );
        // Nonsense is not passed over: the command fails as well.
        assert_eq!(taken(&set("nonsense://h")).await, None);
        let docker = format!(
            "Docker unix://{}/var/run/docker.sock",
            root.path().display()
        );
        assert_eq!(taken(&set("")).await, Some(docker));
    }

    /// What `docker context inspect default` of 28.2 shows.
    #[tokio::test]
    async fn docker_host_is_read_as_the_docker_command_reads_it() {
        let (root, environment) = nowhere();
        let _docker = listen(&root.path().join("var/run/docker.sock"));
        for (host, endpoint) in [
            ("localhost:23751", "tcp://localhost:23751"),
            ("nonsense", "tcp://nonsense:2375"),
            ("h:", "tcp://h:2375"),
            ("[::1]:9", "tcp://[::1]:9"),
            ("tcp://:23751", "tcp://localhost:23751"),
            ("tcp://", "tcp://localhost:2375"),
            (":", "tcp://localhost:2375"),
            (" tcp://h:1\n", "tcp://h:1"),
            ("unix://", "unix:///var/run/docker.sock"),
        ] {
            let set = environment.clone().with_variable("DOCKER_HOST", host);
            let expected = format!("DOCKER_HOST {endpoint}");
            assert_eq!(taken(&set).await, Some(expected), "{host:?}");
        }
        // Blanks alone are the command's default, whatever the context.
        let blank = environment
            .clone()
            .with_variable("DOCKER_HOST", " ")
            .with_variable("DOCKER_CONTEXT", "far");
        let taken_for_blank = taken(&blank).await.unwrap();
        assert!(taken_for_blank.starts_with("Docker unix://"));
        // The command takes these as paths of a TCP port's; nobody means that.
        for (host, why) in [
            ("/run/docker.sock", "put unix:// before it"),
            ("unix:/run/docker.sock", "expected unix://"),
            ("h:x", "port must be a number"),
            ("::1", "in brackets"),
            ("u:hunter2@h", "user or a password"),
        ] {
            let set = environment.clone().with_variable("DOCKER_HOST", host);
            let error = resolve(&set).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(error.message().contains(why), "{host}: {error}");
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_this_user_may_not_do_does_not_come_by_itself() {
        let place = |path: &str| Endpoint::Unix(path.into());
        let stale = || (place("/s"), Verdict::Unusable("stale".to_owned()));
        let forbidden = || (place("/f"), Verdict::Forbidden("no permission".to_owned()));
        let absent = || (place("/a"), Verdict::Absent);
        for (asked, kind, trouble) in [
            (vec![absent()], ErrorKind::ConnectionFailed, ""),
            (
                vec![stale(), absent()],
                ErrorKind::ConnectionFailed,
                ": unix:///s: stale",
            ),
            (
                vec![forbidden(), absent(), stale()],
                ErrorKind::PermissionDenied,
                ": unix:///f: no permission; unix:///s: stale",
            ),
        ] {
            let begin = format!("no engine found in {} usual places{trouble}; ", asked.len());
            let error = none_found(asked);
            assert_eq!(error.kind(), kind);
            assert!(error.message().starts_with(&begin), "{error}");
            assert_eq!(error.is_transient(), kind == ErrorKind::ConnectionFailed);
            assert!(!error.was_sent());
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_whose_answer_changes_nothing() {
        let (root, environment) = nowhere();
        let docker = listen(&root.path().join("var/run/docker.sock"));
        let podman = listen(&root.path().join("run/podman/podman.sock"));
        for listener in [&docker, &podman] {
            listener.set_nonblocking(true).unwrap();
        }
        let asked = |listener: &UnixListener| listener.accept().is_ok();

        let named = environment
            .clone()
            .with_variable("DOCKER_HOST", "tcp://h:1");
        let (origin, _) = resolve(&named).await.unwrap();
        assert_eq!(origin, Origin::Variable("DOCKER_HOST"));
        assert!(!asked(&docker) && !asked(&podman));

        let (origin, _) = resolve(&environment).await.unwrap();
        assert_eq!(origin, Origin::Usual("Docker"));
        assert!(asked(&docker) && !asked(&podman));
    }

    #[tokio::test]
    async fn what_is_named_and_cannot_be_says_who_named_it() {
        let (_root, environment) = nowhere();
        for (url, kind) in [
            ("nonsense://h", ErrorKind::InvalidInput),
            ("ssh://h", ErrorKind::Unsupported),
        ] {
            let named = environment.clone().with_variable("DOCKER_HOST", url);
            let error = resolve(&named).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.message().starts_with("DOCKER_HOST: "), "{error}");
        }
    }

    #[tokio::test]
    async fn tls_is_never_replaced_by_a_plain_connection() {
        let (root, environment) = nowhere();
        let _docker = listen(&root.path().join("var/run/docker.sock"));
        for variable in ["DOCKER_TLS", "DOCKER_TLS_VERIFY"] {
            // "0" is as good as any: the command, too, asks only whether it is empty. Where nobody
            // names an engine it looks at a port of this machine, and no longer at the socket.
            let secured = environment.clone().with_variable(variable, "0");
            for host in ["tcp://remote:2376", "", " "] {
                let secured = secured.clone().with_variable("DOCKER_HOST", host);
                assert_eq!(taken(&secured).await, None, "{host:?}");
                let refused = &discover(&secured).await[0];
                let Verdict::Unusable(why) = &refused.verdict else {
                    panic!("{refused:?}");
                };
                assert!(why.contains(&format!("{variable} asks for TLS")), "{why}");
                let error = resolve(&secured).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            }
            let socket = secured.with_variable("DOCKER_HOST", "unix:///s");
            assert_eq!(
                taken(&socket).await.as_deref(),
                Some("DOCKER_HOST unix:///s")
            );
        }
    }

    #[tokio::test]
    async fn the_current_context_is_found_and_docker_context_comes_before_it() {
        let (root, environment) = nowhere();
        let _docker = listen(&root.path().join("var/run/docker.sock"));
        let config = root.path().join("home/.docker");
        write(
            &config.join("config.json"),
            r#"{"auths":{},"currentContext":"far"}"#,
        );
        for (folder, name, host) in [("aa", "far", "tcp://far:1"), ("bb", "near", "tcp://near:1")] {
            write(
                &config.join("contexts/meta").join(folder).join("meta.json"),
                &format!(
                    r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
                ),
            );
        }
        let choose = |name: &str| environment.clone().with_variable("DOCKER_CONTEXT", name);
        assert_eq!(
            taken(&environment).await,
            Some("context \"far\" of config.json tcp://far:1".to_owned())
        );
        assert_eq!(
            taken(&choose("near")).await,
            Some("context \"near\" of DOCKER_CONTEXT tcp://near:1".to_owned())
        );
        let docker = format!(
            "Docker unix://{}/var/run/docker.sock",
            root.path().display()
        );
        assert_eq!(taken(&choose("default")).await, Some(docker));
        assert_eq!(taken(&choose("nope")).await, None);
        write(&config.join("contexts/tls/aa/docker/ca.pem"), "");
        assert_eq!(taken(&environment).await, None);
    }
}
