//! What an engine does with its containers when it stops, and when it starts again.

use super::{State, container::Key};
use wharf_core::ContainerState;

impl State {
    /// The engine stops: that stops its containers too, but not by anybody's hand. Those that are up, the oldest first.
    pub(crate) fn shut_down(&mut self) -> Vec<Key> {
        self.stopping = true;
        let all = self.containers.iter();
        all.filter(|(_, container)| container.is_up())
            .map(|(key, _)| key)
            .collect()
    }

    /// The engine starts. Those that are to be started by their policies, the oldest first; what removes itself and
    /// never ran is removed.
    pub(crate) fn boot(&mut self) -> Vec<Key> {
        self.stopping = false;
        let all = self.containers.iter();
        let unborn = all.filter(|(_, container)| container.config.auto_remove);
        let unborn: Vec<Key> = unborn.map(|(key, _)| key).collect();
        for key in unborn {
            self.destroy(key, true);
        }
        let all = self.containers.iter();
        all.filter(|(_, container)| {
            container.state == ContainerState::Exited && container.wants_to_run()
        })
        .map(|(key, _)| key)
        .collect()
    }
}
