//! What befalls an engine and its containers, by the test's hand.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use std::time::Duration;
use tokio::time::sleep;
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime};

const SECOND: Duration = Duration::from_secs(1);

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sh", "-c", script])
}

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    let options = StartOptions::default();
    runtime.start_container(&id, options).await.unwrap();
    id
}

async fn inspect(runtime: &FakeRuntime, id: &str) -> ContainerInfo {
    let options = InspectOptions::default();
    runtime.inspect_container(id, options).await.unwrap()
}

/// What the engine remembers of containers: the action, and the exit code where there is one.
fn told(fake: &Fake) -> Vec<String> {
    let events = fake.dump().events.into_iter();
    let events = events.filter(|event| event.kind == EventKind::Container);
    let line = |event: Event| match event.attributes.get("exitCode") {
        Some(code) => format!("{} {code}", event.action),
        None => event.action.to_string(),
    };
    events.map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn memory_runs_out_where_the_test_says_so() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000").with_name("web")).await;
    let wait = runtime.wait_container(&id, WaitOptions::default());
    let wait = wait.await.unwrap();
    fake.out_of_memory("web").unwrap();
    assert_eq!(wait.await.unwrap().code, 137);
    let info = inspect(&runtime, &id).await;
    assert!(info.oom_killed);
    assert_eq!(
        (info.state, info.exit_code),
        (ContainerState::Exited, Some(137))
    );
    assert_eq!(told(&fake), ["create", "start", "oom", "die 137"]);
    // What does not run uses no memory.
    let again = fake.out_of_memory("web").unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let nobody = fake.out_of_memory("nobody").unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::ContainerNotFound);
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    assert!(!inspect(&runtime, &id).await.oom_killed);
}

#[tokio::test(start_paused = true)]
async fn a_policy_starts_what_ran_out_of_memory_again() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("sleep 1000").with_restart(RestartPolicy::on_failure(1));
    let id = started(&runtime, config).await;
    fake.out_of_memory(&id).unwrap();
    assert_eq!(
        inspect(&runtime, &id).await.state,
        ContainerState::Restarting
    );
    sleep(SECOND).await;
    let info = inspect(&runtime, &id).await;
    assert_eq!((info.restart_count, info.oom_killed), (1, false));
    fake.out_of_memory(&id).unwrap();
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Exited);
}

#[tokio::test(start_paused = true)]
async fn another_process_than_the_main_one_may_use_up_the_memory() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("head -c 9000000 /dev/zero | tail; sleep 5; exit 3");
    let id = started(&runtime, config.with_memory(8 << 20)).await;
    let wait = runtime.wait_container(&id, WaitOptions::default());
    assert_eq!(wait.await.unwrap().await.unwrap().code, 3);
    assert!(inspect(&runtime, &id).await.oom_killed);
    assert_eq!(told(&fake), ["create", "start", "oom", "die 3"]);
    // With enough of it all is well.
    let config = shell("head -c 9000000 /dev/zero | tail | wc -c");
    let output = runtime.run(config.with_memory(16 << 20), RunOptions::default());
    assert_eq!(output.await.unwrap().stdout_text().trim(), "9000000");
}

#[test]
fn the_test_need_not_be_in_the_engines_tokio_runtime() {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = tokio.block_on(started(&runtime, shell("sleep 1000")));
    fake.out_of_memory(&id).unwrap();
    assert!(tokio.block_on(inspect(&runtime, &id)).oom_killed);
}
