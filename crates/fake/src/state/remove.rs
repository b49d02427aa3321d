//! The end of a container.

use super::{Effect, State, container::Key};
use wharf_core::{ContainerState, Error, ErrorKind, EventAction, RemoveOptions, Result, Signal};

impl State {
    pub(crate) fn remove(&mut self, key: Key, options: &RemoveOptions) -> Result<()> {
        let container = self.container(key)?;
        let (name, state) = (&container.name, &container.state);
        let conflict = |why: String| Err(Error::new(ErrorKind::Conflict, why));
        if *state == ContainerState::Removing {
            return conflict(format!(
                "removal of container {name} is already in progress"
            ));
        }
        if container.is_up() {
            if !options.force {
                let why = match state {
                    ContainerState::Paused => "container is paused and must be unpaused first",
                    ContainerState::Restarting => {
                        "container is restarting: stop the container before removing or force remove"
                    }
                    _ => "container is running: stop the container before removing or force remove",
                };
                return conflict(format!("cannot remove container \"/{name}\": {why}"));
            }
            self.kill(key, Signal::KILL)?;
        }
        self.destroy(key, options.volumes);
        Ok(())
    }

    /// Removes a container that has exited and was to be removed for it.
    pub(crate) fn reap(&mut self, key: Key) {
        let state = self.containers.get(key).map(|container| &container.state);
        if state == Some(&ContainerState::Removing) {
            self.destroy(key, true);
        }
    }

    /// Takes a container that does not run out of the state, and tells so.
    pub(super) fn destroy(&mut self, key: Key, volumes: bool) {
        if volumes {
            self.destroy_anonymous_volumes(key);
        }
        self.tell_container(key, EventAction::Destroy, []);
        if let Some(container) = self.containers.remove(key) {
            self.effects.push(Effect::Removed(key, container.exit()));
        }
    }
}
