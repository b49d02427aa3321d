//! Operations of several requests: programs that are run, and what Podman needs first.

mod mock;

use std::time::Duration;

use mock::{Mock, Step, chunk, frame, json, streamed, streaming};
use wharf_core::{
    ContainerOps, ErrorKind, ExecConfig, ImageOps, KillOptions, RemoveImageOptions, RestartOptions,
    StopOptions, SystemOps,
};

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

const PODMAN: &str = r#"{"Version":"5.8","ApiVersion":"1.44","MinAPIVersion":"1.24","Components":[{"Name":"Podman Engine"}]}"#;

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
