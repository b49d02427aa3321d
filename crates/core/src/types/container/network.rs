//! A container's network, and its `/etc/hosts`.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// The network a container joins. Parsed as for `docker run --network`: `bridge`, `host`, `none`, `container:NAME`, or
/// a network's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum NetworkMode {
    /// The engine's own bridge, also its default.
    Bridge,
    /// The host's network.
    Host,
    /// Only a loopback device.
    None,
    /// The network of another container, by id or name.
    Container(String),
    /// A network, by name or id.
    Named(String),
}

impl From<&str> for NetworkMode {
    fn from(text: &str) -> Self {
        match text {
            "bridge" => Self::Bridge,
            "host" => Self::Host,
            "none" => Self::None,
            _ => match text.strip_prefix("container:") {
                Some(container) => Self::Container(container.to_owned()),
                None => Self::Named(text.to_owned()),
            },
        }
    }
}

impl From<String> for NetworkMode {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<NetworkMode> for String {
    fn from(mode: NetworkMode) -> Self {
        mode.to_string()
    }
}

impl fmt::Display for NetworkMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bridge => f.write_str("bridge"),
            Self::Host => f.write_str("host"),
            Self::None => f.write_str("none"),
            Self::Container(container) => write!(f, "container:{container}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// A line for a container's `/etc/hosts`. Parsed from `NAME:IP` or `NAME:host-gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct ExtraHost {
    /// The host name.
    pub name: String,
    /// Its address; none means the gateway to the host.
    pub address: Option<IpAddr>,
}

impl ExtraHost {
    /// That name with that address.
    pub fn new(name: impl Into<String>, address: IpAddr) -> Self {
        Self {
            name: name.into(),
            address: Some(address),
        }
    }

    /// That name with the address of the gateway to the host.
    pub fn gateway(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: None,
        }
    }
}

impl FromStr for ExtraHost {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::invalid("extra_hosts", format_args!("{text:?} is not NAME:IP"));
        let (name, address) = text.split_once(':').ok_or_else(bad)?;
        if address == "host-gateway" {
            return Ok(Self::gateway(name));
        }
        Ok(Self::new(name, address.parse().map_err(|_| bad())?))
    }
}

impl TryFrom<String> for ExtraHost {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ExtraHost> for String {
    fn from(host: ExtraHost) -> Self {
        host.to_string()
    }
}

impl fmt::Display for ExtraHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{}:{address}", self.name),
            None => write!(f, "{}:host-gateway", self.name),
        }
    }
}
