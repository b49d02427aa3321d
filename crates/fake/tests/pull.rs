//! Pulls from registries that are slow, strict, or break off.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::{StreamExt, TryStreamExt};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, ImageFixture, Registry};

const MB: u64 = 1_000_000;

/// Three layers: busybox' own, ten megabytes, thirty megabytes.
fn app() -> ImageFixture {
    ImageFixture::busybox()
        .with_layer(10 * MB)
        .with_layer(30 * MB)
}

fn registry() -> Registry {
    Registry::new("r.test")
        .with_image("app:1", app())
        .with_speed(10 * MB)
}

fn without_images(registry: Registry) -> Fake {
    Fake::builder()
        .without_images()
        .registry(registry)
        .unwrap()
        .build()
}

/// All steps, and what it failed with.
async fn pull(runtime: &FakeRuntime, name: &str) -> (Vec<PullProgress>, Option<Error>) {
    let name = name.parse().unwrap();
    let mut steps = Vec::new();
    let mut pull = match runtime.pull_image(&name, PullOptions::default()).await {
        Ok(pull) => pull,
        Err(error) => return (steps, Some(error)),
    };
    while let Some(step) = pull.next().await {
        match step {
            Ok(step) => steps.push(step),
            Err(error) => {
                assert!(pull.next().await.is_none());
                return (steps, Some(error));
            }
        }
    }
    (steps, None)
}

fn count(steps: &[PullProgress], phase: &PullPhase) -> usize {
    steps.iter().filter(|step| step.phase == *phase).count()
}

async fn has_images(runtime: &FakeRuntime) -> bool {
    let all = ListImagesOptions::default().with_all(true);
    !runtime.list_images(all).await.unwrap().is_empty()
}

