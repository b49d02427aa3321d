//! `GET /containers/{id}/json`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use wharf_core::{
    ContainerInfo, ContainerState, Exit, Health, HealthProbe, MountInfo, NetworkAttachment,
    PublishedPort,
};

use super::config::{Binding, Config, HostConfig, config};
use super::{nullable, port, positive, size, some, time};
use crate::dialect::Dialect;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inspected {
    id: String,
    #[serde(default)]
    created: String,
    #[serde(default)]
    name: String,
    state: State,
    #[serde(default)]
    image: String,
    #[serde(default)]
    restart_count: i64,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<MountPoint>,
    pub(crate) config: Config,
    #[serde(default)]
    network_settings: NetworkSettings,
    size_rw: Option<i64>,
    size_root_fs: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    #[serde(default)]
    pid: i64,
    #[serde(default)]
    exit_code: i64,
    #[serde(default, rename = "OOMKilled")]
    oom_killed: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    started_at: String,
    #[serde(default)]
    finished_at: String,
    health: Option<WireHealth>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireHealth {
    #[serde(default)]
    status: String,
    #[serde(default)]
    failing_streak: i64,
    #[serde(default, deserialize_with = "nullable")]
    log: Vec<Probe>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Probe {
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
    #[serde(default)]
    exit_code: i64,
    #[serde(default)]
    output: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    #[serde(deserialize_with = "nullable")]
    ports: BTreeMap<String, Option<Vec<Binding>>>,
    #[serde(deserialize_with = "nullable")]
    networks: BTreeMap<String, Option<Endpoint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Endpoint {
    #[serde(rename = "NetworkID")]
    network_id: String,
    #[serde(rename = "IPAddress")]
    ip_address: String,
    gateway: String,
    #[serde(rename = "GlobalIPv6Address")]
    ipv6_address: String,
    mac_address: String,
    #[serde(deserialize_with = "nullable")]
    aliases: Vec<String>,
}

/// What is mounted, in an inspection and in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MountPoint {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    destination: String,
    #[serde(default)]
    driver: String,
    #[serde(default, rename = "RW")]
    writable: bool,
}

/// By their targets: Docker gives them in a new order each time.
pub(super) fn mounts(mounts: Vec<MountPoint>) -> Vec<MountInfo> {
    let mut infos: Vec<MountInfo> = mounts.into_iter().map(Into::into).collect();
    infos.sort_by(|a, b| a.target.cmp(&b.target));
    infos
}

impl From<MountPoint> for MountInfo {
    fn from(mount: MountPoint) -> Self {
        let mut info = Self::new(mount.r#type.as_str(), mount.destination);
        info.name = some(mount.name);
        info.source = some(mount.source);
        info.driver = some(mount.driver);
        info.read_only = !mount.writable;
        info
    }
}

/// A container's name without the slash that the engine puts before it.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

impl Inspected {
    pub(crate) fn name(&self) -> &str {
        bare(&self.name)
    }

    pub(crate) fn state(&self, dialect: Dialect) -> ContainerState {
        dialect.state(&self.state.status)
    }

    /// How its last run ended, or its start that failed; with 0 before it ever ran.
    pub(crate) fn exit(&self, dialect: Dialect) -> Exit {
        let code = exit_code(&self.state(dialect), &self.state, dialect);
        let mut exit = Exit::new(code.unwrap_or_default());
        exit.error = some(self.state.error.clone());
        exit
    }

    /// `sized` says whether sizes were asked for: Podman gives a zero where they were not.
    pub(crate) fn into_info(self, dialect: Dialect, sized: bool) -> ContainerInfo {
        let state = dialect.state(&self.state.status);
        let exit_code = exit_code(&state, &self.state, dialect);
        let runs = state.is_running();
        let config = config(self.config, self.host_config, dialect).with_name(bare(&self.name));
        let mut info = ContainerInfo::new(
            self.id,
            bare(&self.name),
            state,
            dialect.image_id(&self.image),
            config,
        );
        info.created = time(&self.created);
        info.pid = positive(self.state.pid);
        info.exit_code = exit_code;
        info.oom_killed = self.state.oom_killed;
        info.error = some(self.state.error);
        info.started_at = time(&self.state.started_at);
        info.finished_at = time(&self.state.finished_at);
        info.health = self.state.health.and_then(health);
        info.restart_count = positive(self.restart_count).unwrap_or_default();
        if runs {
            info.ports = published(self.network_settings.ports);
        }
        info.networks = self
            .network_settings
            .networks
            .into_iter()
            .map(|(name, endpoint)| (name, attachment(endpoint.unwrap_or_default())))
            .collect();
        if info.started_at.is_none() {
            // Old engines know the id once a start was tried, new ones once one succeeded.
            for attachment in info.networks.values_mut() {
                attachment.network_id = None;
            }
        }
        info.mounts = mounts(self.mounts);
        if sized {
            info.size_rw = self.size_rw.and_then(size);
            info.size_root = self.size_root_fs.and_then(size);
        }
        info
    }
}

/// None before the first exit. The engine says 0 there, as it does after a success.
fn exit_code(state: &ContainerState, wire: &State, dialect: Dialect) -> Option<i64> {
    match state {
        ContainerState::Running | ContainerState::Paused => None,
        ContainerState::Created if wire.error.is_empty() && wire.exit_code == 0 => None,
        ContainerState::Created => Some(dialect.failed_start_code(wire.exit_code, &wire.error)),
        _ => Some(wire.exit_code),
    }
}

fn health(wire: WireHealth) -> Option<Health> {
    // Podman has an empty one where there is no check.
    let status = some(wire.status).filter(|status| status != "none")?;
    let probes = wire.log.into_iter().map(|probe| {
        let mut shown = HealthProbe::new(probe.exit_code, probe.output);
        shown.started_at = time(&probe.start);
        shown.finished_at = time(&probe.end);
        shown
    });
    let mut health = Health::new(status);
    health.failing_streak = positive(wire.failing_streak).unwrap_or_default();
    health.log = probes.collect();
    Some(health)
}

fn attachment(wire: Endpoint) -> NetworkAttachment {
    let mut attachment = NetworkAttachment::default();
    attachment.network_id = some(wire.network_id);
    attachment.ip_address = wire.ip_address.parse().ok();
    attachment.gateway = wire.gateway.parse().ok();
    attachment.ipv6_address = wire.ipv6_address.parse().ok();
    attachment.mac_address = some(wire.mac_address);
    attachment.aliases = wire.aliases;
    attachment
}

fn published(ports: BTreeMap<String, Option<Vec<Binding>>>) -> Vec<PublishedPort> {
    let mut published = Vec::new();
    for (key, bindings) in ports {
        let Some((number, protocol)) = port(&key) else {
            continue;
        };
        let exposed = PublishedPort::new(number, protocol);
        let hosts: Vec<_> = bindings
            .unwrap_or_default()
            .iter()
            .filter_map(socket)
            .collect();
        if hosts.is_empty() {
            published.push(exposed);
        } else {
            published.extend(
                hosts
                    .into_iter()
                    .map(|host| exposed.clone().with_host(host)),
            );
        }
    }
    published.sort_by_key(PublishedPort::sort_key);
    published
}

/// Where a port is published; an empty address is every IPv4 address.
fn socket(binding: &Binding) -> Option<SocketAddr> {
    let ip = if binding.host_ip.is_empty() {
        "0.0.0.0"
    } else {
        &binding.host_ip
    };
    Some(SocketAddr::new(
        ip.parse().ok()?,
        binding.host_port.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use wharf_core::HealthStatus;

    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    fn inspected(engine: &str, name: &str, dialect: Dialect) -> ContainerInfo {
        let wire: Inspected = serde_json::from_slice(&recorded(engine, name)).unwrap();
        wire.into_info(dialect, true)
    }

    #[test]
    fn a_running_container_is_described_alike_by_all_engines() {
        for (engine, dialect) in ENGINES {
            let info = inspected(engine, "inspect_running.json", dialect);
            assert_eq!(info.name, "rec-web", "{engine}");
            assert_eq!(info.state, ContainerState::Running);
            assert!(info.image_id.starts_with("sha256:0cf5bd7d88ea"), "{engine}");
            assert!(info.pid.is_some() && info.exit_code.is_none() && info.error.is_none());
            assert!(
                info.started_at > info.created && info.finished_at.is_none(),
                "{engine}"
            );
            assert_eq!(info.size_root.map(|size| size > 1_000_000), Some(true));
        }
    }

    #[test]
    fn what_is_mounted_is_told() {
        for (engine, dialect) in ENGINES {
            let info = inspected(engine, "inspect_running.json", dialect);
            let of = |target: &str| info.mounts.iter().find(|mount| mount.target == target);
            assert!(of("/host").unwrap().read_only, "{engine}");
            assert_eq!(
                of("/data").unwrap().name.as_deref(),
                Some("rec-data"),
                "{engine}"
            );
            assert_eq!(of("/data").unwrap().driver.as_deref(), Some("local"));
        }
    }

    #[test]
    fn ports_and_addresses_are_there_while_it_runs() {
        for (engine, dialect) in ENGINES {
            let info = inspected(engine, "inspect_running.json", dialect);
            let of = |port: u16| info.ports.iter().filter(move |p| p.container == port);
            let dns: Vec<_> = of(53).collect();
            assert_eq!(dns.len(), 1);
            assert_eq!(dns[0].host.unwrap().to_string(), "127.0.0.1:5353");
            assert!(
                of(80).all(|port| port.host.is_some_and(|host| host.port() > 1024)),
                "{engine}"
            );
            assert_eq!(of(99).next().unwrap().host, None, "{engine}");
            let network = info.networks.values().next().unwrap();
            assert!(
                network.ip_address.is_some() && network.gateway.is_some(),
                "{engine}"
            );
            assert!(
                inspected(engine, "inspect_created.json", dialect)
                    .ports
                    .is_empty()
            );
        }
    }

    #[test]
    fn states_have_the_exit_codes_that_belong_to_them() {
        for (engine, dialect) in ENGINES {
            let created = inspected(engine, "inspect_created.json", dialect);
            assert_eq!(
                (created.state, created.exit_code),
                (ContainerState::Created, None)
            );
            assert_eq!(
                created
                    .health
                    .filter(|h| h.status == HealthStatus::Starting),
                None,
                "{engine}"
            );

            let failed = inspected(engine, "inspect_failed_start.json", dialect);
            assert_eq!(failed.state, ContainerState::Created);
            assert_eq!(failed.exit_code, Some(127), "{engine}");
            assert!(failed.error.unwrap().contains("/no/such"));
            assert_eq!(failed.started_at, None);

            let exited = inspected(engine, "inspect_exited.json", dialect);
            assert_eq!(
                (exited.state, exited.exit_code),
                (ContainerState::Exited, Some(7))
            );
            assert!(exited.finished_at.is_some() && exited.pid.is_none());
        }
    }

    #[test]
    fn what_an_engine_leaves_out_or_adds_breaks_nothing() {
        let bare = br#"{"Id":"c","State":{"Status":"hibernating","New":1},"Config":{},"More":[],
            "RestartCount":-1,"SizeRw":-1,"SizeRootFs":7}"#;
        let info = serde_json::from_slice::<Inspected>(bare)
            .unwrap()
            .into_info(Dialect::Docker, true);
        assert_eq!((info.restart_count, info.size_rw), (0, None));
        assert_eq!(info.size_root, Some(7));
        assert_eq!(info.state, ContainerState::Other("hibernating".to_owned()));
        assert_eq!(info.created, None);
    }
}
