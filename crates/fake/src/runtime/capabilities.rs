//! What the fake can do, of all that an engine may.

use super::Engine;
use std::any::Any;
use wharf_core::{Capabilities, Operation, Runtime, VolumeOps};

/// The operations that work; those of the groups that are not there are not.
const OPERATIONS: &[Operation] = &[
    Operation::Info,
    Operation::Login,
    Operation::Close,
    Operation::Ping,
    Operation::Version,
    Operation::DiskUsage,
    Operation::CreateContainer,
    Operation::StartContainer,
    Operation::StopContainer,
    Operation::RemoveContainer,
    Operation::InspectContainer,
    Operation::ListContainers,
    Operation::WaitContainer,
    Operation::ExecContainer,
    Operation::ContainerLogs,
    Operation::PauseContainer,
    Operation::UnpauseContainer,
    Operation::RestartContainer,
    Operation::KillContainer,
    Operation::RenameContainer,
    Operation::PruneContainers,
    Operation::PullImage,
    Operation::InspectImage,
    Operation::ListImages,
    Operation::RemoveImage,
    Operation::PruneImages,
    Operation::TagImage,
    Operation::Events,
    Operation::CreateVolume,
    Operation::InspectVolume,
    Operation::ListVolumes,
    Operation::RemoveVolume,
    Operation::PruneVolumes,
];

const MISSING_OPTIONS: &[&str] = &["exec_container.privileged"];

impl Runtime for Engine {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        Some(self)
    }

    fn capabilities(&self) -> Capabilities {
        let all = Capabilities::of(OPERATIONS.iter().copied());
        MISSING_OPTIONS
            .iter()
            .fold(all, |has, option| has.without_option(*option))
    }

    fn backend(&self) -> Option<&dyn Any> {
        Some(self)
    }
}
