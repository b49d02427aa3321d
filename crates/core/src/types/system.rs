//! The engine itself.

use crate::{
    data::data,
    types::{Platform, Secret},
};
use std::collections::BTreeMap;

data! {
    /// What an engine says of itself and its host.
    #[derive(Eq)]
    pub struct Info {
        required {
            /// The engine, in one word: `docker`, `podman`, `fake`.
            pub engine: String,
            /// Its version: `28.5.2`.
            pub version: String,
        }
        /// The host's name.
        pub name: Option<String>,
        /// The engine's own id.
        pub id: Option<String>,
        /// The host's operating system for people: `Debian GNU/Linux 12 (bookworm)`.
        pub operating_system: Option<String>,
        /// The kind of operating system: `linux`.
        pub os: Option<String>,
        /// The host's architecture: `x86_64`.
        pub architecture: Option<String>,
        /// The kernel's version.
        pub kernel_version: Option<String>,
        /// How many CPUs the host has.
        pub cpus: Option<u32>,
        /// How many bytes of memory the host has.
        pub memory: Option<u64>,
        /// How many containers there are.
        pub containers: u64,
        /// How many of them run.
        pub containers_running: u64,
        /// How many of them are paused.
        pub containers_paused: u64,
        /// How many of them are stopped.
        pub containers_stopped: u64,
        /// How many images there are.
        pub images: u64,
        /// How image layers are stored: `overlay2`.
        pub storage_driver: Option<String>,
        /// Where logs go by default: `json-file`.
        pub logging_driver: Option<String>,
        /// Where the engine keeps its things.
        pub root_dir: Option<String>,
        /// The engine's labels.
        pub labels: BTreeMap<String, String>,
    }
}

data! {
    /// Versions.
    #[derive(Eq)]
    pub struct Version {
        required {
            /// The engine, in one word: `docker`, `podman`, `fake`.
            pub engine: String,
            /// Its version: `28.5.2`.
            pub version: String,
        }
        /// The newest API it speaks.
        pub api_version: Option<String>,
        /// The oldest API it speaks.
        pub min_api_version: Option<String>,
        /// The host's platform.
        pub platform: Option<Platform>,
        /// The kernel's version.
        pub kernel_version: Option<String>,
        /// The commit it was built from.
        pub commit: Option<String>,
    }
}

data! {
    /// An engine that answers.
    #[derive(Default, Eq)]
    pub struct Ping {
        /// The newest API it speaks, where it says so.
        pub api_version: Option<String>,
    }
}

data! {
    /// What to say to a registry. The password never shows.
    #[derive(Eq)]
    pub struct Credentials {
        required {
            /// The user's name.
            pub username: String,
            /// The password, or an access token.
            pub password: Secret,
        }
        /// The registry, as `host[:port]`; else Docker Hub, or that of the image.
        pub registry: Option<String>,
        /// A token in place of name and password, as registries hand out after a login.
        pub identity_token: Option<Secret>,
    }
}

impl Credentials {
    /// The registry as image references name it: its host, and its port where it has one, without scheme or path.
    /// Docker Hub is `docker.io` by all of its names. None where no registry is named.
    ///
    /// ```
    /// use wharf_core::Credentials;
    /// let credentials = Credentials::new("alice", "secret");
    /// assert_eq!(credentials.registry_host(), None);
    /// let hub = credentials.with_registry("https://index.docker.io/v1/");
    /// assert_eq!(hub.registry_host(), Some("docker.io"));
    /// ```
    pub fn registry_host(&self) -> Option<&str> {
        let address = self.registry.as_deref()?;
        let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
        let host = bare.split('/').next().unwrap_or(bare);
        Some(match host {
            "index.docker.io" | "registry-1.docker.io" => "docker.io",
            host => host,
        })
    }
}

data! {
    /// A registry that took the credentials.
    #[derive(Default, Eq)]
    pub struct Login {
        /// What the registry says.
        pub status: Option<String>,
        /// A token to use from now on in place of the password.
        pub identity_token: Option<Secret>,
    }
}

data! {
    /// What disk usage to measure. There is nothing to choose yet.
    #[derive(Default, Eq)]
    pub struct DiskUsageOptions {}
}

data! {
    /// How much disk things take, in bytes.
    #[derive(Default, Eq)]
    pub struct DiskUsage {
        /// Image layers, each counted once.
        pub images: u64,
        /// What containers have written.
        pub containers: u64,
        /// Volumes.
        pub volumes: u64,
        /// The build cache.
        pub build_cache: u64,
    }
}
