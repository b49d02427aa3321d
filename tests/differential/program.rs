//! A program: operations to do one after the other, as data.

use super::{place::Place, recording::Recording};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_core::*;

/// Borne by all containers of a world, with its name as the value.
pub(super) const LABEL: &str = "wharf.differential";

/// Stands in a program's texts for the name of the world that it runs in, which begins the name of everything that it
/// makes and is the value of its label.
pub(super) const WORLD: &str = "@";

/// Operations to do one after the other.
///
/// In its texts `@` stands for the name of the world, so that programs can run beside each other on one engine, and
/// where a container is asked for by id, `#2` is the id of the third that was made and `#2:12` its first twelve
/// characters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Program(pub Vec<Step>);

/// One operation, with its arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the operations of the trait")]
#[expect(
    clippy::large_enum_variant,
    reason = "there are some twenty of them at a time"
)]
pub enum Step {
    CreateContainer(ContainerConfig),
    StartContainer(String),
    StopContainer(String, #[serde(default)] StopOptions),
    RestartContainer(String, #[serde(default)] RestartOptions),
    KillContainer(String, #[serde(default)] KillOptions),
    PauseContainer(String),
    UnpauseContainer(String),
    RenameContainer(String, String),
    RemoveContainer(String, #[serde(default)] RemoveOptions),
    InspectContainer(String, #[serde(default)] InspectOptions),
    WaitContainer(String, #[serde(default)] WaitOptions),
    ExecContainer(String, ExecConfig),
    ContainerLogs(String, #[serde(default)] LogsOptions),
    ListContainers(ListOptions),
    PruneContainers(PruneContainersOptions),
    TagImage(String, String),
    InspectImage(String),
    ListImages(ListImagesOptions),
    RemoveImage(String, #[serde(default)] RemoveImageOptions),
    CreateVolume(VolumeConfig),
    InspectVolume(String),
    ListVolumes(ListVolumesOptions),
    RemoveVolume(String, #[serde(default)] RemoveVolumeOptions),
}

impl Step {
    /// Whether it only looks: then it may be asked again while the engine comes to rest.
    pub(super) fn only_looks(&self) -> bool {
        match self {
            Self::InspectContainer(..)
            | Self::ListContainers(_)
            | Self::InspectImage(_)
            | Self::ListImages(_)
            | Self::InspectVolume(_)
            | Self::ListVolumes(_) => true,
            Self::ContainerLogs(_, options) => !options.follow,
            _ => false,
        }
    }

    /// Whether it can touch and show nothing but what is of its own world: what it makes bears the world's label or
    /// name, and what it lists or prunes is asked for by it. Any other step is refused before an engine sees it.
    pub(super) fn stays_in_its_world(&self) -> bool {
        let labelled = |filters: &Filters| {
            filters
                .values("label")
                .contains(&format!("{LABEL}={WORLD}"))
        };
        let named = |name: &str| name.starts_with(WORLD);
        match self {
            Self::CreateContainer(config) => {
                let volume = |mount: &Mount| match &mount.source {
                    MountSource::Volume { name: Some(name) } => named(name),
                    MountSource::Bind { .. } => false,
                    _ => true,
                };
                config.labels.get(LABEL).is_some_and(|world| world == WORLD)
                    && config.mounts.iter().all(volume)
            }
            Self::ListContainers(options) => labelled(&options.filters),
            Self::PruneContainers(options) => labelled(&options.filters),
            Self::ListVolumes(options) => {
                options.filters.values("name").iter().all(|n| named(n))
                    && !options.filters.values("name").is_empty()
            }
            Self::ListImages(options) => !options.filters.values("reference").is_empty(),
            Self::TagImage(_, name) | Self::RemoveImage(name, _) | Self::RemoveVolume(name, _) => {
                named(name)
            }
            Self::CreateVolume(config) => named(&config.name),
            _ => true,
        }
    }

    /// The step in a world of that name.
    pub(super) fn within(&self, world: &str) -> serde_json::Result<Self> {
        let text = serde_json::to_string(self)?;
        serde_json::from_str(&text.replace(WORLD, world))
    }
}

impl Program {
    /// What a file says: only what is not as it is by itself.
    ///
    /// # Errors
    /// There is no JSON for it.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.in_short()?)
    }

    pub(super) fn in_short(&self) -> serde_json::Result<Value> {
        let whole = serde_json::to_value(self)?;
        let means_the_same = |value: &Value| {
            serde_json::from_value::<Self>(value.clone())
                .and_then(serde_json::to_value)
                .is_ok_and(|read| read == whole)
        };
        let mut short = whole.clone();
        for place in Place::all(&whole) {
            let shorter = place.left_out_of(&short);
            if means_the_same(&shorter) {
                short = shorter;
            }
        }
        Ok(short)
    }

    /// What a file says: a program, or a recording of one.
    ///
    /// # Errors
    /// It is neither.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        if text.trim_start().starts_with('[') {
            serde_json::from_str(text)
        } else {
            serde_json::from_str::<Recording>(text).map(|recording| recording.program)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_the_same_after_a_file() {
        let config = ContainerConfig::new("busybox")
            .with_name("@a")
            .with_tty(true);
        let logs = LogsOptions::default().with_stdout(false);
        let program = Program(vec![
            Step::CreateContainer(config),
            Step::StartContainer("#0:12".into()),
            Step::ContainerLogs("@a".into(), logs),
            Step::ListContainers(ListOptions::default().with_filters(Filters::new().name("@"))),
        ]);
        let json = program.to_json().unwrap();
        assert!(!json.contains("null"), "{json}");
        assert_eq!(serde_json::from_str::<Program>(&json).unwrap(), program);
    }

    #[test]
    fn no_step_leaves_its_world() {
        let random = (0..200).flat_map(|seed| Program::random(seed, 20).0);
        assert!(random.into_iter().all(|step| step.stays_in_its_world()));
        for stray in [
            Step::PruneContainers(PruneContainersOptions::default()),
            Step::ListContainers(ListOptions::default()),
            Step::ListVolumes(ListVolumesOptions::default()),
            Step::CreateContainer(ContainerConfig::new("busybox")),
            Step::RemoveImage("busybox".into(), RemoveImageOptions::default()),
            Step::RemoveVolume("data".into(), RemoveVolumeOptions::default()),
        ] {
            assert!(!stray.stays_in_its_world(), "{stray:?}");
        }
    }

    #[test]
    fn the_world_stands_for_its_sign() {
        let step = Step::StartContainer("@a".into()).within("w7").unwrap();
        assert_eq!(step, Step::StartContainer("w7a".into()));
    }
}
