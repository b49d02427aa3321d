//! Ports: as they are wished, and where they are published.

use crate::{
    Error, Result,
    data::{data, words},
};
use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
    str::FromStr,
};

words! {
    /// A transport protocol.
    #[derive(Default)]
    pub enum Protocol {
        /// TCP.
        #[default]
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
        /// SCTP.
        Sctp = "sctp",
    }
}

data! {
    /// A container's port, published on the host. Parsed from `[[HOST_IP:]HOST_PORT:]PORT[/PROTOCOL]`, as for
    /// `docker run -p`.
    ///
    /// ```
    /// use wharf_core::PortMapping;
    /// let port: PortMapping = "127.0.0.1:8080:80/tcp".parse()?;
    /// assert_eq!(port.container.get(), 80);
    /// assert_eq!(port.host_port.unwrap().get(), 8080);
    /// assert!("80".parse::<PortMapping>()?.host_port.is_none());
    /// # Ok::<(), wharf_core::Error>(())
    /// ```
    pub struct PortMapping {
        required {
            /// The port inside the container.
            pub container: NonZeroU16,
        }
        /// TCP unless said otherwise.
        pub protocol: Protocol,
        /// The host's address to listen on; else all of them.
        pub host_ip: Option<IpAddr>,
        /// The host's port; else any free one, chosen at start.
        pub host_port: Option<NonZeroU16>,
    }
}

impl FromStr for PortMapping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::invalid(
                "ports",
                format_args!("{text:?} {why}; use [[IP:]PORT:]PORT[/PROTOCOL]"),
            )
        };
        let number = |port: &str| {
            port.parse::<NonZeroU16>()
                .map_err(|_| bad("has a port that is not from 1 to 65535"))
        };
        let (rest, protocol) = match text.split_once('/') {
            Some((rest, protocol)) => (rest, Protocol::from(protocol.to_ascii_lowercase())),
            None => (text, Protocol::Tcp),
        };
        if let Protocol::Other(_) = protocol {
            return Err(bad("has a protocol that is none of tcp, udp, sctp"));
        }
        let (host, container) = match rest.rsplit_once(':') {
            Some((host, container)) => (Some(host), number(container)?),
            None => (None, number(rest)?),
        };
        let mut mapping = Self::new(container).with_protocol(protocol);
        if let Some(host) = host {
            let (ip, port) = match host.rsplit_once(':') {
                Some((ip, port)) => (Some(ip), port),
                None => (None, host),
            };
            if let Some(ip) = ip {
                let bare = ip
                    .strip_prefix('[')
                    .and_then(|ip| ip.strip_suffix(']'))
                    .unwrap_or(ip);
                mapping.host_ip = Some(
                    bare.parse()
                        .map_err(|_| bad("has no IP address in front"))?,
                );
            }
            mapping.host_port = if port.is_empty() {
                None
            } else {
                Some(number(port)?)
            };
        }
        Ok(mapping)
    }
}

data! {
    /// A container's port, and where it is published.
    #[derive(Eq)]
    pub struct PublishedPort {
        required {
            /// The port inside the container.
            pub container: u16,
            /// Its protocol.
            pub protocol: Protocol,
        }
        /// Where it is published on the host; none where it is only exposed.
        pub host: Option<SocketAddr>,
    }
}

impl PublishedPort {
    /// By what every backend sorts them: the port, its protocol, where it is published. Engines give them in any order.
    pub fn sort_key(&self) -> (u16, String, Option<SocketAddr>) {
        (self.container, self.protocol.to_string(), self.host)
    }
}
