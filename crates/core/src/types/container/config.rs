//! What a container is made from.

use crate::{
    data::data,
    serde_with::seconds,
    types::{
        Env, ExtraHost, HealthCheck, Mount, NetworkMode, Platform, PortMapping, RestartPolicy,
        Signal,
    },
};
use std::{collections::BTreeMap, time::Duration};

data! {
    /// What a container is made from. Only the image is required; everything else is as the image or the engine has it
    /// by itself.
    ///
    /// An inspected container carries the same type, as the engine holds it: with the image's defaults merged in.
    ///
    /// ```
    /// use wharf_core::ContainerConfig;
    ///
    /// let config = ContainerConfig::new("busybox")
    ///     .with_name("web")
    ///     .with_command(["sh", "-c", "echo hi"])
    ///     .with_env([("COLOUR", "blue")])
    ///     .with_labels([("team", "harbour")]);
    /// assert_eq!(config.name.as_deref(), Some("web"));
    /// ```
    pub struct ContainerConfig {
        required {
            /// The image: a reference or an id, as for `docker run`. It must be there: a create pulls nothing.
            pub image: String,
        }
        /// Its name: two characters or more of `[a-zA-Z0-9_.-]`, the first a letter or digit. The engine invents one
        /// where there is none.
        pub name: Option<String>,
        /// The command, or the arguments of the entrypoint, in place of the image's.
        pub command: Option<Vec<String>>,
        /// The entrypoint in place of the image's, whose command is then dropped too. An empty list resets it.
        pub entrypoint: Option<Vec<String>>,
        /// Environment variables, added to the image's.
        pub env: Env,
        /// Labels, added to the image's.
        pub labels: BTreeMap<String, String>,
        /// The working directory, absolute. Made where it is missing.
        pub working_dir: Option<String>,
        /// User or uid, and optionally `:group`.
        pub user: Option<String>,
        /// The host name; else the first twelve characters of the id.
        pub hostname: Option<String>,
        /// Gives it a terminal: stdout and stderr become one, lines end in `\r\n`.
        pub tty: bool,
        /// Keeps stdin open, so that an attached session can write to it.
        pub open_stdin: bool,
        /// Ports to publish.
        pub ports: Vec<PortMapping>,
        /// Mounts, each with a target of its own.
        pub mounts: Vec<Mount>,
        /// How many CPUs it may use, at least 0.01 and at most what the host has.
        pub cpus: Option<f64>,
        /// Memory limit in bytes, at least 6 MiB.
        pub memory: Option<u64>,
        /// How many processes it may have, at least 1.
        pub pids_limit: Option<u64>,
        /// What happens when it exits.
        pub restart: RestartPolicy,
        /// Gives it all privileges of the host.
        pub privileged: bool,
        /// Kernel capabilities to add: `NET_ADMIN`, `ALL`, with or without `CAP_`.
        pub cap_add: Vec<String>,
        /// Kernel capabilities to drop.
        pub cap_drop: Vec<String>,
        /// Makes its root file system read-only.
        pub read_only_root: bool,
        /// What a stop sends instead of SIGTERM.
        pub stop_signal: Option<Signal>,
        /// How long a stop waits before SIGKILL, in whole seconds (parts round up); else 10 s.
        #[serde(with = "seconds::option")]
        pub stop_timeout: Option<Duration>,
        /// How its health is probed, in place of the image's way.
        pub health_check: Option<HealthCheck>,
        /// Removes it, with its anonymous volumes, when it exits. Not together with a restart policy.
        pub auto_remove: bool,
        /// Runs a tiny init as PID 1 that forwards signals and reaps processes.
        pub init: bool,
        /// The network it joins; else the engine's default.
        pub network: Option<NetworkMode>,
        /// Lines for its `/etc/hosts`.
        pub extra_hosts: Vec<ExtraHost>,
        /// Which of a multi-platform image's variants.
        pub platform: Option<Platform>,
    }
}
