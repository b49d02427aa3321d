//! A worker that may need more memory than was thought.

use wharf::{
    ContainerConfig, ContainerInfo, InspectOptions, Result, Runtime, RuntimeExt, StartOptions,
    WaitCondition, WaitOptions,
};

/// Runs a worker to its end, and tells how it ended. If it ran out of memory it gets twice as much, up to `most` bytes;
/// any other end is one.
async fn supervise(
    runtime: &dyn Runtime,
    worker: ContainerConfig,
    most: u64,
) -> Result<ContainerInfo> {
    let mut memory = worker.memory.unwrap_or(most);
    loop {
        let config = worker.clone().with_memory(memory);
        let ended = run_once(runtime, config).await?;
        if !ended.oom_killed || memory == most {
            return Ok(ended);
        }
        memory = most.min(memory * 2);
    }
}

async fn run_once(runtime: &dyn Runtime, config: ContainerConfig) -> Result<ContainerInfo> {
    let id = runtime.create_container(config).await?.id;
    let options = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container(&id, options).await?;
    runtime
        .start_container(&id, StartOptions::default())
        .await?;
    exit.await?;
    let ended = runtime
        .inspect_container(&id, InspectOptions::default())
        .await;
    runtime.remove_container_if_exists(&id).await?;
    ended
}

mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::sleep;
    use wharf::{
        EventAction,
        fake::{Fake, Script},
    };

    const MB: u64 = 1 << 20;

    fn worker() -> ContainerConfig {
        ContainerConfig::new("busybox")
            .with_name("worker")
            .with_command(["crunch"])
            .with_memory(16 * MB)
    }

    fn count(fake: &Fake, action: &EventAction) -> usize {
        let events = fake.dump().events.into_iter();
        events.filter(|event| event.action == *action).count()
    }

    #[tokio::test(start_paused = true)]
    async fn what_runs_out_of_memory_gets_more_until_it_is_enough() {
        let hungry = Script::new().wait(Duration::from_secs(600)).out_of_memory();
        let crunch = Script::new()
            .on_starts_anywhere(..=2, hungry)
            .print("done\n");
        let fake = Fake::builder().program("crunch", crunch).unwrap().build();

        let ended = supervise(&fake.runtime(), worker(), 256 * MB)
            .await
            .unwrap();

        assert_eq!((ended.exit_code, ended.oom_killed), (Some(0), false));
        assert_eq!(ended.config.memory, Some(64 * MB));
        assert_eq!(count(&fake, &EventAction::Oom), 2);
        fake.leaks().none();
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_an_end_to_it() {
        let crunch = Script::new().out_of_memory();
        let fake = Fake::builder().program("crunch", crunch).unwrap().build();

        let ended = supervise(&fake.runtime(), worker(), 50 * MB).await.unwrap();

        assert_eq!((ended.exit_code, ended.oom_killed), (Some(137), true));
        assert_eq!(ended.config.memory, Some(50 * MB));
        assert_eq!(count(&fake, &EventAction::Oom), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn another_failure_is_no_reason_for_more_memory() {
        // Killed too, but not for want of memory.
        let crunch = Script::new().die(wharf::Signal::KILL);
        let fake = Fake::builder().program("crunch", crunch).unwrap().build();

        let ended = supervise(&fake.runtime(), worker(), 256 * MB)
            .await
            .unwrap();

        assert_eq!((ended.exit_code, ended.oom_killed), (Some(137), false));
        assert_eq!(count(&fake, &EventAction::Start), 1);
    }

    /// The test can also be the kernel, at any moment.
    #[tokio::test(start_paused = true)]
    async fn it_may_happen_at_any_time() {
        let crunch = Script::new()
            .on_starts_anywhere(2.., Script::new().exit(0))
            .forever();
        let fake = Fake::builder().program("crunch", crunch).unwrap().build();
        let runtime = fake.runtime();
        let supervised = supervise(&runtime, worker(), 256 * MB);
        let trouble = async {
            sleep(Duration::from_secs(3600)).await;
            fake.out_of_memory("worker").unwrap();
        };

        let (ended, ()) = tokio::join!(supervised, trouble);

        assert_eq!(ended.unwrap().config.memory, Some(32 * MB));
    }
}
