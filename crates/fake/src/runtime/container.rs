//! Containers: the trait's operations as transitions and waits.

use super::Engine;
use crate::{
    log::Abandoned,
    run::{Collector, to_the_end},
    state::ExecLaunch,
};
use async_trait::async_trait;
use futures::{
    future::{self, Either},
    stream,
};
use std::{pin::pin, sync::Arc};
use tokio::sync::oneshot;
use wharf_core::{
    ContainerConfig, ContainerInfo, ContainerOps, ContainerSummary, CreatedContainer, Error,
    ErrorKind, ExecConfig, ExecOutput, Exit, InspectOptions, Items, KillOptions, ListOptions,
    LogChunk, LogsOptions, Operation, Pending, PruneContainersOptions, Pruned, RemoveOptions,
    RestartOptions, Result, Signal, StartOptions, StopOptions, WaitCondition, WaitOptions,
};

/// What an exec exits with whose container ended first.
const KILLED: i64 = 137;

#[async_trait]
impl ContainerOps for Engine {
    async fn create_container(&self, config: ContainerConfig) -> Result<CreatedContainer> {
        self.step(|world| world.state.create(config))
    }

    async fn start_container(&self, id: &str, _: StartOptions) -> Result<()> {
        let shared = self.enter()?;
        shared.step(|world| {
            let key = world.state.find(id)?;
            world.start(shared, key)
        })
    }

    async fn stop_container(&self, id: &str, options: StopOptions) -> Result<()> {
        let shared = self.enter()?;
        let ended = shared.step(|world| {
            let key = world.state.find(id)?;
            world.stop(shared, key, options.signal, options.grace)
        })?;
        match ended {
            None => Ok(()),
            Some(ended) => self.wait(told(ended)).await.map(|_| ()),
        }
    }

    async fn remove_container(&self, id: &str, options: RemoveOptions) -> Result<()> {
        self.step(|world| {
            let key = world.state.find(id)?;
            world.state.remove(key, &options)
        })
    }

    async fn inspect_container(&self, id: &str, options: InspectOptions) -> Result<ContainerInfo> {
        self.read(|state| state.inspect(state.find(id)?, options.size))
    }

    async fn list_containers(&self, options: ListOptions) -> Result<Vec<ContainerSummary>> {
        self.read(|state| state.list(&options))
    }

    async fn wait_container(&self, id: &str, options: WaitOptions) -> Result<Pending<Exit>> {
        let answer = self.step(|world| {
            let key = world.state.find(id)?;
            let idle = match options.condition {
                WaitCondition::NotRunning => world.state.exit_of_idle(key)?,
                _ => None,
            };
            Ok(match idle {
                Some(exit) => Ok(exit),
                None => Err(world.live(key).waiter(options.condition)),
            })
        })?;
        let engine = self.clone();
        Ok(Pending::new(async move {
            match answer {
                Ok(exit) => Ok(exit),
                Err(receiver) => engine.wait(told(receiver)).await,
            }
        }))
    }

    async fn exec_container(&self, id: &str, config: ExecConfig) -> Result<ExecOutput> {
        if config.privileged {
            let why =
                "the programs of the fake engine have no privileges that there could be more of";
            return Err(Error::unsupported_option("exec_container.privileged", why));
        }
        let limit = config.output_limit.0;
        let collector = Collector::new(limit, config.tty);
        // However this ends, nobody collects any more.
        let _closing = collector.closing();
        let shared = self.enter()?;
        let outcome = shared.step(|world| {
            let key = world.state.find(id)?;
            Ok(match world.state.exec(key, &config, &collector)? {
                ExecLaunch::Ready {
                    exec,
                    program,
                    process,
                    gate,
                } => {
                    let program = async move { to_the_end(program, *process, &gate).await };
                    Ok(world.run_exec(shared, key, exec, program))
                }
                ExecLaunch::Refused { code, message } => {
                    collector.say(&message);
                    Err(Exit::new(code.into()))
                }
            })
        })?;
        let ended = async {
            match outcome {
                // Where the answer is gone, so is the container that it ran in.
                Ok(receiver) => receiver.await.unwrap_or_else(|_| Exit::new(KILLED)),
                Err(exit) => exit,
            }
        };
        let overflown = pin!(collector.overflown());
        let ended = async {
            match future::select(overflown, pin!(ended)).await {
                Either::Left(((), _)) => Err(too_much(limit)),
                Either::Right((exit, _)) => Ok(exit),
            }
        };
        let exit = self.wait(ended).await?;
        let (stdout, stderr, overflown) = collector.take();
        if overflown {
            return Err(too_much(limit));
        }
        Ok(ExecOutput::new(exit)
            .with_stdout(stdout)
            .with_stderr(stderr))
    }

