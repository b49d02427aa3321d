//! Snapshots of a world, and worlds that are made from them.

use super::{Bus, Shared, World, open::Cut, power::Power};
use crate::{
    clock::EngineClock,
    registry::Registries,
    state::{Mark, State},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use tokio::runtime::Handle;
use wharf_core::{Event, Timestamp};

/// A world that stands still.
pub(crate) struct Frozen {
    time: Timestamp,
    state: State,
    registries: Registries,
    history: VecDeque<Arc<Event>>,
    mark: Mark,
    power: Power,
}

impl Frozen {
    pub(crate) fn seed(&self) -> u64 {
        self.state.seed()
    }

    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    /// A copy of it, ready to go on.
    fn thaw(&self, clock: &Arc<EngineClock>) -> World {
        let bus = Bus::after(self.history.clone());
        let state = self.state.copy(clock);
        World {
            asleep: true,
            ..World::new(state, self.registries.clone(), bus, self.mark.clone())
        }
    }
}

impl World {
    pub(super) fn new(state: State, registries: Registries, bus: Bus, mark: Mark) -> Self {
        Self {
            state,
            registries,
            bus,
            live: HashMap::new(),
            epoch: 0,
            mark: (mark, 0),
            asleep: false,
        }
    }
}

impl Shared {
    pub(crate) fn freeze(&self) -> Frozen {
        let _home = self.handle.get().map(Handle::enter);
        let mut world = self.lock();
        // What is still to come, such as a restart, is as far away as it is now.
        world.state.look();
        let time = world.state.now();
        Frozen {
            time,
            state: world.state.copy(&Arc::new(EngineClock::new(time))),
            registries: world.registries.clone(),
            history: world.bus.history().clone(),
            mark: world.mark.0.clone(),
            power: match *self.power.borrow() {
                Power::Off => Power::Off,
                Power::On | Power::Stopping => Power::On,
            },
        }
    }

    /// An engine of its own. It belongs to the tokio runtime that will use it first; until then its time stands still.
    pub(crate) fn fork(frozen: &Frozen) -> Arc<Self> {
        let clock = Arc::new(EngineClock::new(frozen.time));
        Self::of(frozen.thaw(&clock), clock, frozen.power)
    }

    /// Goes back, or over, to that world. What goes on in the present one ends without a trace.
    pub(crate) fn restore(self: &Arc<Self>, frozen: &Frozen) {
        let _home = self.handle.get().map(Handle::enter);
        let new = frozen.thaw(&self.clock);
        let mut world = self.lock();
        // Those who wait have to know it before what they wait for is gone.
        self.open.end_all(Cut::Restored);
        let (epoch, opened) = (world.epoch + 1, world.mark.1);
        let old = std::mem::replace(&mut *world, new);
        world.epoch = epoch;
        world.mark.1 = opened;
        self.clock.set(frozen.time);
        self.power.send_replace(frozen.power);
        self.wake(&mut world);
        drop(world);
        drop(old);
    }

    /// Lets the programs of a copy begin anew, as soon as there is a tokio runtime to do so in.
    pub(super) fn wake(self: &Arc<Self>, world: &mut World) {
        if !world.asleep || self.handle.get().is_none() {
            return;
        }
        world.asleep = false;
        self.clock.begin();
        for (key, launch) in world.state.relaunch() {
            world.run(self, key, launch);
        }
        for (key, watch) in world.state.watch_anew() {
            world.watch(self, key, watch);
        }
        for (key, run, wait) in world.state.to_restart() {
            let task = self.start_later(world.door(self), key, run, wait);
            world.live(key).add_task(task);
        }
        for key in world.state.to_reap() {
            let task = self.reap_later(world.door(self), key);
            world.live(key).add_task(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Fake;

    #[tokio::test(start_paused = true)]
    async fn a_task_does_not_get_into_another_world_than_its_own() {
        let fake = Fake::new();
        let shared = fake.shared();
        let door = shared.step(|world| world.door(shared));
        assert_eq!(door.step(|_, _| 1), Some(1));
        shared.restore(&shared.freeze());
        assert_eq!(door.step(|_, _| 2), None);
    }
}
