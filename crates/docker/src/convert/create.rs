//! `POST /containers/create`: what a container is made from.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models;
use wharf_core::{
    ContainerConfig, Error, ExecConfig, HealthCheck, HealthTest, Mount, MountSource, PortMapping,
    RestartPolicy, Result, whole_seconds,
};

use super::to_nanos;

/// The body of the request. What is not set is left out, so that the image or the engine decides.
/// What the contract has learned since is refused: a guess would be another container.
pub(crate) fn body(config: &ContainerConfig) -> Result<models::ContainerCreateBody> {
    let ports = (!config.ports.is_empty()).then(|| exposed(&config.ports));
    Ok(models::ContainerCreateBody {
        image: Some(config.image.clone()),
        cmd: config.command.clone(),
        entrypoint: config.entrypoint.clone().map(entrypoint),
        env: (!config.env.is_empty()).then(|| config.env.to_pairs()),
        labels: (!config.labels.is_empty()).then(|| {
            config
                .labels
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        }),
        working_dir: config.working_dir.clone(),
        user: config.user.clone(),
        hostname: config.hostname.clone(),
        tty: Some(config.tty),
        open_stdin: Some(config.open_stdin),
        exposed_ports: ports,
        stop_signal: config.stop_signal.map(|signal| signal.to_string()),
        stop_timeout: config.stop_timeout.map(whole_seconds),
        healthcheck: config.health_check.as_ref().map(health_check).transpose()?,
        host_config: Some(host_config(config)?),
        ..Default::default()
    })
}

fn unknown(option: &str, value: &impl std::fmt::Debug) -> Error {
    let option = format!("create_container.{option}");
    Error::unsupported_option(&option, format!("{value:?} is not known here"))
}

fn host_config(config: &ContainerConfig) -> Result<models::HostConfig> {
    let mounts = config
        .mounts
        .iter()
        .map(mount)
        .collect::<Result<Vec<_>>>()?;
    Ok(models::HostConfig {
        port_bindings: (!config.ports.is_empty()).then(|| bindings(&config.ports)),
        mounts: (!mounts.is_empty()).then_some(mounts),
        nano_cpus: config.cpus.map(nano_cpus),
        memory: config.memory.map(signed),
        pids_limit: config.pids_limit.map(signed),
        restart_policy: restart_policy(&config.restart)?,
        privileged: Some(config.privileged),
        cap_add: (!config.cap_add.is_empty()).then(|| config.cap_add.clone()),
        cap_drop: (!config.cap_drop.is_empty()).then(|| config.cap_drop.clone()),
        readonly_rootfs: Some(config.read_only_root),
        auto_remove: Some(config.auto_remove),
        init: config.init.then_some(true),
        network_mode: config.network.as_ref().map(ToString::to_string),
        extra_hosts: (!config.extra_hosts.is_empty())
            .then(|| config.extra_hosts.iter().map(ToString::to_string).collect()),
        ..Default::default()
    })
}

/// The engine takes an empty list for "as the image has it"; one empty word resets it.
fn entrypoint(words: Vec<String>) -> Vec<String> {
    if words.is_empty() {
        vec![String::new()]
    } else {
        words
    }
}

fn key(port: &PortMapping) -> String {
    format!("{}/{}", port.container, port.protocol)
}

/// Docker publishes no port that is not exposed too, and says nothing of it.
fn exposed(ports: &[PortMapping]) -> Vec<String> {
    ports.iter().map(key).collect()
}

fn bindings(ports: &[PortMapping]) -> models::PortMap {
    let mut bindings = HashMap::new();
    for port in ports {
        let binding = models::PortBinding {
            host_ip: port.host_ip.map(|ip| ip.to_string()),
            host_port: port.host_port.map(|port| port.to_string()),
        };
        let of_port: &mut Option<Vec<_>> = bindings.entry(key(port)).or_default();
        of_port.get_or_insert_default().push(binding);
    }
    bindings
}

