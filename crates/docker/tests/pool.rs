//! Connections: which are used again, and what happens when they break.

mod mock;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use mock::{Mock, Step, container, json};
use wharf_core::{
    ContainerConfig, ContainerOps, ErrorKind, InspectOptions, KillOptions, StartOptions, SystemOps,
};

const INFO: &str = r#"{"ServerVersion":"28","SystemTime":"2026-11-21T08:00:00.5Z"}"#;

#[tokio::test]
async fn reading_calls_share_a_connection_and_changing_calls_get_a_new_one() {
    let mock = Mock::unix(|seen| match seen.method.as_str() {
        "GET" if seen.path.ends_with("/info") => json(200, INFO),
        "GET" => vec![],
        _ => json(204, ""),
    });
    let engine = mock.connect().await;
    for _ in 0..3 {
        engine.info().await.unwrap();
        engine
            .start_container("c", StartOptions::default())
            .await
            .unwrap();
    }
    let connections: Vec<_> = mock.seen().iter().map(|seen| seen.connection).collect();
    // The first one was opened for the versions.
    assert_eq!(connections, [0, 1, 0, 2, 0, 3]);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_noticed_by_a_reading_call() {
    let mock = Mock::unix(|seen| {
        if seen.path.ends_with("/info") {
            [json(200, INFO), vec![Step::HangUp]].concat()
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    for _ in 0..4 {
        engine.info().await.unwrap();
    }
}

#[tokio::test]
async fn a_changing_call_is_never_sent_twice() {
    let mock = Mock::unix(|seen| match seen.method.as_str() {
        "GET" => vec![],
        _ => vec![Step::HangUp],
    });
    let engine = mock.connect().await;
    let error = engine
        .create_container(ContainerConfig::new("busybox"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.was_sent() && error.is_transient());
    let error = engine
        .kill_container("c", KillOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    mock.one("POST", "/v1.51/containers/create");
    mock.one("POST", "/v1.51/containers/c/kill");
}

#[tokio::test]
async fn a_handle_works_again_after_the_engine_came_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let answers = |seen: &mock::Seen| {
        if seen.path.ends_with("/info") {
            json(200, INFO)
        } else {
            vec![]
        }
    };
    let first = Mock::at(&path, answers);
    let engine = first.connect().await;
    engine.info().await.unwrap();
    first.stop().await;
    let error = engine.info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(
        error.message().contains("start the engine") && !error.was_sent(),
        "{error}"
    );
    std::fs::remove_file(&path).unwrap();
    let error = engine.info().await.unwrap_err();
    assert!(error.message().contains("no such socket"), "{error}");
    let _second = Mock::at(&path, answers);
    engine.info().await.unwrap();
}

#[tokio::test]
async fn one_handle_serves_many_at_once() {
    let mock = Mock::unix(|seen| {
        if seen.path.contains("/json") {
            [vec![Step::Wait(Duration::from_millis(2))], container(false)].concat()
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let calls = (0..200).map(|_| engine.inspect_container("c", InspectOptions::default()));
    let all: Vec<_> = futures::stream::iter(calls)
        .buffer_unordered(64)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 200);
    let connections = mock
        .seen()
        .iter()
        .map(|seen| seen.connection)
        .max()
        .unwrap();
    assert!(connections < 150, "{connections} connections");
}
