//! What a container is made from.

use crate::{
    Error, Result,
    data::{data, words},
    serde_with::seconds,
    types::{Env, Platform, Signal},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    net::IpAddr,
    num::{NonZeroU16, NonZeroU32},
    str::FromStr,
    time::Duration,
};

data! {
    /// What a container is made from. Only the image is required; everything else is as the image or the engine has it
    /// by itself.
    ///
    /// An inspected container carries the same type, as the engine holds it: with the image's defaults merged in.
    ///
    /// ```
    /// use wharf_core::ContainerConfig;
    ///
    /// let config = ContainerConfig::new("busybox")
    ///     .with_name("web")
    ///     .with_command(["sh", "-c", "echo hi"])
    ///     .with_env([("COLOUR", "blue")])
    ///     .with_labels([("team", "harbour")]);
    /// assert_eq!(config.name.as_deref(), Some("web"));
    /// ```
    pub struct ContainerConfig {
        required {
            /// The image: a reference or an id, as for `docker run`. It must be there: a create pulls nothing.
            pub image: String,
        }
        /// Its name: two characters or more of `[a-zA-Z0-9_.-]`, the first a letter or digit. The engine invents one
        /// where there is none.
        pub name: Option<String>,
        /// The command, or the arguments of the entrypoint, in place of the image's.
        pub command: Option<Vec<String>>,
        /// The entrypoint in place of the image's, whose command is then dropped too. An empty list resets it.
        pub entrypoint: Option<Vec<String>>,
        /// Environment variables, added to the image's.
        pub env: Env,
        /// Labels, added to the image's.
        pub labels: BTreeMap<String, String>,
        /// The working directory, absolute. Made where it is missing.
        pub working_dir: Option<String>,
        /// User or uid, and optionally `:group`.
        pub user: Option<String>,
        /// The host name; else the first twelve characters of the id.
        pub hostname: Option<String>,
        /// Gives it a terminal: stdout and stderr become one, lines end in `\r\n`.
        pub tty: bool,
        /// Keeps stdin open, so that an attached session can write to it.
        pub open_stdin: bool,
        /// Ports to publish.
        pub ports: Vec<PortMapping>,
        /// Mounts, each with a target of its own.
        pub mounts: Vec<Mount>,
        /// How many CPUs it may use, at least 0.01 and at most what the host has.
        pub cpus: Option<f64>,
        /// Memory limit in bytes, at least 6 MiB.
        pub memory: Option<u64>,
        /// How many processes it may have, at least 1.
        pub pids_limit: Option<u64>,
        /// What happens when it exits.
        pub restart: RestartPolicy,
        /// Gives it all privileges of the host.
        pub privileged: bool,
        /// Kernel capabilities to add: `NET_ADMIN`, `ALL`, with or without `CAP_`.
        pub cap_add: Vec<String>,
        /// Kernel capabilities to drop.
        pub cap_drop: Vec<String>,
        /// Makes its root file system read-only.
        pub read_only_root: bool,
        /// What a stop sends instead of SIGTERM.
        pub stop_signal: Option<Signal>,
        /// How long a stop waits before SIGKILL, in whole seconds (parts round up); else 10 s.
        #[serde(with = "seconds::option")]
        pub stop_timeout: Option<Duration>,
        /// How its health is probed, in place of the image's way.
        pub health_check: Option<HealthCheck>,
        /// Removes it, with its anonymous volumes, when it exits. Not together with a restart policy.
        pub auto_remove: bool,
        /// Runs a tiny init as PID 1 that forwards signals and reaps processes.
        pub init: bool,
        /// The network it joins; else the engine's default.
        pub network: Option<NetworkMode>,
        /// Lines for its `/etc/hosts`.
        pub extra_hosts: Vec<ExtraHost>,
        /// Which of a multi-platform image's variants.
        pub platform: Option<Platform>,
    }
}

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
    /// Something mounted into a container.
    ///
    /// ```
    /// use wharf_core::Mount;
    /// let data = Mount::volume("data", "/var/lib/data");
    /// let config = Mount::bind("/etc/app", "/etc/app").with_read_only(true);
    /// let scratch = Mount::tmpfs("/scratch");
    /// # assert!(config.read_only && !data.read_only && scratch.target == "/scratch");
    /// ```
    pub struct Mount {
        required {
            /// What is mounted.
            pub source: MountSource,
            /// Where, absolute, inside the container.
            pub target: String,
        }
        /// Whether writes are refused.
        pub read_only: bool,
    }
}