    async fn container_logs(&self, id: &str, options: LogsOptions) -> Result<Items<LogChunk>> {
        let log = self.read(|state| state.log(state.find(id)?))?;
        let cursor = log.open(&options);
        let deadline = options.until.filter(|_| options.follow);
        let deadline = deadline.map(|until| self.shared.clock.instant(until));
        let chunks = stream::unfold(cursor, move |mut cursor| {
            let (log, options) = (Arc::clone(&log), options.clone());
            async move {
                let next = log.next(&mut cursor, &options);
                let chunk = match deadline {
                    // What is there goes before the deadline.
                    Some(deadline) => tokio::time::timeout_at(deadline, next).await.ok()?,
                    None => next.await,
                };
                chunk.map(|chunk| (chunk.map_err(|Abandoned| super::gone()), cursor))
            }
        });
        Ok(self.items(Operation::ContainerLogs, chunks))
    }

    async fn pause_container(&self, id: &str) -> Result<()> {
        self.step(|world| {
            let key = world.state.find(id)?;
            world.state.pause(key)
        })
    }

    async fn unpause_container(&self, id: &str) -> Result<()> {
        self.step(|world| {
            let key = world.state.find(id)?;
            world.state.unpause(key)
        })
    }

    async fn restart_container(&self, id: &str, options: RestartOptions) -> Result<()> {
        let shared = self.enter()?;
        let (key, ended) = shared.step(|world| {
            let key = world.state.find(id)?;
            world.state.begin_restart(key)?;
            let ended = world.stop(shared, key, options.signal, options.grace)?;
            Ok((key, ended))
        })?;
        // The engine goes on with it when the caller has gone.
        let (answer, outcome) = oneshot::channel();
        let engine = Arc::downgrade(shared);
        shared.spawn(async move {
            let stopped = match ended {
                Some(ended) => ended.await.is_ok(),
                None => true,
            };
            if let (true, Some(shared)) = (stopped, engine.upgrade()) {
                let started = shared.step(|world| {
                    world.start(&shared, key)?;
                    world.state.tell_restarted(key);
                    Ok(())
                });
                let _ = answer.send(started);
            }
        });
        self.wait(async { outcome.await.unwrap_or_else(|_| Err(super::closed())) })
            .await
    }

    async fn kill_container(&self, id: &str, options: KillOptions) -> Result<()> {
        self.step(|world| {
            let key = world.state.find(id)?;
            world
                .state
                .kill(key, options.signal.unwrap_or(Signal::KILL))
        })
    }

    async fn rename_container(&self, id: &str, name: &str) -> Result<()> {
        self.step(|world| {
            let key = world.state.find(id)?;
            world.state.rename(key, name)
        })
    }

    async fn prune_containers(&self, options: PruneContainersOptions) -> Result<Pruned> {
        self.step(|world| world.state.prune_containers(&options.filters))
    }
}

async fn told(receiver: oneshot::Receiver<Exit>) -> Result<Exit> {
    receiver.await.map_err(|_| super::closed())
}

fn too_much(limit: usize) -> Error {
    let why = format_args!("there is more than {limit} bytes; raise the limit or write to a file");
    Error::new(ErrorKind::InvalidInput, format!("output_limit: {why}")).with_sent(true)
}
