//! The leak check: everything that code under test can leave behind is found, and nothing that it did not leave.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::StreamExt;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, LeakKind, Leaks};

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    id
}

fn sleeper(name: &str) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name(name)
        .with_command(["sleep", "1000"])
}

fn kinds(leaks: &Leaks) -> Vec<(LeakKind, String)> {
    let kind = |leak: &wharf_fake::Leak| (leak.kind, leak.name.clone());
    leaks.iter().map(kind).collect()
}

/// What a failed assertion says.
fn message(leaks: &Leaks) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| leaks.none())).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

async fn removed(runtime: &FakeRuntime, id: &str, volumes: bool) {
    let options = RemoveOptions::default()
        .with_force(true)
        .with_volumes(volumes);
    runtime.remove_container(id, options).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_container_and_its_volumes_are_leaks_until_they_are_gone() {
    let fake = Fake::builder().seed(42).build();
    let runtime = fake.runtime();
    fake.leaks().and_images().none();
    let mounts = [Mount::volume("data", "/data"), Mount::anonymous("/scratch")];
    let id = started(&runtime, sleeper("web").with_mounts(mounts)).await;
    let leaks = fake.leaks();
    assert_eq!(leaks.len(), 3);
    assert_eq!(leaks.of(LeakKind::Container).len(), 1);
    let created = fake.dump().containers[0].info.created;
    assert_eq!(leaks.iter().next().unwrap().since, created);
    let text = message(&leaks);
    for part in [
        "seed 42",
        "container web (",
        id.short(),
        "running, made at 2024-01-01 00:00:00",
        "from busybox, \"sleep 1000\"",
        "volume data: made at 2024-01-01 00:00:00",
        "used by web",
        "anonymous volume ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    removed(&runtime, &id, false).await;
    assert_eq!(fake.leaks().of(LeakKind::Volume).len(), 2);
    assert!(message(&fake.leaks()).contains("used by no container"));
    let volumes = runtime.volumes().unwrap();
    let all = PruneVolumesOptions::default().with_all(true);
    volumes.prune_volumes(all).await.unwrap();
    fake.leaks().none();
}

#[tokio::test(start_paused = true)]
async fn streams_waits_calls_and_execs_are_leaks_until_they_are_over_or_dropped() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, sleeper("web")).await;
    fake.mark();
    fake.leaks().none();

    let follow = LogsOptions::default().with_follow(true);
    let logs = runtime.container_logs("web", follow).await.unwrap();
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let wait = runtime.wait_container("web", WaitOptions::default());
    let wait = wait.await.unwrap();
    let mut exec = Box::pin(runtime.exec_container("web", ExecConfig::new(["sleep", "500"])));
    assert!(futures::poll!(exec.as_mut()).is_pending());
    assert_eq!(
        kinds(&fake.leaks()),
        [
            (LeakKind::Exec, "web".to_owned()),
            (LeakKind::Stream, "web".to_owned()),
            (LeakKind::Stream, String::new()),
            (LeakKind::Wait, "web".to_owned()),
            (LeakKind::Call, "web".to_owned()),
        ]
    );
    let text = message(&fake.leaks());
    assert!(text.contains("an open stream: container_logs of web, opened at"));
    assert!(
        text.contains("an armed wait: wait_container of web"),
        "{text}"
    );

    // Who gives up its call leaves the program.
    drop((exec, logs, events));
    let left = fake.leaks().of(LeakKind::Exec).to_string();
    assert!(
        left.contains("in container web that still runs: sleep 500, started at "),
        "{left}"
    );
    assert_eq!(kinds(&fake.leaks())[0].0, LeakKind::Exec);
    assert_eq!(fake.leaks().len(), 2);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(fake.leaks().of(LeakKind::Exec).len(), 0);
    removed(&runtime, &id, false).await;
    wait.await.unwrap();
    fake.leaks().none();
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_ended_is_no_leak_though_somebody_holds_it() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    started(&runtime, sleeper("web")).await;
    fake.mark();
    let mut logs = runtime
        .container_logs("web", LogsOptions::default())
        .await
        .unwrap();
    assert_eq!(fake.leaks().len(), 1);
    assert!(logs.next().await.is_none());
    fake.leaks().none();
    let closed = fake.runtime();
    let mut events = closed.events(EventsOptions::default()).await.unwrap();
    closed.close().await.unwrap();
    assert!(events.next().await.unwrap().is_err());
    fake.leaks().none();
    drop((logs, events));
}

#[tokio::test(start_paused = true)]
async fn a_mark_takes_what_is_there_and_images_count_where_they_are_asked_for() {
    let fake = Fake::builder().without_images().build();
    let runtime = fake.runtime();
    let before = runtime.events(EventsOptions::default()).await.unwrap();
    let volumes = runtime.volumes().unwrap();
    volumes
        .create_volume(VolumeConfig::new("fixture"))
        .await
        .unwrap();
    assert_eq!(fake.leaks().len(), 2);
    fake.mark();
    runtime
        .ensure_image("busybox", PullPolicy::Missing)
        .await
        .unwrap();
    fake.leaks().none();
    let images = fake.leaks().and_images();
    assert_eq!(
        kinds(&images),
        [(LeakKind::Image, "busybox:latest".to_owned())]
    );
    assert!(message(&images).contains("2160000 bytes"));
    runtime
        .create_container(ContainerConfig::new("busybox").with_name("new"))
        .await
        .unwrap();
    // What has the place of something that was there is another thing.
    volumes
        .remove_volume("fixture", RemoveVolumeOptions::default())
        .await
        .unwrap();
    volumes
        .create_volume(VolumeConfig::new("fixture"))
        .await
        .unwrap();
    assert_eq!(
        kinds(&fake.leaks()),
        [
            (LeakKind::Container, "new".to_owned()),
            (LeakKind::Volume, "fixture".to_owned())
        ]
    );
    drop(before);
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_is_about_to_remove_by_itself_is_no_leak() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = ContainerConfig::new("busybox")
        .with_command(["true"])
        .with_auto_remove(true)
        .with_mounts([Mount::anonymous("/scratch"), Mount::volume("data", "/data")]);
    let id = started(&runtime, config).await;
    assert_eq!(fake.leaks().len(), 3);
    let wait = runtime.wait_container(&id, WaitOptions::default());
    wait.await.unwrap().await.unwrap();
    assert_eq!(fake.dump().containers.len(), 1);
    assert_eq!(
        kinds(&fake.leaks()),
        [(LeakKind::Volume, "data".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_its_health_is_the_engines_own() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let check = HealthCheck::new(HealthTest::Shell("sleep 1".into()));
    let id = started(&runtime, sleeper("web").with_health_check(check)).await;
    fake.mark();
    tokio::time::sleep(Duration::from_millis(30_500)).await;
    let last = fake.dump().events.pop().unwrap();
    assert_eq!(last.action, EventAction::ExecStart, "it is under way");
    fake.leaks().none();
    // The engine gives it up with the pause, and says so with its end.
    runtime.pause_container(&id).await.unwrap();
    fake.leaks().none();
}
