//! URL schemes, and what connects to an engine for each.

use futures::future::BoxFuture;
use std::{collections::BTreeMap, fmt, sync::Arc};
use wharf_core::{Error, ErrorKind, Result, Runtime, show_url};

/// What is wrong with a URL, as far as that is known without asking anybody.
type Check = fn(&str) -> Result<()>;
type Factory = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Arc<dyn Runtime>>> + Send + Sync>;

#[derive(Clone)]
enum Entry {
    Connects(Check, Factory),
    /// People will ask for it, so they are told what it takes.
    Missing(&'static str),
}

/// The URL schemes that [`connect`](Self::connect) knows. By default those of this crate's features; more can be added,
/// so that an application reaches a backend of another crate by one line of configuration.
///
/// ```
/// # use std::sync::Arc;
/// # use wharf::{Result, Runtime};
/// # mod wharf_ctr {
/// #     use super::*;
/// #     pub async fn connect(_: &str) -> Result<Arc<dyn Runtime>> { wharf::connect("fake:").await }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let schemes = wharf::Schemes::default()
///     .with("ctr", |url: String| async move { wharf_ctr::connect(&url).await });
/// let runtime = schemes.connect("ctr:///run/containerd.sock").await?;
/// # runtime.info().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Schemes(BTreeMap<String, Entry>);

impl Schemes {
    /// No schemes at all.
    pub fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// One more scheme, in place of an earlier one of the same name. The function gets the whole URL.
    #[must_use]
    pub fn with<F, C>(self, scheme: impl AsRef<str>, connect: F) -> Self
    where
        F: Fn(String) -> C + Send + Sync + 'static,
        C: Future<Output = Result<Arc<dyn Runtime>>> + Send + 'static,
    {
        self.with_check(scheme, |_| Ok(()), connect)
    }

    #[must_use]
    pub(crate) fn with_check<F, C>(self, scheme: impl AsRef<str>, check: Check, connect: F) -> Self
    where
        F: Fn(String) -> C + Send + Sync + 'static,
        C: Future<Output = Result<Arc<dyn Runtime>>> + Send + 'static,
    {
        let factory: Factory = Arc::new(move |url| Box::pin(connect(url)));
        self.entry(scheme.as_ref(), Entry::Connects(check, factory))
    }

    /// A scheme that is known and cannot be had here; the reason is what whoever asks for it is told.
    #[must_use]
    pub(crate) fn missing(self, scheme: &str, why: &'static str) -> Self {
        self.entry(scheme, Entry::Missing(why))
    }

    fn entry(mut self, scheme: &str, entry: Entry) -> Self {
        self.0.insert(scheme.to_ascii_lowercase(), entry);
        self
    }

    /// The schemes that can be connected to, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(name, entry)| match entry {
            Entry::Connects(..) => Some(name.as_str()),
            Entry::Missing(_) => None,
        })
    }

    /// Connects to the engine that the URL names.
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput): it is no URL, or its scheme is unknown; the known ones are named.
    /// - [`Unsupported`](ErrorKind::Unsupported): its scheme needs a feature that this build lacks; it is named.
    /// - whatever the backend says: most often [`ConnectionFailed`](ErrorKind::ConnectionFailed).
    pub async fn connect(&self, url: &str) -> Result<Arc<dyn Runtime>> {
        let (_, factory) = self.find(url)?;
        factory(url.to_owned()).await
    }

    /// Whether it could be connected to, as far as that is known without asking anybody.
    pub(crate) fn check(&self, url: &str) -> Result<()> {
        let (check, _) = self.find(url)?;
        check(url)
    }

    fn find(&self, url: &str) -> Result<(Check, &Factory)> {
        let scheme =
            scheme_of(url).map_err(|why| self.refuse(format_args!("{:?} {why}", show_url(url))))?;
        match self.0.get(&scheme) {
            Some(Entry::Connects(check, factory)) => Ok((*check, factory)),
            Some(Entry::Missing(why)) => Err(Error::new(
                ErrorKind::Unsupported,
                format!("{scheme}: {why}"),
            )),
            None => Err(self.refuse(format_args!("there is no scheme {scheme:?}"))),
        }
    }

    fn refuse(&self, why: fmt::Arguments<'_>) -> Error {
        let known: Vec<_> = self.names().collect();
        Error::invalid(
            "url",
            format_args!("{why}; known schemes: {}", known.join(", ")),
        )
    }
}

