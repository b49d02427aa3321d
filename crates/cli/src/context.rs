//! What every command is given: the way to the engine.

use std::{io, sync::Arc};
use tracing::level_filters::LevelFilter;
use wharf::{Result, Runtime, RuntimeExt, layers::Trace};

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
        let from_env = || std::env::var(wharf::RUNTIME_VARIABLE).ok();
        let url = self.url.clone().or_else(from_env)?;
        url.starts_with("fake:").then(|| with_real_clock(url))
    }

    /// The engine that `--runtime` names, else the one of the environment.
    pub(crate) async fn connect(&self) -> Result<Arc<dyn Runtime>> {
        let runtime = match (self.fake(), &self.url) {
            (Some(url), _) => wharf::connect(&url).await?,
            (None, Some(url)) => wharf::connect(url).await?,
            (None, None) => wharf::connect_from_env().await?,
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

    fn traced(&self, runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
        if self.trace {
            Arc::new(runtime.layer(Trace::new()))
        } else {
            runtime
        }
    }
}

/// The fake's clock is fixed, for tests; people expect theirs.
fn with_real_clock(url: String) -> String {
    if url == "fake:" {
        "fake:?clock=real".to_owned()
    } else {
        url
    }
}

/// Sends what the libraries tell to stderr, the more the more often `-v` was given.
pub(crate) fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(colours)
        .init();
}
