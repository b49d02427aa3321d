//! What a container's configuration must fulfil in itself.

use super::{
    Asked, Validate, absolute_path, container_id, container_name, grace, image, network_id,
    not_empty, volume_name,
};
use crate::{Error, Result, types::*};
use std::{collections::BTreeSet, time::Duration};

/// The least memory a container may be limited to.
const MEMORY_MIN: u64 = 6 << 20;
/// What no host has.
const CPUS_MAX: f64 = 65_536.0;
/// Docker's names for the kernel's capabilities, without `CAP_`.
const CAPABILITIES: [&str; 42] = [
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

impl Validate for ContainerConfig {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        not_empty("image", &self.image)?;
        image(&self.image)?;
        self.name.as_deref().map_or(Ok(()), container_name)?;
        if self.command.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid(
                "command",
                "it is empty; leave it out for the image's own",
            ));
        }
        no_nul("command", self.command.iter().flatten())?;
        no_nul("entrypoint", self.entrypoint.iter().flatten())?;
        environment(&self.env)?;
        labels(self.labels.keys())?;
        self.working_dir
            .as_deref()
            .map_or(Ok(()), |dir| absolute_path("working_dir", dir))?;
        self.hostname.as_deref().map_or(Ok(()), hostname)?;
        limits(self.cpus, self.memory, self.pids_limit)?;
        ports(&self.ports)?;
        mounts(&self.mounts)?;
        restart_policy(&self.restart)?;
        if let Some(timeout) = self.stop_timeout {
            grace("stop_timeout", Grace::After(timeout))?;
        }
        if self.auto_remove && self.restart != RestartPolicy::No {
            let why = "a container that is removed when it exits cannot be restarted; drop one of the two";
            return Err(Error::invalid("auto_remove", why));
        }
        capabilities("cap_add", &self.cap_add)?;
        capabilities("cap_drop", &self.cap_drop)?;
        for host in &self.extra_hosts {
            not_empty("extra_hosts", &host.name)?;
        }
        match &self.network {
            Some(NetworkMode::Container(container)) => {
                container_id(container)?;
                borrowed_network(self)?;
            }
            Some(NetworkMode::Named(network)) => network_id(network)?,
            _ => {}
        }
        self.health_check.as_ref().map_or(Ok(()), health_check)
    }
}

pub(super) fn no_nul<'a>(field: &str, mut texts: impl Iterator<Item = &'a String>) -> Result<()> {
    if texts.any(|text| text.contains('\0')) {
        return Err(Error::invalid(field, "it has a NUL in it"));
    }
    Ok(())
}

pub(super) fn environment(env: &Env) -> Result<()> {
    for (name, value) in env.iter() {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let why = format_args!("{name:?} cannot be a variable: no `=` in its name, no NUL");
            return Err(Error::invalid("env", why));
        }
    }
    Ok(())
}

pub(super) fn labels<'a>(mut keys: impl Iterator<Item = &'a String>) -> Result<()> {
    if keys.any(String::is_empty) {
        return Err(Error::invalid("labels", "a label's key is empty"));
    }
    Ok(())
}

fn hostname(name: &str) -> Result<()> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    let fits = (1..=63).contains(&name.len()) && name.bytes().all(word) && !name.starts_with('-');
    if fits {
        Ok(())
    } else {
        Err(Error::invalid(
            "hostname",
            format_args!("{name:?} is no host name"),
        ))
    }
}

pub(super) fn limits(cpus: Option<f64>, memory: Option<u64>, pids: Option<u64>) -> Result<()> {
    if let Some(cpus) = cpus
        && !(0.01..=CPUS_MAX).contains(&cpus)
    {
        let why = format_args!("{cpus} is not from 0.01 to what the host has");
        return Err(Error::invalid("cpus", why));
    }
    if let Some(memory) = memory
        && !(MEMORY_MIN..=i64::MAX.unsigned_abs()).contains(&memory)
    {
        let why = format_args!("{memory} bytes is not from 6 MiB ({MEMORY_MIN}) to 8 EiB");
        return Err(Error::invalid("memory", why));
    }
    if let Some(pids) = pids
        && !(1..=i64::MAX.unsigned_abs()).contains(&pids)
    {
        return Err(Error::invalid(
            "pids_limit",
            format_args!("{pids} leaves no process; use 1 or more"),
        ));
    }
    Ok(())
}

