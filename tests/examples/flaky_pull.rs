//! An image that comes in the end: what passes by itself is tried again.

use std::time::Duration;
use tokio::time::sleep;
use wharf::{PullPolicy, Result, Runtime, RuntimeExt};

/// Sees to it that an image is here. What is transient is tried again, up to `attempts` in all, a second after the
/// first and after twice as long each time.
async fn fetch(runtime: &dyn Runtime, image: &str, attempts: u32) -> Result<()> {
    let mut wait = Duration::from_secs(1);
    for _ in 1..attempts {
        match runtime.ensure_image(image, PullPolicy::Missing).await {
            Err(error) if error.is_transient() => sleep(wait).await,
            outcome => return outcome.map(drop),
        }
        wait *= 2;
    }
    let last = runtime.ensure_image(image, PullPolicy::Missing).await;
    last.map(drop)
}

mod tests {
    use super::*;
    use tokio::time::Instant;
    use wharf::{
        ErrorKind, Operation,
        fake::{Fake, ImageFixture, Registry},
        layers::{Fault, Record, Rule},
    };

    const IMAGE: &str = "registry.test/app:1";
    const MB: u64 = 1_000_000;

    fn registry() -> Registry {
        Registry::new("registry.test")
            .with_image("app:1", ImageFixture::busybox().with_layer(40 * MB))
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_asks_to_slow_down_is_asked_again_later_and_later() {
        let fake = Fake::builder().registry(registry()).unwrap().build();
        let (faults, record) = (Fault::new(), Record::new());
        let runtime = fake.runtime().layer(faults.clone()).layer(record.clone());
        let limit = Rule::fail(ErrorKind::RateLimited)
            .on(Operation::PullImage)
            .first(2);
        faults.add(limit).unwrap();

        fetch(&runtime, IMAGE, 5).await.unwrap();

        let pulls = record.calls().of(Operation::PullImage).to(IMAGE);
        pulls.times(3);
        pulls.failed_with(ErrorKind::RateLimited).times(2);
        let at: Vec<_> = pulls.iter().map(|pull| pull.at.as_secs()).collect();
        assert_eq!(at, [0, 1, 3]);
        faults.assert_all_matched();
    }

    /// No rule of ours, but the engine's own way: it takes up a layer where the connection broke, and gives up after
    /// the fifth time. Then we begin anew.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_breaks_again_and_again_does_not_keep_the_image_away() {
        let fake = Fake::builder()
            .registry(registry().with_cuts(7, MB))
            .unwrap()
            .build();
        let runtime = fake.runtime();
        let begin = Instant::now();

        fetch(&runtime, IMAGE, 2).await.unwrap();

        // 5, 10, 15 and 20 seconds of the engine's patience, one of ours, and the engine's once more.
        assert!(begin.elapsed() > Duration::from_secs(5 + 10 + 15 + 20 + 1 + 5 + 10));
        let images = fake.dump().images;
        assert!(images.iter().any(|image| image.tags == [IMAGE]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_exist_is_not_asked_for_twice() {
        let fake = Fake::builder().registry(registry()).unwrap().build();
        let record = Record::new();
        let runtime = fake.runtime().layer(record.clone());

        let error = fetch(&runtime, "registry.test/app:2", 5).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ImageNotFound);
        record.calls().of(Operation::PullImage).times(1);
    }
}
