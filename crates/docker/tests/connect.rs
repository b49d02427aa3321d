//! Connecting: to what is no engine, with a version that is chosen, and what is refused then.

mod mock;

use std::time::Duration;

use mock::{Mock, Step, json};
use wharf_core::{Checked, ContainerOps, ErrorKind, SystemOps};
use wharf_docker::{Docker, Environment};

const INFO: &str = r#"{"ServerVersion":"28","SystemTime":"2026-11-21T08:00:00.5Z"}"#;

#[tokio::test]
async fn what_is_no_engine_is_told_apart() {
    let say =
        |bytes: &'static [u8]| Mock::unix(move |_| vec![Step::Send(bytes.to_vec()), Step::HangUp]);
    for (mock, kind, words) in [
        (
            say(b"SSH-2.0-OpenSSH_9.2\r\n"),
            ErrorKind::Protocol,
            "not HTTP",
        ),
        (
            Mock::unix(|_| json(200, "{}")),
            ErrorKind::Protocol,
            "JSON is not as expected",
        ),
        (
            Mock::unix(|_| json(200, "<html>hello")),
            ErrorKind::Protocol,
            "<html>hello",
        ),
        (
            Mock::unix(|_| json(404, "<html>nothing here")),
            ErrorKind::Protocol,
            "404",
        ),
        (
            Mock::unix(|_| json(400, "Client sent an HTTP request to an HTTPS server.")),
            ErrorKind::Protocol,
            "HTTPS",
        ),
        (Mock::unix(|_| vec![Step::Hang]), ErrorKind::Timeout, "80ms"),
        (say(b""), ErrorKind::ConnectionFailed, "broke"),
        (
            Mock::unix(|_| json(200, r#"{"ApiVersion":"1.20","MinAPIVersion":"1.12"}"#)),
            ErrorKind::Unsupported,
            "1.12 to 1.20 of the API, we speak 1.35 to 1.51",
        ),
        (
            Mock::unix(|_| json(403, r#"{"message":"authorization denied by plugin"}"#)),
            ErrorKind::PermissionDenied,
            "authorization denied",
        ),
    ] {
        let soon = Docker::builder(&mock.url).timeout(Duration::from_millis(80));
        let error = soon.connect().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.message().contains(words), "{error:?}");
    }
}

#[tokio::test]
async fn a_url_that_is_none_says_so() {
    for url in ["", "nonsense", "ftp://h", "unix://relative", "tcp://h:0"] {
        let error = Docker::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}");
        assert!(!error.was_sent());
    }
    let error = Docker::connect("unix:///nowhere/engine.sock")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(
        error.message().contains("unix:///nowhere/engine.sock"),
        "{error}"
    );
}

#[test]
fn what_can_never_be_connected_to_is_known_without_asking() {
    let nowhere = tempfile::tempdir().unwrap();
    let environment = Environment::empty(nowhere.path());
    let named = environment
        .clone()
        .with_variable("DOCKER_HOST", "tcp://h:1");
    let nonsense = environment.clone().with_variable("DOCKER_HOST", "ftp://h");
    let secured = named.clone().with_variable("DOCKER_TLS", "1");
    for (url, environment, refused) in [
        ("tcp://h:1", &environment, None),
        ("tcp://h:1", &nonsense, None),
        ("docker:", &environment, None),
        ("DOCKER://", &named, None),
        (
            "nonsense",
            &environment,
            Some((ErrorKind::InvalidInput, "endpoint: ")),
        ),
        (
            "docker:",
            &nonsense,
            Some((ErrorKind::InvalidInput, "DOCKER_HOST: ")),
        ),
        (
            "tcp://h:1",
            &secured,
            Some((ErrorKind::Unsupported, "tcp://h:1: DOCKER_TLS asks")),
        ),
        (
            "docker:",
            &secured,
            Some((ErrorKind::Unsupported, "DOCKER_HOST: tcp://h:1: ")),
        ),
        ("unix:///s", &secured, None),
    ] {
        let builder = Docker::builder(url).environment(environment.clone());
        match (builder.check(), refused) {
            (Ok(()), None) => {}
            (Err(error), Some((kind, begin))) => {
                assert_eq!(error.kind(), kind, "{error}");
                assert!(error.message().starts_with(begin), "{error}");
            }
            (outcome, _) => panic!("{url}: {outcome:?}"),
        }
    }
}

#[test]
fn a_builder_does_not_show_a_password() {
    let shown = format!("{:?}", Docker::builder("tcp://u:hunter2@h:1"));
    assert!(shown.contains("\"tcp://\u{2026}@h:1\""), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_version_can_be_pinned() {
    let mock = Mock::unix(|seen| {
        if seen.path.ends_with("/info") {
            json(200, INFO)
        } else {
            vec![]
        }
    });
    let pinned = Docker::builder(&mock.url)
        .api_version("1.40")
        .connect()
        .await
        .unwrap();
    assert_eq!(pinned.get_ref().api_version(), "1.40");
    pinned.info().await.unwrap();
    mock.one("GET", "/v1.40/info");
    let error = Docker::builder(&mock.url)
        .api_version("1.99")
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("1.24 to 1.51"), "{error}");
}

#[tokio::test]
async fn an_option_that_would_be_ignored_is_refused_and_named() {
    let mock = Mock::unix(|seen| {
        let old = r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#;
        if seen.path == "/version" {
            json(200, old)
        } else {
            vec![]
        }
    });
    let engine: Checked<Docker> = mock.connect().await;
    let options = wharf_core::StopOptions::default().with_signal(wharf_core::Signal::INT);
    let error = engine.stop_container("c", options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("stop_container.signal"), "{error}");
    assert_eq!(
        mock.seen().len(),
        1,
        "nothing but the question for the version"
    );
}
