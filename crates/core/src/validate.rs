//! Validation that needs no engine: once, for all backends. [`Checked`](crate::Checked) calls it for every argument.

use crate::{
    Error, ImageRef, Operation, ResourceKind, Result,
    reference::{is_hash, is_hex},
    types::*,
};
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

/// A container's id, prefix of an id, or name: what may stand in a URL.
pub(crate) fn container_id(id: &str) -> Result<()> {
    let why = "use an id or a name: letters, digits and `_`, `.`, `-`, the first a letter or digit";
    if is_name(id) {
        Ok(())
    } else {
        Err(Error::invalid(
            "id",
            format_args!("{id:?} is neither: {why}"),
        ))
    }
}

/// The name of a container that is to be.
pub(crate) fn container_name(name: &str) -> Result<()> {
    name_of("name", name)
}

pub(crate) fn volume_name(name: &str) -> Result<()> {
    name_of("volume", name)
}

fn name_of(field: &str, name: &str) -> Result<()> {
    if is_name(name) && name.len() >= 2 {
        return Ok(());
    }
    let form = "a name has two characters or more, letters, digits and `_`, `.`, `-`, the first a letter or digit";
    Err(Error::invalid(
        field,
        format_args!("{name:?} is no name: {form}"),
    ))
}

/// A network's name or id.
pub(crate) fn network_id(network: &str) -> Result<()> {
    if is_name(network) {
        return Ok(());
    }
    let form = "use letters, digits and `_`, `.`, `-`, the first a letter or digit";
    Err(Error::invalid(
        "network",
        format_args!("{network:?} is no name: {form}"),
    ))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// An image that is here: a reference, an id, or the beginning of one.
pub(crate) fn image(reference: &str) -> Result<()> {
    let is_id = match reference.strip_prefix("sha256:") {
        Some(hash) => hash.len() <= 64 && is_hex(hash),
        None => is_hash(reference),
    };
    if is_id {
        Ok(())
    } else {
        reference.parse::<ImageRef>().map(|_| ())
    }
}

pub(crate) fn images(references: &[String]) -> Result<()> {
    if references.is_empty() {
        return Err(Error::invalid("references", "there are none"));
    }
    references.iter().try_for_each(|reference| image(reference))
}

pub(crate) fn absolute_path(field: &str, path: &str) -> Result<()> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format_args!("{path:?} is no absolute path; begin it with a slash"),
    ))
}

pub(crate) fn not_empty(field: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        Err(Error::invalid(field, "it is empty"))
    } else {
        Ok(())
    }
}

/// What an argument must fulfil in itself.
pub(crate) trait Validate {
    fn validate(&self, operation: Operation) -> Result<()>;
}

/// Arguments whose type says it all.
macro_rules! always_valid { ($($ty:ty),* $(,)?) => { $(
    impl Validate for $ty {
        fn validate(&self, _: Operation) -> Result<()> {
            Ok(())
        }
    }
)* } }
always_valid! {
    Body, CommitOptions, DisconnectOptions, DiskUsageOptions, DownloadOptions, ImportOptions,
    InspectImageOptions, InspectOptions, KillOptions, LoadOptions, PullOptions, PushOptions,
    RemoveImageOptions, RemoveOptions, RemoveVolumeOptions, StartOptions, StatsOptions, TopOptions,
    UploadOptions, &ImageRef, ConnectOptions,
}

/// Arguments that only carry filters.
macro_rules! only_filters { ($($ty:ty),* $(,)?) => { $(
    impl Validate for $ty {
        fn validate(&self, operation: Operation) -> Result<()> {
            self.filters.validate(operation)
        }
    }
)* } }
only_filters! {
    ListImagesOptions, ListNetworksOptions, ListOptions, ListVolumesOptions,
    PruneContainersOptions, PruneImagesOptions, PruneNetworksOptions, PruneVolumesOptions,
}

impl Validate for Credentials {
    fn validate(&self, _: Operation) -> Result<()> {
        if self.identity_token.is_none() {
            not_empty("username", &self.username)?;
        }
        self.registry
            .as_deref()
            .map_or(Ok(()), |registry| not_empty("registry", registry))
    }
}

impl Validate for SearchOptions {
    fn validate(&self, operation: Operation) -> Result<()> {
        if let Some(limit @ (0 | 101..)) = self.limit {
            return Err(Error::invalid(
                "limit",
                format_args!("{limit} is not from 1 to 100"),
            ));
        }
        self.filters.validate(operation)
    }
}

impl Validate for BuildOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        self.tags
            .iter()
            .try_for_each(|tag| tag.parse::<ImageRef>().map(|_| ()))
    }
}

impl Validate for StopOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        self.grace.validate()
    }
}

impl Validate for RestartOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        self.grace.validate()
    }
}

impl Grace {
    fn validate(self) -> Result<()> {
        // Engines count in 32 bits.
        match self.seconds() {
            Some(seconds) if seconds > i64::from(i32::MAX) => Err(Error::invalid(
                "grace",
                "it is longer than 68 years; use Grace::Forever",
            )),
            _ => Ok(()),
        }
    }
}

