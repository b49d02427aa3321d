//! What a new container mounts: planned as a whole before any of it is made.

use super::{
    State,
    container::{Mounted, Source},
    image::Image,
};
use crate::fs::{self, Files, Tree};
use std::sync::Arc;
use wharf_core::{ContainerConfig, Error, Mount, MountSource, Result};

/// A mount before it is made.
pub(super) struct Planned {
    target: String,
    read_only: bool,
    source: Wish,
}

enum Wish {
    /// A volume with that name, made where it is missing.
    Volume(String),
    /// A volume that is the container's own.
    Anonymous,
    /// What needs no making.
    Ready(Source),
}

impl State {
    /// The wished mounts, and a new volume for each path that is one by the image and has no other mount.
    pub(super) fn plan_mounts(
        &self,
        config: &ContainerConfig,
        image: &Image,
    ) -> Result<Vec<Planned>> {
        let wished = config.mounts.iter().map(|mount| {
            Ok(Planned {
                target: normalised(&mount.target),
                read_only: mount.read_only,
                source: self.wish(mount)?,
            })
        });
        let mut planned = wished.collect::<Result<Vec<_>>>()?;
        for target in &image.config.volumes {
            let target = normalised(target);
            if !planned.iter().any(|mount| mount.target == target) {
                planned.push(Planned {
                    target,
                    read_only: false,
                    source: Wish::Anonymous,
                });
            }
        }
        Ok(planned)
    }

    fn wish(&self, mount: &Mount) -> Result<Wish> {
        match &mount.source {
            MountSource::Volume { name: Some(name) } => Ok(Wish::Volume(name.clone())),
            MountSource::Volume { name: None } => Ok(Wish::Anonymous),
            MountSource::Tmpfs { size } => Ok(Wish::Ready(Source::Tmpfs { size: *size })),
            MountSource::Bind { path } => {
                let path = normalised(path);
                let tree = self.on_host(&path).ok_or_else(|| {
                    let why = format_args!(
                        "invalid mount config for type \"bind\": bind source path does not exist: {path}; the fake's \
                         host has what `Builder::host_folder` has put there"
                    );
                    Error::invalid("mounts", why)
                })?;
                Ok(Wish::Ready(Source::Bind { path, tree }))
            }
            other => {
                let why = format_args!("there is no mount of the kind {other:?}");
                Err(Error::unsupported_option("create_container.mounts", why))
            }
        }
    }

    /// What is at that path of the pretended host.
    pub(super) fn on_host(&self, path: &str) -> Option<Tree> {
        let clock: Arc<dyn fs::Clock> = self.clock.clone();
        Files::new(self.disk.clone(), clock).tree_at(path).ok()
    }

    /// Makes the volumes that are missing. Nothing of it fails.
    pub(super) fn make_mounts(&mut self, planned: Vec<Planned>) -> Vec<Mounted> {
        let mounted = planned.into_iter().map(|mount| Mounted {
            target: mount.target,
            read_only: mount.read_only,
            source: match mount.source {
                Wish::Volume(name) => {
                    self.ensure_volume(&name);
                    let anonymous = false;
                    Source::Volume { name, anonymous }
                }
                Wish::Anonymous => self.new_anonymous_volume(),
                Wish::Ready(source) => source,
            },
        });
        mounted.collect()
    }
}

/// A path without empty and dot components: the engine shows it so, and two spellings are one place.
fn normalised(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
