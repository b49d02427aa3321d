//! Answers that go on: each ends whole, or with an error.

mod mock;

use std::pin::pin;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use mock::{Mock, Step, chunk, container, end, frame, json, streamed, streaming};
use wharf_core::{
    ContainerOps, ErrorKind, EventOps, EventsOptions, ImageOps, LogsOptions, PullOptions,
    WaitOptions,
};

const INFO: &str = r#"{"ServerVersion":"28","SystemTime":"2026-11-21T08:00:00.5Z"}"#;

fn follow() -> LogsOptions {
    LogsOptions::default().with_follow(true)
}

/// What the logs of a mock are answered with, of a container without a terminal.
fn logs_of(steps: Vec<Step>) -> Mock {
    Mock::unix(move |seen| match seen.path.split(['/', '?']).nth(4) {
        Some("json") => container(false),
        Some("logs") => [streaming(), steps.clone()].concat(),
        _ => vec![],
    })
}

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_engine_that_dies_in_the_middle_of_a_log_is_an_error_and_then_the_end() {
    let whole = frame(1, b"whole\n");
    for (steps, chunks) in [
        // Between two chunks; in the middle of a chunk; at the end of a chunk that cuts a frame.
        (vec![chunk(&whole), Step::HangUp], 1),
        (
            vec![
                chunk(&whole),
                Step::Send(b"20\r\n\x01\0\0".to_vec()),
                Step::HangUp,
            ],
            1,
        ),
        (vec![chunk(&whole), chunk(&frame(2, b"cut")[..9]), end()], 1),
    ] {
        let mock = logs_of(steps);
        let engine = mock.connect().await;
        let mut log = engine.container_logs("c", follow()).await.unwrap();
        for _ in 0..chunks {
            assert_eq!(&log.next().await.unwrap().unwrap().bytes[..], b"whole\n");
        }
        let error = log.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
        assert_eq!(error.operation().unwrap().name(), "container_logs");
        assert!(log.next().await.is_none());
    }
}

#[tokio::test]
async fn the_engines_own_trouble_with_a_log_is_an_error() {
    let mock = logs_of(vec![
        chunk(&frame(1, b"one\n")),
        chunk(&frame(3, b"error reading log")),
        end(),
    ]);
    let engine = mock.connect().await;
    let log: Vec<_> = engine
        .container_logs("c", follow())
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(log.len(), 2);
    let error = log[1].as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Internal, "error reading log")
    );
}

