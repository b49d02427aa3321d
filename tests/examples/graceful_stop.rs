//! A service that is asked to go, and is made to if it does not.

use std::time::Duration;
use wharf::{InspectOptions, Result, Runtime, StopOptions};

/// How a service went down.
#[derive(Debug, PartialEq)]
enum Ending {
    /// By itself, and content.
    Clean,
    /// By itself, with this code.
    Failed(i64),
    /// It was killed: what it had not written is lost.
    Killed,
}

/// Stops a service, with so much time to put its things in order.
async fn shut_down(runtime: &dyn Runtime, service: &str, grace: Duration) -> Result<Ending> {
    let options = StopOptions::default().with_grace(grace);
    runtime.stop_container(service, options).await?;
    let info = runtime
        .inspect_container(service, InspectOptions::default())
        .await?;
    Ok(match info.exit_code {
        None | Some(0) => Ending::Clean,
        Some(137) => Ending::Killed,
        Some(code) => Ending::Failed(code),
    })
}

mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::time::{Instant, sleep};
    use wharf::{
        ContainerConfig, EventAction, RuntimeExt, Signal, StartOptions,
        fake::{Fake, Program, Script},
    };

    const GRACE: Duration = Duration::from_secs(30);

    /// A running service `db`, which is that program.
    async fn db(program: impl Into<Program>) -> (Fake, Arc<dyn Runtime>) {
        let fake = Fake::builder()
            .program("postgres", program)
            .unwrap()
            .build();
        let runtime: Arc<dyn Runtime> = Arc::new(fake.runtime());
        let config = ContainerConfig::new("busybox")
            .with_name("db")
            .with_command(["postgres"]);
        runtime.create_container(config).await.unwrap();
        runtime
            .start_container("db", StartOptions::default())
            .await
            .unwrap();
        // Let it come so far that it listens to signals.
        sleep(Duration::from_secs(1)).await;
        (fake, runtime)
    }

    /// The signals that the engine has sent, as its events tell.
    fn signals(fake: &Fake) -> Vec<String> {
        let events = fake.dump().events.into_iter();
        let kills = events.filter(|event| event.action == EventAction::Kill);
        kills
            .map(|kill| kill.attributes["signal"].clone())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn who_heeds_the_signal_ends_in_its_own_time() {
        let flush = Script::new()
            .wait(Duration::from_secs(4))
            .print("flushed\n")
            .exit(0);
        let (fake, runtime) = db(Script::new().trap(Signal::TERM, flush).forever()).await;
        let begin = Instant::now();

        let ending = shut_down(&*runtime, "db", GRACE).await.unwrap();

        assert_eq!(ending, Ending::Clean);
        assert_eq!(begin.elapsed().as_secs(), 4);
        assert_eq!(runtime.logs_text("db").await.unwrap(), "flushed\n");
        assert_eq!(signals(&fake), ["15"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_ignores_it_is_killed_when_the_grace_is_over() {
        let (fake, runtime) = db(Script::new().ignore(Signal::TERM).forever()).await;
        let begin = Instant::now();

        let ending = shut_down(&*runtime, "db", GRACE).await.unwrap();

        assert_eq!(ending, Ending::Killed);
        assert_eq!(begin.elapsed().as_secs(), GRACE.as_secs());
        assert_eq!(signals(&fake), ["15", "9"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_end_is_not_taken_for_a_clean_one() {
        let panic = Script::new().eprint("checkpoint failed\n").exit(3);
        let (_fake, runtime) = db(Script::new().trap(Signal::TERM, panic).forever()).await;
        assert_eq!(
            shut_down(&*runtime, "db", GRACE).await.unwrap(),
            Ending::Failed(3)
        );
    }
}
