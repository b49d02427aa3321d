//! The engine's own networks, their addresses, and the ports of the pretended host.

use super::{State, container::Key};
use crate::random::Random;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use wharf_core::{
    ContainerConfig, Error, ErrorKind, NetworkAttachment, NetworkMode, PortMapping, Protocol,
    PublishedPort, Result,
};

/// The bridge has 172.17.0.0/16, and itself the first address.
const BRIDGE: [u8; 2] = [172, 17];
pub(super) const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(BRIDGE[0], BRIDGE[1], 0, 1));
const FIRST_ADDRESS: u16 = 2;
const LAST_ADDRESS: u16 = u16::MAX - 1;
/// Ports that are free to give, as Linux has them.
const FIRST_PORT: u16 = 32_768;
const LAST_PORT: u16 = 60_999;

/// Networks and what is taken in them.
#[derive(Debug, Clone)]
pub(super) struct Networks {
    /// Ids by name.
    ids: BTreeMap<&'static str, String>,
    /// Addresses that were given back; above `next_address` all are free.
    returned: BTreeSet<u16>,
    next_address: u16,
    next_port: u16,
    taken: BTreeMap<(Protocol, u16), Vec<IpAddr>>,
}

/// A running container's place in a network.
#[derive(Debug, Clone, Default)]
pub(super) struct Endpoint {
    pub(super) attachment: NetworkAttachment,
    address: Option<u16>,
    pub(super) ports: Vec<PublishedPort>,
}

impl Networks {
    pub(super) fn new(random: &mut Random) -> Self {
        let ids = ["bridge", "host", "none"]
            .map(|name| (name, random.id()))
            .into();
        let span = u32::from(LAST_PORT - FIRST_PORT);
        let offset = u16::try_from(random.below(span)).unwrap_or_default();
        Self {
            ids,
            returned: BTreeSet::new(),
            next_address: FIRST_ADDRESS,
            next_port: FIRST_PORT + offset,
            taken: BTreeMap::new(),
        }
    }

    pub(super) fn id(&self, name: &str) -> Option<&str> {
        self.ids.get(name).map(String::as_str)
    }

    /// All networks: their names and ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ids.iter().map(|(name, id)| (*name, id.as_str()))
    }

    fn take_address(&mut self) -> Result<u16> {
        if let Some(address) = self.returned.pop_first() {
            return Ok(address);
        }
        if self.next_address > LAST_ADDRESS {
            let why = "no available IPv4 addresses on this network's address pools: bridge";
            return Err(Error::new(ErrorKind::Internal, why));
        }
        self.next_address += 1;
        Ok(self.next_address - 1)
    }

    fn publish(&mut self, mapping: &PortMapping) -> Result<Vec<PublishedPort>> {
        let families = match mapping.host_ip {
            Some(ip) => vec![ip],
            None => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        };
        let port = match mapping.host_port {
            Some(port) => port.get(),
            None => self.free_port(&mapping.protocol, &families)?,
        };
        if let Some(ip) = families
            .iter()
            .find(|ip| self.is_taken(&mapping.protocol, port, **ip))
        {
            let why = format!("Bind for {ip}:{port} failed: port is already allocated");
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        let taken = self
            .taken
            .entry((mapping.protocol.clone(), port))
            .or_default();
        taken.extend(&families);
        let published = |ip| {
            PublishedPort::new(mapping.container.get(), mapping.protocol.clone())
                .with_host(SocketAddr::new(ip, port))
        };
        Ok(families.into_iter().map(published).collect())
    }

    fn free_port(&mut self, protocol: &Protocol, families: &[IpAddr]) -> Result<u16> {
        for _ in FIRST_PORT..=LAST_PORT {
            let port = self.next_port;
            self.next_port = if port == LAST_PORT {
                FIRST_PORT
            } else {
                port + 1
            };
            if !families.iter().any(|ip| self.is_taken(protocol, port, *ip)) {
                return Ok(port);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "all ports of the host are already allocated",
        ))
    }

    /// An address that stands for all takes the port on each of its family.
    fn is_taken(&self, protocol: &Protocol, port: u16, ip: IpAddr) -> bool {
        let clash = |other: &IpAddr| {
            other.is_ipv4() == ip.is_ipv4()
                && (*other == ip || other.is_unspecified() || ip.is_unspecified())
        };
        self.taken
            .get(&(protocol.clone(), port))
            .is_some_and(|holders| holders.iter().any(clash))
    }

    fn unpublish(&mut self, ports: &[PublishedPort]) {
        for port in ports {
            let Some(host) = port.host else { continue };
            let key = (port.protocol.clone(), host.port());
            if let Some(holders) = self.taken.get_mut(&key) {
                holders.retain(|ip| *ip != host.ip());
                if holders.is_empty() {
                    self.taken.remove(&key);
                }
            }
        }
    }

    pub(super) fn leave(&mut self, endpoint: &Endpoint) {
        self.unpublish(&endpoint.ports);
        self.returned.extend(endpoint.address);
    }
}

