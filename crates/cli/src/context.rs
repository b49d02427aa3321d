//! What every command is given: the way to the engine.

use std::{env, sync::Arc};
use wharf::{Result, Runtime, RuntimeExt, Schemes, fake, layers::Trace};

#[derive(Debug, Clone)]
pub(crate) struct Context {
    url: Option<String>,
    trace: bool,
}

impl Context {
    pub(crate) fn new(url: Option<String>, trace: bool) -> Self {
        Self { url, trace }
    }

    /// What `--runtime` says.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The URL of the engine in memory, where that is the one.
    pub(crate) fn fake(&self) -> Option<String> {
        let from_env = || env::var(wharf::RUNTIME_VARIABLE).ok();
        let url = self.url.clone().or_else(from_env)?;
        let (scheme, _) = url.split_once(':')?;
        let is_fake = scheme.eq_ignore_ascii_case("fake");
        is_fake.then(|| with_real_clock(&url))
    }

    /// The engine that `--runtime` names, else the one of the environment.
    pub(crate) async fn connect(&self) -> Result<Arc<dyn Runtime>> {
        let schemes = Schemes::default().with("fake", |url| async move {
            let fake = fake::builder(&with_real_clock(&url))?.build();
            Ok(Arc::new(fake.runtime()) as Arc<dyn Runtime>)
        });
        let runtime = match &self.url {
            Some(url) => schemes.connect(url).await?,
            None => schemes.connect_from_env().await?,
        };
        Ok(self.traced(runtime))
    }

    /// The same with another default than the environment's.
    pub(crate) fn or(&self, url: &str) -> Self {
        Self {
            url: Some(self.url.as_deref().unwrap_or(url).to_owned()),
            ..self.clone()
        }
    }

    /// The beginning of a line that a shell is to run on the same engine.
    pub(crate) fn wharf(&self) -> String {
        match &self.url {
            Some(url) => format!("wharf --runtime {}", quoted(url)),
            None => "wharf".to_owned(),
        }
    }

    fn traced(&self, runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
        if self.trace {
            Arc::new(runtime.layer(Trace::new()))
        } else {
            runtime
        }
    }
}

/// The fake's clock is fixed unless a URL says otherwise, for tests; people expect theirs.
fn with_real_clock(url: &str) -> String {
    let query = url.split_once('?').map(|(_, query)| query);
    let mut options = query.unwrap_or_default().split('&');
    if options.any(|option| option.starts_with("clock")) {
        return url.to_owned();
    }
    let before = if query.is_some() { '&' } else { '?' };
    format!("{url}{before}clock=real")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(url: &str) -> Context {
        Context::new(Some(url.to_owned()), false)
    }

    #[test]
    fn the_fake_has_the_real_clock_unless_another_is_asked_for() {
        for (url, expected) in [
            ("fake:", "fake:?clock=real"),
            ("FAKE://", "FAKE://?clock=real"),
            ("fake:?seed=7", "fake:?seed=7&clock=real"),
            ("fake:?clock=real&seed=7", "fake:?clock=real&seed=7"),
            ("fake:?clock=fast", "fake:?clock=fast"),
        ] {
            assert_eq!(on(url).fake().as_deref(), Some(expected), "{url}");
        }
        for url in ["docker:", "unix:///fake:", "fake"] {
            assert_eq!(on(url).fake(), None, "{url}");
        }
    }

    #[test]
    fn what_a_shell_is_to_run_names_the_engine_in_one_word() {
        assert_eq!(Context::new(None, false).wharf(), "wharf");
        for (url, expected) in [
            ("tcp://[::1]:1", "'tcp://[::1]:1'"),
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("unix:///a b/it's", r"'unix:///a b/it'\''s'"),
        ] {
            assert_eq!(on(url).wharf(), format!("wharf --runtime {expected}"));
        }
    }
}
