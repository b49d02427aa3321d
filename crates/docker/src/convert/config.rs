//! What a container was made from, read back from `GET /containers/{id}/json`.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::time::Duration;

use serde::Deserialize;
use wharf_core::{
    ContainerConfig, Env, HealthCheck, HealthTest, Mount, MountSource, NetworkMode, PortMapping,
    RestartPolicy,
};

use super::{nanos, nullable, port, positive, some};
use crate::dialect::Dialect;

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
pub(crate) struct HostConfig {
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
pub(crate) struct Binding {
    #[serde(default)]
    pub(crate) host_ip: String,
    #[serde(default)]
    pub(crate) host_port: String,
}

pub(crate) fn config(wire: Config, host: HostConfig, dialect: Dialect) -> ContainerConfig {
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
    // The map's own order is that of texts.
    config
        .ports
        .sort_by_key(|port| (port.container, port.protocol.to_string()));
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
    let Ok(number) = NonZeroU16::try_from(number) else {
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

#[cfg(test)]
mod tests {
    use wharf_core::{Protocol, Signal};

    use super::*;
    use crate::convert::container::Inspected;
    use crate::convert::tests::{ENGINES, recorded};

    fn read_back(engine: &str, name: &str, dialect: Dialect) -> ContainerConfig {
        let wire: Inspected = serde_json::from_slice(&recorded(engine, name)).unwrap();
        wire.into_info(dialect, false).config
    }

    #[test]
    fn everything_that_was_asked_for_is_read_back() {
        for (engine, dialect) in ENGINES {
            let config = read_back(engine, "inspect_running.json", dialect);
            assert_eq!(config.name.as_deref(), Some("rec-web"));
            let command = ["sh", "-c", "echo out; echo err >&2; sleep 300"].map(str::to_owned);
            assert_eq!(config.command.as_deref(), Some(&command[..]));
            assert_eq!(config.entrypoint, None, "{engine}");
            assert_eq!(config.env["COLOUR"], "blue");
            assert_eq!(config.env["EMPTY"], "");
            assert_eq!(config.labels["a"], "b=c");
            assert_eq!(config.hostname.as_deref(), Some("harbour"));
            assert_eq!(config.user.as_deref(), Some("root"));
            assert_eq!(config.working_dir.as_deref(), Some("/tmp"));
            assert!(config.open_stdin && !config.tty && config.read_only_root && config.init);
            assert_eq!(config.cpus, Some(0.5));
            assert_eq!(config.memory, Some(64 << 20));
            assert_eq!(config.pids_limit, Some(64));
            assert_eq!(config.restart, RestartPolicy::on_failure(3));
            assert_eq!(config.cap_add, ["NET_ADMIN"]);
            assert_eq!(config.stop_signal, Some(Signal::USR1), "{engine}");
            assert_eq!(config.stop_timeout, Some(Duration::from_secs(3)));
            assert_eq!(config.network, Some(NetworkMode::Bridge), "{engine}");
            assert_eq!(config.extra_hosts[0].to_string(), "db:10.0.0.9");
            let check = config.health_check.unwrap();
            assert_eq!(check.test, HealthTest::Command(vec!["true".to_owned()]));
            assert_eq!(check.interval, Some(Duration::from_secs(1)));
            assert_eq!(check.start_period, Some(Duration::from_millis(1500)));
            assert_eq!(check.retries, Some(2));
            let published = config
                .ports
                .iter()
                .find(|port| port.protocol == Protocol::Udp)
                .unwrap();
            assert_eq!(published.container.get(), 53);
            assert_eq!(published.host_port, NonZeroU16::new(5353));
        }
    }

    #[test]
    fn mounts_are_found_in_their_long_and_their_short_form() {
        for (engine, dialect) in ENGINES {
            let mounts = read_back(engine, "inspect_running.json", dialect).mounts;
            assert!(mounts.contains(&Mount::bind("/srv/host", "/host").with_read_only(true)));
            assert!(
                mounts.contains(&Mount::volume("rec-data", "/data")),
                "{engine}: {mounts:?}"
            );
            let exited = read_back(engine, "inspect_exited.json", dialect);
            let mount = Mount::volume("rec-data", "/b").with_read_only(true);
            assert!(
                exited.mounts.contains(&mount),
                "{engine}: {:?}",
                exited.mounts
            );
            assert_eq!(exited.network, Some(NetworkMode::None));
            assert!(exited.tty);
        }
    }

    #[test]
    fn the_forms_of_a_health_check_are_told_apart() {
        let test = |json: &str| {
            let wire: WireHealthCheck = serde_json::from_str(json).unwrap();
            wire.into_check().map(|check| check.test)
        };
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(test(r#"{"Test":["NONE"]}"#), Some(HealthTest::None));
        assert_eq!(
            test(r#"{"Test":["CMD","a","b"]}"#),
            Some(HealthTest::Command(words(&["a", "b"])))
        );
        assert_eq!(
            test(r#"{"Test":["CMD-SHELL","a b"]}"#),
            Some(HealthTest::Shell("a b".to_owned()))
        );
        assert_eq!(test(r#"{"Test":null}"#), None);
    }
}