impl State {
    /// Whether the container whose network this one is to share has one.
    pub(super) fn check_shared(&self, key: Key, config: &ContainerConfig) -> Result<()> {
        let Some(NetworkMode::Container(other)) = &config.network else {
            return Ok(());
        };
        let found = self.find(other)?;
        let other = self.container(found)?;
        if found == key {
            return Err(Error::invalid(
                "network",
                "cannot join own network namespace",
            ));
        }
        if !other.is_running() {
            let why = format!(
                "cannot join network namespace of a non running container: container {} is {}",
                other.name, other.state
            );
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        Ok(())
    }

    /// Gives a container its place: an address, and its ports on the host.
    pub(super) fn join_network(&mut self, key: Key, config: &ContainerConfig) -> Result<Endpoint> {
        let mut endpoint = Endpoint::default();
        match &config.network {
            Some(NetworkMode::Named(network)) => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("network {network} not found"),
                ));
            }
            Some(NetworkMode::Container(_)) => return Ok(endpoint),
            Some(mode @ (NetworkMode::Host | NetworkMode::None)) => {
                let name = mode.to_string();
                endpoint.attachment.network_id = self.networks.id(&name).map(str::to_owned);
                return Ok(endpoint);
            }
            _ => {}
        }
        let address = self.networks.take_address()?;
        endpoint.address = Some(address);
        for mapping in &config.ports {
            match self.networks.publish(mapping) {
                Ok(ports) => endpoint.ports.extend(ports),
                Err(error) => {
                    self.networks.leave(&endpoint);
                    let container = self.container(key)?;
                    let why = format!(
                        "failed to set up container networking: driver failed programming external connectivity on \
                         endpoint {} ({}): {}",
                        container.name,
                        container.id,
                        error.message()
                    );
                    return Err(Error::new(error.kind(), why));
                }
            }
        }
        let [high, low] = address.to_be_bytes();
        let [a, b] = BRIDGE;
        endpoint.attachment = NetworkAttachment::default()
            .with_ip_address(Ipv4Addr::new(a, b, high, low))
            .with_gateway(GATEWAY)
            .with_mac_address(format!("02:42:{a:02x}:{b:02x}:{high:02x}:{low:02x}"));
        endpoint.attachment.network_id = self.networks.id("bridge").map(str::to_owned);
        Ok(endpoint)
    }
}

/// The network that a mode leads to, where it is one of its own: a container in another's has none.
pub(super) fn network_name(config: &ContainerConfig) -> Option<String> {
    match config.network.as_ref()? {
        NetworkMode::Container(_) => None,
        mode => Some(mode.to_string()),
    }
}

/// The kind of a network, as events tell it.
pub(super) fn network_type(name: &str) -> &str {
    if name == "none" { "null" } else { name }
}
