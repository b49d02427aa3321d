//! The files that an engine writes for each run of a container, and mounts over the image's.

use super::network::{Endpoint, GATEWAY};
use crate::fs::{Files, FsError, Image, Mount, Tree};
use std::{fmt::Write as _, sync::Arc};
use wharf_core::{ContainerConfig, Timestamp};

const HOSTS: &str = "/etc/hosts";
const HOSTNAME: &str = "/etc/hostname";
/// What every `/etc/hosts` begins with.
const LOCAL_HOSTS: &str = "127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
";

/// Each is a mount of its own, so that a container that writes nothing holds nothing.
#[derive(Debug)]
pub(super) struct Etc {
    hosts: Tree,
    hostname: Tree,
}

impl Etc {
    pub(super) fn new(now: Timestamp) -> Self {
        let file = || Tree::over(&Image::file(now), u64::MAX);
        Self {
            hosts: file(),
            hostname: file(),
        }
    }

    pub(super) fn mounts(&self) -> [Mount; 2] {
        [(HOSTS, &self.hosts), (HOSTNAME, &self.hostname)].map(|(target, tree)| Mount {
            target: target.to_owned(),
            tree: tree.clone(),
            read_only: false,
        })
    }

    /// Writes what is known once the container has its place in a network.
    pub(super) fn fill(
        &self,
        config: &ContainerConfig,
        hostname: &str,
        endpoint: &Endpoint,
        now: Timestamp,
    ) -> Result<(), FsError> {
        let mut hosts = LOCAL_HOSTS.to_owned();
        for host in &config.extra_hosts {
            // The host is there, whatever the container's network.
            let address = host.address.unwrap_or(GATEWAY);
            // Writing to a `String` cannot fail.
            let _ = writeln!(hosts, "{address}\t{}", host.name);
        }
        if let Some(address) = endpoint.attachment.ip_address {
            let _ = writeln!(hosts, "{address}\t{hostname}");
        }
        self.hosts.fill(hosts.as_bytes(), now)?;
        self.hostname.fill(format!("{hostname}\n").as_bytes(), now)
    }
}

/// The image with an empty file at each place where one of these is mounted, made once for all its containers.
pub(super) fn with_mount_points(
    image: &Image,
    clock: Arc<dyn crate::fs::Clock>,
) -> Result<Image, FsError> {
    let tree = Tree::over(image, u64::MAX);
    let files = Files::new(tree.clone(), clock);
    files.mkdir_all("/etc", 0o755)?;
    for path in [HOSTS, HOSTNAME] {
        if !files.exists(path) {
            files.write(path, b"", 0o644)?;
        }
    }
    Ok(tree.freeze())
}
