//! Containers that use up their memory.

use super::{State, container::Key, lifecycle::KILLED};
use wharf_core::{ContainerState, Error, ErrorKind, EventAction, Exit, Result};

impl State {
    /// The kernel kills a container's main program for want of memory.
    pub(crate) fn out_of_memory(&mut self, key: Key) -> Result<()> {
        let container = self.container(key)?;
        if container.state != ContainerState::Running {
            let why = format!(
                "container {} is {}: only what runs uses up its memory",
                container.name, container.state
            );
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        self.note_out_of_memory(key);
        self.end(key, Exit::new(KILLED))
    }

    /// Tells that a process of the container was killed for want of memory, be it the main one or another, where that
    /// has not been told yet.
    pub(crate) fn tell_out_of_memory(&mut self, key: Key) {
        let container = self.containers.get(key);
        let active = container.and_then(|container| container.active.as_ref());
        if active.is_some_and(|active| active.kernel.take_out_of_memory()) {
            self.note_out_of_memory(key);
        }
    }

    fn note_out_of_memory(&mut self, key: Key) {
        if let Some(container) = self.containers.get_mut(key) {
            container.oom_killed = true;
            self.tell_container(key, EventAction::Oom, []);
        }
    }
}
