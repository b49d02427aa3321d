//! Mounts: as they are wished, and as they are.

use crate::data::{data, words};
use serde::{Deserialize, Serialize};

data! {
    /// Something mounted into a container.
    ///
    /// ```
    /// use wharf_core::Mount;
    /// let data = Mount::volume("data", "/var/lib/data");
    /// let config = Mount::bind("/etc/app", "/etc/app").with_read_only(true);
    /// let scratch = Mount::tmpfs("/scratch");
    /// # assert!(config.read_only && !data.read_only && scratch.target == "/scratch");
    /// ```
    pub struct Mount {
        required {
            /// What is mounted.
            pub source: MountSource,
            /// Where, absolute, inside the container.
            pub target: String,
        }
        /// Whether writes are refused.
        pub read_only: bool,
    }
}

impl Mount {
    /// A folder or file of the host, which must be there.
    pub fn bind(source: impl Into<String>, target: impl Into<String>) -> Self {
        Self::new(
            MountSource::Bind {
                path: source.into(),
            },
            target,
        )
    }

    /// A named volume, made where it is missing.
    pub fn volume(name: impl Into<String>, target: impl Into<String>) -> Self {
        Self::new(
            MountSource::Volume {
                name: Some(name.into()),
            },
            target,
        )
    }

    /// A new volume without a name of its own.
    pub fn anonymous(target: impl Into<String>) -> Self {
        Self::new(MountSource::Volume { name: None }, target)
    }

    /// An empty file system in memory.
    pub fn tmpfs(target: impl Into<String>) -> Self {
        Self::new(MountSource::Tmpfs { size: None }, target)
    }
}

/// What a [`Mount`] mounts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MountSource {
    /// A folder or file of the host.
    Bind {
        /// Its path on the host, absolute.
        path: String,
    },
    /// A volume.
    Volume {
        /// Its name; without one a new, anonymous volume is made.
        name: Option<String>,
    },
    /// A file system in memory, gone with the container's run.
    Tmpfs {
        /// At most so many bytes; else half of the host's memory.
        size: Option<u64>,
    },
}

words! {
    /// What kind of thing is mounted.
    pub enum MountKind {
        /// A folder or file of the host.
        Bind = "bind",
        /// A volume.
        Volume = "volume",
        /// A file system in memory.
        Tmpfs = "tmpfs",
    }
}

data! {
    /// Something mounted in a container.
    #[derive(Eq)]
    pub struct MountInfo {
        required {
            /// What kind of thing.
            pub kind: MountKind,
            /// Where, inside the container.
            pub target: String,
        }
        /// A volume's name.
        pub name: Option<String>,
        /// Where it is on the host.
        pub source: Option<String>,
        /// A volume's driver.
        pub driver: Option<String>,
        /// Whether writes are refused.
        pub read_only: bool,
    }
}
