//! What the tests of the workspace share: harnesses for the fake and for the engines that the environment names, how
//! tests are run there, and the tokio runtimes that cases are run in.

pub mod differential;
mod engines;

pub use engines::{Engine, Engines, on_engines};

use std::sync::Arc;
use wharf_conformance::Harness;
use wharf_core::{ImageRef, Result, Runtime, Timestamp};
use wharf_fake::{Fake, ImageFixture, Registry};

/// What the fakes have to pull, and a host folder to bind.
const PULLABLE: &str = "registry.test:5000/wharf/hello:latest";
const FOLDER: &str = "/srv/wharf";

/// A new engine in memory, with an image to pull and a folder to bind.
pub fn engine() -> Result<Fake> {
    // Younger than the image under test, so that lists have an order to show.
    let hello = ImageFixture::busybox()
        .with_created(Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(1))
        .with_label("wharf.hello", "pier")
        .with_layer(6_000_000)
        .with_file("/hello", "Hello from the pier.\n")?;
    let image: ImageRef = PULLABLE.parse()?;
    let registry = Registry::new(image.registry()).with_image("wharf/hello:latest", hello);
    Ok(Fake::builder()
        .registry(registry)?
        .host_folder(FOLDER, [])?
        .build())
}

/// How the suite reaches a fake, which is its alone. `wrap` may put something around each handle on it.
pub fn harness(
    fake: &Fake,
    wrap: impl Fn(Arc<dyn Runtime>) -> Arc<dyn Runtime> + Send + Sync + 'static,
) -> Result<Harness> {
    let fake = fake.clone();
    let harness = Harness::new("fake", move || {
        let runtime = wrap(Arc::new(fake.runtime()));
        Box::pin(async { Ok(runtime) })
    });
    Ok(harness
        .with_pull_image(PULLABLE.parse()?)
        .with_bind_dir(FOLDER)
        .with_exclusive(true))
}

/// A tokio runtime of one thread whose clock leaps to the next timer whenever all wait: for the fake.
pub fn paused() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
}

/// A tokio runtime of one thread: for real engines.
pub fn real() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// The samples in the prose of the workspace, which are to compile and to run as those in the code do.
#[cfg(doctest)]
mod prose {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/fake.md")]
    struct Fake;
}