#[tokio::test]
async fn events_that_end_by_themselves_are_an_error() {
    for last in [vec![end()], vec![Step::HangUp]] {
        let mock = Mock::unix(move |seen| {
            if seen.path.contains("/events") {
                [
                    streaming(),
                    vec![chunk(br#"{"Type":"container","time":1}"#)],
                    last.clone(),
                ]
                .concat()
            } else if seen.path.contains("/info") {
                json(200, INFO)
            } else {
                vec![]
            }
        });
        let engine = mock.connect().await;
        let events = engine.events(EventsOptions::default()).await.unwrap();
        let events: Vec<_> = events.collect().await;
        assert_eq!(events.len(), 2);
        assert_eq!(
            events[1].as_ref().unwrap_err().kind(),
            ErrorKind::ConnectionFailed
        );
    }
}

#[tokio::test]
async fn events_begin_at_the_engines_own_time_and_none_comes_twice() {
    let mock = Mock::unix(|seen| {
        if seen.path.contains("/events") {
            let one = br#"{"Type":"container","Action":"die","Actor":{"ID":"a"},"timeNano":5}"#;
            let two = br#"{"Type":"container","Action":"die","Actor":{"ID":"b"},"timeNano":5}"#;
            streamed(&[&one[..], two, one, two].concat())
        } else if seen.path.contains("/info") {
            json(200, INFO)
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let events = engine.events(EventsOptions::default()).await.unwrap();
    let ids: Vec<_> = events
        .filter_map(|event| async { Some(event.ok()?.id) })
        .collect()
        .await;
    assert_eq!(ids, ["a", "b"]);
    // 2026-11-21T08:00:00.5Z, to the nanosecond.
    assert_eq!(
        mock.one("GET", "/v1.51/events").path,
        "/v1.51/events?since=1795248000.500000000"
    );
}

#[tokio::test]
async fn a_reader_of_events_that_stays_behind_is_told_so_at_the_end() {
    let many = 20_000;
    let mock = Mock::unix(move |seen| {
        if seen.path.contains("/events") {
            let event =
                |time| format!(r#"{{"Type":"container","Actor":{{"ID":"c"}},"timeNano":{time}}}"#);
            let text: String = (1..=many).map(event).collect();
            [streaming(), vec![chunk(text.as_bytes()), Step::Hang]].concat()
        } else if seen.path.contains("/info") {
            json(200, INFO)
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let events = engine.events(EventsOptions::default()).await.unwrap();
    // The engine hangs up on nobody: the task that reads ahead does.
    mock.hung_up(&mock.one("GET", "/v1.51/events")).await;
    let events: Vec<_> = events.collect().await;
    assert!(
        events.len() > 1000 && events.len() < many,
        "{}",
        events.len()
    );
    let (last, others) = events.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::Lagged);
    let times = others
        .iter()
        .map(|event| event.as_ref().unwrap().time.timestamp_subsec_nanos());
    assert!(
        times.eq(1..=u32::try_from(others.len()).unwrap()),
        "there is a gap"
    );
}

#[tokio::test]
async fn a_pull_that_fails_inside_a_yes_is_an_error_and_then_the_end() {
    for (line, kind) in [
        (
            r#"{"errorDetail":{"message":"unauthorized: no"},"error":"unauthorized: no"}"#,
            ErrorKind::Unauthorized,
        ),
        (
            r#"{"error":"dial tcp 10.0.0.1:443: connection refused"}"#,
            ErrorKind::ConnectionFailed,
        ),
        (
            r#"{"errorDetail":{"message":"manifest unknown"}}"#,
            ErrorKind::ImageNotFound,
        ),
        (
            r#"{"message":"toomanyrequests: slow down"}"#,
            ErrorKind::RateLimited,
        ),
        (
            r#"{"error":"no space left on device"}"#,
            ErrorKind::Internal,
        ),
    ] {
        let body = format!("{{\"status\":\"Pulling from x\"}}\n{line}\n{{\"status\":\"more\"}}\n");
        let mock = Mock::unix(move |seen| {
            if seen.method == "POST" {
                streamed(body.as_bytes())
            } else {
                vec![]
            }
        });
        let engine = mock.connect().await;
        let image = "busybox".parse().unwrap();
        let steps = engine
            .pull_image(&image, PullOptions::default())
            .await
            .unwrap();
        let steps: Vec<_> = steps.collect().await;
        assert_eq!(steps.len(), 2, "{line}");
        assert_eq!(steps[1].as_ref().unwrap_err().kind(), kind, "{line}");
    }
}

#[tokio::test]
async fn a_wait_that_ends_without_an_exit_is_an_error() {
    let mock = Mock::unix(|seen| {
        if seen.method == "POST" {
            [streaming(), vec![end()]].concat()
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let exit = engine
        .wait_container("c", WaitOptions::default())
        .await
        .unwrap();
    assert_eq!(exit.await.unwrap_err().kind(), ErrorKind::ConnectionFailed);
}

#[tokio::test]
async fn a_log_is_shown_as_it_is_written() {
    let pause = Step::Wait(Duration::from_millis(30));
    let mock = logs_of(vec![
        chunk(&frame(1, b"first")),
        pause,
        chunk(&frame(1, b"second")),
        Step::Hang,
    ]);
    let engine = mock.connect().await;
    let log = engine.container_logs("c", follow()).await.unwrap();
    let mut log = pin!(log);
    assert_eq!(&log.next().await.unwrap().unwrap().bytes[..], b"first");
    assert!(log.next().now_or_never().is_none());
    assert_eq!(&log.next().await.unwrap().unwrap().bytes[..], b"second");
}

#[tokio::test]
async fn a_log_that_is_not_followed_may_not_fall_silent() {
    let limit = Duration::from_millis(200);
    let pause = || Step::Wait(limit * 3 / 5);
    let mock = logs_of(vec![
        chunk(&frame(1, b"one")),
        pause(),
        chunk(&frame(1, b"two")),
        pause(),
        chunk(&frame(1, b"three")),
        Step::Hang,
    ]);
    let engine = mock.connect_within(limit).await;
    let log = engine.container_logs("c", LogsOptions::default());
    let log = log.await.unwrap().collect::<Vec<_>>();
    let log = tokio::time::timeout(SOON, log).await.unwrap();
    assert_eq!(log.len(), 4);
    let error = log[3].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}
