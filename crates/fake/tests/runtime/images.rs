//! Pulls and logins.

use super::*;
use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;
use wharf_fake::{ImageFixture, Registry};

#[tokio::test(start_paused = true)]
async fn a_pull_walks_its_layers_on_the_clock_and_can_be_cut_off() {
    let image = ImageFixture::busybox()
        .with_layer(50_000_000)
        .with_layer(10_000_000);
    let registry = Registry::new("r.test")
        .with_image("app:1", image)
        .with_speed(10_000_000);
    let fake = Fake::builder().registry(registry).unwrap().build();
    let runtime = fake.runtime();
    let name: ImageRef = "r.test/app:1".parse().unwrap();
    let mut pull = runtime
        .pull_image(&name, PullOptions::default())
        .await
        .unwrap();
    while let Some(step) = pull.next().await {
        if step.unwrap().phase == PullPhase::Downloading {
            break;
        }
    }
    drop(pull);
    let inspect = || runtime.inspect_image(name.as_str(), InspectImageOptions::default());
    assert_eq!(
        inspect().await.unwrap_err().kind(),
        ErrorKind::ImageNotFound
    );
    let begin = Instant::now();
    let pull = runtime
        .pull_image(&name, PullOptions::default())
        .await
        .unwrap();
    let steps: Vec<PullProgress> = pull.try_collect().await.unwrap();
    // Six seconds for sixty megabytes, and a quarter of that to unpack them; a timer rounds up to a millisecond.
    assert!((7_550..7_600).contains(&begin.elapsed().as_millis()));
    assert_eq!(steps.last().unwrap().phase, PullPhase::Done);
    assert_eq!(
        steps
            .iter()
            .filter(|step| step.phase == PullPhase::Exists)
            .count(),
        1
    );
    assert_eq!(inspect().await.unwrap().tags, ["r.test/app:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_is_kept_on_the_handle_for_its_pulls() {
    let registry = Registry::new("r.test")
        .with_image("app", ImageFixture::busybox())
        .with_account("alice", "secret1");
    let fake = Fake::builder().registry(registry).unwrap().build();
    let (with, without) = (fake.runtime(), fake.runtime());
    let login = Credentials::new("alice", "secret1").with_registry("r.test");
    with.clone().login(login).await.unwrap();
    with.ensure_image("r.test/app", PullPolicy::Always)
        .await
        .unwrap();
    let error = without
        .ensure_image("r.test/app", PullPolicy::Always)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}
