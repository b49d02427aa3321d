//! `GET /containers/{id}/json`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use wharf_core::{
    ContainerConfig, ContainerInfo, ContainerState, Env, Health, HealthCheck, HealthProbe,
    HealthTest, Mount, MountInfo, MountSource, NetworkAttachment, NetworkMode, PortMapping,
    PublishedPort, RestartPolicy,
};

use super::{nanos, nullable, port, positive, some, time};
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
    restart_count: u32,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<MountPoint>,
    pub(crate) config: Config,
    #[serde(default)]
    network_settings: NetworkSettings,
    size_rw: Option<u64>,
    size_root_fs: Option<u64>,
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
    failing_streak: u32,
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
pub(crate) struct Config {
    hostname: String,
    user: String,
    pub(crate) tty: bool,
    open_stdin: bool,
    #[serde(deserialize_with = "nullable")]
    env: Vec<String>,
    cmd: Option<Vec<String>>,
    #[serde(alias = "Healthcheck")]
    health_check: Option<WireHealthCheck>,
    image: String,
    working_dir: String,
    entrypoint: Option<Words>,
    #[serde(deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable")]
    stop_signal: String,
    pub(crate) stop_timeout: Option<i64>,
}

/// A list, or one text in place of a list, as old engines and images write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    List(Vec<String>),
    One(String),
}

