//! Waiting until a container is ready, on the fake.
#![cfg(feature = "fake")]
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use std::{net::TcpListener, num::NonZeroU16, sync::Arc, time::Duration};
use tokio::time::Instant;
use wharf::{
    ContainerConfig, Error, ErrorKind, HealthCheck, HealthTest, Operation, PortMapping, Protocol,
    Ready, Result, Runtime, RuntimeExt, StartOptions, WaitOptions,
    layers::{Fault, Rule},
    wait_until,
};

/// How much longer than its patience a wait may take, for its last words.
const AFTERWARDS: u64 = 2;

/// A new engine where that script runs, as `web`.
async fn started(script: &str) -> Arc<dyn Runtime> {
    started_with(ContainerConfig::new("busybox").with_command(["sh", "-c", script])).await
}

async fn started_with(config: ContainerConfig) -> Arc<dyn Runtime> {
    let runtime = wharf::connect("fake:").await.unwrap();
    runtime
        .create_container(config.with_name("web"))
        .await
        .unwrap();
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    runtime
}

/// Waits at most a minute; tells what came of it and how many seconds it took.
async fn wait(runtime: &Arc<dyn Runtime>, ready: Ready) -> (Result<()>, u64) {
    let begun = Instant::now();
    let outcome = wait_until(runtime, "web", ready, Duration::from_secs(60)).await;
    (outcome, begun.elapsed().as_secs())
}

/// The same engine, with a rule for what is called from now on.
fn with_rule(runtime: Arc<dyn Runtime>, rule: Rule) -> Arc<dyn Runtime> {
    let faults = Fault::new();
    faults.add(rule).unwrap();
    Arc::new(runtime.layer(faults))
}

fn failed(outcome: Result<()>, kind: ErrorKind, parts: &[&str]) -> Error {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.message().contains(part), "{part} in {error}");
    }
    error
}