fn mount(mount: &Mount) -> Result<models::Mount> {
    let mut wire = models::Mount {
        target: Some(mount.target.clone()),
        read_only: Some(mount.read_only),
        ..Default::default()
    };
    match &mount.source {
        MountSource::Bind { path } => {
            wire.typ = Some(models::MountType::BIND);
            wire.source = Some(path.clone());
        }
        MountSource::Volume { name } => {
            wire.typ = Some(models::MountType::VOLUME);
            wire.source.clone_from(name);
        }
        MountSource::Tmpfs { size } => {
            wire.typ = Some(models::MountType::TMPFS);
            wire.tmpfs_options = size.map(|size| models::MountTmpfsOptions {
                size_bytes: Some(signed(size)),
                ..Default::default()
            });
        }
        source => return Err(unknown("mounts", source)),
    }
    Ok(wire)
}

fn restart_policy(policy: &RestartPolicy) -> Result<Option<models::RestartPolicy>> {
    use models::RestartPolicyNameEnum as Name;
    let (name, retries) = match policy {
        RestartPolicy::Always => (Name::ALWAYS, None),
        RestartPolicy::UnlessStopped => (Name::UNLESS_STOPPED, None),
        RestartPolicy::OnFailure { max_retries } => (
            Name::ON_FAILURE,
            max_retries.map(|max| i64::from(max.get())),
        ),
        RestartPolicy::No => return Ok(None),
        policy => return Err(unknown("restart", policy)),
    };
    Ok(Some(models::RestartPolicy {
        name: Some(name),
        maximum_retry_count: retries,
    }))
}

fn health_check(check: &HealthCheck) -> Result<models::HealthConfig> {
    let with = |word: &str, rest: &[String]| {
        std::iter::once(word.to_owned())
            .chain(rest.iter().cloned())
            .collect()
    };
    let test = match &check.test {
        HealthTest::Command(words) => with("CMD", words),
        HealthTest::Shell(line) => with("CMD-SHELL", std::slice::from_ref(line)),
        HealthTest::None => with("NONE", &[]),
        test => return Err(unknown("health_check", test)),
    };
    let nanos = |time: Option<Duration>| time.map(to_nanos);
    Ok(models::HealthConfig {
        test: Some(test),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        start_period: nanos(check.start_period),
        retries: check.retries.map(i64::from),
        ..Default::default()
    })
}

