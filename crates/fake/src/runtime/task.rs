//! The tasks of one container, and those who wait for it.

use super::{Shared, World};
use crate::{
    run::to_the_end,
    state::{ExecKey, Key, Launch, RunId, Stopping},
};
use futures::future::{Either, select};
use std::{
    pin::pin,
    sync::{Arc, Weak},
};
use tokio::{sync::oneshot, task::AbortHandle};
use wharf_core::{Exit, Grace, Result, Signal, WaitCondition};

/// What there is of a container outside of the state.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Its main program, the programs beside it, and the graces of stops: all end with the run.
    tasks: Vec<Task>,
    /// Probes its health.
    watch: Option<Task>,
    waiters: Vec<(WaitCondition, oneshot::Sender<Exit>)>,
}

/// What a task has of the engine: nothing that keeps it alive, and no way into another world than its own.
#[derive(Debug, Clone)]
pub(super) struct Door {
    shared: Weak<Shared>,
    epoch: u64,
}

impl Door {
    /// One transition; none where the engine is gone, or was restored since.
    pub(super) fn step<T>(
        &self,
        transition: impl FnOnce(&Arc<Shared>, &mut World) -> T,
    ) -> Option<T> {
        let shared = self.shared.upgrade()?;
        shared.step(|world| (world.epoch == self.epoch).then(|| transition(&shared, world)))
    }
}

/// A task that ends when this is dropped.
#[derive(Debug)]
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Live {
    pub(super) fn add_task(&mut self, task: Option<AbortHandle>) {
        // Those that have ended by themselves need not be kept.
        if let Some(task) = task.map(Task) {
            push_among(&mut self.tasks, task, |task| !task.0.is_finished());
        }
    }

    /// From now on that task probes its health; or none.
    pub(super) fn watch(&mut self, task: Option<AbortHandle>) {
        self.watch = task.map(Task);
    }

    pub(super) fn waiter(&mut self, condition: WaitCondition) -> oneshot::Receiver<Exit> {
        let (sender, receiver) = oneshot::channel();
        // Who gave up need not be told.
        let waiter = (condition, sender);
        push_among(&mut self.waiters, waiter, |(_, waiter)| !waiter.is_closed());
        receiver
    }

    /// The run is over.
    pub(super) fn ended(&mut self, exit: &Exit) {
        self.tasks.clear();
        self.watch = None;
        for (condition, waiter) in std::mem::take(&mut self.waiters) {
            if condition == WaitCondition::Removed {
                self.waiters.push((condition, waiter));
            } else {
                // Who gave up need not be told.
                let _ = waiter.send(exit.clone());
            }
        }
    }

    /// The container is gone: nobody has anything else to wait for.
    pub(super) fn removed(self, exit: &Exit) {
        for (_, waiter) in self.waiters {
            let _ = waiter.send(exit.clone());
        }
    }
}

/// Pushes, and throws away what is of no use before it takes more room. For each look there is a push, however many
/// are of use.
fn push_among<T>(all: &mut Vec<T>, one: T, is_of_use: impl FnMut(&T) -> bool) {
    if all.len() == all.capacity() {
        all.retain(is_of_use);
        all.reserve(all.len());
    }
    all.push(one);
}

impl World {
    /// For a task of this world.
    pub(super) fn door(&self, shared: &Arc<Shared>) -> Door {
        Door {
            shared: Arc::downgrade(shared),
            epoch: self.epoch,
        }
    }

    pub(super) fn live(&mut self, key: Key) -> &mut Live {
        self.live.entry(key).or_default()
    }

    /// Starts a container, where it does not run already.
    pub(super) fn start(&mut self, shared: &Arc<Shared>, key: Key) -> Result<()> {
        if let Some(launch) = self.state.start(key)? {
            self.run(shared, key, launch);
        }
        Ok(())
    }

    /// Starts a container for its restart policy, where nothing else has happened since that run.
    pub(super) fn start_again(&mut self, shared: &Arc<Shared>, key: Key, run: RunId) -> Result<()> {
        if let Some(launch) = self.state.start_again(key, run)? {
            self.run(shared, key, launch);
        }
        Ok(())
    }

    /// Lets a container's program run.
    pub(super) fn run(&mut self, shared: &Arc<Shared>, key: Key, launch: Launch) {
        let Launch {
            run,
            program,
            process,
            gate,
        } = launch;
        let door = self.door(shared);
        let task = shared.spawn(async move {
            let kernel = process.pid.kernel().clone();
            let mut end = pin!(to_the_end(program, process, &gate));
            let exit = loop {
                // Of all programs of the container this task sees the memory go: it is there for as long as any of
                // them.
                match select(end.as_mut(), pin!(kernel.ran_out_of_memory())).await {
                    Either::Left((exit, _)) => break exit,
                    Either::Right(_) => door.step(|_, world| world.state.tell_out_of_memory(key)),
                };
            };
            // A container that is gone has nobody who could be told.
            let _ = door.step(|_, world| world.state.exited(key, run, exit));
        });
        self.live(key).add_task(task);
    }

    /// Sends the stop signal, and SIGKILL after the grace; the end is told. None: it does not run any more.
    pub(super) fn stop(
        &mut self,
        shared: &Arc<Shared>,
        key: Key,
        signal: Option<Signal>,
        grace: Grace,
    ) -> Result<Option<oneshot::Receiver<Exit>>> {
        let Some(Stopping { run, grace }) = self.state.stop(key, signal, grace)? else {
            return Ok(None);
        };
        if let Some(grace) = grace {
            let door = self.door(shared);
            let task = shared.spawn(async move {
                tokio::time::sleep(grace).await;
                let _ = door.step(|_, world| world.state.grace_is_over(key, run));
            });
            self.live(key).add_task(task);
        }
        Ok(Some(self.live(key).waiter(WaitCondition::NotRunning)))
    }

    /// Lets a program run beside the main one. The answer does not come where the container ends first.
    pub(super) fn run_exec(
        &mut self,
        shared: &Arc<Shared>,
        key: Key,
        exec: ExecKey,
        program: impl Future<Output = Exit> + Send + 'static,
    ) -> oneshot::Receiver<Exit> {
        let (answer, outcome) = oneshot::channel();
        let door = self.door(shared);
        let task = shared.spawn(async move {
            let exit = program.await;
            door.step(|_, world| world.state.end_exec(key, exec, exit.code));
            // Who gave up need not be told.
            let _ = answer.send(exit);
        });
        self.live(key).add_task(task);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_are_pushed_without_as_many_looks_at_each() {
        let (mut all, mut looks) = (Vec::new(), 0);
        for one in 0..10_000 {
            push_among(&mut all, one, |_| {
                looks += 1;
                true
            });
        }
        assert_eq!(all.len(), 10_000);
        assert!(looks < 20_000, "{looks}");
    }

    #[test]
    fn what_is_of_no_use_does_not_stay() {
        let mut all = Vec::new();
        for one in 0..10_000 {
            // The last five are of use at any time.
            push_among(&mut all, one, |old| old + 5 > one);
        }
        assert!(all.contains(&9_999) && all.len() <= 16, "{}", all.len());
    }
}
