//! The tasks that probe containers.

use super::{Shared, World, task::Door};
use crate::{
    run::to_the_end,
    state::{Key, Probe, Watch},
};
use std::sync::Arc;
use tokio::time;

impl World {
    /// Probes a container until that is over.
    pub(super) fn watch(&mut self, shared: &Arc<Shared>, key: Key, watch: Watch) {
        let task = shared.spawn(probe(self.door(shared), key, watch));
        self.live(key).watch(task);
    }
}

async fn probe(door: Door, key: Key, watch: Watch) {
    let Watch { id, first } = watch;
    let mut wait = first;
    loop {
        time::sleep(wait).await;
        let begun = door.step(|_, world| world.state.probe(key, id));
        let next = match begun.flatten() {
            None => None,
            Some(Probe::Failed(next)) => Some(next),
            Some(Probe::Ready {
                program,
                process,
                gate,
                output,
                timeout,
                ..
            }) => {
                // One that takes too long is dropped, and has ended with that.
                let exit = time::timeout(timeout, to_the_end(program, *process, &gate)).await;
                let code = exit.ok().map(|exit| exit.code);
                let noted = door.step(|_, world| world.state.probed(key, id, code, &output));
                noted.flatten()
            }
        };
        match next {
            Some(next) => wait = next,
            None => return,
        }
    }
}
