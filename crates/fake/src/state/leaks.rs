//! What is there that was not there at a mark.

use super::{
    State,
    container::Container,
    exec::{Exec, ExecKey},
};
use crate::leaks::{Leak, LeakKind};
use std::collections::BTreeSet;
use wharf_core::{ContainerState, ImageId, Timestamp};

/// What was there at a moment: what came later is a leak as long as it stays.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    time: Timestamp,
    last_exec: u64,
    images: BTreeSet<ImageId>,
}

impl State {
    /// Now.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            // A look: what was made has an earlier time, and what will be made has this one or a later one.
            time: self.now,
            last_exec: self.last_exec,
            images: self.images.ids().cloned().collect(),
        }
    }

    pub(crate) fn leaks(&self, mark: &Mark) -> Vec<Leak> {
        let containers = self.containers.iter().map(|(_, container)| container);
        let new = containers.filter(|container| container.created >= mark.time && stays(container));
        let mut leaks: Vec<Leak> = new.map(left_container).collect();
        for (_, container) in self.containers.iter() {
            let execs = container.active.iter().flat_map(|active| &active.execs);
            let new = execs.filter(|(key, _)| key.number() > mark.last_exec);
            // A probe is the engine's own.
            for (key, exec) in new.filter(|(key, _)| container.probe() != Some(**key)) {
                leaks.push(self.left_exec(*key, exec, &container.name));
            }
        }
        leaks.extend(self.left_volumes(mark));
        leaks.extend(self.left_images(mark));
        leaks
    }

    fn left_exec(&self, key: ExecKey, exec: &Exec, name: &str) -> Leak {
        let Exec { argv, since, .. } = exec;
        let (id, command) = (self.exec_id(key), argv.join(" "));
        let line = format!(
            "a program in container {name} that still runs: {command}, started at {since}, execID {id}"
        );
        Leak::new(LeakKind::Exec, name, Some(*since), line)
    }

    fn left_volumes(&self, mark: &Mark) -> Vec<Leak> {
        let users = self.volumes_in_use();
        let volumes = self.volumes.iter();
        let new = volumes.filter(|(info, ..)| info.created.is_none_or(|time| time >= mark.time));
        let leak = new.filter_map(|(info, anonymous, _)| {
            let users: Vec<&Container> = users
                .get(&info.name)
                .into_iter()
                .flatten()
                .filter_map(|key| self.containers.get(*key))
                .collect();
            if anonymous && !users.is_empty() && !users.iter().any(|user| stays(user)) {
                return None;
            }
            let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
            let kind = if anonymous {
                "anonymous volume"
            } else {
                "volume"
            };
            let users = match &names[..] {
                [] => "no container".to_owned(),
                names => names.join(", "),
            };
            let made = info.created.unwrap_or(mark.time);
            let line = format!("{kind} {}: made at {made}, used by {users}", info.name);
            Some(Leak::new(LeakKind::Volume, info.name, info.created, line))
        });
        leak.collect()
    }

    fn left_images(&self, mark: &Mark) -> Vec<Leak> {
        let new = self.images.ids().filter(|id| !mark.images.contains(*id));
        let leak = new.filter_map(|id| {
            let info = self.inspect_image(id).ok()?;
            let name = info.tags.first().map_or(id.short(), String::as_str);
            let line = format!("image {name} ({}): {} bytes", id.short(), info.size);
            Some(Leak::new(LeakKind::Image, name, None, line))
        });
        leak.collect()
    }
}

/// Whether it is here until somebody removes it. The engine is about to remove one that has exited and removes itself,
/// with its anonymous volumes.
fn stays(container: &Container) -> bool {
    container.state != ContainerState::Removing
}

fn left_container(container: &Container) -> Leak {
    let config = &container.config;
    let words = config.entrypoint.iter().chain(&config.command).flatten();
    let command: Vec<&str> = words.map(String::as_str).collect();
    let line = format!(
        "container {} ({}): {}, made at {} from {}, {:?}",
        container.name,
        container.short(),
        container.state,
        container.created,
        config.image,
        command.join(" "),
    );
    let name = container.name.as_str();
    Leak::new(LeakKind::Container, name, Some(container.created), line)
}
