//! What [`Trace`] tells, read back from a subscriber of its own.
#![allow(clippy::unwrap_used, reason = "only tests")]

use futures::StreamExt;
use std::{
    io,
    sync::{Arc, Mutex, Once},
};
use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime};
use wharf_layers::Trace;

/// What was told so far, a line each.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl io::Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Told {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Told {
    /// Hears what this thread tells, until the guard goes.
    fn listen(&self, level: Level) -> DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The one line that has all of these in it.
    fn line(&self, parts: &[&str]) -> String {
        let text = self.text();
        let lines: Vec<_> = text
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)))
            .collect();
        assert_eq!(lines.len(), 1, "{parts:?} in\n{text}");
        lines[0].to_owned()
    }
}

fn traced() -> Layered<Trace, FakeRuntime> {
    static ALL_LISTEN: Once = Once::new();
    // What a thread tells that nobody listens to would be taken, while there is one listener only, for what nobody ever
    // listens to, on all threads.
    ALL_LISTEN.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    });
    Fake::new().runtime().layer(Trace::new())
}

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name("web")
        .with_command(["sh", "-c", script])
}

#[tokio::test(start_paused = true)]
async fn a_call_is_one_span_with_its_operation_target_outcome_and_duration() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    traced().create_container(shell("true")).await.unwrap();
    let line = told.line(&["done"]);
    for part in [
        "operation=\"create_container\"",
        "target=\"web\"",
        "outcome=\"ok\"",
        "duration_ms=",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_duration_is_measured_on_the_clock_that_the_calls_wait_on() {
    let told = Told::default();
    let runtime = traced();
    let stubborn = shell("trap '' TERM; sleep 1000");
    runtime.create_container(stubborn).await.unwrap();
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    let _guard = told.listen(Level::INFO);
    runtime
        .stop_container("web", StopOptions::default())
        .await
        .unwrap();
    let line = told.line(&["done", "stop_container"]);
    let (_, duration) = line.split_once("duration_ms=").unwrap();
    let duration: f64 = duration.split(['}', ' ']).next().unwrap().parse().unwrap();
    assert!((10_000.0..10_100.0).contains(&duration), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_tells_the_kind_and_the_message() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    let error = traced()
        .stop_container("web", StopOptions::default())
        .await
        .unwrap_err();
    let line = told.line(&[
        "failed",
        "stop_container",
        "outcome=\"container not found\"",
    ]);
    assert!(line.contains(error.message()), "{line}");
}

#[tokio::test(start_paused = true)]
async fn arguments_are_told_at_debug_level_alone_and_without_secrets() {
    for (level, arguments) in [(Level::INFO, false), (Level::DEBUG, true)] {
        let told = Told::default();
        let _guard = told.listen(level);
        let config = shell("true").with_env([("TOKEN", "hunter2")]);
        traced().create_container(config).await.unwrap();
        assert_eq!(told.text().contains("TOKEN=…"), arguments);
        assert!(!told.text().contains("hunter2"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_what_came_when_it_ends() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    let runtime = traced();
    runtime.create_container(shell("echo ahoy")).await.unwrap();
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    let follow = LogsOptions::default().with_follow(true);
    let chunks: Vec<_> = runtime
        .container_logs("web", follow)
        .await
        .unwrap()
        .collect()
        .await;
    assert!(chunks.iter().all(Result::is_ok));
    let count = format!("items={} bytes=5", chunks.len());
    told.line(&["stream closed", "container_logs", &count, "end=\"ok\""]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_armed_first_and_tells_later_how_it_ended() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    let runtime = traced();
    runtime.create_container(shell("exit 3")).await.unwrap();
    let next = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container("web", next).await.unwrap();
    told.line(&["done", "wait_container", "outcome=\"ok\""]);
    assert!(!told.text().contains("wait ended"));
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    assert_eq!(exit.await.unwrap().code, 3);
    told.line(&["wait ended", "wait_container", "end=\"ok\""]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_says_so() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    let events = traced().events(EventsOptions::default()).await.unwrap();
    assert!(!told.text().contains("stream closed"));
    drop(events);
    told.line(&[
        "stream closed",
        "operation=\"events\"",
        "items=0",
        "end=\"dropped\"",
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_tells_the_kind() {
    let told = Told::default();
    let _guard = told.listen(Level::INFO);
    let runtime = traced();
    let mut events = runtime.events(EventsOptions::default()).await.unwrap();
    runtime.close().await.unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(events.next().await.is_none());
    drop(events);
    told.line(&["stream closed", "end=\"connection failed\""]);
}
