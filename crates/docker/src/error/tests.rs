//! What is made of replies that are errors, and of connections that are none.

use std::collections::BTreeMap;

use super::*;

fn at(operation: Operation, dialect: Dialect) -> At {
    At {
        operation,
        dialect,
        engine: "docker 28.5.2".into(),
    }
}

fn refused(operation: Operation, status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    at(operation, Dialect::Docker).error(Failure::refused(status, body.as_bytes()))
}

#[test]
fn a_refusal_has_the_engines_words_and_a_kind() {
    use Operation::{CreateContainer, InspectVolume, KillContainer, PullImage, StopContainer};
    for (operation, status, body, kind, words) in [
        (
            StopContainer,
            404,
            r#"{"message":"gone"}"#,
            ErrorKind::ContainerNotFound,
            "gone",
        ),
        (
            CreateContainer,
            404,
            r#"{"message":"gone"}"#,
            ErrorKind::ImageNotFound,
            "gone",
        ),
        (
            PullImage,
            404,
            r#"{"message":"gone"}"#,
            ErrorKind::ImageNotFound,
            "gone",
        ),
        (
            InspectVolume,
            404,
            r#"{"message":"gone"}"#,
            ErrorKind::NotFound,
            "gone",
        ),
        (
            KillContainer,
            409,
            r#"{"message":"no"}"#,
            ErrorKind::Conflict,
            "no",
        ),
        (
            KillContainer,
            400,
            "plain text\r\n",
            ErrorKind::InvalidInput,
            "plain text",
        ),
        (
            KillContainer,
            501,
            "",
            ErrorKind::Unsupported,
            "501 Not Implemented without a reason",
        ),
        (
            PullImage,
            401,
            "",
            ErrorKind::Unauthorized,
            "401 Unauthorized without a reason",
        ),
        (PullImage, 429, "", ErrorKind::RateLimited, "429"),
        (KillContainer, 403, "", ErrorKind::PermissionDenied, "403"),
        (
            KillContainer,
            500,
            r#"{"cause":"x","message":"y: x"}"#,
            ErrorKind::Internal,
            "y: x",
        ),
        (KillContainer, 500, "<html>", ErrorKind::Internal, "<html>"),
    ] {
        let error = refused(operation, status, body);
        assert_eq!(error.kind(), kind, "{operation} {status} {body}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(error.engine(), Some("docker 28.5.2"));
        assert!(error.was_sent());
    }
}

#[test]
fn a_sentence_goes_before_the_status() {
    let taken = r#"{"message":"The container name \"/n\" is already in use by container \"0\"."}"#;
    let error = refused(Operation::CreateContainer, 409, taken);
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn what_never_left_was_not_sent_and_says_what_to_do() {
    let info = at(Operation::Info, Dialect::Docker);
    for (kind, expected, words) in [
        (
            io::ErrorKind::NotFound,
            ErrorKind::ConnectionFailed,
            "is the engine installed and running",
        ),
        (
            io::ErrorKind::ConnectionRefused,
            ErrorKind::ConnectionFailed,
            "start the engine",
        ),
        (
            io::ErrorKind::PermissionDenied,
            ErrorKind::PermissionDenied,
            "join the group",
        ),
    ] {
        let endpoint = Endpoint::Unix("/run/engine.sock".into());
        let error = info.error(Failure::Connect {
            endpoint,
            source: kind.into(),
        });
        assert_eq!(error.kind(), expected);
        assert!(error.message().contains(words), "{error}");
        assert!(!error.was_sent());
        assert_eq!(
            error.is_transient(),
            expected == ErrorKind::ConnectionFailed
        );
        assert!(error.source().is_some());
    }
}

#[test]
fn only_what_may_pass_by_itself_is_transient() {
    let info = at(Operation::Info, Dialect::Docker);
    for (failure, kind, transient) in [
        (Failure::Cut("x".into()), ErrorKind::ConnectionFailed, true),
        (
            Failure::Closed { sent: true },
            ErrorKind::ConnectionFailed,
            false,
        ),
        (
            Failure::Late(Duration::from_millis(5)),
            ErrorKind::Timeout,
            true,
        ),
        (Failure::Lagged(3), ErrorKind::Lagged, true),
        (Failure::garbled("x"), ErrorKind::Protocol, false),
        (
            Failure::InStream("x".to_owned()),
            ErrorKind::Internal,
            false,
        ),
    ] {
        let error = info.error(failure);
        assert_eq!((error.kind(), error.is_transient()), (kind, transient));
    }
}

#[test]
fn what_fails_after_an_effect_was_sent_and_is_not_to_be_repeated() {
    let lost = || Failure::Connect {
        endpoint: Endpoint::Unix("/run/engine.sock".into()),
        source: io::ErrorKind::NotFound.into(),
    };
    let kill = at(Operation::KillContainer, Dialect::Podman);
    for (failure, sent) in [
        (lost().after_effect(true), true),
        (lost().after_effect(false), false),
    ] {
        let error = kill.error(failure);
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        assert_eq!((error.was_sent(), error.is_transient()), (sent, !sent));
        assert!(error.message().contains("no such socket") && error.source().is_some());
    }
}

#[test]
fn an_answer_that_cannot_be_read_shows_no_secrets() {
    let secret = br#"{"Config":{"Env":["TOKEN=hunter2"]},"Id":7}"#;
    let error = serde_json::from_slice::<Reason>(secret).unwrap_err();
    let info = at(Operation::Info, Dialect::Docker);
    let error = info.error(Failure::undecodable(&error, secret));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    // The parser quotes a value that is of another type than expected.
    let secret = br#"{"message":true,"message":"hunter2"}"#;
    let error = serde_json::from_slice::<BTreeMap<String, bool>>(secret).unwrap_err();
    assert!(error.to_string().contains("hunter2"));
    let error = info.error(Failure::undecodable(&error, secret));
    let cause = error.source().unwrap();
    let shown = format!("{error} {error:?} {cause} {cause:?}");
    assert!(!shown.contains("hunter2") && cause.source().is_none());
    assert!(shown.contains("line 1, column"), "{shown}");
    let html = b"<html>no engine</html>";
    let error = serde_json::from_slice::<Reason>(html).unwrap_err();
    assert!(
        Failure::undecodable(&error, html)
            .to_string()
            .contains("<html>no engine")
    );
}
