//! Registries as fixtures: what they offer, to whom, how fast, and how often.

mod all;

use crate::image::{ImageFixture, Shelf, host_platform, suits};
pub(crate) use all::Registries;
use std::{collections::BTreeMap, fmt, time::Duration};
use wharf_core::{Credentials, Error, ErrorKind, ImageRef, Platform, Result, Secret};

/// Docker Hub's name in references.
pub(crate) const HUB: &str = "docker.io";
const SPEED: u64 = 50_000_000;
const LATENCY: Duration = Duration::from_millis(50);

/// A registry that the fake can pull from.
///
/// ```
/// use wharf_fake::{Fake, ImageFixture, Registry};
///
/// let registry = Registry::new("registry.test:5000")
///     .with_image("team/app:1.2", ImageFixture::busybox().with_layer(20_000_000))
///     .with_account("alice", "secret1")
///     .with_speed(5_000_000);
/// let fake = Fake::builder().registry(registry)?.build();
/// # drop(fake);
/// # Ok::<(), wharf_core::Error>(())
/// ```
pub struct Registry {
    host: String,
    shelf: Shelf,
    accounts: BTreeMap<String, Secret>,
    public: bool,
    line: Line,
    limit: Option<Limit>,
    down: Option<String>,
    /// The first name that no reference can mean.
    wrong: Option<String>,
}

