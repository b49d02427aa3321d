//! References to images, parsed once and normalised as Docker does.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const DEFAULT_REGISTRY: &str = "docker.io";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";

/// An image in a registry, or the name that an image is to have: `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`.
///
/// Parsing normalises: no registry means `docker.io`, a single word there is in `library/`, and without tag or digest
/// the tag is `latest`. `Display` and [`as_str`](Self::as_str) give the full form, [`familiar`](Self::familiar) the one
/// that people write. Images that are here already are named by `&str`: an id will do for those.
///
/// ```
/// use wharf_core::ImageRef;
///
/// let image: ImageRef = "busybox".parse()?;
/// assert_eq!(image.as_str(), "docker.io/library/busybox:latest");
/// assert_eq!(image.familiar(), "busybox:latest");
///
/// let image: ImageRef = "localhost:5000/team/app:1.2".parse()?;
/// assert_eq!(image.registry(), "localhost:5000");
/// assert_eq!(image.repository(), "team/app");
/// assert_eq!(image.tag(), Some("1.2"));
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef {
    full: String,
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageRef {
    /// The registry's host, with its port where it has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository in that registry: `library/busybox`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; none only where a digest says which image is meant.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest: `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The full form, with registry, namespace and tag.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The repository as people write it: without Docker Hub's name and its `library/`.
    pub fn familiar_name(&self) -> String {
        if self.registry != DEFAULT_REGISTRY {
            return format!("{}/{}", self.registry, self.repository);
        }
        let official = self
            .repository
            .strip_prefix(DEFAULT_NAMESPACE)
            .and_then(|r| r.strip_prefix('/'));
        match official {
            Some(name) if !name.contains('/') => name.to_owned(),
            _ => self.repository.clone(),
        }
    }

    /// The form that people write: `busybox:latest`.
    pub fn familiar(&self) -> String {
        let mut text = self.familiar_name();
        self.push_version(&mut text);
        text
    }

    /// The same repository with another tag, and without a digest.
    pub fn with_tag(&self, tag: &str) -> Result<Self> {
        check_tag(tag, tag)?;
        let (registry, repository) = (self.registry.clone(), self.repository.clone());
        Ok(Self::build(
            registry,
            repository,
            Some(tag.to_owned()),
            None,
        ))
    }

    fn build(
        registry: String,
        repository: String,
        tag: Option<String>,
        digest: Option<String>,
    ) -> Self {
        let full = format!("{registry}/{repository}");
        let mut reference = Self {
            full,
            registry,
            repository,
            tag,
            digest,
        };
        let mut full = std::mem::take(&mut reference.full);
        reference.push_version(&mut full);
        reference.full = full;
        reference
    }

    fn push_version(&self, text: &mut String) {
        for (mark, version) in [(':', &self.tag), ('@', &self.digest)] {
            if let Some(version) = version {
                text.push(mark);
                text.push_str(version);
            }
        }
    }
}

impl FromStr for ImageRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(bad(text, "it is empty"));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(check_digest(text, digest)?)),
            None => (text, None),
        };
        // A colon after the last slash starts a tag; one before it belongs to the registry's port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(check_tag(text, tag)?)),
            _ => (rest, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if is_registry(first) => (first, path),
            _ => (DEFAULT_REGISTRY, name),
        };
        check_registry(text, registry)?;
        // Docker Hub's old name.
        let registry = if registry == "index.docker.io" {
            DEFAULT_REGISTRY
        } else {
            registry
        };
        if path.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(bad(text, "a repository's name must be lower case"));
        }
        if !path.split('/').all(is_path_component) {
            let form = "a repository's name is words of [a-z0-9] joined by single `.`, `_`, `__` or dashes";
            return Err(bad(text, form));
        }
        if is_hash(path) {
            return Err(bad(text, "64 hexadecimal digits are an id, not a name"));
        }
        let official = registry == DEFAULT_REGISTRY && !path.contains('/');
        let repository = if official {
            format!("{DEFAULT_NAMESPACE}/{path}")
        } else {
            path.to_owned()
        };
        if registry.len() + 1 + repository.len() > 255 {
            return Err(bad(text, "the name is longer than 255 characters"));
        }
        let tag = match (tag, digest) {
            (None, None) => Some(DEFAULT_TAG),
            (tag, _) => tag,
        };
        Ok(Self::build(
            registry.to_owned(),
            repository,
            tag.map(Into::into),
            digest.map(Into::into),
        ))
    }
}

fn bad(text: &str, why: &str) -> Error {
    Error::invalid(
        "reference",
        format_args!("{text:?} is no image reference: {why}"),
    )
}

/// Whether the part before the first slash is a host and not the first word of a repository.
fn is_registry(first: &str) -> bool {
    first == "localhost"
        || first.contains(['.', ':'])
        || first.chars().any(|c| c.is_ascii_uppercase())
}