/// What belongs to a network cannot be chosen by one who uses another's.
fn borrowed_network(config: &ContainerConfig) -> Result<()> {
    let chosen = [
        ("hostname", config.hostname.is_some()),
        ("ports", !config.ports.is_empty()),
        ("extra_hosts", !config.extra_hosts.is_empty()),
    ];
    let why = "it is that of the container whose network this one shares; set it there";
    match chosen.iter().find(|(_, chosen)| *chosen) {
        Some((field, _)) => Err(Error::invalid(field, why)),
        None => Ok(()),
    }
}

fn ports(ports: &[PortMapping]) -> Result<()> {
    for (i, port) in ports.iter().enumerate() {
        if let Protocol::Other(protocol) = &port.protocol {
            let why = format_args!("{protocol:?} is none of {}", Protocol::WORDS.join(", "));
            return Err(Error::invalid("ports", why));
        }
        if port.host_port.is_some() && ports.iter().skip(i + 1).any(|other| other == port) {
            let why = format_args!("port {} is published twice in the same way", port.container);
            return Err(Error::invalid("ports", why));
        }
    }
    Ok(())
}

fn mounts(mounts: &[Mount]) -> Result<()> {
    let mut targets = BTreeSet::new();
    for Mount { source, target, .. } in mounts {
        absolute_path("mounts", target)?;
        let target = normalised(target);
        if target == "/" {
            return Err(Error::invalid(
                "mounts",
                "the target cannot be the root folder",
            ));
        }
        match source {
            MountSource::Bind { path } => absolute_path("mounts", path)?,
            MountSource::Volume { name: Some(name) } => {
                volume_name(name).map_err(|error| Error::invalid("mounts", error.message()))?;
            }
            MountSource::Volume { name: None } | MountSource::Tmpfs { .. } => {}
        }
        if !targets.insert(target.clone()) {
            return Err(Error::invalid(
                "mounts",
                format_args!("two mounts have the target {target}"),
            ));
        }
    }
    Ok(())
}

/// A path without empty and dot components, so that two spellings of one target meet.
fn normalised(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

pub(super) fn restart_policy(policy: &RestartPolicy) -> Result<()> {
    match policy {
        RestartPolicy::Other(word) => {
            let known = "no, always, unless-stopped, on-failure";
            Err(Error::invalid(
                "restart",
                format_args!("{word:?} is none of {known}"),
            ))
        }
        _ => Ok(()),
    }
}

fn capabilities(field: &str, names: &[String]) -> Result<()> {
    for name in names {
        let upper = name.to_ascii_uppercase();
        if !CAPABILITIES.contains(&upper.strip_prefix("CAP_").unwrap_or(&upper)) {
            let why = format_args!("there is no capability {name:?}; see capabilities(7)");
            return Err(Error::invalid(field, why));
        }
    }
    Ok(())
}

fn health_check(check: &HealthCheck) -> Result<()> {
    let empty = match &check.test {
        HealthTest::None => false,
        HealthTest::Command(words) => words.first().is_none_or(String::is_empty),
        HealthTest::Shell(line) => line.is_empty(),
    };
    if empty {
        return Err(Error::invalid(
            "health_check",
            "its test is empty; name a program",
        ));
    }
    let times = [
        ("interval", check.interval),
        ("timeout", check.timeout),
        (
            "start_period",
            check.start_period.filter(|period| !period.is_zero()),
        ),
    ];
    for (name, time) in times {
        if time.is_some_and(|time| time < Duration::from_millis(1)) {
            return Err(Error::invalid(
                "health_check",
                format_args!("{name} is less than 1 ms"),
            ));
        }
    }
    Ok(())
}
