//! What runs in containers because a test says so: scripts, closures, and the rules that choose them.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod closures;
mod data;
mod endless;
mod lacking;
mod outside;
mod rules;
mod scripts;
mod waits;

use std::time::Duration;
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, Program};

const SECOND: Duration = Duration::from_secs(1);

/// A fake in which `app` is that program.
fn app(program: impl Into<Program>) -> Fake {
    Fake::builder().program("app", program).unwrap().build()
}

fn command(words: &[&str]) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(words.to_vec())
}

/// Runs `app` to its end.
async fn run(program: impl Into<Program>) -> RunOutput {
    let runtime = app(program).runtime();
    let output = runtime.run(command(&["app"]), RunOptions::default());
    output.await.unwrap()
}

/// Starts a container named `app` that runs those words.
async fn start(runtime: &FakeRuntime, words: &[&str]) {
    let config = command(words).with_name("app");
    runtime.create_container(config).await.unwrap();
    again(runtime).await;
}

async fn again(runtime: &FakeRuntime) {
    let options = StartOptions::default();
    runtime.start_container("app", options).await.unwrap();
}

async fn stop(runtime: &FakeRuntime) {
    let options = StopOptions::default();
    runtime.stop_container("app", options).await.unwrap();
}

async fn kill(runtime: &FakeRuntime, signal: Signal) {
    let options = KillOptions::default().with_signal(signal);
    runtime.kill_container("app", options).await.unwrap();
}

async fn exit(runtime: &FakeRuntime) -> Exit {
    let pending = runtime.wait_container("app", WaitOptions::default());
    pending.await.unwrap().await.unwrap()
}

async fn exec(runtime: &FakeRuntime, words: &[&str]) -> ExecOutput {
    exec_with(runtime, words, "").await
}

async fn exec_with(runtime: &FakeRuntime, words: &[&str], input: &'static str) -> ExecOutput {
    let config = ExecConfig::new(words.to_vec()).with_input(input);
    runtime.exec_container("app", config).await.unwrap()
}
