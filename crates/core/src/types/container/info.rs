//! What an engine says of its containers.

use crate::{
    Timestamp,
    data::{data, words},
    types::{ContainerConfig, ContainerId, Health, ImageId, MountInfo, Platform, PublishedPort},
};
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

data! {
    /// A container that was made.
    #[derive(Eq)]
    pub struct CreatedContainer {
        required {
            /// Its id.
            pub id: ContainerId,
        }
        /// What the engine thinks the caller should know.
        pub warnings: Vec<String>,
    }
}

words! {
    /// Where a container is in its life.
    pub enum ContainerState {
        /// Made, not yet started; or its start failed.
        Created = "created",
        /// Its main process runs.
        Running = "running",
        /// Its processes are frozen.
        Paused = "paused",
        /// Between two runs, by its restart policy.
        Restarting = "restarting",
        /// On its way out.
        Removing = "removing",
        /// Its main process has ended.
        Exited = "exited",
        /// Half removed: the engine could not finish.
        Dead = "dead",
    }
}

impl ContainerState {
    /// Whether it has a main process, frozen or not.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

data! {
    /// Everything about one container.
    pub struct ContainerInfo {
        required {
            /// Its id.
            pub id: ContainerId,
            /// Its name, without a slash in front.
            pub name: String,
            /// Where it is in its life.
            pub state: ContainerState,
            /// The image it was made from.
            pub image_id: ImageId,
            /// What it was made from, as the engine holds it: the image's defaults are merged in. The image stands as
            /// it was given.
            pub config: ContainerConfig,
        }
        /// When it was made.
        pub created: Option<Timestamp>,
        /// Its main process on the engine's host, while it runs.
        pub pid: Option<u32>,
        /// How its last run ended, or 125 to 128 where its start failed. None while it runs and before it ever did.
        pub exit_code: Option<i64>,
        /// Whether the kernel killed it for want of memory.
        pub oom_killed: bool,
        /// Why its start failed.
        pub error: Option<String>,
        /// When it was last started.
        pub started_at: Option<Timestamp>,
        /// When its last run ended.
        pub finished_at: Option<Timestamp>,
        /// Its health, where it has a health check.
        pub health: Option<Health>,
        /// How often its restart policy has started it again since it was last started by hand.
        pub restart_count: u32,
        /// Its published ports, while it runs: one entry per address family, in the order of their
        /// [`sort_key`](PublishedPort::sort_key).
        pub ports: Vec<PublishedPort>,
        /// The networks it is in, by name.
        pub networks: BTreeMap<String, NetworkAttachment>,
        /// What is mounted in it, by target.
        pub mounts: Vec<MountInfo>,
        /// Its platform, where the engine says.
        pub platform: Option<Platform>,
        /// Bytes that it has written, where its size was asked for.
        pub size_rw: Option<u64>,
        /// Bytes of all its files, where its size was asked for.
        pub size_root: Option<u64>,
    }
}

data! {
    /// A container's place in a network.
    #[derive(Default, Eq)]
    pub struct NetworkAttachment {
        /// The network's id.
        pub network_id: Option<String>,
        /// Its IPv4 address, while it runs.
        pub ip_address: Option<IpAddr>,
        /// The IPv4 gateway.
        pub gateway: Option<IpAddr>,
        /// Its IPv6 address, while it runs.
        pub ipv6_address: Option<IpAddr>,
        /// Its hardware address.
        pub mac_address: Option<String>,
        /// Further names it has in that network.
        pub aliases: Vec<String>,
    }
}

data! {
    /// A container in a list.
    #[derive(Eq)]
    pub struct ContainerSummary {
        required {
            /// Its id.
            pub id: ContainerId,
            /// Its name, without a slash in front.
            pub name: String,
            /// Where it is in its life.
            pub state: ContainerState,
            /// The image as it was given, or its id where that name is gone.
            pub image: String,
            /// The image's id.
            pub image_id: ImageId,
        }
        /// What it runs, as one line.
        pub command: String,
        /// When it was made.
        pub created: Option<Timestamp>,
        /// Its state for people: `Up 3 seconds`, `Exited (0) 1 second ago`.
        pub status: String,
        /// Its labels, with the image's.
        pub labels: BTreeMap<String, String>,
        /// Its ports, in the order of their [`sort_key`](PublishedPort::sort_key).
        pub ports: Vec<PublishedPort>,
        /// The names of its networks.
        pub networks: Vec<String>,
        /// What is mounted in it.
        pub mounts: Vec<MountInfo>,
        /// Bytes that it has written, where sizes were asked for.
        pub size_rw: Option<u64>,
        /// Bytes of all its files, where sizes were asked for.
        pub size_root: Option<u64>,
    }
}

/// How a container's run ended. A code that is not zero is data, not an error.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Exit {
    /// The exit code: 137 after SIGKILL, 143 after SIGTERM, 127 where the program was not found.
    pub code: i64,
    /// What the engine says went wrong, where it is more than the code.
    pub error: Option<String>,
}

impl Exit {
    /// An exit with that code.
    pub fn new(code: i64) -> Self {
        Self { code, error: None }
    }

    /// Whether the code is 0 and nothing went wrong.
    pub fn is_success(&self) -> bool {
        self.code == 0 && self.error.is_none()
    }
}

data! {
    /// What was removed by a prune.
    #[derive(Default, Eq)]
    pub struct Pruned {
        /// The ids or names of what was removed; of images also the tags.
        pub removed: Vec<String>,
        /// Bytes that are free again.
        pub reclaimed: u64,
    }
}

data! {
    /// What an update has to say.
    #[derive(Default, Eq)]
    pub struct Updated {
        /// What the engine thinks the caller should know.
        pub warnings: Vec<String>,
    }
}

data! {
    /// The processes of a container, as a table.
    #[derive(Default, Eq)]
    pub struct ProcessList {
        /// The columns' titles.
        pub titles: Vec<String>,
        /// A row per process, a text per column.
        pub processes: Vec<Vec<String>>,
    }
}

words! {
    /// What happened to a file.
    pub enum ChangeKind {
        /// It was changed.
        Modified = "modified",
        /// It was added.
        Added = "added",
        /// It was deleted.
        Deleted = "deleted",
    }
}

data! {
    /// A file that differs from the image's.
    #[derive(Eq)]
    pub struct Change {
        required {
            /// Its path.
            pub path: String,
            /// What happened to it.
            pub kind: ChangeKind,
        }
    }
}

data! {
    /// One measurement of a container.
    #[derive(Default)]
    pub struct Stats {
        /// When it was taken.
        pub time: Option<Timestamp>,
        /// CPU time used so far.
        #[serde(with = "crate::serde_with::seconds")]
        pub cpu: Duration,
        /// CPU in use since the sample before, in CPUs: 1.0 is one of them in full.
        pub cpus: Option<f64>,
        /// Bytes of memory in use, without what the kernel could take back.
        pub memory: Option<u64>,
        /// The most bytes of memory it may use.
        pub memory_limit: Option<u64>,
        /// How many processes it has.
        pub pids: Option<u64>,
        /// Bytes received, all networks together.
        pub network_received: Option<u64>,
        /// Bytes sent, all networks together.
        pub network_sent: Option<u64>,
        /// Bytes read from block devices.
        pub block_read: Option<u64>,
        /// Bytes written to block devices.
        pub block_written: Option<u64>,
    }
}