#[tokio::test(start_paused = true)]
async fn a_log_line_is_found_also_in_pieces_and_on_stderr() {
    for script in [
        "sleep 5; echo it is listening now; sleep 99",
        "sleep 5; echo listening >&2; sleep 99",
        "printf 'lis'; echo other >&2; sleep 5; echo 'tening'; sleep 99",
    ] {
        let runtime = started(script).await;
        let (outcome, seconds) = wait(&runtime, Ready::log_line("listening")).await;
        assert_eq!(
            (outcome.is_ok(), seconds),
            (true, 5),
            "{script}: {outcome:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_is_run_until_it_succeeds() {
    let runtime = started("sleep 5; touch /tmp/ready; sleep 99").await;
    let ready = Ready::exec(["test", "-e", "/tmp/ready"]);
    let (outcome, seconds) = wait(&runtime, ready).await;
    outcome.unwrap();
    assert_eq!(seconds, 5);
}

#[tokio::test(start_paused = true)]
async fn any_takes_the_first_and_all_the_last() {
    let lines = || ["soon", "late"].map(Ready::log_line).to_vec();
    for (ready, expected) in [(Ready::Any(lines()), 2), (Ready::All(lines()), 7)] {
        let runtime = started("sleep 2; echo soon; sleep 5; echo late; sleep 99").await;
        let (outcome, seconds) = wait(&runtime, ready).await;
        outcome.unwrap();
        assert_eq!(seconds, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_that_ends_is_told_at_once_with_the_end_of_its_log() {
    for ready in [Ready::log_line("listening"), Ready::exec(["false"])] {
        let runtime = started("sleep 1; echo starting; echo no such port >&2; exit 3").await;
        let (outcome, seconds) = wait(&runtime, ready).await;
        failed(
            outcome,
            ErrorKind::Conflict,
            &["exit code 3", "starting", "no such port"],
        );
        assert_eq!(seconds, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_ended_before_is_told_too() {
    let runtime = started("exit 3").await;
    let (outcome, _) = wait(&runtime, Ready::log_line("listening")).await;
    failed(outcome, ErrorKind::Conflict, &["exit code 3"]);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_with_what_was_waited_for_and_the_log() {
    let runtime = started("echo starting; sleep 999").await;
    let (outcome, seconds) = wait(&runtime, Ready::log_line("listening")).await;
    failed(
        outcome,
        ErrorKind::Timeout,
        &["60s", "a log line with \"listening\"", "starting"],
    );
    assert_eq!(seconds, 60);
}

#[tokio::test(start_paused = true)]
async fn what_went_wrong_is_told_also_where_the_log_cannot_be_read() {
    let no_log = || Rule::fail(ErrorKind::Unsupported).on(Operation::ContainerLogs);
    let ready = || Ready::exec(["false"]);

    let runtime = with_rule(started("sleep 1; exit 3").await, no_log());
    let (outcome, _) = wait(&runtime, ready()).await;
    let parts = ["exit code 3", "cannot be read", "unsupported"];
    failed(outcome, ErrorKind::Conflict, &parts);

    let runtime = with_rule(started("sleep 999").await, no_log());
    let (outcome, _) = wait(&runtime, ready()).await;
    let parts = ["60s", "cannot be read", "unsupported"];
    failed(outcome, ErrorKind::Timeout, &parts);

    let cut = Rule::cut_after_items(1).on(Operation::ContainerLogs);
    let runtime = with_rule(started("echo one; sleep 1; echo two; exit 3").await, cut);
    let (outcome, _) = wait(&runtime, ready()).await;
    let parts = ["exit code 3", "one\n(the rest cannot be read"];
    failed(outcome, ErrorKind::Conflict, &parts);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_whatever_hangs() {
    let never = || Ready::exec(["false"]);
    for (operation, seconds, part) in [
        (Operation::WaitContainer, 60, "starting"),
        (Operation::ExecContainer, 60, "starting"),
        (
            Operation::ContainerLogs,
            60 + AFTERWARDS,
            "did not come in time",
        ),
    ] {
        let runtime = started("echo starting; sleep 999").await;
        let runtime = with_rule(runtime, Rule::hang().on(operation));
        let (outcome, took) = wait(&runtime, never()).await;
        failed(outcome, ErrorKind::Timeout, &["60s", part]);
        assert_eq!(took, seconds, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_long_log_only_the_end_is_told() {
    let script = "i=0; while [ $i -lt 2000 ]; do printf '%01000d' 0; i=$((i+1)); done; \
        printf 'the last word'; exit 3";
    let runtime = started(script).await;
    let (outcome, _) = wait(&runtime, Ready::log_line("listening")).await;
    let error = failed(outcome, ErrorKind::Conflict, &["the last word"]);
    let length = error.message().len();
    assert!((50_000..70_000).contains(&length), "{length}");
}

/// Also of what it can never be: that it does not run comes first, whoever is asked first.
#[tokio::test(start_paused = true)]
async fn a_container_that_does_not_run_is_told_so_whatever_is_waited_for() {
    let port = NonZeroU16::new(80).unwrap();
    let every = || {
        [
            Ready::log_line("listening"),
            Ready::exec(["true"]),
            Ready::Healthy,
            Ready::Port(port),
            Ready::Any(vec![Ready::Healthy, Ready::Port(port)]),
            Ready::All(vec![Ready::Healthy, Ready::Port(port)]),
        ]
    };
    let plain = || {
        ContainerConfig::new("busybox")
            .with_name("web")
            .with_command(["sh", "-c", "exit 3"])
    };
    let check = HealthCheck::new(HealthTest::Shell("true".to_owned()));
    let full = plain()
        .with_health_check(check)
        .with_ports([PortMapping::new(port)]);
    for config in [plain(), full] {
        let runtime = wharf::connect("fake:").await.unwrap();
        runtime.create_container(config).await.unwrap();
        for ready in every() {
            let (outcome, seconds) = wait(&runtime, ready).await;
            let error = failed(outcome, ErrorKind::Conflict, &["not been started"]);
            assert!(!error.message().contains("exit code"), "{error}");
            assert_eq!(seconds, 0);
        }
        runtime
            .start_container("web", StartOptions::default())
            .await
            .unwrap();
        let ended = runtime.wait_container("web", WaitOptions::default());
        ended.await.unwrap().await.unwrap();
        for ready in every() {
            let (outcome, seconds) = wait(&runtime, ready).await;
            failed(outcome, ErrorKind::Conflict, &["exit code 3"]);
            assert_eq!(seconds, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_waited_for() {
    let check = HealthCheck::new(HealthTest::Shell("test -e /tmp/ready".to_owned()))
        .with_interval(Duration::from_secs(2));
    let config = ContainerConfig::new("busybox")
        .with_command(["sh", "-c", "sleep 5; touch /tmp/ready; sleep 99"])
        .with_health_check(check);
    let runtime = started_with(config).await;
    let (outcome, seconds) = wait(&runtime, Ready::Healthy).await;
    outcome.unwrap();
    assert_eq!(seconds, 6);
}

#[tokio::test(start_paused = true)]
async fn any_goes_on_where_one_of_them_can_never_be() {
    let runtime = started("sleep 2; echo listening; sleep 99").await;
    let line = Ready::log_line("listening");
    let (outcome, seconds) = wait(&runtime, Ready::Any(vec![Ready::Healthy, line])).await;
    outcome.unwrap();
    assert_eq!(seconds, 2);

    let port = Ready::Port(NonZeroU16::new(80).unwrap());
    let (outcome, seconds) = wait(&runtime, Ready::Any(vec![Ready::Healthy, port])).await;
    failed(outcome, ErrorKind::InvalidInput, &[]);
    assert_eq!(seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn a_port_of_another_protocol_can_never_be() {
    let port = NonZeroU16::new(53).unwrap();
    let mapping = PortMapping::new(port).with_protocol(Protocol::Udp);
    let config = ContainerConfig::new("busybox")
        .with_command(["sleep", "999"])
        .with_ports([mapping]);
    let runtime = started_with(config).await;
    let (outcome, seconds) = wait(&runtime, Ready::Port(port)).await;
    failed(outcome, ErrorKind::InvalidInput, &["TCP port 53"]);
    assert_eq!(seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_is_refused() {
    let runtime = started("sleep 999").await;
    let port = NonZeroU16::new(80).unwrap();
    for (ready, part) in [
        (Ready::Healthy, "no health check"),
        (Ready::Port(port), "not publish TCP port 80"),
    ] {
        let (outcome, seconds) = wait(&runtime, ready).await;
        failed(outcome, ErrorKind::InvalidInput, &[part]);
        assert_eq!(seconds, 0);
    }
    let missing = wait_until(&runtime, "nosuch", Ready::Healthy, Duration::from_secs(1)).await;
    failed(missing, ErrorKind::ContainerNotFound, &["nosuch"]);
}

/// What listens on this machine is none of the fake's.
#[tokio::test(start_paused = true)]
async fn a_port_of_the_fake_is_unsupported_and_leaves_others_their_turn() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = NonZeroU16::new(other.local_addr().unwrap().port()).unwrap();
    let port = NonZeroU16::new(80).unwrap();
    let config = ContainerConfig::new("busybox")
        .with_command(["sh", "-c", "sleep 2; echo listening; sleep 99"])
        .with_ports([PortMapping::new(port).with_host_port(host)]);
    let runtime = started_with(config).await;
    for ready in [
        Ready::Port(port),
        Ready::PortAt("localhost".to_owned(), port),
    ] {
        let (outcome, seconds) = wait(&runtime, ready.clone()).await;
        failed(outcome, ErrorKind::Unsupported, &["Ready::LogLine"]);
        assert_eq!(seconds, 0);
        let either = Ready::Any(vec![ready, Ready::log_line("listening")]);
        wait(&runtime, either).await.0.unwrap();
    }
}
