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

    /// Whether it is the one in memory.
    pub(crate) fn is_fake(&self) -> bool {
        let from_env = || std::env::var(wharf::RUNTIME_VARIABLE).ok();
        let url = self.url.clone().or_else(from_env);
        url.is_some_and(|url| url.starts_with("fake:"))
    }

    /// The engine that `--runtime` names, else the one of the environment.
    pub(crate) async fn connect(&self) -> Result<Arc<dyn Runtime>> {
        let runtime = match &self.url {
            Some(url) => wharf::connect(url).await?,
            None => wharf::connect_from_env().await?,
        };
        Ok(self.traced(runtime))
    }

    /// The engine that `--runtime` names, else that one.
    pub(crate) async fn connect_or(&self, url: &str) -> Result<Arc<dyn Runtime>> {
        let runtime = wharf::connect(self.url().unwrap_or(url)).await?;
        Ok(self.traced(runtime))
    }

    fn traced(&self, runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
        if self.trace {
            Arc::new(runtime.layer(Trace::new()))
        } else {
            runtime
        }
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