fn check_registry(text: &str, registry: &str) -> Result<()> {
    let (host, port) = match registry.rsplit_once(':') {
        // A bracketed IPv6 address has colons of its own.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_ok = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_host_label),
    };
    let port_ok = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if host_ok && port_ok {
        Ok(())
    } else {
        Err(bad(text, "its registry is no HOST[:PORT]"))
    }
}

fn is_host_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Runs of `[a-z0-9]` with `.`, `_`, `__` or dashes between them.
fn is_path_component(word: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.starts_with(alphanumeric)
        && word.ends_with(alphanumeric)
        && word.split(alphanumeric).all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

fn check_tag<'a>(text: &str, tag: &'a str) -> Result<&'a str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first_ok = tag.bytes().next().is_some_and(word);
    let rest_ok = tag.bytes().all(|b| word(b) || b == b'.' || b == b'-');
    if first_ok && rest_ok && tag.len() <= 128 {
        Ok(tag)
    } else {
        Err(bad(
            text,
            "a tag is at most 128 characters of [a-zA-Z0-9_.-], the first no `.` or `-`",
        ))
    }
}

fn check_digest<'a>(text: &str, digest: &'a str) -> Result<&'a str> {
    let hex = |hash: &str| {
        hash.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let length = |algorithm: &str| match algorithm {
        "sha256" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    };
    match digest.split_once(':') {
        Some((algorithm, hash)) if length(algorithm) == Some(hash.len()) && hex(hash) => Ok(digest),
        _ => Err(bad(text, "a digest is sha256: and 64 hexadecimal digits")),
    }
}

/// Whether it is a full id's hash.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

/// Whether all of it is lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl AsRef<str> for ImageRef {
    fn as_ref(&self) -> &str {
        &self.full
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.full)
    }
}

impl TryFrom<String> for ImageRef {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&str> for ImageRef {
    type Error = Error;
    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(reference: ImageRef) -> Self {
        reference.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn references_are_normalised_as_docker_does() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (given, full, familiar) in [
            (
                "busybox",
                "docker.io/library/busybox:latest",
                "busybox:latest",
            ),
            (
                "library/busybox:1",
                "docker.io/library/busybox:1",
                "busybox:1",
            ),
            (
                "docker.io/busybox",
                "docker.io/library/busybox:latest",
                "busybox:latest",
            ),
            (
                "index.docker.io/busybox",
                "docker.io/library/busybox:latest",
                "busybox:latest",
            ),
            ("team/app", "docker.io/team/app:latest", "team/app:latest"),
            (
                "localhost/app",
                "localhost/app:latest",
                "localhost/app:latest",
            ),
            (
                "localhost:5000/app:v1",
                "localhost:5000/app:v1",
                "localhost:5000/app:v1",
            ),
            (
                "127.0.0.1:5055/a/b/c",
                "127.0.0.1:5055/a/b/c:latest",
                "127.0.0.1:5055/a/b/c:latest",
            ),
            (
                "[::1]:5000/app",
                "[::1]:5000/app:latest",
                "[::1]:5000/app:latest",
            ),
            (
                "a.b/c__d/e-f.g:T_1.x-y",
                "a.b/c__d/e-f.g:T_1.x-y",
                "a.b/c__d/e-f.g:T_1.x-y",
            ),
        ] {
            let reference: ImageRef = given.parse().unwrap();
            assert_eq!(
                (reference.as_str(), &*reference.familiar()),
                (full, familiar),
                "{given}"
            );
            assert_eq!(full.parse::<ImageRef>().unwrap(), reference, "{given}");
        }
        let pinned: ImageRef = format!("busybox@{digest}").parse().unwrap();
        assert_eq!((pinned.tag(), pinned.digest()), (None, Some(&*digest)));
        let both: ImageRef = format!("busybox:1@{digest}").parse().unwrap();
        assert_eq!((both.tag(), both.digest()), (Some("1"), Some(&*digest)));
        assert_eq!(both.with_tag("2").unwrap().familiar(), "busybox:2");
    }

    #[test]
    fn what_is_no_reference_is_invalid_input() {
        let long = "a".repeat(256);
        let id = "a".repeat(64);
        for bad in [
            "",
            "Busybox",
            "a b",
            "../etc",
            "a/../b",
            "a//b",
            "/a",
            "a/",
            "a:",
            ":a",
            "a@sha256:12",
            "a@b",
            "a?b",
            "a#b",
            "a%2f",
            "a\\b",
            "a:b:c",
            "-a",
            "a-",
            "a___b",
            "a..b",
            "a:.b",
            "http://a/b",
            "a.b:port/c",
            "a\nb",
            "é",
            &long,
            &id,
        ] {
            let error = bad.parse::<ImageRef>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(error.message().starts_with("reference: "), "{error}");
        }
    }
}
