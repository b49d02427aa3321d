//! The fake's place in the front door.

use crate::Schemes;
use std::sync::Arc;
use wharf_core::{Error, Result, Runtime};
use wharf_fake::Fake;

pub(crate) fn register(schemes: Schemes) -> Schemes {
    schemes.with("fake", |url| async move { connect(&url) })
}

/// A new engine for every call; nothing is shared with another.
fn connect(url: &str) -> Result<Arc<dyn Runtime>> {
    let mut fake = Fake::builder();
    for option in options(url)? {
        let bad = |why| Error::invalid("url", format_args!("{option:?} {why}; use fake:?seed=7"));
        let (name, value) = option.split_once('=').ok_or_else(|| bad("has no value"))?;
        fake = match name {
            "seed" => fake.seed(value.parse().map_err(|_| bad("is no number"))?),
            _ => return Err(bad("is unknown")),
        };
    }
    Ok(Arc::new(fake.build().runtime()))
}

fn options(url: &str) -> Result<impl Iterator<Item = &str>> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = path.split_once(':').map_or("", |(_, path)| path);
    if !matches!(path, "" | "//") {
        return Err(Error::invalid(
            "url",
            format_args!("{url:?}: the fake is nowhere; use fake:"),
        ));
    }
    Ok(query.split('&').filter(|option| !option.is_empty()))
}