impl Registry {
    /// A registry with that host, and port where it has one; `docker.io` is Docker Hub. It has nothing yet, and
    /// anybody may pull from it.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: canonical(&host.into()).to_owned(),
            shelf: Shelf::new(),
            accounts: BTreeMap::new(),
            public: true,
            line: Line {
                latency: LATENCY,
                speed: SPEED,
                cut: None,
            },
            limit: None,
            down: None,
            wrong: None,
        }
    }

    /// Docker Hub with busybox.
    pub fn hub() -> Self {
        let tags = ["latest", "1", "1.36"];
        tags.iter().fold(Self::new(HUB), |hub, tag| {
            hub.with_image(&format!("busybox:{tag}"), ImageFixture::busybox())
        })
    }

    /// Offers an image as `repository[:tag]`, with the registry's host before it or without; several of one name are
    /// its platforms, and a single one is pulled whatever platform is asked for, as engines do. On Docker Hub a
    /// repository without an owner is one of `library/`, as in references.
    /// [`Builder::registry`](crate::Builder::registry) fails where no reference can mean it.
    #[must_use]
    pub fn with_image(mut self, name: &str, image: ImageFixture) -> Self {
        let own = name.strip_prefix(&self.host);
        let name = own.and_then(|name| name.strip_prefix('/')).unwrap_or(name);
        let full = format!("{}/{name}", self.host);
        match full.parse::<ImageRef>() {
            Ok(reference) => match reference.tag() {
                Some(tag) if reference.digest().is_none() => {
                    self.offer(reference.repository(), tag, image);
                }
                _ => self.refuse(format!(
                    "{full}: an image's digest comes from what is in it"
                )),
            },
            Err(error) => self.refuse(format!("{full}: {}", error.message())),
        }
        self
    }

    fn offer(&mut self, repository: &str, tag: &str, image: ImageFixture) {
        let tags = self.shelf.entry(repository.to_owned()).or_default();
        let variants = tags.entry(tag.to_owned()).or_default();
        variants.retain(|variant| variant.platform != image.platform);
        variants.push(image);
    }

    fn refuse(&mut self, why: String) {
        self.wrong.get_or_insert(why);
    }

    /// Whether all that was said of it can come to pass.
    pub(crate) fn check(&self) -> Result<()> {
        let meant = format!("{}/image", self.host).parse::<ImageRef>();
        if !meant.is_ok_and(|image| image.registry() == self.host) {
            let why = format_args!(
                "{:?} is no host in references: it needs a dot, a port, or to be localhost",
                self.host
            );
            return Err(Error::invalid("registry", why));
        }
        if let Some(why) = &self.wrong {
            return Err(Error::invalid("registry", why));
        }
        let Some(Cut { after, .. }) = self.line.cut.filter(|cut| cut.connections > 0) else {
            return Ok(());
        };
        let images = self.shelf.values().flat_map(BTreeMap::values).flatten();
        let mut layers = images.flat_map(|image| &image.layers);
        if layers.any(|layer| layer.size > after) {
            return Ok(());
        }
        let why = format_args!(
            "with_cuts({after} bytes): no image of {} has a layer larger than that, so that no connection breaks off",
            self.host
        );
        Err(Error::invalid("registry", why))
    }

    /// Knows that user. From the first account on a registry is private, but for Docker Hub.
    #[must_use]
    pub fn with_account(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.accounts.insert(user.into(), password.into());
        self.public = self.host == HUB;
        self
    }

    /// Sends so many bytes a second; else 50 MB.
    #[must_use]
    pub fn with_speed(mut self, bytes_per_second: u64) -> Self {
        self.line.speed = bytes_per_second.max(1);
        self
    }

    /// Takes so long to answer; else 50 ms.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.line.latency = latency;
        self
    }

    /// Grants so many pulls, and then asks to slow down: [`RateLimited`](ErrorKind::RateLimited). Each counts, also one
    /// that finds nothing new; one that is refused does not.
    #[must_use]
    pub fn with_pull_limit(mut self, pulls: u32) -> Self {
        let window = None;
        self.limit = Some(Limit { pulls, window });
        self
    }

    /// Grants so many pulls in that time, as Docker Hub does in six hours. The time begins with the first pull, and
    /// when it is over with the next one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wharf_fake::Registry;
    ///
    /// let hub = Registry::hub().with_pull_limit_per(100, Duration::from_secs(6 * 3600));
    /// # drop(hub);
    /// ```
    #[must_use]
    pub fn with_pull_limit_per(mut self, pulls: u32, window: Duration) -> Self {
        let window = Some(window);
        self.limit = Some(Limit { pulls, window });
        self
    }

    /// Breaks off the first so many connections on which a layer is sent, each after that many bytes of it; `u32::MAX`
    /// is all of them.
    ///
    /// The engine takes up a layer where it was, after 5, 10, 15 and 20 seconds. With the fifth connection that breaks
    /// it gives up: the pull fails with [`ConnectionFailed`](ErrorKind::ConnectionFailed), and nothing of it stays, not
    /// even the layers that were complete.
    ///
    /// A connection counts when it breaks: a pull that is given up before leaves it to the next.
    ///
    /// ```
    /// use wharf_fake::{ImageFixture, Registry};
    ///
    /// // The first pull takes five seconds more than the others.
    /// let flaky = Registry::hub().with_image("app", ImageFixture::busybox()).with_cuts(1, 1_000_000);
    /// # drop(flaky);
    /// ```
    #[must_use]
    pub fn with_cuts(mut self, connections: u32, after: u64) -> Self {
        self.line.cut = Some(Cut { connections, after });
        self
    }

    /// Cannot be reached, for that reason: `connection refused`.
    #[must_use]
    pub fn unreachable(mut self, why: impl Into<String>) -> Self {
        self.down = Some(why.into());
        self
    }

    fn check_reachable(&self) -> Result<()> {
        self.down
            .as_ref()
            .map_or(Ok(()), |why| Err(cannot_reach(&self.host, why)))
    }

    fn knows(&self, credentials: &Credentials) -> bool {
        self.accounts.get(&credentials.username) == Some(&credentials.password)
    }

    fn check_account(&self, credentials: Option<&Credentials>) -> Result<()> {
        let refused = |why: &str| Err(Error::new(ErrorKind::Unauthorized, why));
        match credentials {
            None if self.public => Ok(()),
            None => refused("no basic auth credentials; log in first, or give some with the pull"),
            Some(credentials) if credentials.identity_token.is_some() => {
                let why = "the fake's registries know users and passwords only";
                let option = "credentials.identity_token";
                Err(Error::unsupported_option(option, why))
            }
            // A registry without accounts looks at nobody's.
            Some(_) if self.public && self.accounts.is_empty() && self.host != HUB => Ok(()),
            Some(credentials) if self.knows(credentials) => Ok(()),
            Some(_) => refused(
                "unauthorized: authentication required; the registry refuses the credentials",
            ),
        }
    }

    fn image(&self, reference: &ImageRef, platform: Option<&Platform>) -> Result<&ImageFixture> {
        let missing = |why: String| Error::new(ErrorKind::ImageNotFound, why);
        let tags = self.shelf.get(reference.repository()).ok_or_else(|| {
            missing(format!(
                "pull access denied for {}, repository does not exist or may require 'docker login': denied: requested \
                 access to the resource is denied",
                reference.familiar_name()
            ))
        })?;
        let unknown = || {
            missing(format!(
                "manifest for {} not found: manifest unknown",
                reference.familiar()
            ))
        };
        let variants: Vec<&ImageFixture> = match reference.digest() {
            Some(digest) => tags
                .values()
                .flatten()
                .filter(|image| image.manifest() == digest)
                .collect(),
            None => reference
                .tag()
                .and_then(|tag| tags.get(tag))
                .into_iter()
                .flatten()
                .collect(),
        };
        let wanted = platform.cloned().unwrap_or_else(host_platform);
        let fits = |image: &&ImageFixture| suits(&image.platform, &wanted);
        match variants[..] {
            [] => return Err(unknown()),
            // An engine warns where another platform was asked for, and takes what there is.
            [only] => return Ok(only),
            _ => {}
        }
        variants.iter().copied().find(fits).ok_or_else(|| {
            missing(format!(
                "no matching manifest for {wanted} in the manifest list entries"
            ))
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.shelf.keys().collect();
        f.debug_struct("Registry")
            .field("host", &self.host)
            .field("repositories", &names)
            .finish_non_exhaustive()
    }
}

/// How many pulls are granted, at all or in a time.
#[derive(Debug, Clone, Copy)]
struct Limit {
    pulls: u32,
    window: Option<Duration>,
}

/// How many connections break off, and after how many bytes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    connections: u32,
    after: u64,
}

/// What a pull fetches, and how fast it comes.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) image: ImageFixture,
    pub(crate) line: Line,
}

/// How fast a registry sends, and how far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) latency: Duration,
    speed: u64,
    cut: Option<Cut>,
}

impl Line {
    /// After how many of these bytes a connection may break off; none where all of them come.
    pub(crate) fn break_in(&self, bytes: u64) -> Option<u64> {
        let cut = self.cut.filter(|cut| bytes > cut.after);
        cut.map(|cut| cut.after)
    }

    /// How long so many bytes take.
    pub(crate) fn time_for(&self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.speed);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A registry's host as references name it, from an address in any of the spellings that clients take.
fn canonical(address: &str) -> &str {
    let bare = address.strip_prefix("https://").unwrap_or(address);
    let bare = bare.strip_prefix("http://").unwrap_or(bare);
    match bare.split_once('/').map_or(bare, |(host, _)| host) {
        "index.docker.io" | "registry-1.docker.io" => HUB,
        host => host,
    }
}

fn cannot_reach(host: &str, why: &str) -> Error {
    let message = format!("Get \"https://{host}/v2/\": dial tcp: {why}");
    Error::new(ErrorKind::ConnectionFailed, message).with_transient(true)
}

#[cfg(test)]
mod tests;
