//! What a shell runs in processes beside its own: subshells, jobs, substitutions.

use std::sync::Arc;

use futures::future::{BoxFuture, Either, select, try_join};
use wharf_core::Signal;

use super::ast::{AndOr, List};
use super::job::Child;
use super::{Evaluating, Shell, Stop};
use crate::process::signal::supervise;
use crate::process::{ExitStatus, PIPE_CAPACITY, Stream, pipe};

/// A command substitution may yield no more than this.
const SUBSTITUTION_LIMIT: usize = 64 * 1024 * 1024;

/// What a subshell is to do.
pub(super) enum Task {
    AndOr(Arc<AndOr>),
    List(List),
}

impl Shell {
    /// Runs this subshell to its end under the rules for signals.
    pub(super) async fn run_child<F>(mut self, body: F) -> ExitStatus
    where
        F: AsyncFnOnce(&mut Shell) -> Result<u8, Stop>,
    {
        let signals = self.process.pid.signals().clone();
        let run = async {
            let result = body(&mut self).await;
            self.finish(result).await
        };
        supervise(signals, false, run).await
    }

    pub(super) fn run_task(self, task: Task) -> BoxFuture<'static, ExitStatus> {
        Box::pin(self.run_child(async move |shell: &mut Shell| {
            shell.tail = true;
            match &task {
                Task::AndOr(and_or) => shell.eval_and_or(and_or).await,
                Task::List(list) => shell.eval_list(list).await,
            }
        }))
    }

    pub(super) fn start_job(&mut self, and_or: Arc<AndOr>) -> Evaluating<'_, u8> {
        Box::pin(async move {
            let mut job = self.subshell().await?;
            // Without job control a job must not take the shell's input.
            job.process.descriptors.set(0, Stream::Null);
            let pid = job.process.pid.number();
            let Some(queue) = self.process.jobs.clone() else {
                return Err(self.fatal("can't fork").await);
            };
            self.children
                .push(queue.push(job.run_task(Task::AndOr(and_or)), pid));
            self.last_background = Some(pid);
            Ok(0)
        })
    }

    /// `$(…)`: what `list` prints, without the newlines at its end.
    pub(super) fn substitute(&mut self, list: List) -> Evaluating<'_, String> {
        Box::pin(async move {
            let mut shell = self.subshell().await?;
            let (writer, reader) = pipe(PIPE_CAPACITY);
            shell.process.descriptors.set(1, Stream::Writer(writer));
            let mut output = Vec::new();
            let collect = async {
                loop {
                    let bytes = reader.read(PIPE_CAPACITY).await;
                    if bytes.is_empty() {
                        return true;
                    }
                    output.extend_from_slice(&bytes);
                    if output.len() > SUBSTITUTION_LIMIT {
                        return false;
                    }
                }
            };
            let run = async { Ok(shell.run_task(Task::List(list)).await) };
            let collected = async { if collect.await { Ok(()) } else { Err(()) } };
            let Ok((status, ())) = try_join(run, collected).await else {
                return Err(self.fatal("out of memory").await);
            };
            self.status = status.code();
            self.substituted = Some(status.code());
            let text = String::from_utf8_lossy(&output);
            Ok(text.trim_end_matches('\n').replace('\0', ""))
        })
    }

    /// Waits for `child`; `None` if a caught signal came first.
    pub(super) async fn wait_for(&mut self, child: &mut Child) -> Option<ExitStatus> {
        let signals = self.process.pid.signals().clone();
        let arrival = std::pin::pin!(signals.arrival());
        match select(&mut child.ended, arrival).await {
            Either::Left((Ok(status), _)) => Some(status),
            // Its future was dropped with the shell that held it.
            Either::Left((Err(_), _)) => Some(ExitStatus::Signal(Signal::KILL)),
            Either::Right(_) => None,
        }
    }
}