impl Validate for WaitOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        match &self.condition {
            WaitCondition::Other(word) => {
                let known = WaitCondition::WORDS.join(", ");
                Err(Error::invalid(
                    "condition",
                    format_args!("{word:?} is none of {known}"),
                ))
            }
            _ => Ok(()),
        }
    }
}

impl Validate for LogsOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        if !self.stdout && !self.stderr {
            return Err(Error::invalid(
                "stdout",
                "neither stdout nor stderr is chosen; choose one",
            ));
        }
        Ok(())
    }
}

impl Validate for AttachOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        if !self.stdin && !self.stdout && !self.stderr {
            return Err(Error::invalid("stdout", "no stream is chosen; choose one"));
        }
        Ok(())
    }
}

impl Validate for EventsOptions {
    fn validate(&self, operation: Operation) -> Result<()> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            return Err(Error::invalid(
                "since",
                format_args!("{since} is after until, {until}"),
            ));
        }
        self.filters.validate(operation)
    }
}

impl Validate for UpdateOptions {
    fn validate(&self, _: Operation) -> Result<()> {
        limits(self.cpus, self.memory, self.pids_limit)?;
        self.restart.as_ref().map_or(Ok(()), restart_policy)
    }
}

impl Validate for ExecConfig {
    fn validate(&self, _: Operation) -> Result<()> {
        match self.command.first() {
            None => return Err(Error::invalid("command", "it is empty; name a program")),
            Some(program) if program.is_empty() => {
                return Err(Error::invalid("command", "the program's name is empty"));
            }
            Some(_) => {}
        }
        no_nul("command", self.command.iter())?;
        environment(&self.env)?;
        self.working_dir
            .as_deref()
            .map_or(Ok(()), |dir| absolute_path("working_dir", dir))
    }
}

impl Validate for VolumeConfig {
    fn validate(&self, _: Operation) -> Result<()> {
        volume_name(&self.name)?;
        labels(self.labels.keys())
    }
}

impl Validate for NetworkConfig {
    fn validate(&self, _: Operation) -> Result<()> {
        network_id(&self.name)?;
        if matches!(self.name.as_str(), "bridge" | "host" | "none" | "default") {
            return Err(Error::invalid(
                "name",
                format_args!("{:?} is the engine's own", self.name),
            ));
        }
        for subnet in &self.subnets {
            let parts = subnet.subnet.split_once('/');
            let valid = parts.is_some_and(|(address, bits)| {
                let most = address
                    .parse()
                    .map(|ip: std::net::IpAddr| if ip.is_ipv4() { 32 } else { 128 });
                bits.parse::<u8>()
                    .is_ok_and(|bits| most.is_ok_and(|most| bits <= most))
            });
            if !valid {
                let why = format_args!("{:?} is no range such as 10.5.0.0/16", subnet.subnet);
                return Err(Error::invalid("subnets", why));
            }
        }
        labels(self.labels.keys())
    }
}

impl Validate for ContainerConfig {
    fn validate(&self, _: Operation) -> Result<()> {
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
            Some(NetworkMode::Container(container)) => container_id(container)?,
            Some(NetworkMode::Named(network)) => network_id(network)?,
            _ => {}
        }
        self.health_check.as_ref().map_or(Ok(()), health_check)
    }
}

fn no_nul<'a>(field: &str, mut texts: impl Iterator<Item = &'a String>) -> Result<()> {
    if texts.any(|text| text.contains('\0')) {
        return Err(Error::invalid(field, "it has a NUL in it"));
    }
    Ok(())
}

fn environment(env: &Env) -> Result<()> {
    for (name, value) in env.iter() {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let why = format_args!("{name:?} cannot be a variable: no `=` in its name, no NUL");
            return Err(Error::invalid("env", why));
        }
    }
    Ok(())
}

fn labels<'a>(mut keys: impl Iterator<Item = &'a String>) -> Result<()> {
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

fn limits(cpus: Option<f64>, memory: Option<u64>, pids: Option<u64>) -> Result<()> {
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

fn restart_policy(policy: &RestartPolicy) -> Result<()> {
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

/// A configuration that may wish a name for what is made from it.
pub(crate) trait WishesName {
    fn wished_name(&self) -> Option<(ResourceKind, &str)>;
}

impl WishesName for ContainerConfig {
    fn wished_name(&self) -> Option<(ResourceKind, &str)> {
        self.name
            .as_deref()
            .map(|name| (ResourceKind::Container, name))
    }
}

impl WishesName for VolumeConfig {
    fn wished_name(&self) -> Option<(ResourceKind, &str)> {
        Some((ResourceKind::Volume, &self.name))
    }
}

impl WishesName for NetworkConfig {
    fn wished_name(&self) -> Option<(ResourceKind, &str)> {
        Some((ResourceKind::Network, &self.name))
    }
}
