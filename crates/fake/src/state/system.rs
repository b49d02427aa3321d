//! The engine about itself.

use super::State;
use wharf_core::{ContainerState, DiskUsage, Info, Platform, Version};

/// The name of the pretended host.
pub(super) const HOST_NAME: &str = "fake";
const ENGINE: &str = "fake";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const MEMORY: &str = "memory";

impl State {
    pub(crate) fn info(&self) -> Info {
        let mut info = Info::new(ENGINE, VERSION)
            .with_name(HOST_NAME)
            .with_id(self.id.as_str())
            .with_operating_system("wharf's engine in memory")
            .with_os("linux")
            .with_architecture("x86_64")
            .with_cpus(self.host.cpus)
            .with_memory(self.host.memory)
            .with_containers(self.containers.len() as u64)
            .with_images(self.images.len() as u64)
            .with_storage_driver(MEMORY)
            .with_logging_driver(MEMORY);
        for (_, container) in self.containers.iter() {
            let count = match container.state {
                ContainerState::Running => &mut info.containers_running,
                ContainerState::Paused => &mut info.containers_paused,
                _ => &mut info.containers_stopped,
            };
            *count += 1;
        }
        info
    }

    pub(crate) fn version() -> Version {
        Version::new(ENGINE, VERSION).with_platform(Platform::new("linux", "amd64"))
    }

    pub(crate) fn disk_usage(&self) -> DiskUsage {
        let containers = self.containers.iter().map(|(_, c)| c.root.written()).sum();
        DiskUsage::default()
            .with_images(self.images.size())
            .with_containers(containers)
            .with_volumes(self.volumes_size())
    }
}
