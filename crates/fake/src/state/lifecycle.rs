//! The life of a running container: signals, pauses, and its end.

use super::{
    Effect, State,
    container::{Active, Container, Key, RunId},
    network::network_name,
};
use std::time::Duration;
use wharf_core::{
    ContainerConfig, ContainerState, Error, ErrorKind, EventAction, Exit, Grace, Result, Signal,
};

/// How long a stop waits where nobody says otherwise.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// What SIGKILL ends with.
pub(super) const KILLED: i64 = 128 + 9;

/// A stop that has sent its signal: the end is now waited for, and SIGKILL comes after the grace, if ever.
#[derive(Debug)]
pub(crate) struct Stopping {
    pub(crate) run: RunId,
    pub(crate) grace: Option<Duration>,
}

impl State {
    /// Sends the stop signal. None: it does not run, or has ended already, or only waited for its next run.
    pub(crate) fn stop(
        &mut self,
        key: Key,
        signal: Option<Signal>,
        grace: Grace,
    ) -> Result<Option<Stopping>> {
        let container = self.container_mut(key)?;
        let run = container.run();
        if container.state == ContainerState::Restarting {
            return self.stop_restarting(key).map(|()| None);
        }
        let Some(active) = container.active.as_mut() else {
            return Ok(None);
        };
        active.stops += 1;
        let config = &container.config;
        let signal = signal.or(config.stop_signal).unwrap_or(Signal::TERM);
        let grace = grace_of(grace, config);
        self.signal(key, signal)?;
        if grace == Some(Duration::ZERO) {
            self.grace_is_over(key, run)?;
        }
        let goes_on = self.container(key)?.active.is_some();
        Ok(goes_on.then_some(Stopping { run, grace }))
    }

    /// A stop's patience has ended.
    pub(crate) fn grace_is_over(&mut self, key: Key, run: RunId) -> Result<()> {
        let container = self.container(key)?;
        if container.active.is_some() && container.run() == run {
            self.signal(key, Signal::KILL)?;
        }
        Ok(())
    }

