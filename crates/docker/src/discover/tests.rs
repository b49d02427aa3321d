//! Who is found in which environment.

use std::fs;
use std::os::unix::net::UnixListener;

use tempfile::TempDir;

use super::*;

/// A file system with nothing in it, and a home.
fn nowhere() -> (TempDir, Environment) {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    fs::create_dir(&home).unwrap();
    let environment = Environment::empty(root.path()).with_variable("HOME", home.to_str().unwrap());
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
