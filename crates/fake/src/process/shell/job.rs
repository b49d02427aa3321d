//! What runs beside a shell: background jobs.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;

use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::process::ExitStatus;

type Job = BoxFuture<'static, ()>;

/// Where a shell puts its background jobs. They belong to the outermost shell of the process
/// tree, so that a job outlives the subshell that started it, as an orphan does.
#[derive(Clone)]
pub(in crate::process) struct JobQueue(Weak<Mutex<Vec<Job>>>);

impl std::fmt::Debug for JobQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JobQueue")
    }
}

/// A background process of a shell.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) pid: u32,
    pub(super) ended: oneshot::Receiver<ExitStatus>,
}

impl JobQueue {
    pub(super) fn push(
        &self,
        job: impl Future<Output = ExitStatus> + Send + 'static,
        pid: u32,
    ) -> Child {
        let (report, ended) = oneshot::channel();
        let job: Job = Box::pin(async move {
            // The shell may have gone meanwhile.
            let _ = report.send(job.await);
        });
        if let Some(queue) = self.0.upgrade() {
            queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(job);
        }
        Child { pid, ended }
    }
}

/// The outermost shell's jobs.
#[derive(Default)]
pub(super) struct Root(Arc<Mutex<Vec<Job>>>);

impl Root {
    pub(super) fn queue(&self) -> JobQueue {
        JobQueue(Arc::downgrade(&self.0))
    }

    /// Runs `main` and beside it the jobs; what still runs when `main` ends is dropped.
    pub(super) async fn drive(self, mut main: BoxFuture<'static, ExitStatus>) -> ExitStatus {
        let mut running = FuturesUnordered::new();
        poll_fn(|context| {
            if let Poll::Ready(status) = main.as_mut().poll(context) {
                return Poll::Ready(status);
            }
            loop {
                running.extend(std::mem::take(
                    &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
                ));
                match running.poll_next_unpin(context) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) | Poll::Pending => {
                        if self
                            .0
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .is_empty()
                        {
                            return Poll::Pending;
                        }
                    }
                }
            }
        })
        .await
    }
}
