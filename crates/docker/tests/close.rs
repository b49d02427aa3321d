//! Closing and dropping: every call and stream ends, and no connection is left behind.

mod mock;

use std::time::Duration;

use futures::StreamExt;
use mock::{Mock, Step, chunk, container, end, frame, json, streaming};
use wharf_core::{
    ContainerOps, ErrorKind, EventOps, EventsOptions, ImageOps, KillOptions, LogsOptions,
    RemoveImageOptions, StartOptions, SystemOps, WaitOptions,
};

const INFO: &str = r#"{"ServerVersion":"28","SystemTime":"2026-11-21T08:00:00.5Z"}"#;

fn follow() -> LogsOptions {
    LogsOptions::default().with_follow(true)
}

#[tokio::test]
async fn closing_ends_calls_and_streams_of_all_clones_and_twice_is_ok() {
    let mock = Mock::unix(|seen| match seen.path.split(['/', '?']).nth(4) {
        Some("json") => container(false),
        Some("logs") => [streaming(), vec![chunk(&frame(1, b"one")), Step::Hang]].concat(),
        Some("wait") => [streaming(), vec![Step::Hang]].concat(),
        _ if seen.path.ends_with("/info") => json(200, INFO),
        _ if seen.path.contains("/events") => [streaming(), vec![Step::Hang]].concat(),
        _ => vec![],
    });
    let engine = mock.connect().await;
    let clone = engine.clone();
    let mut log = engine.container_logs("c", follow()).await.unwrap();
    log.next().await.unwrap().unwrap();
    let exit = engine
        .wait_container("c", WaitOptions::default())
        .await
        .unwrap();
    let mut events = engine.events(EventsOptions::default()).await.unwrap();

    clone.close().await.unwrap();
    let errors = [
        log.next().await.unwrap().unwrap_err(),
        exit.await.unwrap_err(),
        events.next().await.unwrap().unwrap_err(),
        engine.info().await.unwrap_err(),
        engine
            .start_container("c", StartOptions::default())
            .await
            .unwrap_err(),
    ];
    for error in &errors {
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        assert!(
            error.message().contains("closed") && !error.is_transient(),
            "{error}"
        );
    }
    assert!(!errors[3].was_sent() && !errors[4].was_sent());
    assert!(log.next().await.is_none() && events.next().await.is_none());
    engine.close().await.unwrap();
}

#[tokio::test]
async fn what_is_dropped_leaves_no_connection_open() {
    let mock = Mock::unix(|seen| match seen.path.split(['/', '?']).nth(4) {
        Some("json") => container(false),
        Some("logs") => [streaming(), vec![chunk(&frame(1, b"one")), Step::Hang]].concat(),
        Some("wait") => [streaming(), vec![Step::Hang]].concat(),
        Some("start" | "kill") => vec![Step::Hang],
        _ if seen.path.ends_with("/info") => json(200, INFO),
        _ if seen.path.contains("/events") => [streaming(), vec![Step::Hang]].concat(),
        _ => vec![],
    });
    let engine = mock.connect().await;
    let mut log = engine.container_logs("c", follow()).await.unwrap();
    log.next().await.unwrap().unwrap();
    drop(log);
    drop(
        engine
            .wait_container("c", WaitOptions::default())
            .await
            .unwrap(),
    );
    drop(engine.events(EventsOptions::default()).await.unwrap());
    let started = engine.start_container("c", StartOptions::default());
    assert!(
        tokio::time::timeout(Duration::from_millis(50), started)
            .await
            .is_err()
    );
    for (method, path) in [
        ("GET", "/v1.51/containers/c/logs"),
        ("POST", "/v1.51/containers/c/wait"),
        ("GET", "/v1.51/events"),
        ("POST", "/v1.51/containers/c/start"),
    ] {
        mock.hung_up(&mock.one(method, path)).await;
    }
}

#[tokio::test]
async fn a_call_that_is_done_leaves_no_connection_open() {
    let slowly = |seen: &mock::Seen| match seen.method.as_str() {
        "DELETE" => [
            streaming(),
            vec![
                chunk(br#"[{"Untagged":"#),
                Step::Wait(Duration::from_millis(10)),
                chunk(br#""x:1"}]"#),
                end(),
            ],
        ]
        .concat(),
        "POST" => json(204, ""),
        _ => vec![],
    };
    let mock = Mock::unix(slowly);
    let engine = mock.connect().await;
    engine
        .start_container("c", StartOptions::default())
        .await
        .unwrap();
    engine
        .kill_container("c", KillOptions::default())
        .await
        .unwrap();
    let removed = engine.remove_image("x:1", RemoveImageOptions::default());
    assert_eq!(removed.await.unwrap().untagged, ["x:1"]);
    let seen = mock.seen();
    assert_eq!(seen.len(), 3);
    for seen in seen {
        mock.hung_up(&seen).await;
    }
}
