//! Stopping, killing, renaming and removing a container: what has to be known of it before.

use std::time::Duration;

use bollard::query_parameters as query;
use wharf_core::{
    ContainerState, ErrorKind, Grace, KillOptions, RemoveOptions, RestartOptions, Signal,
    StopOptions,
};

use crate::connect::Docker;
use crate::convert::container::Inspected;
use crate::error::Failure;
use crate::transport::{Deadline, segment};

/// What engines wait when nobody said anything.
const DEFAULT_GRACE: i64 = 10;

/// What the engine is told of a grace.
struct Told {
    seconds: i32,
    /// Of the call around it.
    deadline: Deadline,
    /// Whether the container was paused, and is no more.
    let_go: bool,
}

impl Docker {
    /// How long a stop of this container waits, and how long we wait for it. The engine is always
    /// told: Podman before 5 takes no word for no time at all.
    pub(crate) async fn stop(&self, id: &str, options: StopOptions) -> Result<(), Failure> {
        let grace = self.grace(id, options.grace).await?;
        let options = query::StopContainerOptions {
            t: Some(grace.seconds),
            signal: options.signal.map(|signal| signal.to_string()),
        };
        let name = segment(id);
        let stopped = self.bollard(grace.deadline, |b| async move {
            b.stop_container(&name, Some(options)).await
        });
        stopped
            .await
            .map_err(|failure| failure.after_effect(grace.let_go))
    }

    pub(crate) async fn restart(&self, id: &str, options: RestartOptions) -> Result<(), Failure> {
        let grace = self.grace(id, options.grace).await?;
        let options = query::RestartContainerOptions {
            t: Some(grace.seconds),
            signal: options.signal.map(|signal| signal.to_string()),
        };
        let name = segment(id);
        let restarted = self.bollard(grace.deadline, |b| async move {
            b.restart_container(&name, Some(options)).await
        });
        restarted
            .await
            .map_err(|failure| failure.after_effect(grace.let_go))
    }

    pub(crate) async fn kill(&self, id: &str, options: &KillOptions) -> Result<(), Failure> {
        let let_go = self.dialect().leaves_paused() && self.unpause_if_paused(id).await?;
        let signal = options.signal.unwrap_or(Signal::KILL);
        // By number: names beyond the usual ones differ from engine to engine.
        let options = query::KillContainerOptions {
            signal: signal.number().to_string(),
        };
        let name = segment(id);
        let killed = self.bollard(Deadline::Usual, |b| async move {
            b.kill_container(&name, Some(options)).await
        });
        killed.await.map_err(|failure| failure.after_effect(let_go))
    }

    pub(crate) async fn unpause(&self, id: &str) -> Result<(), Failure> {
        let name = segment(id);
        self.bollard(Deadline::Usual, |b| async move {
            b.unpause_container(&name).await
        })
        .await
    }

    pub(crate) async fn rename(&self, id: &str, name: &str) -> Result<(), Failure> {
        if self.dialect().renames_to_itself() && self.inspected(id, false).await?.name() == name {
            let why = format!("name: {name:?} is the container's name already");
            return Err(Failure::known(ErrorKind::InvalidInput, why));
        }
        let options = query::RenameContainerOptions {
            name: name.to_owned(),
        };
        let id = segment(id);
        self.bollard(Deadline::Usual, |b| async move {
            b.rename_container(&id, options).await
        })
        .await
    }

    pub(crate) async fn remove(&self, id: &str, options: &RemoveOptions) -> Result<(), Failure> {
        let killed = options.force
            && self.dialect().stops_before_removal()
            && self.kill_if_running(id).await?;
        let options = query::RemoveContainerOptions {
            force: options.force,
            v: options.volumes,
            link: false,
        };
        let name = segment(id);
        let removed = self.bollard(Deadline::Usual, |b| async move {
            b.remove_container(&name, Some(options)).await
        });
        removed
            .await
            .map_err(|failure| failure.after_effect(killed))
    }

    /// How long the engine is to wait. Lets a paused container go where the engine would not.
    async fn grace(&self, id: &str, grace: Grace) -> Result<Told, Failure> {
        let mut let_go = false;
        let seconds = match grace.seconds() {
            Some(seconds) if !self.dialect().leaves_paused() => seconds,
            given => {
                let container = self.inspected(id, false).await?;
                let_go = self.let_go(id, &container).await?;
                given
                    .or(container.config.stop_timeout)
                    .unwrap_or(DEFAULT_GRACE)
            }
        };
        let deadline = match u64::try_from(seconds) {
            Ok(seconds) => Deadline::After(Duration::from_secs(seconds)),
            Err(_) => Deadline::None,
        };
        Ok(Told {
            seconds: self.dialect().grace(seconds),
            deadline,
            let_go,
        })
    }

    async fn unpause_if_paused(&self, id: &str) -> Result<bool, Failure> {
        let container = self.inspected(id, false).await?;
        self.let_go(id, &container).await
    }

    /// Says whether there was a need to.
    async fn let_go(&self, id: &str, container: &Inspected) -> Result<bool, Failure> {
        let paused = container.state(self.dialect()) == ContainerState::Paused;
        let holds = paused && self.dialect().leaves_paused();
        if holds {
            self.unpause(id).await?;
        }
        Ok(holds)
    }

    /// Before a forced removal: without it the container would be given its whole grace. Says
    /// whether anything was changed.
    async fn kill_if_running(&self, id: &str) -> Result<bool, Failure> {
        let container = self.inspected(id, false).await?;
        if !container.state(self.dialect()).is_running() {
            return Ok(false);
        }
        match self.kill(id, &KillOptions::default()).await {
            Ok(()) => Ok(true),
            // It ended meanwhile: so much the better.
            Err(Failure::Refused { .. }) => Ok(false),
            Err(Failure::AfterEffect(failure)) if matches!(*failure, Failure::Refused { .. }) => {
                Ok(true)
            }
            Err(failure) => Err(failure),
        }
    }
}