#[tokio::test(start_paused = true)]
async fn a_layer_goes_through_its_phases() {
    let fake = without_images(registry());
    let (steps, error) = pull(&fake.runtime(), "r.test/app:1").await;
    assert!(error.is_none());
    let layer = steps
        .iter()
        .filter_map(|step| step.layer.clone())
        .next_back();
    let mut phases: Vec<_> = steps
        .iter()
        .filter(|step| step.layer == layer)
        .map(|step| step.phase.as_str())
        .collect();
    phases.dedup();
    assert_eq!(
        phases,
        [
            "preparing",
            "downloading",
            "verifying",
            "downloaded",
            "extracting",
            "complete"
        ]
    );
    let last = steps
        .iter()
        .rev()
        .find(|step| step.phase == PullPhase::Downloading);
    let last = last.unwrap();
    assert_eq!((last.current, last.total), (Some(30 * MB), Some(30 * MB)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_off_is_taken_up_where_it_was() {
    // The largest layer comes in three pieces; the others are whole before the connection breaks.
    let fake = without_images(registry().with_cuts(u32::MAX, 12 * MB));
    let begin = Instant::now();
    let (steps, error) = pull(&fake.runtime(), "r.test/app:1").await;
    assert!(error.is_none(), "{error:?}");
    let mut pieces: Vec<_> = steps
        .iter()
        .filter(|step| step.phase == PullPhase::Downloading)
        .filter_map(|step| Some((step.total? / MB, step.current? / MB)))
        .filter(|(total, _)| *total != 10 && *total > 3)
        .collect();
    // Quarter by quarter, up to where it breaks.
    assert_eq!(pieces[..2], [(30, 7), (30, 12)]);
    pieces.dedup_by_key(|(total, _)| *total);
    assert_eq!(pieces, [(30, 7), (18, 4), (6, 1)]);
    let waits: Vec<_> = steps
        .iter()
        .filter(|step| step.message.starts_with("Retrying"))
        .map(|step| step.message.as_str())
        .collect();
    assert_eq!(waits.len(), 15);
    assert_eq!(
        (waits[0], waits[4]),
        ("Retrying in 5 seconds", "Retrying in 1 second")
    );
    assert_eq!(waits[5], "Retrying in 10 seconds");
    // 42 MB at 10 MB a second, a quarter of that to unpack them, and the two waits.
    let seconds = begin.elapsed().as_secs_f64();
    assert!((20.2..20.5).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn with_the_fifth_break_it_fails_nothing_stays_and_the_next_begins_anew() {
    // Of the second layer one connection breaks, and of the third the other five.
    let fake = without_images(registry().with_cuts(6, 5 * MB));
    let runtime = fake.runtime();
    let (steps, error) = pull(&runtime, "r.test/app:1").await;
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.is_transient(), "{error}");
    assert_eq!(error.operation(), Some(Operation::PullImage));
    assert_eq!(count(&steps, &PullPhase::Complete), 2);
    assert!(!has_images(&runtime).await);
    let usage = runtime.disk_usage(DiskUsageOptions::default());
    assert_eq!(usage.await.unwrap().images, 0);
    assert!(fake.dump().events.is_empty());

    let (steps, error) = pull(&runtime, "r.test/app:1").await;
    assert!(error.is_none());
    assert_eq!(count(&steps, &PullPhase::Exists), 0);
    assert_eq!(count(&steps, &PullPhase::Complete), 3);
    assert!(has_images(&runtime).await);
}

/// Pulls until a connection has broken off, and gives up.
async fn pull_up_to_a_break(runtime: &FakeRuntime) {
    let name = "r.test/app:1".parse().unwrap();
    let pull = runtime.pull_image(&name, PullOptions::default()).await;
    let mut pull = pull.unwrap();
    while let Some(step) = pull.next().await {
        if step.unwrap().message.starts_with("Retrying") {
            return;
        }
    }
    panic!("no connection has broken off");
}

fn waits(steps: &[PullProgress]) -> usize {
    let wait = |step: &&PullProgress| step.message == "Retrying in 1 second";
    steps.iter().filter(wait).count()
}

#[tokio::test(start_paused = true)]
async fn a_connection_counts_when_it_breaks_and_not_when_a_pull_is_asked_for() {
    let fake = without_images(registry().with_cuts(3, MB));
    let runtime = fake.runtime();
    let name = "r.test/app:1".parse().unwrap();
    let unpolled = runtime.pull_image(&name, PullOptions::default()).await;
    drop(unpolled.unwrap());
    pull_up_to_a_break(&runtime).await;
    let (steps, error) = pull(&runtime, "r.test/app:1").await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(waits(&steps), 2);
    let options = RemoveImageOptions::default();
    runtime.remove_image("r.test/app:1", options).await.unwrap();
    let (steps, _) = pull(&runtime, "r.test/app:1").await;
    assert_eq!((waits(&steps), count(&steps, &PullPhase::Complete)), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn of_two_pulls_at_once_each_gets_the_breaks_that_it_comes_to() {
    let fake = without_images(registry().with_cuts(2, MB));
    let runtime = fake.runtime();
    let (one, other) = tokio::join!(
        pull(&runtime, "r.test/app:1"),
        pull(&runtime, "r.test/app:1")
    );
    assert_eq!((waits(&one.0), waits(&other.0)), (1, 1));
    assert!(has_images(&runtime).await);
}

#[tokio::test(start_paused = true)]
async fn of_a_pull_that_is_dropped_nothing_stays_but_other_images_layers_are_not_fetched_again() {
    let registry = registry().with_image("base:1", ImageFixture::busybox().with_layer(10 * MB));
    let fake = without_images(registry);
    let runtime = fake.runtime();
    let name = "r.test/app:1".parse().unwrap();
    let mut half = runtime
        .pull_image(&name, PullOptions::default())
        .await
        .unwrap();
    let mut complete = 0;
    while complete < 2 {
        let step = half.next().await.unwrap().unwrap();
        complete += usize::from(step.phase == PullPhase::Complete);
    }
    drop(half);
    sleep(Duration::from_secs(60)).await;
    assert!(!has_images(&runtime).await);
    fake.leaks().and_images().none();
    assert_eq!(
        pull(&runtime, "r.test/base:1").await.1.map(|e| e.kind()),
        None
    );
    let (steps, error) = pull(&runtime, "r.test/app:1").await;
    assert!(error.is_none());
    assert_eq!(count(&steps, &PullPhase::Exists), 2);
    assert_eq!(count(&steps, &PullPhase::Complete), 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_for_a_time_is_over_with_it() {
    let hour = Duration::from_secs(3600);
    let fake = without_images(registry().with_pull_limit_per(2, hour));
    let runtime = fake.runtime();
    for refused in [false, false, true] {
        let (_, error) = pull(&runtime, "r.test/app:1").await;
        assert_eq!(
            error.is_some_and(|e| e.kind() == ErrorKind::RateLimited),
            refused
        );
    }
    sleep(hour).await;
    let (steps, error) = pull(&runtime, "r.test/app:1").await;
    assert!(error.is_none());
    let last = steps.last().unwrap();
    assert_eq!(last.message, "Status: Image is up to date for r.test/app:1");
    // Nobody speaks of layers where the image is here.
    let phases: Vec<_> = steps.iter().map(|step| step.phase.as_str()).collect();
    assert_eq!(phases, ["resolving", "digest", "done"]);
}

#[tokio::test(start_paused = true)]
async fn one_image_has_many_tags_and_one_tag_many_platforms() {
    let arm = Platform::new("linux", "arm64");
    let registry = Registry::hub()
        .with_image("app:1", app())
        .with_image("app", app())
        .with_image("app", app().with_platform(arm.clone()));
    let fake = without_images(registry);
    let runtime = fake.runtime();
    for name in ["app:1", "docker.io/library/app:latest"] {
        assert!(pull(&runtime, name).await.1.is_none(), "{name}");
    }
    let here = runtime.inspect_image("app", InspectImageOptions::default());
    assert_eq!(here.await.unwrap().tags, ["app:1", "app:latest"]);
    let options = PullOptions::default().with_platform(arm.clone());
    let name = "app".parse().unwrap();
    let pulled = runtime.pull_image(&name, options).await.unwrap();
    pulled.try_collect::<Vec<_>>().await.unwrap();
    let now = runtime.inspect_image("app", InspectImageOptions::default());
    let now = now.await.unwrap();
    assert_eq!(
        (now.platform, now.tags.as_slice()),
        (Some(arm), &["app:latest".to_owned()][..])
    );
    let (_, error) = pull(&runtime, "app:2").await;
    assert_eq!(error.unwrap().kind(), ErrorKind::ImageNotFound);
}

#[tokio::test(start_paused = true)]
async fn sizes_may_be_whatever_somebody_says() {
    let vast = ImageFixture::busybox()
        .with_layer(u64::MAX)
        .with_layer(u64::MAX);
    let registry = Registry::new("r.test")
        .with_image("vast", vast)
        .with_speed(u64::MAX);
    let fake = without_images(registry);
    let runtime = fake.runtime();
    let (steps, error) = pull(&runtime, "r.test/vast").await;
    assert!(error.is_none());
    assert!(steps.iter().any(|step| step.current == Some(u64::MAX)));
    let id = runtime
        .create_container(ContainerConfig::new("r.test/vast"))
        .await
        .unwrap()
        .id;
    let size = InspectOptions::default().with_size(true);
    let info = runtime.inspect_container(&id, size).await.unwrap();
    assert_eq!(info.size_root, Some(u64::MAX));
}
