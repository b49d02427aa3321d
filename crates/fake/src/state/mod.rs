//! The engine's memory, and every transition that it can make: no task, no await, no lock.
//!
//! A transition is a method that takes `&mut State`, does all or nothing, and notes what happened: events in the order
//! of the engine, and effects for those who wait. The engine calls it under its lock, publishes and carries out, and
//! only then unlocks, so that the order of the events is the order of the transitions.

mod boot;
mod container;
mod copy;
mod create;
mod dump;
mod etc;
mod event;
mod exec;
mod filter;
mod glance;
pub(crate) mod glob;
mod health;
mod image;
mod inspect;
mod launch;
mod leaks;
mod lifecycle;
mod list;
mod mounts;
mod names;
mod network;
mod oom;
mod prune;
mod remove;
mod restart;
mod system;
mod until;
mod volume;

pub(crate) use container::{Key, RunId};
pub(crate) use event::EventFilter;
pub(crate) use exec::{ExecKey, ExecLaunch};
pub(crate) use health::{Probe, Watch};
pub(crate) use launch::Launch;
pub(crate) use leaks::Mark;
pub(crate) use lifecycle::Stopping;
#[cfg(test)]
mod tests;

use crate::{clock::EngineClock, fs, program::Rules, random::Random};
use container::Containers;
use image::Images;
use network::Networks;
use std::{sync::Arc, time::Duration};
use volume::Volumes;
use wharf_core::{Event, Exit, Timestamp};

/// Below it are the pretended host's own processes.
const FIRST_PID: u32 = 1000;

/// Everything that the engine knows.
#[derive(Debug)]
pub(crate) struct State {
    /// When the transition that is under way happens.
    now: Timestamp,
    happened: Vec<Event>,
    effects: Vec<Effect>,
    clock: Arc<EngineClock>,
    seed: u64,
    random: Random,
    host: Host,
    /// What is on the host's own disk, and can be bound.
    disk: fs::Tree,
    id: String,
    containers: Containers,
    images: Images,
    volumes: Volumes,
    networks: Networks,
    last_pid: u32,
    last_exec: u64,
    /// The engine itself is about to stop.
    stopping: bool,
    exec_seed: u64,
    rules: Rules,
}

/// The machine that the engine pretends to run on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host {
    pub(crate) cpus: u32,
    pub(crate) memory: u64,
    /// How many bytes a container may log.
    pub(crate) log_limit: usize,
    /// How many bytes a container may write over its image, and a volume, a tmpfs or its own disk may hold.
    pub(crate) disk_limit: u64,
}

/// What a transition means for those outside of the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A run is over, or the wait for another: its tasks end, and who waits for it is told.
    Ended(Key, Exit),
    /// A container is to be started again after a wait, unless somebody stops it before.
    Restart(Key, RunId, Duration),
    /// A container is gone, and who waits for that is told.
    Removed(Key, Exit),
    /// A container is to be probed.
    Watch(Key, Watch),
    /// Not any more.
    Unwatch(Key),
    /// A container has exited that is to be removed for it, in a moment.
    Reap(Key),
}

impl State {
    pub(crate) fn new(host: Host, files: &fs::Image, seed: u64, clock: Arc<EngineClock>) -> Self {
        let mut random = Random::new(seed);
        let id = random.id();
        let networks = Networks::new(&mut random);
        let exec_seed = random.next();
        let last_pid = FIRST_PID + random.below(FIRST_PID);
        Self {
            now: crate::image::EPOCH,
            happened: Vec::new(),
            effects: Vec::new(),
            clock,
            seed,
            random,
            host,
            disk: fs::Tree::over(files, host.disk_limit),
            id,
            containers: Containers::default(),
            images: Images::default(),
            volumes: Volumes::default(),
            networks,
            last_pid,
            last_exec: 0,
            stopping: false,
            exec_seed,
            rules: Rules::default(),
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// What the test has chosen to run.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The next transition happens now.
    pub(crate) fn tick(&mut self) {
        self.now = self.clock.now();
    }

    /// Somebody looks, now.
    pub(crate) fn look(&mut self) {
        self.now = self.clock.peek();
    }

    /// When the transition that is under way happens.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// What the transition did, for those outside.
    pub(crate) fn take_outcome(&mut self) -> (Vec<Event>, Vec<Effect>) {
        (
            std::mem::take(&mut self.happened),
            std::mem::take(&mut self.effects),
        )
    }
}