/// What stands before the first colon.
fn scheme_of(url: &str) -> Result<String, &'static str> {
    let Some((scheme, _)) = url.split_once(':') else {
        return Err(if url.starts_with('/') {
            "is a path: put unix:// before it"
        } else {
            "has no scheme"
        });
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(fits) {
        return Err("has no scheme");
    }
    Ok(scheme.to_ascii_lowercase())
}

/// The schemes of this build's features.
impl Default for Schemes {
    fn default() -> Self {
        let schemes = WANTING
            .iter()
            .fold(Self::empty(), |schemes, (scheme, why)| {
                schemes.missing(scheme, why)
            });
        #[cfg(feature = "docker")]
        let schemes = crate::docker::register(schemes);
        #[cfg(feature = "fake")]
        let schemes = crate::fake::register(schemes);
        schemes
    }
}

/// What is missing unless a feature registers it.
const WANTING: &[(&str, &str)] = &[
    ("docker", NO_DOCKER),
    (
        "fake",
        "this build lacks the feature `fake` of the crate wharf",
    ),
    ("http", NO_DOCKER),
    ("tcp", NO_DOCKER),
    ("unix", NO_DOCKER),
];
const NO_DOCKER: &str = "this build lacks the feature `docker` of the crate wharf";

impl fmt::Debug for Schemes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(schemes: &Schemes, url: &str) -> Error {
        schemes.connect(url).await.unwrap_err()
    }

    fn one(name: &str) -> Schemes {
        Schemes::empty().with(name, |url| async move {
            Err(Error::new(
                ErrorKind::ConnectionFailed,
                format!("asked for {url}"),
            ))
        })
    }

    #[tokio::test]
    async fn the_function_of_the_scheme_gets_the_whole_url() {
        for url in ["ctr:", "CTR:///run/x.sock?a=b"] {
            let error = refusal(&one("ctr"), url).await;
            assert_eq!(error.message(), format!("asked for {url}"));
        }
    }

    #[tokio::test]
    async fn an_unknown_scheme_names_the_known_ones() {
        let error = refusal(&one("ctr").missing("ssh", "not yet"), "ftp://host").await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.message(),
            "url: there is no scheme \"ftp\"; known schemes: ctr"
        );
    }

    #[tokio::test]
    async fn a_scheme_that_cannot_be_had_says_what_it_takes() {
        let error = refusal(&one("ctr").missing("ssh", "not yet"), "ssh://host").await;
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "ssh: not yet");
    }

    #[cfg(not(feature = "docker"))]
    #[tokio::test]
    async fn a_scheme_of_a_feature_that_is_off_names_the_feature() {
        for url in ["docker:", "unix:///run/docker.sock", "tcp://127.0.0.1:1"] {
            let error = refusal(&Schemes::default(), url).await;
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
            assert!(
                error.message().contains("feature `docker`"),
                "{url}: {error}"
            );
        }
    }

    #[cfg(feature = "docker")]
    #[test]
    fn every_scheme_of_docker_is_known_where_the_feature_is_off() {
        for scheme in wharf_docker::SCHEMES {
            assert!(WANTING.contains(&(*scheme, NO_DOCKER)), "{scheme}");
        }
    }

    #[cfg(feature = "docker")]
    #[tokio::test]
    async fn what_comes_later_says_so() {
        for (url, why) in [("https://host", "TLS"), ("ssh://host", "SSH")] {
            let error = refusal(&Schemes::default(), url).await;
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
            assert!(error.message().contains(why), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn what_is_no_url_is_refused() {
        for (url, why) in [
            ("", "has no scheme"),
            ("docker", "has no scheme"),
            (":", "has no scheme"),
            ("1a:b", "has no scheme"),
            ("a b:c", "has no scheme"),
            ("/run/docker.sock", "put unix:// before it"),
        ] {
            let error = refusal(&one("ctr"), url).await;
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}");
            assert!(error.message().contains(why), "{url}: {error}");
        }
    }
}
