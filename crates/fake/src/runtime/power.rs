//! The engine as a daemon that is stopped and started again.

use super::{Shared, World, gone, open::Cut, stopped};
use crate::{bus::Bus, outside::woken_outside};
use futures::future;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};
use wharf_core::{Exit, Grace, Result};

/// Whether the engine is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    On,
    /// It takes no calls any more, and waits for its containers to end.
    Stopping,
    Off,
}

impl Shared {
    /// Refuses a call while the engine does not take any. To be asked under the lock.
    pub(super) fn check_power(&self) -> Result<()> {
        match *self.power.borrow() {
            Power::On => Ok(()),
            _ => Err(stopped().with_sent(false)),
        }
    }

    /// Stops it. It goes on with that when the caller has gone.
    pub(crate) async fn stop_engine(self: &Arc<Self>) -> Result<()> {
        self.enter()?;
        let power = self.power.subscribe();
        self.step(|world| {
            if *self.power.borrow() != Power::On {
                return;
            }
            self.power.send_replace(Power::Stopping);
            let ends = world.stop_all(self);
            let door = world.door(self);
            self.spawn(async move {
                // One that is gone has ended as well.
                future::join_all(ends).await;
                // What is told last is told before the listeners are gone.
                door.step(|_, world| {
                    for key in world.state.to_reap() {
                        world.state.reap(key);
                    }
                });
                door.step(|shared, world| world.turn_off(shared));
            });
        });
        settled(power).await.map(|_| ())
    }

    /// Starts it, and what its containers' restart policies want to be started.
    pub(crate) async fn start_engine(self: &Arc<Self>) -> Result<()> {
        self.enter()?;
        settled(self.power.subscribe()).await?;
        self.step(|world| {
            if *self.power.borrow() == Power::Off {
                for key in world.state.boot() {
                    // Nobody asked for it who could be told that it failed: the container says so.
                    let _ = world.start(self, key);
                }
                self.power.send_replace(Power::On);
            }
        });
        Ok(())
    }
}

/// Comes back once the engine is not about to stop any more.
async fn settled(mut power: watch::Receiver<Power>) -> Result<Power> {
    let settled = power.wait_for(|power| *power != Power::Stopping);
    let settled = woken_outside(settled).await;
    settled.map(|power| *power).map_err(|_| gone())
}

impl World {
    /// Stops all containers, as each says how. What is to be waited for.
    fn stop_all(&mut self, shared: &Arc<Shared>) -> Vec<oneshot::Receiver<Exit>> {
        let up = self.state.shut_down();
        let stops = up.into_iter().filter_map(|key| {
            // None of them can be gone: this is one transition.
            self.stop(shared, key, None, Grace::Default).ok().flatten()
        });
        stops.collect()
    }

    /// The engine is gone: nothing of what was open goes on, and what it knew only by heart is forgotten.
    fn turn_off(&mut self, shared: &Arc<Shared>) {
        // Those who wait have to know it before what they wait for is gone.
        shared.open.end_all(Cut::Stopped);
        self.epoch += 1;
        self.live.clear();
        self.bus = Bus::new();
        shared.power.send_replace(Power::Off);
    }
}
