//! Health checks in virtual time.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::{StreamExt, TryStreamExt};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, ImageFixture};

const SECOND: Duration = Duration::from_secs(1);
const DAY: u64 = 24 * 60 * 60;

fn checked(script: &str, check: HealthCheck) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_command(["sh", "-c", script])
        .with_health_check(check)
}

fn shell(line: &str) -> HealthCheck {
    HealthCheck::new(HealthTest::Shell(line.into())).with_interval(SECOND)
}

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    let options = StartOptions::default();
    runtime.start_container(&id, options).await.unwrap();
    id
}

async fn health(runtime: &FakeRuntime, id: &str) -> Health {
    let options = InspectOptions::default();
    let info = runtime.inspect_container(id, options).await.unwrap();
    info.health.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_day_of_probes_is_as_many_as_there_are_half_minutes() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let check = HealthCheck::new(HealthTest::Shell("echo >> /probes; test -e /probes".into()));
    let id = started(&runtime, checked("sleep 1000000", check)).await;
    let begin = Instant::now();
    sleep(Duration::from_secs(DAY + 1)).await;
    assert_eq!(begin.elapsed().as_secs(), DAY + 1);
    let count = ExecConfig::new(["sh", "-c", "wc -l < /probes"]);
    let count = runtime.exec_container(&id, count).await.unwrap();
    assert_eq!(count.stdout_text().trim(), (DAY / 30).to_string());
    let health = health(&runtime, &id).await;
    assert_eq!(health.status, HealthStatus::Healthy);
    assert_eq!(health.log.len(), 5);
    let starts = health.log.iter().map(|probe| probe.started_at.unwrap());
    let starts: Vec<_> = starts.collect();
    let between = starts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).num_seconds());
    assert_eq!(between.collect::<Vec<_>>(), [30; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_probe_begins_an_interval_after_the_one_before_has_ended() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, checked("sleep 1000", shell("sleep 2"))).await;
    sleep(SECOND * 10).await;
    let health = health(&runtime, &id).await;
    let times = |probe: &HealthProbe| (probe.started_at.unwrap(), probe.finished_at.unwrap());
    let times: Vec<_> = health.log.iter().map(times).collect();
    // From 1 to 3, from 4 to 6, from 7 to 9.
    assert_eq!(times.len(), 3);
    for pair in times.windows(2) {
        let ((begun, ended), (next, _)) = (pair[0], pair[1]);
        assert_eq!((ended - begun).num_seconds(), 2);
        assert_eq!((next - ended).num_seconds(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_starts_failures_do_not_count_and_the_pace_is_another() {
    let runtime = Fake::new().runtime();
    let check = shell("exit 1")
        .with_retries(1)
        .with_start_period(SECOND * 12);
    let id = started(&runtime, checked("sleep 1000", check)).await;
    // Every five seconds, as engines since API 1.44 do.
    sleep(SECOND * 11).await;
    let starting = health(&runtime, &id).await;
    assert_eq!(
        (starting.status, starting.log.len()),
        (HealthStatus::Starting, 2)
    );
    assert_eq!(starting.failing_streak, 0);
    sleep(SECOND * 5).await;
    let late = health(&runtime, &id).await;
    assert_eq!(
        (late.status, late.failing_streak),
        (HealthStatus::Unhealthy, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_frozen_is_not_probed_and_its_probe_is_given_up() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, checked("sleep 1000", shell("sleep 5"))).await;
    let mut events = runtime.events(EventsOptions::default()).await.unwrap();
    sleep(SECOND * 2).await;
    runtime.pause_container(&id).await.unwrap();
    sleep(SECOND * 60).await;
    assert!(health(&runtime, &id).await.log.is_empty());
    runtime.unpause_container(&id).await.unwrap();
    sleep(SECOND * 2).await;
    runtime
        .remove_container(&id, RemoveOptions::default().with_force(true))
        .await
        .unwrap();
    let mut seen = Vec::new();
    while let Some(event) = events.try_next().await.unwrap() {
        let done = event.action == EventAction::Destroy;
        if event.kind == EventKind::Container {
            seen.push(event.action.as_str().to_owned());
        }
        if done {
            break;
        }
    }
    assert_eq!(
        seen,
        [
            "exec_create",
            "exec_start",
            "pause",
            "unpause",
            "exec_die",
            "exec_create",
            "exec_start",
            "kill",
            "exec_die",
            "die",
            "destroy"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn with_the_run_the_probing_ends_and_with_the_next_it_begins() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, checked("sleep 3; exit 1", shell("true"))).await;
    let wait = runtime
        .wait_container(&id, WaitOptions::default())
        .await
        .unwrap();
    wait.await.unwrap();
    let ended = health(&runtime, &id).await;
    assert_eq!(
        (ended.status, ended.log.len()),
        (HealthStatus::Unhealthy, 2)
    );
    sleep(SECOND * 60).await;
    assert_eq!(health(&runtime, &id).await.log.len(), 2);
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    let again = health(&runtime, &id).await;
    assert_eq!((again.status, again.log.len()), (HealthStatus::Starting, 2));
    sleep(SECOND + SECOND / 2).await;
    let healthy = health(&runtime, &id).await;
    assert_eq!(
        (healthy.status, healthy.log.len()),
        (HealthStatus::Healthy, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_brings_its_check_and_none_switches_it_off() {
    let config = ImageConfig::default().with_health_check(shell("true"));
    let image = ImageFixture::busybox().with_config(config);
    let fake = Fake::builder().image("app", image).unwrap().build();
    let runtime = fake.runtime();
    let config = ContainerConfig::new("app").with_command(["sleep", "1000"]);
    let id = started(&runtime, config.clone()).await;
    sleep(SECOND * 2).await;
    assert_eq!(health(&runtime, &id).await.status, HealthStatus::Healthy);
    let off = config.with_health_check(HealthCheck::new(HealthTest::None));
    let id = started(&runtime, off).await;
    sleep(SECOND * 2).await;
    let info = runtime
        .inspect_container(&id, InspectOptions::default())
        .await;
    assert_eq!(info.unwrap().health, None);
}

#[tokio::test(start_paused = true)]
async fn a_copy_probes_by_itself() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, checked("sleep 1000", shell("test -e /ready"))).await;
    sleep(SECOND * 5 / 2).await;
    let fork = fake.fork();
    let other = fork.runtime();
    other
        .exec_container(&id, ExecConfig::new(["touch", "/ready"]))
        .await
        .unwrap();
    sleep(SECOND * 2).await;
    assert_eq!(health(&other, &id).await.status, HealthStatus::Healthy);
    assert_eq!(health(&runtime, &id).await.failing_streak, 4);
    let mut events = other.events(EventsOptions::default()).await.unwrap();
    let next = events.next().await.unwrap().unwrap();
    assert_eq!(next.action, EventAction::ExecCreate);
}

#[tokio::test(start_paused = true)]
async fn a_copy_waits_for_what_is_left_of_an_interval_and_for_a_whole_one_instead_of_a_probe() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let check = shell("sleep 4").with_interval(SECOND * 30);
    let id = started(&runtime, checked("sleep 1000", check)).await;
    let healthy_after = async |fake: Fake| {
        let (runtime, begin) = (fake.runtime(), Instant::now());
        while health(&runtime, &id).await.status != HealthStatus::Healthy {
            assert!(begin.elapsed() < SECOND * 100);
            sleep(SECOND / 2).await;
        }
        begin.elapsed().as_secs()
    };
    sleep(SECOND * 29).await;
    let before = fake.fork();
    sleep(SECOND * 2).await;
    let during = fake.fork();
    assert_eq!(healthy_after(before).await, 5);
    assert_eq!(healthy_after(during).await, 34);
}