/// `POST /containers/{id}/exec`.
pub(crate) fn exec(config: &ExecConfig) -> models::ExecConfig {
    models::ExecConfig {
        attach_stdin: Some(!config.input.is_empty()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(config.command.to_vec()),
        env: (!config.env.is_empty()).then(|| config.env.to_pairs()),
        working_dir: config.working_dir.clone(),
        user: config.user.clone(),
        tty: Some(config.tty),
        privileged: Some(config.privileged),
        ..Default::default()
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "validated: at most 65536 CPUs"
)]
fn nano_cpus(cpus: f64) -> i64 {
    (cpus * 1e9).round() as i64
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wharf_core::{NetworkMode, Platform};

    use super::*;

    fn sent(config: &ContainerConfig) -> Value {
        serde_json::to_value(body(config).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_set_is_left_to_the_image() {
        let sent = sent(&ContainerConfig::new("busybox"));
        assert_eq!(sent["Image"], "busybox");
        for absent in [
            "Cmd",
            "Entrypoint",
            "Env",
            "User",
            "Hostname",
            "StopSignal",
            "Healthcheck",
        ] {
            assert_eq!(sent.get(absent), None, "{absent}");
        }
        for absent in [
            "Mounts",
            "PortBindings",
            "NanoCpus",
            "Memory",
            "RestartPolicy",
            "NetworkMode",
        ] {
            assert_eq!(sent["HostConfig"].get(absent), None, "{absent}");
        }
    }

    #[test]
    fn everything_that_is_set_is_sent() {
        let config = ContainerConfig::new("busybox")
            .with_command(["sh"])
            .with_entrypoint(Vec::<String>::new())
            .with_env([("A", "1")])
            .with_labels([("l", "v")])
            .with_working_dir("/w")
            .with_user("nobody")
            .with_hostname("h")
            .with_tty(true)
            .with_open_stdin(true)
            .with_cpus(0.1)
            .with_memory(6_291_456)
            .with_pids_limit(9)
            .with_restart(RestartPolicy::on_failure(2))
            .with_privileged(true)
            .with_cap_add(["NET_ADMIN"])
            .with_cap_drop(["MKNOD"])
            .with_read_only_root(true)
            .with_stop_signal(wharf_core::Signal::INT)
            .with_stop_timeout(Duration::from_millis(1500))
            .with_health_check(
                HealthCheck::new(HealthTest::Shell("true".to_owned()))
                    .with_interval(Duration::from_millis(250))
                    .with_retries(4),
            )
            .with_init(true)
            .with_network(NetworkMode::Container("other".to_owned()))
            .with_platform(Platform::new("linux", "amd64"));
        let sent = sent(&config);
        assert_eq!(sent["Cmd"], json!(["sh"]));
        assert_eq!(sent["Entrypoint"], json!([""]));
        assert_eq!(sent["Env"], json!(["A=1"]));
        assert_eq!(sent["Labels"], json!({"l": "v"}));
        assert_eq!(
            (&sent["WorkingDir"], &sent["User"], &sent["Hostname"]),
            (&json!("/w"), &json!("nobody"), &json!("h"))
        );
        assert_eq!(
            (&sent["Tty"], &sent["OpenStdin"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(
            (&sent["StopSignal"], &sent["StopTimeout"]),
            (&json!("SIGINT"), &json!(2))
        );
        assert_eq!(
            sent["Healthcheck"],
            json!({"Test": ["CMD-SHELL", "true"], "Interval": 250_000_000, "Retries": 4})
        );
        let host = &sent["HostConfig"];
        assert_eq!(host["NanoCpus"], 100_000_000);
        assert_eq!(
            (&host["Memory"], &host["PidsLimit"]),
            (&json!(6_291_456), &json!(9))
        );
        assert_eq!(
            host["RestartPolicy"],
            json!({"Name": "on-failure", "MaximumRetryCount": 2})
        );
        assert_eq!(
            (&host["CapAdd"], &host["CapDrop"]),
            (&json!(["NET_ADMIN"]), &json!(["MKNOD"]))
        );
        assert_eq!(
            (&host["Privileged"], &host["ReadonlyRootfs"], &host["Init"]),
            (&json!(true), &json!(true), &json!(true))
        );
        assert_eq!(host["NetworkMode"], "container:other");
    }

    #[test]
    fn a_published_port_is_exposed_too() {
        let ports =
            ["127.0.0.1:8080:80", "9000:80", "53/udp"].map(|p| p.parse::<PortMapping>().unwrap());
        let sent = sent(&ContainerConfig::new("busybox").with_ports(ports));
        assert_eq!(sent["ExposedPorts"], json!({"80/tcp": {}, "53/udp": {}}));
        let bindings = &sent["HostConfig"]["PortBindings"];
        assert_eq!(
            bindings["80/tcp"],
            json!([{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostPort": "9000"}])
        );
        assert_eq!(bindings["53/udp"], json!([{}]));
    }

    #[test]
    fn mounts_are_of_their_kind() {
        let mounts = [
            Mount::bind("/srv", "/b").with_read_only(true),
            Mount::volume("data", "/v"),
            Mount::anonymous("/a"),
            Mount::new(MountSource::Tmpfs { size: Some(4096) }, "/t"),
        ];
        let sent = sent(&ContainerConfig::new("busybox").with_mounts(mounts));
        assert_eq!(
            sent["HostConfig"]["Mounts"],
            json!([
                {"Type": "bind", "Source": "/srv", "Target": "/b", "ReadOnly": true},
                {"Type": "volume", "Source": "data", "Target": "/v", "ReadOnly": false},
                {"Type": "volume", "Target": "/a", "ReadOnly": false},
                {"Type": "tmpfs", "Target": "/t", "ReadOnly": false, "TmpfsOptions": {"SizeBytes": 4096}}
            ])
        );
    }
}
