//! What a registry is told: which one is meant, and by whose credentials.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use http::HeaderValue;
use wharf_core::{Credentials, ImageRef};

use crate::connect::Docker;
use crate::convert::system::AuthConfig;
use crate::error::Failure;

/// How Docker Hub is called in the protocol, for reasons of its age.
const HUB: &str = "https://index.docker.io/v1/";

/// A registry's name as engines keep it: its host, also where people or configuration files have
/// its address. All names of Docker Hub are one.
pub(crate) fn key(registry: Option<&str>) -> &str {
    let host = registry.map(|address| {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        rest.split_once('/').map_or(rest, |(host, _)| host)
    });
    match host {
        None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => HUB,
        Some(host) => host,
    }
}

/// The credentials for a pull: those of the call, else those that a login or the
/// configuration left.
///
/// In the alphabet for URLs: with the usual one, engines ignore the header without a word as soon
/// as a password makes a `+` or a `/`.
pub(crate) fn header(
    engine: &Docker,
    image: &ImageRef,
    given: Option<&Credentials>,
) -> Result<Option<HeaderValue>, Failure> {
    let registry = key(Some(image.registry()));
    let kept = match given {
        Some(_) => None,
        None => engine.credentials_for(registry),
    };
    let Some(credentials) = given.or(kept.as_ref()) else {
        return Ok(None);
    };
    encode(credentials, registry).map(Some)
}

fn encode(credentials: &Credentials, registry: &str) -> Result<HeaderValue, Failure> {
    let auth = AuthConfig::new(credentials, registry);
    let json = serde_json::to_vec(&auth).map_err(Failure::unsendable)?;
    let mut value =
        HeaderValue::from_str(&BASE64_URL_SAFE.encode(json)).map_err(Failure::unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_of_docker_hub_are_one() {
        for name in [None, Some("docker.io"), Some("index.docker.io")] {
            assert_eq!(key(name), HUB);
        }
        assert_eq!(key(Some("localhost:5000")), "localhost:5000");
        assert_eq!(key(Some("https://index.docker.io/v1/")), HUB);
        for address in [
            "ghcr.io",
            "https://ghcr.io",
            "ghcr.io/",
            "http://ghcr.io/v2/",
        ] {
            assert_eq!(key(Some(address)), "ghcr.io");
        }
    }

    #[test]
    fn credentials_are_written_in_the_alphabet_for_urls() {
        let credentials = Credentials::new("alice", "~~~???>>>ÿÿÿ");
        let header = encode(&credentials, "localhost:5000").unwrap();
        let text = header.to_str().unwrap();
        assert!(
            !text.contains(['+', '/']) && text.contains(['-', '_']),
            "{text}"
        );
        let json = BASE64_URL_SAFE.decode(text).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["password"], "~~~???>>>ÿÿÿ");
        assert_eq!(read["serveraddress"], "localhost:5000");
        assert!(!format!("{header:?}").contains(text));
    }
}
