//! Connections: which are used again, what happens when they break, and that none is left behind.

mod mock;

use std::pin::pin;
use std::time::Duration;

use futures::{FutureExt, StreamExt, TryStreamExt};
use mock::{Mock, Step, chunk, container, end, frame, json, streamed, streaming};
use wharf_core::{
    Checked, ContainerConfig, ContainerOps, ErrorKind, EventOps, EventsOptions, ExecConfig,
    ImageOps, InspectOptions, KillOptions, LogsOptions, PullOptions, RemoveImageOptions,
    RestartOptions, StartOptions, StopOptions, SystemOps, WaitOptions,
};
use wharf_docker::Docker;

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
async fn an_exit_code_of_a_program_is_asked_for_until_it_has_ended() {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let mock =
        Mock::unix(
            move |seen| match (seen.method.as_str(), seen.path.split(['/', '?']).nth(4)) {
                ("POST", Some("exec")) => json(201, r#"{"Id":"e"}"#),
                ("POST", Some("start")) => streamed(&frame(1, b"done")),
                ("GET", Some("json")) => {
                    match looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                        0 => json(200, r#"{"Running":true,"ExitCode":0,"Pid":7}"#),
                        1 => json(200, r#"{"Running":false,"ExitCode":null,"Pid":7}"#),
                        _ => json(200, r#"{"Running":false,"ExitCode":9,"Pid":7}"#),
                    }
                }
                _ => vec![],
            },
        );
    let engine = mock.connect().await;
    let ran = engine
        .exec_container("c", ExecConfig::new(["x"]))
        .await
        .unwrap();
    assert_eq!((ran.code(), ran.stdout_text().as_str()), (9, "done"));
}

#[tokio::test]
async fn output_beyond_its_limit_is_refused_without_being_held() {
    let mock =
        Mock::unix(
            |seen| match (seen.method.as_str(), seen.path.split(['/', '?']).nth(4)) {
                ("POST", Some("exec")) => json(201, r#"{"Id":"e"}"#),
                ("POST", Some("start")) => [
                    streaming(),
                    vec![chunk(&frame(1, &[b'x'; 1000])), Step::Hang],
                ]
                .concat(),
                _ => vec![],
            },
        );
    let engine = mock.connect().await;
    let config = ExecConfig::new(["yes"]).with_output_limit(999_usize);
    let error = engine.exec_container("c", config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(
        error.message().contains("999") && error.was_sent(),
        "{error}"
    );
    mock.hung_up(&mock.one("POST", "/v1.51/exec/e/start")).await;
}

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
    for url in [
        "",
        "nonsense",
        "ftp://h",
        "unix://relative",
        "tcp://h:0",
        "ssh://h",
    ] {
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

/// A mock that starts programs: what it says once one runs, and about its end.
fn programs(run: Vec<Step>, looked_at: &'static str) -> Mock {
    Mock::unix(
        move |seen| match (seen.method.as_str(), seen.path.split(['/', '?']).nth(4)) {
            ("POST", Some("exec")) => json(201, r#"{"Id":"e"}"#),
            ("POST", Some("start")) => run.clone(),
            ("GET", Some("json")) if seen.path.contains("/exec/") => json(200, looked_at),
            _ => vec![],
        },
    )
}

/// The connection is handed over.
fn upgraded() -> Vec<Step> {
    let head = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    vec![Step::Send(head.as_bytes().to_vec())]
}

/// More than the buffers between two ends hold.
fn more_than_is_read() -> ExecConfig {
    ExecConfig::new(["x"]).with_input(vec![b'x'; 16 * 1024 * 1024])
}

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_program_that_reads_no_input_ends_as_any_other() {
    let says = [
        upgraded(),
        vec![Step::Send(frame(1, b"done")), Step::HangUp],
    ]
    .concat();
    let mock = programs(says, r#"{"Running":false,"ExitCode":3,"Pid":7}"#);
    let engine = mock.connect().await;
    let ran = engine.exec_container("c", more_than_is_read());
    let ran = tokio::time::timeout(SOON, ran).await.unwrap().unwrap();
    assert_eq!((ran.code(), ran.stdout_text().as_str()), (3, "done"));
}

#[tokio::test]
async fn too_much_output_or_the_end_of_the_handle_ends_a_program_that_reads_no_input() {
    let long = Step::Wait(Duration::from_secs(600));
    let says = [upgraded(), vec![Step::Send(frame(1, b"done")), long]].concat();
    let mock = programs(says, "");
    let engine = mock.connect().await;
    let config = more_than_is_read().with_output_limit(3_usize);
    let ran = engine.exec_container("c", config);
    let error = tokio::time::timeout(SOON, ran).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);

    let ran = engine.exec_container("c", more_than_is_read());
    let close = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        engine.close().await.unwrap();
    };
    let (ran, ()) = tokio::time::timeout(SOON, futures::future::join(ran, close))
        .await
        .unwrap();
    let error = ran.unwrap_err();
    assert!(
        error.kind() == ErrorKind::ConnectionFailed && error.was_sent(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_program_whose_end_nobody_knows_is_not_asked_for_without_end() {
    let done = || streamed(&frame(1, b"done"));
    for (looked_at, kind, words) in [
        (
            r#"{"Running":false,"ExitCode":null,"Pid":7}"#,
            ErrorKind::Internal,
            "does not know",
        ),
        (
            r#"{"Running":true,"ExitCode":null,"Pid":7}"#,
            ErrorKind::Conflict,
            "the container stopped",
        ),
    ] {
        let mock = Mock::unix(move |seen| {
            let part = seen.path.split(['/', '?']).nth(4);
            match (seen.method.as_str(), part) {
                ("POST", Some("exec")) => json(201, r#"{"Id":"e"}"#),
                ("POST", Some("start")) => done(),
                ("GET", Some("json")) if seen.path.contains("/exec/") => json(200, looked_at),
                ("GET", Some("json")) => {
                    json(200, r#"{"Id":"c","State":{"Status":"exited"},"Config":{}}"#)
                }
                _ => vec![],
            }
        });
        let engine = mock.connect().await;
        let ran = engine.exec_container("c", ExecConfig::new(["x"]));
        let error = tokio::time::timeout(SOON, ran).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.message().contains(words), "{error:?}");
    }
}

const PODMAN: &str = r#"{"Version":"5.8","ApiVersion":"1.44","MinAPIVersion":"1.24","Components":[{"Name":"Podman Engine"}]}"#;

#[tokio::test]
async fn what_fails_after_a_container_was_let_go_or_a_program_made_has_had_an_effect() {
    let mock = Mock::unix(|seen| match seen.path.split(['/', '?']).nth(4) {
        _ if seen.path == "/version" => json(200, PODMAN),
        Some("json") => json(200, r#"{"Id":"c","State":{"Status":"paused"},"Config":{}}"#),
        Some("unpause") => json(204, ""),
        Some("exec") => json(201, r#"{"Id":"e"}"#),
        Some("kill" | "stop" | "restart" | "start") => vec![Step::HangUp],
        _ => vec![],
    });
    let engine = mock.connect().await;
    for error in [
        engine
            .kill_container("c", KillOptions::default())
            .await
            .unwrap_err(),
        engine
            .stop_container("c", StopOptions::default())
            .await
            .unwrap_err(),
        engine
            .restart_container("c", RestartOptions::default())
            .await
            .unwrap_err(),
        engine
            .exec_container("c", ExecConfig::new(["x"]))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
        assert!(error.was_sent() && !error.is_transient(), "{error:?}");
    }
}

#[tokio::test]
async fn by_its_id_an_image_is_not_taken_from_its_containers() {
    let mock = Mock::unix(|seen| match seen.method.as_str() {
        _ if seen.path == "/version" => json(200, PODMAN),
        "DELETE" => json(200, r#"[{"Untagged":"docker.io/library/x:1"}]"#),
        _ if seen.path.contains("/images/") => json(
            200,
            r#"{"Id":"sha256:0cf5","RepoTags":["docker.io/library/x:1","localhost/y:2"]}"#,
        ),
        _ => json(
            200,
            r#"[{"Id":"c","Names":["/web"],"ImageID":"sha256:0cf5","State":"exited"}]"#,
        ),
    });
    let engine = mock.connect().await;
    let force = RemoveImageOptions::default().with_force(true);
    for id in ["sha256:0cf5", "0cf5"] {
        let error = engine.remove_image(id, force.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
        assert!(error.message().contains("web"), "{error:?}");
    }
    for name in ["x:1", "docker.io/library/x:1", "localhost/y:2"] {
        engine.remove_image(name, force.clone()).await.unwrap();
    }
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
