//! The ten traps of the client library beneath, one test each: none of them catches us.

mod mock;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use futures::{StreamExt, TryStreamExt};
use mock::{Mock, Step, chunk, container, end, frame, json, streamed, streaming};
use wharf_core::{
    ContainerOps, Credentials, ErrorKind, EventKind, EventOps, EventsOptions, ExecConfig, Grace,
    ImageOps, InspectOptions, KillOptions, ListOptions, LogSource, LogsOptions, PullOptions,
    RemoveOptions, StartOptions, StopOptions, SystemOps, VolumeConfig, VolumeOps, WaitOptions,
};
use wharf_docker::{Docker, Environment};

const SHORT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn trap_1_the_version_that_was_agreed_on_is_in_every_path() {
    let mock = Mock::unix(|seen| match seen.method.as_str() {
        "GET" if seen.path.ends_with("/version") => vec![],
        "GET" if seen.path.contains("/json?") => json(200, "[]"),
        "GET" => json(200, r#"{"ServerVersion":"28"}"#),
        _ => json(204, ""),
    });
    let engine = mock.connect().await;
    engine.info().await.unwrap();
    engine
        .list_containers(ListOptions::default())
        .await
        .unwrap();
    engine
        .start_container("c", StartOptions::default())
        .await
        .unwrap();
    engine
        .kill_container("c", KillOptions::default())
        .await
        .unwrap();
    engine
        .remove_container("c", RemoveOptions::default())
        .await
        .unwrap();
    let seen = mock.seen();
    assert_eq!(seen.len(), 5);
    assert!(
        seen.iter().all(|seen| seen.path.starts_with("/v1.51/")),
        "{seen:?}"
    );
    // A ping asks no more than whether anybody is there.
    engine.ping().await.unwrap();
    assert_eq!(mock.seen()[5].path, "/_ping");
}

#[tokio::test]
async fn trap_2_an_exit_code_is_data_whatever_it_is() {
    for (body, code, error) in [
        (r#"{"StatusCode":3}"#, 3, None),
        (r#"{"StatusCode":137,"Error":null}"#, 137, None),
        (r#"{"StatusCode":-1,"Error":null}"#, -1, None),
        (
            r#"{"StatusCode":127,"Error":{"Message":"no such program"}}"#,
            127,
            Some("no such program"),
        ),
        (
            r#"{"StatusCode":0,"Error":{"Message":"gone"}}"#,
            0,
            Some("gone"),
        ),
    ] {
        let mock = Mock::unix(move |seen| {
            if seen.method == "POST" {
                streamed(body.as_bytes())
            } else {
                vec![]
            }
        });
        let engine = mock.connect().await;
        let exit = engine
            .wait_container("c", WaitOptions::default())
            .await
            .unwrap()
            .await
            .unwrap();
        assert_eq!((exit.code, exit.error.as_deref()), (code, error));
    }
}

#[tokio::test]
async fn trap_3_deadlines_count_milliseconds_and_cover_the_body() {
    let mock = Mock::unix(|seen| match seen.path.split('/').next_back().unwrap() {
        // Nothing at all; half a body; a header and then silence.
        "info" => vec![Step::Hang],
        path if path.starts_with("json") => {
            [streaming(), vec![chunk(b"[{\"Id\""), Step::Hang]].concat()
        }
        "start" => vec![
            Step::Send(b"HTTP/1.1 400 X\r\nContent-Length: 9\r\n\r\n".to_vec()),
            Step::Hang,
        ],
        _ => vec![],
    });
    let engine = mock.connect_within(SHORT).await;
    let begun = Instant::now();
    let errors = [
        engine.info().await.unwrap_err(),
        engine
            .list_containers(ListOptions::default())
            .await
            .unwrap_err(),
        engine
            .start_container("c", StartOptions::default())
            .await
            .unwrap_err(),
    ];
    let took = begun.elapsed();
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        assert!(error.is_transient() && error.was_sent());
    }
    assert!(took >= 3 * SHORT && took < 20 * SHORT, "{took:?}");
}

#[tokio::test]
async fn trap_3_what_the_engine_is_told_to_wait_comes_on_top_and_a_wait_has_no_deadline() {
    let mock = Mock::unix(|seen| match seen.path.split(['/', '?']).nth(4) {
        Some("stop") => [vec![Step::Wait(3 * SHORT)], json(204, "")].concat(),
        Some("wait") => {
            let late = vec![Step::Wait(3 * SHORT), chunk(br#"{"StatusCode":0}"#), end()];
            [streaming(), late].concat()
        }
        _ => vec![],
    });
    let engine = mock.connect_within(SHORT).await;
    let grace = Grace::After(Duration::from_secs(1));
    engine
        .stop_container("c", StopOptions::default().with_grace(grace))
        .await
        .unwrap();
    assert!(mock.seen()[0].path.contains("t=1"));
    let exit = engine
        .wait_container("c", WaitOptions::default())
        .await
        .unwrap();
    assert_eq!(exit.await.unwrap().code, 0);
    let at_once = StopOptions::default().with_grace(Grace::Now);
    let error = engine.stop_container("c", at_once).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn trap_4_new_words_and_missing_fields_break_nothing() {
    let mock = Mock::unix(|seen| {
        if seen.path.contains("/containers/json") {
            json(
                200,
                r#"[{"Id":"a","State":"hibernating","Ports":null,"Labels":null},{"Id":"b"}]"#,
            )
        } else if seen.path.contains("/containers/c/json") {
            json(
                200,
                r#"{"Id":"c","State":{"Status":"new"},"Config":{"Cmd":null,"StopSignal":null}}"#,
            )
        } else if seen.path.contains("/events") {
            streamed(br#"{"Type":"pod","Action":"flew","Actor":{"ID":"p","Attributes":null}}{"Type":"container","Action":"die","Actor":{"ID":"c"}}"#)
        } else if seen.path.contains("/info") {
            json(200, r#"{"SystemTime":"2026-11-21T08:00:00Z"}"#)
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let listed = engine
        .list_containers(ListOptions::default())
        .await
        .unwrap();
    assert_eq!((listed.len(), listed[0].state.as_str()), (2, "hibernating"));
    let info = engine
        .inspect_container("c", InspectOptions::default())
        .await
        .unwrap();
    assert_eq!(info.state.as_str(), "new");
    assert_eq!(engine.info().await.unwrap().engine, "docker");
    let events = engine.events(EventsOptions::default()).await.unwrap();
    let events: Vec<_> = events.take(2).try_collect().await.unwrap();
    assert_eq!(events[0].kind, EventKind::Other("pod".to_owned()));
    assert_eq!(events[1].id, "c");
}

#[tokio::test]
async fn trap_5_a_stream_of_events_never_ends_in_silence() {
    let mock = Mock::unix(|seen| {
        if seen.path.contains("/events") {
            // No newline between two, one spread over lines, and one that is no event.
            streamed(b"{\"Type\":\"a\",\"time\":1}{\"Type\":\"b\",\n \"time\":2\n}\r\n\r\n[1]{\"Type\":\"c\"}")
        } else if seen.path.contains("/info") {
            json(200, r#"{"SystemTime":"2026-11-21T08:00:00Z"}"#)
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let events: Vec<_> = engine
        .events(EventsOptions::default())
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(events.len(), 3);
    assert_eq!(events[1].as_ref().unwrap().kind.as_str(), "b");
    assert_eq!(events[2].as_ref().unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn trap_6_no_name_leaves_its_place_in_the_path() {
    let mock = Mock::unix(|_| vec![]);
    let engine = mock.connect().await;
    for name in [
        "",
        "../info",
        "x#y",
        "x?force=1",
        "%2e%2e",
        "a/b",
        "a\nb",
        "..",
    ] {
        let errors = [
            engine
                .inspect_container(name, InspectOptions::default())
                .await
                .unwrap_err(),
            engine
                .remove_container(name, RemoveOptions::default())
                .await
                .unwrap_err(),
            engine
                .start_container(name, StartOptions::default())
                .await
                .unwrap_err(),
            engine
                .create_volume(VolumeConfig::new(name))
                .await
                .unwrap_err(),
            engine
                .exec_container(name, ExecConfig::new(["true"]))
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}: {error:?}");
            assert!(!error.was_sent());
        }
    }
    assert!(mock.seen().is_empty(), "{:?}", mock.seen());
}

#[tokio::test]
async fn trap_7_credentials_are_written_in_the_alphabet_for_urls() {
    let mock = Mock::unix(|seen| {
        if seen.method == "POST" {
            streamed(br#"{"status":"Status: done"}"#)
        } else {
            vec![]
        }
    });
    let engine = mock.connect().await;
    let credentials = Credentials::new("alice", "~~~???>>>\u{ff}\u{fe}");
    let options = PullOptions::default().with_credentials(credentials);
    let image = "localhost:5000/team/app:1".parse().unwrap();
    engine
        .pull_image(&image, options)
        .await
        .unwrap()
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let pull = mock.one("POST", "/v1.51/images/create");
    let header = &pull.headers["x-registry-auth"];
    assert!(
        !header.contains(['+', '/']) && header.contains(['-', '_']),
        "{header}"
    );
    let sent: serde_json::Value =
        serde_json::from_slice(&BASE64_URL_SAFE.decode(header).unwrap()).unwrap();
    assert_eq!(sent["password"], "~~~???>>>\u{ff}\u{fe}");
    assert_eq!(sent["serveraddress"], "localhost:5000");
    assert!(
        pull.path
            .contains("fromImage=localhost%3A5000%2Fteam%2Fapp&tag=1"),
        "{}",
        pull.path
    );
}

#[tokio::test]
async fn trap_8_a_terminals_log_comes_as_it_is_and_at_once() {
    // A prompt without a newline, and bytes that look like the header of a frame of 4 GiB.
    let odd = b"\x01\x00\x00\x00\xff\xff\xff\xff $ ";
    let mock = Mock::unix(move |seen| match seen.path.split(['/', '?']).nth(4) {
        Some("json") => container(true),
        Some("logs") => [streaming(), vec![chunk(odd), Step::Hang]].concat(),
        _ => vec![],
    });
    let engine = mock.connect().await;
    let follow = LogsOptions::default().with_follow(true);
    let mut log = engine.container_logs("c", follow).await.unwrap();
    let chunk = log.next().await.unwrap().unwrap();
    assert_eq!(
        (chunk.source, &chunk.bytes[..]),
        (LogSource::Console, &odd[..])
    );
}

#[tokio::test]
async fn trap_9_docker_host_is_honoured_whatever_its_scheme_and_empty_is_unset() {
    let mock = Mock::tcp(|seen| {
        if seen.path.ends_with("/info") {
            json(200, r#"{"Name":"remote"}"#)
        } else {
            vec![]
        }
    })
    .await;
    let nowhere = tempfile::tempdir().unwrap();
    let environment = Environment::empty(nowhere.path());
    let remote = environment
        .clone()
        .with_variable("DOCKER_HOST", mock.url.clone());
    let engine = Docker::builder("docker:")
        .environment(remote)
        .connect()
        .await
        .unwrap();
    assert_eq!(engine.info().await.unwrap().name.as_deref(), Some("remote"));
    assert_eq!(engine.get_ref().endpoint().to_string(), mock.url);

    let gone = environment
        .clone()
        .with_variable("DOCKER_HOST", "unix:///nowhere/engine.sock");
    let error = Docker::builder("DOCKER:")
        .environment(gone)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    for part in ["DOCKER_HOST: ", "unix:///nowhere/engine.sock"] {
        assert!(error.message().contains(part), "{error}");
    }

    let unset = environment.with_variable("DOCKER_HOST", "");
    let error = Docker::builder("docker:")
        .environment(unset)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.message().contains("no engine found") && error.message().contains("DOCKER_HOST"));
}

#[tokio::test]
async fn trap_10_the_input_of_a_program_ends_and_its_output_goes_on() {
    let mock =
        Mock::unix(
            |seen| match (seen.method.as_str(), seen.path.split(['/', '?']).nth(4)) {
                ("POST", Some("exec")) => json(201, r#"{"Id":"e"}"#),
                ("POST", Some("start")) => vec![
                    Step::Send(
                        b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
                            .to_vec(),
                    ),
                    Step::Send(frame(2, b"ready ")),
                    Step::Echo,
                    Step::HangUp,
                ],
                ("GET", Some("json")) => json(200, r#"{"Running":false,"ExitCode":4,"Pid":9}"#),
                _ => vec![],
            },
        );
    let engine = mock.connect().await;
    let config = ExecConfig::new(["cat"]).with_input("all of it");
    let ran = engine.exec_container("c", config).await.unwrap();
    assert_eq!(
        (ran.stdout_text().as_str(), ran.stderr_text().as_str()),
        ("all of it", "ready ")
    );
    assert_eq!(ran.code(), 4);
    let start = mock.one("POST", "/v1.51/exec/e/start");
    assert_eq!(start.headers["upgrade"], "tcp");
    assert_eq!(start.json()["Tty"], false);
    assert_eq!(
        mock.one("POST", "/v1.51/containers/c/exec").json()["AttachStdin"],
        true
    );
}