impl Words {
    pub(crate) fn into_list(self) -> Option<Vec<String>> {
        match self {
            Self::List(words) if words.is_empty() => None,
            Self::List(words) => Some(words),
            Self::One(word) => some(word).map(|word| vec![word]),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WireHealthCheck {
    #[serde(default, deserialize_with = "nullable")]
    test: Vec<String>,
    #[serde(default)]
    interval: i64,
    #[serde(default)]
    timeout: i64,
    #[serde(default)]
    start_period: i64,
    #[serde(default)]
    retries: i64,
}

impl WireHealthCheck {
    pub(crate) fn into_check(self) -> Option<HealthCheck> {
        let mut words = self.test.into_iter();
        let test = match words.next()?.as_str() {
            "NONE" => HealthTest::None,
            "CMD-SHELL" => HealthTest::Shell(words.next()?),
            _ => HealthTest::Command(words.collect()),
        };
        let mut check = HealthCheck::new(test);
        check.interval = nanos(self.interval);
        check.timeout = nanos(self.timeout);
        check.start_period = nanos(self.start_period);
        check.retries = positive(self.retries);
        Some(check)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    #[serde(deserialize_with = "nullable")]
    binds: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    mounts: Vec<WireMount>,
    network_mode: String,
    #[serde(deserialize_with = "nullable")]
    port_bindings: BTreeMap<String, Option<Vec<Binding>>>,
    restart_policy: WireRestartPolicy,
    auto_remove: bool,
    #[serde(deserialize_with = "nullable")]
    cap_add: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    cap_drop: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    extra_hosts: Vec<String>,
    privileged: bool,
    readonly_rootfs: bool,
    memory: i64,
    nano_cpus: i64,
    pids_limit: Option<i64>,
    init: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireRestartPolicy {
    name: String,
    maximum_retry_count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireMount {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    read_only: bool,
    tmpfs_options: Option<TmpfsOptions>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TmpfsOptions {
    #[serde(default)]
    size_bytes: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    host_port: String,
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

    /// The code of its last run, or of its start that failed; 0 before it ever ran.
    pub(crate) fn exit_code(&self, dialect: Dialect) -> i64 {
        exit_code(&self.state(dialect), &self.state, dialect).unwrap_or_default()
    }

    pub(crate) fn into_info(self, dialect: Dialect) -> ContainerInfo {
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
        info.restart_count = self.restart_count;
        if runs {
            info.ports = published(self.network_settings.ports);
        }
        info.networks = self
            .network_settings
            .networks
            .into_iter()
            .map(|(name, endpoint)| (name, attachment(endpoint.unwrap_or_default())))
            .collect();
        info.mounts = self.mounts.into_iter().map(Into::into).collect();
        info.size_rw = self.size_rw;
        info.size_root = self.size_root_fs;
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
    health.failing_streak = wire.failing_streak;
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

fn config(wire: Config, host: HostConfig, dialect: Dialect) -> ContainerConfig {
    let mut config = ContainerConfig::new(dialect.image_name(&wire.image));
    config.command = wire.cmd.filter(|words| !words.is_empty());
    config.entrypoint = wire.entrypoint.and_then(Words::into_list);
    config.env = Env::from_pairs(wire.env.iter().map(String::as_str));
    config.labels = wire.labels;
    config.working_dir = some(wire.working_dir);
    config.user = some(wire.user);
    config.hostname = some(wire.hostname);
    config.tty = wire.tty;
    config.open_stdin = wire.open_stdin;
    config.ports = host.port_bindings.into_iter().flat_map(mappings).collect();
    let mounts = host.mounts.into_iter().filter_map(mount);
    config.mounts = mounts
        .chain(host.binds.iter().filter_map(|bind| self::bind(bind)))
        .collect();
    #[allow(
        clippy::cast_precision_loss,
        reason = "a host has far fewer than 2^52 billionths of CPUs"
    )]
    let cpus = host.nano_cpus as f64 / 1e9;
    config.cpus = (cpus > 0.0).then_some(cpus);
    config.memory = positive(host.memory);
    config.pids_limit = host.pids_limit.and_then(positive);
    config.restart = restart_policy(host.restart_policy);
    config.privileged = host.privileged;
    config.cap_add = host.cap_add;
    config.cap_drop = host.cap_drop;
    config.read_only_root = host.readonly_rootfs;
    config.stop_signal = wire.stop_signal.parse().ok();
    config.stop_timeout = wire
        .stop_timeout
        .and_then(|s| u64::try_from(s).ok())
        .map(Duration::from_secs);
    config.health_check = wire.health_check.and_then(WireHealthCheck::into_check);
    config.auto_remove = host.auto_remove;
    config.init = host.init.unwrap_or_default();
    config.network = network(&host.network_mode);
    config.extra_hosts = host
        .extra_hosts
        .iter()
        .filter_map(|host| host.parse().ok())
        .collect();
    config
}

fn network(mode: &str) -> Option<NetworkMode> {
    match mode {
        "" => None,
        // The word of daemons before 26 for what nobody chose.
        "default" => Some(NetworkMode::Bridge),
        mode => Some(mode.into()),
    }
}

fn restart_policy(wire: WireRestartPolicy) -> RestartPolicy {
    match wire.name.as_str() {
        "" | "no" => RestartPolicy::No,
        "always" => RestartPolicy::Always,
        "unless-stopped" => RestartPolicy::UnlessStopped,
        "on-failure" => RestartPolicy::on_failure(wire.maximum_retry_count),
        _ => RestartPolicy::Other(wire.name),
    }
}

fn mappings((key, bindings): (String, Option<Vec<Binding>>)) -> Vec<PortMapping> {
    let Some((number, protocol)) = port(&key) else {
        return Vec::new();
    };
    let Ok(number) = std::num::NonZeroU16::try_from(number) else {
        return Vec::new();
    };
    let mapping = |binding: Binding| {
        let mut mapping = PortMapping::new(number).with_protocol(protocol.clone());
        mapping.host_ip = binding.host_ip.parse().ok();
        mapping.host_port = binding.host_port.parse().ok();
        mapping
    };
    bindings
        .unwrap_or_default()
        .into_iter()
        .map(mapping)
        .collect()
}

fn mount(wire: WireMount) -> Option<Mount> {
    let source = match wire.r#type.as_str() {
        "bind" => MountSource::Bind { path: wire.source },
        "volume" => MountSource::Volume {
            name: some(wire.source),
        },
        "tmpfs" => {
            let size = wire
                .tmpfs_options
                .and_then(|options| positive(options.size_bytes));
            MountSource::Tmpfs { size }
        }
        _ => return None,
    };
    Some(Mount::new(source, wire.target).with_read_only(wire.read_only))
}

/// `SOURCE:TARGET[:OPTIONS]`, the short form of a mount; what begins with a slash is a host's path.
fn bind(text: &str) -> Option<Mount> {
    let mut parts = text.split(':');
    let (source, target) = (parts.next()?, parts.next()?);
    let read_only = parts
        .next()
        .is_some_and(|options| options.split(',').any(|o| o == "ro"));
    let source = if source.starts_with('/') {
        MountSource::Bind {
            path: source.to_owned(),
        }
    } else {
        MountSource::Volume {
            name: some(source.to_owned()),
        }
    };
    Some(Mount::new(source, target).with_read_only(read_only))
}
