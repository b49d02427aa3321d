//! Validation that needs no engine: once, for all backends. [`Checked`](crate::Checked) calls it for every argument.

mod container;

use crate::{
    Error, ImageRef, Operation, ResourceKind, Result,
    reference::{is_hash, is_hex},
    types::*,
};
use container::{environment, labels, limits, no_nul, restart_policy};

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
    if is_image_id(reference) {
        return Ok(());
    }
    reference.parse::<ImageRef>().map(|_| ())
}

/// Whether it can only be an id: `sha256:` and digits, or 64 of them.
pub(crate) fn is_image_id(reference: &str) -> bool {
    match reference.strip_prefix("sha256:") {
        Some(hash) => hash.len() <= 64 && is_hex(hash),
        None => is_hash(reference),
    }
}

/// A name that an image is to have.
pub(crate) fn image_name(target: &ImageRef) -> Result<()> {
    match target.digest() {
        Some(_) => Err(Error::invalid(
            "target",
            "a name with a digest cannot be given; use a tag",
        )),
        None => Ok(()),
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

/// What an argument is asked for: the operation, and what that is about.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) operation: Operation,
    pub(crate) target: Option<&'a str>,
}

/// What an argument must fulfil, in itself and for what it is asked for.
pub(crate) trait Validate {
    fn validate(&self, asked: Asked<'_>) -> Result<()>;
}

/// Arguments whose type says it all.
macro_rules! always_valid { ($($ty:ty),* $(,)?) => { $(
    impl Validate for $ty {
        fn validate(&self, _: Asked<'_>) -> Result<()> {
            Ok(())
        }
    }
)* } }
always_valid! {
    Body, CommitOptions, DisconnectOptions, DiskUsageOptions, DownloadOptions, ImportOptions,
    InspectImageOptions, InspectOptions, KillOptions, LoadOptions, RemoveImageOptions, RemoveOptions, RemoveVolumeOptions, StartOptions, StatsOptions, TopOptions,
    UploadOptions, &ImageRef, ConnectOptions,
}

/// Arguments that only carry filters.
macro_rules! only_filters { ($($ty:ty),* $(,)?) => { $(
    impl Validate for $ty {
        fn validate(&self, asked: Asked<'_>) -> Result<()> {
            self.filters.validate(asked.operation)
        }
    }
)* } }
only_filters! {
    ListImagesOptions, ListNetworksOptions, ListOptions, ListVolumesOptions,
    PruneContainersOptions, PruneImagesOptions, PruneNetworksOptions, PruneVolumesOptions,
}

impl Validate for Credentials {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        if self.identity_token.is_none() {
            not_empty("username", &self.username)?;
        }
        self.registry
            .as_deref()
            .map_or(Ok(()), |registry| not_empty("registry", registry))
    }
}

impl Validate for PullOptions {
    fn validate(&self, asked: Asked<'_>) -> Result<()> {
        self.credentials
            .as_ref()
            .map_or(Ok(()), |credentials| for_registry(credentials, asked))
    }
}

impl Validate for PushOptions {
    fn validate(&self, asked: Asked<'_>) -> Result<()> {
        self.credentials
            .as_ref()
            .map_or(Ok(()), |credentials| for_registry(credentials, asked))
    }
}

/// A password must not go to a registry that it was not meant for.
fn for_registry(credentials: &Credentials, asked: Asked<'_>) -> Result<()> {
    credentials.validate(asked)?;
    let image = asked.target.map(str::parse::<ImageRef>).transpose()?;
    match (credentials.registry_host(), image) {
        (Some(meant), Some(image)) if meant != image.registry() => Err(Error::invalid(
            "credentials",
            format_args!(
                "they are for {meant}, and the image is in {}",
                image.registry()
            ),
        )),
        _ => Ok(()),
    }
}

impl Validate for SearchOptions {
    fn validate(&self, asked: Asked<'_>) -> Result<()> {
        if let Some(limit @ (0 | 101..)) = self.limit {
            return Err(Error::invalid(
                "limit",
                format_args!("{limit} is not from 1 to 100"),
            ));
        }
        self.filters.validate(asked.operation)
    }
}

impl Validate for BuildOptions {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        self.tags
            .iter()
            .try_for_each(|tag| tag.parse::<ImageRef>().map(|_| ()))
    }
}

impl Validate for StopOptions {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        grace("grace", self.grace)
    }
}

impl Validate for RestartOptions {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        grace("grace", self.grace)
    }
}

pub(super) fn grace(field: &str, grace: Grace) -> Result<()> {
    // Engines count in 32 bits.
    match grace.seconds() {
        Some(seconds) if seconds > i64::from(i32::MAX) => {
            Err(Error::invalid(field, "it is longer than 68 years"))
        }
        _ => Ok(()),
    }
}

impl Validate for WaitOptions {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
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
    fn validate(&self, _: Asked<'_>) -> Result<()> {
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
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        if !self.stdin && !self.stdout && !self.stderr {
            return Err(Error::invalid("stdout", "no stream is chosen; choose one"));
        }
        Ok(())
    }
}

impl Validate for EventsOptions {
    fn validate(&self, asked: Asked<'_>) -> Result<()> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            return Err(Error::invalid(
                "since",
                format_args!("{since} is after until, {until}"),
            ));
        }
        self.filters.validate(asked.operation)
    }
}

impl Validate for UpdateOptions {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        limits(self.cpus, self.memory, self.pids_limit)?;
        self.restart.as_ref().map_or(Ok(()), restart_policy)
    }
}

impl Validate for ExecConfig {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
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
    fn validate(&self, _: Asked<'_>) -> Result<()> {
        volume_name(&self.name)?;
        labels(self.labels.keys())
    }
}

impl Validate for NetworkConfig {
    fn validate(&self, _: Asked<'_>) -> Result<()> {
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
