//! Many short jobs, each in a container of its own, of which none stays.

use futures::{StreamExt, stream};
use std::time::Duration;
use tokio::time::timeout;
use wharf::{
    ContainerConfig, Error, ErrorKind, Filters, ListOptions, Result, Runtime, RuntimeExt,
    StartOptions, WaitCondition, WaitOptions,
};

/// Runs jobs, a few at a time.
struct Queue<'a> {
    runtime: &'a dyn Runtime,
    /// Told from others by its label.
    name: &'a str,
    at_a_time: usize,
    patience: Duration,
}

impl Queue<'_> {
    /// How each job ended, in their order. Nothing is left of them, however they ended.
    async fn run(
        &self,
        jobs: impl IntoIterator<Item = ContainerConfig>,
    ) -> Result<Vec<Result<i64>>> {
        let jobs = stream::iter(jobs).map(|job| self.run_one(job));
        let outcomes = jobs.buffered(self.at_a_time).collect().await;
        self.sweep().await?;
        Ok(outcomes)
    }

    async fn run_one(&self, job: ContainerConfig) -> Result<i64> {
        let mut job = job;
        job.labels.insert("queue".to_owned(), self.name.to_owned());
        let id = self.runtime.create_container(job).await?.id;
        let late = |_| Error::new(ErrorKind::Timeout, "the job took too long");
        let outcome = timeout(self.patience, self.work(&id)).await.map_err(late);
        self.runtime.remove_container_if_exists(&id).await?;
        outcome?
    }

    async fn work(&self, id: &str) -> Result<i64> {
        let options = WaitOptions::default().with_condition(WaitCondition::NextExit);
        let exit = self.runtime.wait_container(id, options).await?;
        self.runtime
            .start_container(id, StartOptions::default())
            .await?;
        Ok(exit.await?.code)
    }

    /// Removes what it never came to know of: the engine had made it, but the answer was lost.
    async fn sweep(&self) -> Result<()> {
        let mine = Filters::new().label("queue", self.name);
        let options = ListOptions::default().with_all(true).with_filters(mine);
        for forgotten in self.runtime.list_containers(options).await? {
            self.runtime
                .remove_container_if_exists(&forgotten.id)
                .await?;
        }
        Ok(())
    }
}

mod tests {
    use super::*;
    use wharf::{
        Mount, Operation,
        fake::{Fake, LeakKind},
        layers::{Fault, Rule},
    };

    fn queue(runtime: &dyn Runtime) -> Queue<'_> {
        Queue {
            runtime,
            name: "nightly",
            at_a_time: 3,
            patience: Duration::from_secs(60),
        }
    }

    fn job(script: &str) -> ContainerConfig {
        let scratch = Mount::anonymous("/scratch");
        ContainerConfig::new("busybox")
            .with_command(["sh", "-c", script])
            .with_mounts([scratch])
    }

    /// The code, or the kind of the error.
    fn told(outcomes: Vec<Result<i64>>) -> Vec<std::result::Result<i64, ErrorKind>> {
        outcomes
            .into_iter()
            .map(|outcome| outcome.map_err(|error| error.kind()))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn however_jobs_end_nothing_is_left_of_them() {
        let fake = Fake::new();
        let runtime = fake.runtime();
        let jobs = [
            "sleep 20",
            "exit 3",
            "sleep 3600",
            "echo > /scratch/x",
            "nonsense",
        ]
        .map(job);

        let outcomes = queue(&runtime).run(jobs).await.unwrap();

        assert_eq!(
            told(outcomes),
            [Ok(0), Ok(3), Err(ErrorKind::Timeout), Ok(0), Ok(127)]
        );
        fake.leaks().none();
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_fails_at_any_call_leaves_nothing_behind() {
        for operation in [
            Operation::CreateContainer,
            Operation::WaitContainer,
            Operation::StartContainer,
        ] {
            for rule in [Rule::fail(ErrorKind::Internal), Rule::lose_answer()] {
                let fake = Fake::new();
                let faults = Fault::new();
                let runtime = fake.runtime().layer(faults.clone());
                faults.add(rule.on(operation).nth(2)).unwrap();

                let outcomes = queue(&runtime).run(["true"; 4].map(job)).await.unwrap();

                let failed = outcomes.iter().filter(|outcome| outcome.is_err());
                assert_eq!(failed.count(), 1, "{operation}");
                faults.assert_all_matched();
                fake.leaks().none();
            }
        }
    }

    /// That the check can fail.
    #[tokio::test(start_paused = true)]
    async fn without_the_sweep_a_lost_answer_is_a_leak() {
        let fake = Fake::new();
        let faults = Fault::new();
        let runtime = fake.runtime().layer(faults.clone());
        faults
            .add(Rule::lose_answer().on(Operation::CreateContainer))
            .unwrap();

        queue(&runtime).run_one(job("true")).await.unwrap_err();

        assert_eq!(fake.leaks().of(LeakKind::Container).len(), 1);
        queue(&runtime).sweep().await.unwrap();
        fake.leaks().none();
    }
}
