//! Picking an engine: by URL, or by what the environment says.

use crate::Schemes;
use std::sync::Arc;
use tracing::info;
use wharf_core::{Result, Runtime, show_url};

/// The variable that names the engine for wharf, before all that names one for the `docker` command.
pub const RUNTIME_VARIABLE: &str = "WHARF_RUNTIME";

/// Connects to the engine that a URL names.
///
/// | URL | engine |
/// |---|---|
/// | `docker:` | the one that the `docker` command would take: `DOCKER_HOST`, its context, then the usual sockets |
/// | `unix:///run/docker.sock` | a Docker or Podman behind that socket |
/// | `tcp://127.0.0.1:2375`, `http://127.0.0.1:2375` | a Docker or Podman on that port, without encryption |
/// | `fake:`, `fake:?seed=7&clock=real` | a new one in memory, empty but for busybox (feature `fake`) |
///
/// For schemes of your own see [`Schemes`]. Fails as [`Schemes::connect`] does; an engine that does not answer is an
/// error here and not at the first call.
pub async fn connect(url: &str) -> Result<Arc<dyn Runtime>> {
    Schemes::default().connect(url).await
}

/// Connects to the engine that the environment names: by `WHARF_RUNTIME`, else as the `docker` command would find it
/// (`DOCKER_HOST`, its context), else at the usual sockets. What was taken, and why, is logged at level INFO.
///
/// [`discover`](crate::discover) tells all that there is to look at; here nobody is asked whose answer changes nothing.
///
/// - [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed): no engine was found, or the one that is named does not
///   answer.
/// - [`PermissionDenied`](crate::ErrorKind::PermissionDenied): none was found that this user may talk to.
/// - [`InvalidInput`](crate::ErrorKind::InvalidInput): what a variable or a context names is no engine's URL.
/// - [`Unsupported`](crate::ErrorKind::Unsupported): it is one that this build or this version cannot talk to; or
///   nothing is named, and this build lacks the feature `docker`.
/// - whatever the backend says.
///
/// The message says who named the engine.
pub async fn connect_from_env() -> Result<Arc<dyn Runtime>> {
    Schemes::default().connect_from_env().await
}

impl Schemes {
    /// As [`connect_from_env`](crate::connect_from_env), and with the same errors, for an application that has schemes
    /// of its own: `WHARF_RUNTIME` may name one of these. Where it is not set the URL is `docker:`.
    pub async fn connect_from_env(&self) -> Result<Arc<dyn Runtime>> {
        self.connect_first(named()).await
    }

    async fn connect_first(&self, named: Option<String>) -> Result<Arc<dyn Runtime>> {
        match named {
            Some(url) => {
                info!(url = %show_url(&url), origin = RUNTIME_VARIABLE, "connecting");
                let connected = self.connect(&url).await;
                connected.map_err(|error| error.with_context(RUNTIME_VARIABLE))
            }
            // It says what it has taken, and why.
            None => self
                .connect("docker:")
                .await
                .map_err(|error| error.with_context(format_args!("{RUNTIME_VARIABLE} is not set"))),
        }
    }
}

/// What `WHARF_RUNTIME` says. What is no text is passed on as far as it is one, to be refused: as if it were unset,
/// another engine would be taken in silence.
pub(crate) fn named() -> Option<String> {
    let value = std::env::var_os(RUNTIME_VARIABLE)?;
    Some(value.to_string_lossy().into_owned()).filter(|url| !url.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use wharf_core::{Error, ErrorKind};

    /// Schemes that note what is asked for, and refuse.
    fn noting(asked: &Arc<Mutex<Vec<String>>>) -> Schemes {
        ["ctr", "docker"]
            .iter()
            .fold(Schemes::empty(), |schemes, scheme| {
                let asked = asked.clone();
                schemes.with(scheme, move |url| {
                    asked.lock().unwrap().push(url);
                    async { Err(Error::new(ErrorKind::PermissionDenied, "refused")) }
                })
            })
    }

    #[tokio::test]
    async fn what_is_named_is_the_one_connected_to_and_else_what_docker_would_take() {
        for (named, url, message) in [
            (Some("ctr:here"), "ctr:here", "WHARF_RUNTIME: refused"),
            (None, "docker:", "WHARF_RUNTIME is not set: refused"),
        ] {
            let asked = Arc::default();
            let error = noting(&asked)
                .connect_first(named.map(str::to_owned))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert_eq!(error.message(), message);
            assert_eq!(*asked.lock().unwrap(), [url]);
        }
    }

    /// What is logged, as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_password_is_neither_logged_nor_told() {
        // What another thread tells that nobody listens to would be taken, while there is one listener only, for what
        // nobody ever listens to, here too.
        let deaf = tracing_subscriber::fmt().with_writer(std::io::sink);
        tracing::subscriber::set_global_default(deaf.finish()).unwrap();
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        for url in ["tcp://u:hunter2@h:1", "fake://u:hunter2@h", "@:u:hunter2@h"] {
            let named = Some(url.to_owned());
            let error = Schemes::default().connect_first(named).await.unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(!logged.contains("hunter2"), "{logged}");
        assert!(logged.contains("url=tcp://\u{2026}@h:1"), "{logged}");
    }

    #[tokio::test]
    async fn a_name_that_is_nonsense_says_who_said_so() {
        let nonsense = Some("nonsense".to_owned());
        let error = Schemes::default()
            .connect_first(nonsense)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let begin = "WHARF_RUNTIME: url: \"nonsense\" has no scheme";
        assert!(error.message().starts_with(begin), "{error}");
    }
}
