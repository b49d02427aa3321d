//! The engine in memory: all of `wharf-fake`, and how a URL asks for it.
//!
//! ```
//! use wharf::fake::Fake;
//! use wharf::prelude::*;
//! use wharf::{ContainerConfig, RunOptions};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> wharf::Result<()> {
//! let fake = Fake::new();
//! let config = ContainerConfig::new("busybox").with_command(["echo", "ahoy"]);
//! let output = fake.runtime().run(config, RunOptions::default()).await?;
//! assert_eq!(output.stdout_text(), "ahoy\n");
//! # Ok(()) }
//! ```

use crate::Schemes;
use std::sync::Arc;
use wharf_core::{Error, Result, Runtime, show_url};

pub use wharf_fake::*;

pub(crate) fn register(schemes: Schemes) -> Schemes {
    let check = |url: &str| builder(url).map(drop);
    schemes.with_check("fake", check, |url| async move { connect(&url) })
}

/// A new engine for every call; nothing is shared with another.
fn connect(url: &str) -> Result<Arc<dyn Runtime>> {
    Ok(Arc::new(builder(url)?.build().runtime()))
}

/// What a URL asks for, to be added to before it is built. `fake:` is [`Fake::new`]'s; options follow a question mark,
/// with `&` between them:
///
/// - `seed=7`: what all ids, names and ports come from, else 0.
/// - `clock=real`: its clock shows the real time, else it begins at 2024-01-01.
///
/// ```
/// let fake = wharf::fake::builder("fake:?seed=7&clock=real")?.build();
/// assert_eq!(fake.seed(), 7);
/// # Ok::<(), wharf::Error>(())
/// ```
///
/// - [`InvalidInput`](crate::ErrorKind::InvalidInput): an option is unknown, or has a value that it cannot have.
pub fn builder(url: &str) -> Result<Builder> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if !["fake:", "fake://"]
        .iter()
        .any(|it| path.eq_ignore_ascii_case(it))
    {
        let url = show_url(url);
        let why = format_args!("{url:?}: the fake is nowhere; use fake: or fake:?seed=7");
        return Err(Error::invalid("url", why));
    }
    let options = query.split('&').filter(|option| !option.is_empty());
    options.into_iter().try_fold(Fake::builder(), apply)
}

fn apply(fake: Builder, option: &str) -> Result<Builder> {
    let bad = |why| Error::invalid("url", format_args!("{option:?} {why}"));
    match option.split_once('=') {
        Some(("seed", seed)) => Ok(fake.seed(
            seed.parse()
                .map_err(|_| bad("is no seed: a number is one"))?,
        )),
        Some(("clock", "real")) => Ok(fake.real_time()),
        Some(("clock", _)) => Err(bad("is no clock: real is one")),
        _ => Err(bad(
            "is no option of the fake: seed=NUMBER and clock=real are",
        )),
    }
}

#[cfg(test)]
mod tests {
    use wharf_core::{ContainerConfig, ErrorKind, InspectOptions};

    async fn first_id(url: &str) -> String {
        let runtime = crate::connect(url).await.unwrap();
        runtime
            .create_container(ContainerConfig::new("busybox"))
            .await
            .unwrap()
            .id
            .to_string()
    }

    #[tokio::test]
    async fn every_url_gives_a_new_engine_and_its_seed_the_ids() {
        let seven = first_id("fake:?seed=7").await;
        assert_eq!(seven, first_id("fake:?seed=7").await);
        assert_ne!(seven, first_id("fake:").await);
        assert_eq!(first_id("fake:").await, first_id("FAKE://?").await);
    }

    #[tokio::test]
    async fn its_clock_is_fixed_unless_the_real_one_is_asked_for() {
        for (url, real) in [("fake:", false), ("fake:?clock=real", true)] {
            let runtime = crate::connect(url).await.unwrap();
            let id = runtime
                .create_container(ContainerConfig::new("busybox"))
                .await
                .unwrap()
                .id;
            let created = runtime
                .inspect_container(&id, InspectOptions::default())
                .await
                .unwrap()
                .created;
            let year = created.unwrap().format("%Y").to_string();
            assert_eq!(year != "2024", real, "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_no_option_is_refused_and_named() {
        for (url, named) in [
            ("fake:here", "nowhere"),
            ("fake:?seed", "seed=NUMBER"),
            ("fake:?seed=x", "a number"),
            ("fake:?clock=fast", "real is one"),
            ("fake:?speed=2", "seed=NUMBER"),
        ] {
            let error = crate::connect(url).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}");
            assert!(error.message().contains(named), "{url}: {error}");
        }
    }
}
