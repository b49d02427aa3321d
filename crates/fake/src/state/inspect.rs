//! Everything about one container.

use super::{
    State,
    container::{Container, Key, Mounted, Source},
    network::network_name,
    volume::mountpoint,
};
use std::collections::BTreeMap;
use wharf_core::{ContainerInfo, MountInfo, MountKind, NetworkAttachment, Result};

impl State {
    pub(crate) fn inspect(&self, key: Key, size: bool) -> Result<ContainerInfo> {
        let container = self.container(key)?;
        let mut config = (*container.config).clone();
        config.name = Some(container.name.clone());
        let mut info = ContainerInfo::new(
            container.id.clone(),
            container.name.as_str(),
            container.state.clone(),
            container.image.id.clone(),
            config,
        );
        info.created = Some(container.created);
        info.restart_count = container
            .restarts
            .as_ref()
            .map_or(0, |restarts| restarts.count);
        info.exit_code = container.exit_code;
        info.oom_killed = container.oom_killed;
        info.error.clone_from(&container.error);
        info.started_at = container.started_at;
        info.finished_at = container.finished_at;
        info.networks = self.attachments(container);
        info.mounts = mount_infos(container);
        info.health = container.health.as_ref().map(|health| health.show());
        if let Some(active) = &container.active {
            info.pid = Some(active.host_pid);
            info.ports.clone_from(&active.endpoint.ports);
        }
        if size {
            (info.size_rw, info.size_root) = sizes(container);
        }
        Ok(info)
    }

    /// The network that it is in; with an address while it runs.
    fn attachments(&self, container: &Container) -> BTreeMap<String, NetworkAttachment> {
        let Some(name) = network_name(&container.config) else {
            return BTreeMap::new();
        };
        let attachment = container.active.as_ref().map_or_else(
            || {
                let mut idle = NetworkAttachment::default();
                // An engine learns the id when it first joins.
                if container.started_at.is_some() {
                    idle.network_id = self.networks.id(&name).map(str::to_owned);
                }
                idle
            },
            |active| active.endpoint.attachment.clone(),
        );
        BTreeMap::from([(name, attachment)])
    }
}

pub(super) fn sizes(container: &Container) -> (Option<u64>, Option<u64>) {
    let written = container.root.written();
    (
        Some(written),
        Some(written.saturating_add(container.image.size())),
    )
}

/// By their targets: in what order they were asked for is nothing that engines keep.
pub(super) fn mount_infos(container: &Container) -> Vec<MountInfo> {
    let mut infos: Vec<_> = container.mounts.iter().map(mount_info).collect();
    infos.sort_by(|a, b| a.target.cmp(&b.target));
    infos
}

fn mount_info(mount: &Mounted) -> MountInfo {
    let info = |kind| MountInfo::new(kind, mount.target.as_str()).with_read_only(mount.read_only);
    match &mount.source {
        Source::Volume { name, .. } => info(MountKind::Volume)
            .with_name(name.as_str())
            .with_source(mountpoint(name))
            .with_driver("local"),
        Source::Bind { path, .. } => info(MountKind::Bind).with_source(path.as_str()),
        Source::Tmpfs { .. } => info(MountKind::Tmpfs),
    }
}
