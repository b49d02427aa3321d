//! Containers: the trait's operations as transitions and waits.

use super::{Engine, open::OpenKind};
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
        self.step(|world| {
            let key = world.state.find(id)?;
            world.start(&self.shared, key)
        })
    }

    async fn stop_container(&self, id: &str, options: StopOptions) -> Result<()> {
        let open = self.open(OpenKind::Call, Operation::StopContainer, id)?;
        let shared = &self.shared;
        let ended = self.step(|world| {
            let key = world.state.find(id)?;
            world.stop(shared, key, options.signal, options.grace)
        })?;
        match ended {
            None => Ok(()),
            Some(ended) => open.wait(told(ended)).await.map(|_| ()),
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
        let open = self.open(OpenKind::Wait, Operation::WaitContainer, id)?;
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
        Ok(match answer {
            Ok(exit) => Pending::new(async { Ok(exit) }),
            Err(receiver) => open.pending(async move {
                let exit = told(receiver).await;
                // Until then there is somebody who wants it to go on.
                drop(engine);
                exit
            }),
        })
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
        let open = self.open(OpenKind::Call, Operation::ExecContainer, id)?;
        let shared = &self.shared;
        let outcome = self.step(|world| {
            let key = world.state.find(id)?;
            Ok(match world.state.exec(key, &config, collector.streams())? {
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
        let exit = open.wait(ended).await?;
        let (stdout, stderr, overflown) = collector.take();
        if overflown {
            return Err(too_much(limit));
        }
        Ok(ExecOutput::new(exit)
            .with_stdout(stdout)
            .with_stderr(stderr))
    }

    async fn container_logs(&self, id: &str, options: LogsOptions) -> Result<Items<LogChunk>> {
        let open = self.open(OpenKind::Stream, Operation::ContainerLogs, id)?;
        let open = open.that_runs_dry();
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
        Ok(open.items(chunks))
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
        let open = self.open(OpenKind::Call, Operation::RestartContainer, id)?;
        let shared = &self.shared;
        let (key, ended, door) = self.step(|world| {
            let key = world.state.find(id)?;
            world.state.begin_restart(key)?;
            let ended = world.stop(shared, key, options.signal, options.grace)?;
            Ok((key, ended, world.door(shared)))
        })?;
        // The engine goes on with it when the caller has gone.
        let (answer, outcome) = oneshot::channel();
        shared.spawn(async move {
            let stopped = match ended {
                Some(ended) => ended.await.is_ok(),
                None => true,
            };
            if !stopped {
                return;
            }
            let started = door.step(|shared, world| {
                shared.check_power()?;
                world.start(shared, key)?;
                world.state.tell_restarted(key);
                Ok(())
            });
            if let Some(started) = started {
                let _ = answer.send(started);
            }
        });
        open.wait(async { outcome.await.unwrap_or_else(|_| Err(super::closed())) })
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
