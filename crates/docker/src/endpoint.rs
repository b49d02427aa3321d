//! Where an engine listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use wharf_core::{Error, ErrorKind, Result, show_url};

/// The port that daemons use for plain TCP.
const TCP_PORT: u16 = 2375;

/// The port that they use for TLS.
const TLS_PORT: u16 = 2376;

/// What the `docker` command takes where `DOCKER_HOST` names no host, or no socket.
const HOST: &str = "localhost";
const SOCKET: &str = "unix:///var/run/docker.sock";

/// Where an engine listens: a unix socket, or a TCP port without encryption.
///
/// Parsed from a URL: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` (the port may be left
/// out), or `http://` for the same. `DOCKER_HOST` may leave out more: see
/// [`discover`](crate::discover()).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A host and a port.
    Tcp {
        /// A name or an address; an IPv6 address stands without brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// The schemes of all URLs that an engine of this backend can have.
pub const SCHEMES: &[&str] = &["docker", "http", "tcp", "unix"];

/// Schemes that people know from other tools and that this backend does not have, each with what to
/// do instead. Asking for one is [`Unsupported`](ErrorKind::Unsupported).
pub const MISSING_SCHEMES: &[(&str, &str)] = &[
    ("https", "TLS is not available yet: use unix:// or tcp://"),
    (
        "ssh",
        "SSH is not available yet: forward the socket with `ssh -L` and use unix://",
    ),
    ("npipe", "named pipes exist only on Windows"),
    ("fd", "fd:// is for the daemon's own command line"),
];

impl Endpoint {
    /// What the `docker` command takes where TLS is asked for and nobody names an engine.
    pub(crate) fn of_docker_with_tls() -> Self {
        Self::Tcp {
            host: HOST.to_owned(),
            port: TLS_PORT,
        }
    }

    /// As the `docker` command reads `DOCKER_HOST`: what has no scheme is a TCP port, and what is
    /// left out has a default. A path without a scheme, which it takes for one behind a port, and an
    /// IPv6 address without brackets, whose end could be a port, are refused.
    pub(crate) fn of_docker_host(value: &str) -> Result<Self> {
        let value = value.trim();
        let address = match value.split_once("://") {
            Some(("tcp", address)) => address,
            Some(("unix", "")) => return SOCKET.parse(),
            None if !value.contains('/') => value,
            _ => return value.parse(),
        };
        let no_host = address.is_empty() || address.starts_with(':') && !address.starts_with("::");
        let host = if no_host { HOST } else { "" };
        format!("tcp://{host}{address}").parse()
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let bad = |why: &str| {
            let url = show_url(url);
            Error::invalid("endpoint", format_args!("{url:?}: {why}"))
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(bad(if url.starts_with('/') {
                "a path alone is no URL: put unix:// before it"
            } else {
                "expected unix:///path/to/socket or tcp://host:port"
            }));
        };
        let scheme = scheme.to_ascii_lowercase();
        if let Some((_, why)) = MISSING_SCHEMES.iter().find(|(name, _)| *name == scheme) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{scheme}: {why}"),
            ));
        }
        match scheme.as_str() {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(PathBuf::from(rest))),
            "unix" => Err(bad(
                "the path of a socket must be absolute: unix:///path/to/socket",
            )),
            "tcp" | "http" => tcp(rest).map_err(bad),
            _ => Err(bad("unknown scheme: unix:// and tcp:// are known")),
        }
    }
}

fn tcp(rest: &str) -> Result<Endpoint, &'static str> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#']) {
        return Err("a host and a port are expected, without a path");
    }
    if authority.contains('@') {
        return Err("a user or a password does nothing here");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed
                .split_once(']')
                .ok_or("the bracket of the address is not closed")?;
            match (after, after.strip_prefix(':')) {
                ("", _) => (host, None),
                (_, Some(port)) => (host, Some(port)),
                _ => return Err("expected [address]:port"),
            }
        }
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address stands in brackets: tcp://[::1]:2375");
            }
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    if host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("the host has a blank in it");
    }
    let port = match port {
        None | Some("") => TCP_PORT,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or("the port must be a number from 1 to 65535")?,
    };
    Ok(Endpoint::Tcp {
        host: host.to_owned(),
        port,
    })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn urls_of_the_docker_command_are_understood() {
        for (url, endpoint, shown) in [
            (
                "unix:///run/d.sock",
                Endpoint::Unix("/run/d.sock".into()),
                "unix:///run/d.sock",
            ),
            (
                "UNIX:///run/d.sock",
                Endpoint::Unix("/run/d.sock".into()),
                "unix:///run/d.sock",
            ),
            ("tcp://h:1", tcp("h", 1), "tcp://h:1"),
            (
                "tcp://10.0.0.1",
                tcp("10.0.0.1", 2375),
                "tcp://10.0.0.1:2375",
            ),
            ("http://h:80/", tcp("h", 80), "tcp://h:80"),
            ("tcp://[::1]:99", tcp("::1", 99), "tcp://[::1]:99"),
            ("tcp://[::1]", tcp("::1", 2375), "tcp://[::1]:2375"),
            ("tcp://h:", tcp("h", 2375), "tcp://h:2375"),
            ("tcp://[::1]:", tcp("::1", 2375), "tcp://[::1]:2375"),
        ] {
            let parsed: Endpoint = url.parse().unwrap();
            assert_eq!(parsed, endpoint, "{url}");
            assert_eq!(parsed.to_string(), shown);
        }
    }

    #[test]
    fn a_bad_url_says_what_is_wrong_with_it() {
        for (url, why) in [
            ("", "expected unix://"),
            ("/run/docker.sock", "put unix:// before it"),
            ("unix://run/docker.sock", "must be absolute"),
            ("tcp://", "host is missing"),
            ("tcp://:2375", "host is missing"),
            ("tcp://h:0", "port must be a number"),
            ("tcp://h:http", "port must be a number"),
            ("tcp://h:1/v1.41", "without a path"),
            ("tcp://u:p@h", "user or a password"),
            ("tcp://::1:2375", "in brackets"),
            ("tcp://[::1:2375", "not closed"),
            ("tcp://[::1]2375", "expected [address]:port"),
            ("ftp://h", "unknown scheme"),
        ] {
            let error = url.parse::<Endpoint>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}");
            assert!(error.to_string().contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn a_password_is_not_told() {
        for url in [
            "tcp://u:hunter2@h:1",
            "tcp://u:hunter2@h:1/path",
            "ftp://u:hun/ter2@h",
            "u:hunter2@h",
        ] {
            let error = url.parse::<Endpoint>().unwrap_err();
            assert!(error.message().contains("\u{2026}@h"), "{error}");
            assert!(!format!("{error} {error:?}").contains("ter2"), "{error:?}");
        }
    }

    #[test]
    fn what_is_known_and_missing_says_what_to_do_instead() {
        for (scheme, why) in MISSING_SCHEMES {
            let url = format!("{}://h", scheme.to_uppercase());
            let error = url.parse::<Endpoint>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
            assert!(error.to_string().contains(why), "{url}: {error}");
        }
    }
}
