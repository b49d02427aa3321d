//! The engine's whole visible state as plain data.

use serde::{Deserialize, Serialize};
use std::fmt;
use wharf_core::{
    ChangeKind, ContainerInfo, Event, ImageInfo, LogChunk, NetworkInfo, Timestamp, VolumeInfo,
};

/// Everything that can be seen of a fake, in an order that is always the same: see [`Fake::dump`](crate::Fake::dump).
///
/// Containers stand in the order of their making, images by id, volumes and networks by name, files by path, logs and
/// events as they came. Two runs of the same calls with the same seed give the same dump, where tokio's time is paused
/// and its runtime has one thread; so its JSON can be kept in a file to compare with.
///
/// What is better not kept in a file is not in it: the values of environment variables and of drivers' options are `…`,
/// and of files there is the size and not the content. Command lines, labels and logs are as they are. What a running
/// container holds in a tmpfs is not shown.
///
/// `Display` is an overview for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dump {
    /// The fake's seed.
    pub seed: u64,
    /// What the engine's clock shows.
    pub time: Timestamp,
    /// All containers, the oldest first.
    pub containers: Vec<ContainerDump>,
    /// All images, by id.
    pub images: Vec<ImageInfo>,
    /// All volumes, by name.
    pub volumes: Vec<VolumeDump>,
    /// All networks, by name.
    pub networks: Vec<NetworkInfo>,
    /// Where the files of the pretended host differ from what the builder was given.
    pub host: Vec<FileDump>,
    /// What has happened, as far as the engine remembers: the last 256 events.
    pub events: Vec<Event>,
}

/// A container in a [`Dump`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContainerDump {
    /// As an inspection shows it, with its sizes.
    #[serde(flatten)]
    pub info: ContainerInfo,
    /// Where its files differ from its image's.
    pub files: Vec<FileDump>,
    /// Its log, with times: a record for each line, and several for one that is very long.
    pub log: Vec<LogChunk>,
}

/// A volume in a [`Dump`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VolumeDump {
    /// As an inspection shows it.
    #[serde(flatten)]
    pub info: VolumeInfo,
    /// Whether the engine made up its name: it goes with its container.
    pub anonymous: bool,
    /// What is in it.
    pub files: Vec<FileDump>,
}

/// A path in a [`Dump`], at which a file was added, modified or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileDump {
    /// Absolute in the container, or from the volume's root.
    pub path: String,
    /// What has happened there. A folder is modified when something is added to it or deleted from it.
    pub change: ChangeKind,
    /// Bytes of the file that is there now; none of anything but a file.
    pub size: Option<u64>,
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "fake engine, seed {}, {}", self.seed, self.time)?;
        for ContainerDump { info, files, log } in &self.containers {
            let code = info.exit_code.map(|code| format!(" ({code})"));
            writeln!(
                f,
                "container {} {} of {}: {}{}, {} log records, {} files changed",
                info.id.short(),
                info.name,
                info.config.image,
                info.state,
                code.unwrap_or_default(),
                log.len(),
                files.len(),
            )?;
        }
        for image in &self.images {
            let names = image.tags.join(" ");
            writeln!(
                f,
                "image {} {names}: {} bytes",
                image.id.short(),
                image.size
            )?;
        }
        for VolumeDump { info, files, .. } in &self.volumes {
            writeln!(f, "volume {}: {} files", info.name, files.len())?;
        }
        for network in &self.networks {
            writeln!(f, "network {} ({})", network.name, network.driver)?;
        }
        write!(f, "{} events", self.events.len())
    }
}