impl Mount {
    /// A folder or file of the host, which must be there.
    pub fn bind(source: impl Into<String>, target: impl Into<String>) -> Self {
        Self::new(
            MountSource::Bind {
                path: source.into(),
            },
            target,
        )
    }

    /// A named volume, made where it is missing.
    pub fn volume(name: impl Into<String>, target: impl Into<String>) -> Self {
        Self::new(
            MountSource::Volume {
                name: Some(name.into()),
            },
            target,
        )
    }

    /// A new volume without a name of its own.
    pub fn anonymous(target: impl Into<String>) -> Self {
        Self::new(MountSource::Volume { name: None }, target)
    }

    /// An empty file system in memory.
    pub fn tmpfs(target: impl Into<String>) -> Self {
        Self::new(MountSource::Tmpfs { size: None }, target)
    }
}

/// What a [`Mount`] mounts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MountSource {
    /// A folder or file of the host.
    Bind {
        /// Its path on the host, absolute.
        path: String,
    },
    /// A volume.
    Volume {
        /// Its name; without one a new, anonymous volume is made.
        name: Option<String>,
    },
    /// A file system in memory, gone with the container's run.
    Tmpfs {
        /// At most so many bytes; else half of the host's memory.
        size: Option<u64>,
    },
}

/// What an engine does when a container exits. Parsed and shown as for `docker run --restart`: `no`, `always`,
/// `unless-stopped`, `on-failure[:MAX]`.
///
/// ```
/// use wharf_core::RestartPolicy;
/// let policy: RestartPolicy = "on-failure:3".parse()?;
/// assert_eq!(policy, RestartPolicy::on_failure(3));
/// assert!("on-failure:x".parse::<RestartPolicy>().is_err());
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// Starts it again, also when the engine starts.
    Always,
    /// Starts it again, unless somebody stopped it.
    UnlessStopped,
    /// Starts it again when it failed.
    OnFailure {
        /// At most so often; else without end.
        max_retries: Option<NonZeroU32>,
    },
    /// A policy that this version of wharf does not know: it is shown, but a container cannot be made with it.
    Other(String),
}

impl RestartPolicy {
    /// [`OnFailure`](Self::OnFailure), at most so often; 0 means without end.
    pub fn on_failure(max_retries: u32) -> Self {
        Self::OnFailure {
            max_retries: NonZeroU32::new(max_retries),
        }
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Always => f.write_str("always"),
            Self::UnlessStopped => f.write_str("unless-stopped"),
            Self::OnFailure { max_retries: None } => f.write_str("on-failure"),
            Self::OnFailure {
                max_retries: Some(max),
            } => write!(f, "on-failure:{max}"),
            Self::Other(policy) => f.write_str(policy),
        }
    }
}

impl FromStr for RestartPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, max) = match text.split_once(':') {
            Some((name, max)) => (name, Some(max)),
            None => (text, None),
        };
        Ok(match (name, max) {
            ("no" | "", None) => Self::No,
            ("always", None) => Self::Always,
            ("unless-stopped", None) => Self::UnlessStopped,
            ("on-failure", None) => Self::on_failure(0),
            ("on-failure", Some(max)) => Self::on_failure(max.parse().map_err(|_| {
                Error::invalid("restart", format_args!("{max:?} is no number of retries"))
            })?),
            _ => {
                let known = "use no, always, unless-stopped or on-failure[:MAX]";
                return Err(Error::invalid(
                    "restart",
                    format_args!("{text:?} is no policy; {known}"),
                ));
            }
        })
    }
}

impl From<String> for RestartPolicy {
    fn from(text: String) -> Self {
        text.parse().unwrap_or(Self::Other(text))
    }
}

impl From<RestartPolicy> for String {
    fn from(policy: RestartPolicy) -> Self {
        policy.to_string()
    }
}

data! {
    /// How a container's health is probed.
    pub struct HealthCheck {
        required {
            /// What is run inside the container: exit 0 means healthy.
            pub test: HealthTest,
        }
        /// The time between two probes, at least 1 ms; else 30 s.
        #[serde(with = "seconds::option")]
        pub interval: Option<Duration>,
        /// A probe that takes longer has failed, at least 1 ms; else 30 s.
        #[serde(with = "seconds::option")]
        pub timeout: Option<Duration>,
        /// So many failures in a row make it unhealthy; else 3.
        pub retries: Option<u32>,
        /// While it starts, failures do not count; else 0.
        #[serde(with = "seconds::option")]
        pub start_period: Option<Duration>,
    }
}

/// What a health check runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthTest {
    /// Nothing: switches the image's check off.
    None,
    /// A program and its arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
}

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