    /// What `kill` does.
    pub(crate) fn kill(&mut self, key: Key, signal: Signal) -> Result<()> {
        let container = self.container(key)?;
        if container.state == ContainerState::Restarting {
            let ends = container.is_ended_by(signal);
            self.container_mut(key)?.interfere(true, ends);
            // Nothing is sent, since nothing runs.
            return if ends { self.end_restarts(key) } else { Ok(()) };
        }
        if !container.is_running() {
            let message = format!(
                "cannot kill container: {}: container {} is not running",
                container.name, container.id
            );
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.signal(key, signal)
    }

    /// Tells of a signal and delivers it. SIGKILL ends the container within the transition; any other lets a paused
    /// one go and ends what its restart policy does, unless the container says that another is meant to end it.
    fn signal(&mut self, key: Key, signal: Signal) -> Result<()> {
        let by_hand = !self.stopping;
        let container = self.container_mut(key)?;
        let ends = container.is_ended_by(signal);
        container.interfere(by_hand, ends);
        self.tell_container(
            key,
            EventAction::Kill,
            [("signal", signal.number().to_string())],
        );
        if signal == Signal::KILL {
            return self.end(key, Exit::new(KILLED));
        }
        if ends && self.container(key)?.state == ContainerState::Paused {
            self.thaw(key)?;
        }
        if let Some(active) = &self.container(key)?.active {
            active.kernel.signal(active.main, signal);
        }
        Ok(())
    }

    pub(crate) fn pause(&mut self, key: Key) -> Result<()> {
        let container = self.container_mut(key)?;
        let id = &container.id;
        let why = match (&container.state, &container.active) {
            (ContainerState::Running, Some(active)) => {
                active.gate.shut();
                container.state = ContainerState::Paused;
                self.suspend_health(key);
                self.tell_container(key, EventAction::Pause, []);
                return Ok(());
            }
            (ContainerState::Paused, _) => format!("Container {id} is already paused"),
            (ContainerState::Restarting, _) => return Err(is_restarting(container)),
            _ => format!("Container {id} is not running"),
        };
        Err(Error::new(ErrorKind::Conflict, why))
    }

    pub(crate) fn unpause(&mut self, key: Key) -> Result<()> {
        let container = self.container(key)?;
        if container.state != ContainerState::Paused {
            let why = format!("Container {} is not paused", container.id);
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        self.thaw(key)
    }

    fn thaw(&mut self, key: Key) -> Result<()> {
        let container = self.container_mut(key)?;
        container.state = ContainerState::Running;
        if let Some(active) = &container.active {
            active.gate.open();
        }
        self.tell_container(key, EventAction::Unpause, []);
        self.resume_health(key);
        Ok(())
    }

    /// The main process has ended. What comes late, from a run that is over, is nothing new.
    pub(crate) fn exited(&mut self, key: Key, run: RunId, exit: Exit) -> Result<()> {
        if self.container(key)?.run() != run {
            return Ok(());
        }
        self.end(key, exit)
    }

    /// The end of a run, in the order of the engine: what it held is given back, those who stop it are done, and then
    /// it is told.
    pub(super) fn end(&mut self, key: Key, ending: Exit) -> Result<()> {
        self.tell_out_of_memory(key);
        let now = self.now;
        let container = self.container_mut(key)?;
        let Some(active) = container.active.take() else {
            return Ok(());
        };
        let Active {
            endpoint,
            stops,
            restarts,
            execs,
            ..
        } = *active;
        let ran = container
            .started_at
            .and_then(|start| (now - start).to_std().ok())
            .unwrap_or_default();
        let config = container.config.clone();
        container.log.end_run(now);
        container.finished_at = Some(now);
        container.exit_code = Some(ending.code);
        container.error.clone_from(&ending.error);
        let again = container.restart_after(ending.code, ran);
        let removes = config.auto_remove && !restarts;
        container.state = if again.is_some() {
            ContainerState::Restarting
        } else if removes {
            ContainerState::Removing
        } else {
            ContainerState::Exited
        };
        let run = container.run();
        for exec in execs.into_keys() {
            self.tell_exec_died(key, exec, KILLED);
        }
        self.suspend_health(key);
        self.networks.leave(&endpoint);
        self.tell_network(
            key,
            network_name(&config).as_deref(),
            EventAction::Disconnect,
        );
        self.tell_unmounted(key);
        self.forget_memory(key);
        for _ in 0..stops {
            self.tell_container(key, EventAction::Stop, []);
        }
        let attributes = [
            ("exitCode", ending.code.to_string()),
            ("execDuration", ran.as_secs().to_string()),
        ];
        self.tell_container(key, EventAction::Die, attributes);
        self.effects.push(Effect::Ended(key, ending));
        if let Some(wait) = again {
            self.effects.push(Effect::Restart(key, run, wait));
        }
        if removes {
            self.effects.push(Effect::Reap(key));
        }
        Ok(())
    }

    /// Somebody restarts it by hand: whatever its configuration says, the end of this run does not remove it.
    pub(crate) fn begin_restart(&mut self, key: Key) -> Result<()> {
        if let Some(active) = &mut self.container_mut(key)?.active {
            active.restarts = true;
        }
        Ok(())
    }

    /// The restart is done.
    pub(crate) fn tell_restarted(&mut self, key: Key) {
        self.tell_container(key, EventAction::Restart, []);
    }

    pub(crate) fn rename(&mut self, key: Key, name: &str) -> Result<()> {
        if self.container(key)?.name == name {
            let why = "Renaming a container with the same name as its current name";
            return Err(Error::invalid("name", why));
        }
        self.check_free(name)?;
        if let Some(old) = self.containers.rename(key, name) {
            self.tell_container(key, EventAction::Rename, [("oldName", old)]);
        }
        Ok(())
    }

    /// What a wait has to answer now; none where it has to wait.
    pub(crate) fn exit_of_idle(&self, key: Key) -> Result<Option<Exit>> {
        let container = self.container(key)?;
        Ok((!container.is_up()).then(|| container.exit()))
    }
}

pub(super) fn is_restarting(container: &Container) -> Error {
    let why = format!(
        "Container {} is restarting, wait until the container is running",
        container.id
    );
    Error::new(ErrorKind::Conflict, why)
}

/// None: for ever.
fn grace_of(grace: Grace, config: &ContainerConfig) -> Option<Duration> {
    match grace.seconds() {
        None => Some(config.stop_timeout.unwrap_or(STOP_TIMEOUT)),
        Some(seconds) => u64::try_from(seconds).ok().map(Duration::from_secs),
    }
}
