//! Waiting until a container is ready, on the fake.
#![cfg(feature = "fake")]
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use std::{net::TcpListener, num::NonZeroU16, sync::Arc, time::Duration};
use tokio::time::Instant;
use wharf::{
    ContainerConfig, Error, ErrorKind, PortMapping, Ready, Result, Runtime, StartOptions,
    wait_until,
};

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
async fn what_can_never_be_is_refused() {
    let runtime = started("sleep 999").await;
    let port = NonZeroU16::new(80).unwrap();
    for (ready, part) in [
        (Ready::Healthy, "no health check"),
        (Ready::Port(port), "not publish port 80"),
    ] {
        let (outcome, seconds) = wait(&runtime, ready).await;
        failed(outcome, ErrorKind::InvalidInput, &[part]);
        assert_eq!(seconds, 0);
    }
    let missing = wait_until(&runtime, "nosuch", Ready::Healthy, Duration::from_secs(1)).await;
    failed(missing, ErrorKind::ContainerNotFound, &["nosuch"]);
}

/// On the real clock: sockets know no other. Nothing of the fake listens, so the test does in its place.
#[tokio::test]
async fn a_port_is_ready_when_somebody_listens_and_stays() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = NonZeroU16::new(free.local_addr().unwrap().port()).unwrap();
    let port = NonZeroU16::new(80).unwrap();
    let mapping = PortMapping::new(port).with_host_port(host);
    let config = ContainerConfig::new("busybox")
        .with_command(["sleep", "999"])
        .with_ports([mapping]);
    let runtime = started_with(config).await;
    let short = Duration::from_millis(300);

    wait_until(&runtime, "web", Ready::Port(port), short)
        .await
        .unwrap();

    // A proxy that takes connections for nobody.
    let proxy = std::thread::spawn(move || {
        free.incoming().take(2).for_each(drop);
    });
    let outcome = wait_until(&runtime, "web", Ready::Port(port), short).await;
    failed(outcome, ErrorKind::Timeout, &["port 80"]);
    proxy.join().unwrap();
}
