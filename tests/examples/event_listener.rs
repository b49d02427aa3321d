//! A view of what runs that stays right, whatever becomes of the connection.

use futures::StreamExt;
use std::{collections::BTreeSet, time::Duration};
use tokio::{sync::watch, time::sleep};
use wharf::{EventAction, EventsOptions, ListOptions, Result, Runtime};

/// The names of the containers that run.
type Running = BTreeSet<String>;

/// Keeps `view` at what runs, until nobody looks any more. When the feed breaks it looks anew, since nobody tells what
/// happened meanwhile: an engine that was restarted remembers no events.
async fn follow(runtime: &dyn Runtime, view: watch::Sender<Running>) {
    loop {
        tokio::select! {
            () = view.closed() => return,
            // However it broke: again, but not at once.
            _broken = follow_once(runtime, &view) => sleep(Duration::from_secs(1)).await,
        }
    }
}

async fn follow_once(runtime: &dyn Runtime, view: &watch::Sender<Running>) -> Result<()> {
    // First the feed, then the look: what happens between the two is told twice rather than not at all.
    let mut events = runtime.events(EventsOptions::default()).await?;
    let running = runtime.list_containers(ListOptions::default()).await?;
    view.send_replace(
        running
            .into_iter()
            .map(|container| container.name)
            .collect(),
    );
    while let Some(event) = events.next().await.transpose()? {
        let Some(name) = event.attributes.get("name") else {
            continue;
        };
        match event.action {
            EventAction::Start => view.send_if_modified(|running| running.insert(name.clone())),
            EventAction::Die => view.send_if_modified(|running| running.remove(name)),
            _ => false,
        };
    }
    Ok(())
}

mod tests {
    use super::*;
    use std::sync::Arc;
    use wharf::{
        ContainerConfig, ErrorKind, Operation, RestartPolicy, RuntimeExt, StartOptions,
        fake::Fake,
        layers::{Fault, Reach, Record, Rule},
    };

    const MINUTE: Duration = Duration::from_secs(60);

    async fn start(runtime: &dyn Runtime, name: &str) {
        start_with(runtime, name, RestartPolicy::No).await;
    }

    async fn start_with(runtime: &dyn Runtime, name: &str, policy: RestartPolicy) {
        let config = ContainerConfig::new("busybox")
            .with_command(["sleep", "100000"])
            .with_restart(policy);
        runtime
            .create_container(config.with_name(name))
            .await
            .unwrap();
        runtime
            .start_container(name, StartOptions::default())
            .await
            .unwrap();
    }

    /// What the code under test sees from now on.
    fn followed(runtime: impl Runtime + 'static) -> watch::Receiver<Running> {
        let (view, seen) = watch::channel(Running::new());
        let runtime: Arc<dyn Runtime> = Arc::new(runtime);
        tokio::spawn(async move { follow(&*runtime, view).await });
        seen
    }

    /// Who runs, a minute later.
    async fn who(seen: &watch::Receiver<Running>) -> Vec<String> {
        sleep(MINUTE).await;
        seen.borrow().iter().cloned().collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_while_the_connection_is_gone_is_not_missed() {
        let fake = Fake::new();
        let faults = Fault::new();
        let seen = followed(fake.runtime().layer(faults.clone()));
        // Somebody else, whose connection holds.
        let other = fake.runtime();
        start(&other, "db").await;
        assert_eq!(who(&seen).await, ["db"]);

        faults.engine_gone_for(MINUTE * 10);
        start(&other, "web").await;
        other.remove_container_if_exists("db").await.unwrap();
        assert_eq!(who(&seen).await, ["db"], "nobody can know yet");

        sleep(MINUTE * 10).await;
        assert_eq!(who(&seen).await, ["web"]);
    }

    /// It remembers no events, and what its policies want it starts before anybody can listen.
    #[tokio::test(start_paused = true)]
    async fn an_engine_that_is_restarted_is_followed_into_its_new_life() {
        let fake = Fake::new();
        let seen = followed(fake.runtime());
        start_with(&fake.runtime(), "db", RestartPolicy::Always).await;
        start(&fake.runtime(), "job").await;
        assert_eq!(who(&seen).await, ["db", "job"]);

        fake.stop_engine().await.unwrap();
        assert!(who(&seen).await.is_empty());

        fake.start_engine().await.unwrap();
        assert_eq!(who(&seen).await, ["db"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_that_lags_or_breaks_is_taken_up_again() {
        let fake = Fake::new();
        let (faults, record) = (Fault::new(), Record::new());
        for (nth, kind) in (1..).zip([ErrorKind::Lagged, ErrorKind::ConnectionFailed]) {
            let broken = Rule::cut(Reach::Items(3), kind).on(Operation::Events);
            faults.add(broken.nth(nth)).unwrap();
        }
        let seen = followed(fake.runtime().layer(faults.clone()).layer(record.clone()));
        assert!(who(&seen).await.is_empty());
        for name in ["db", "web", "worker", "mail"] {
            start(&fake.runtime(), name).await;
            sleep(MINUTE).await;
        }

        assert_eq!(who(&seen).await, ["db", "mail", "web", "worker"]);

        record.calls().of(Operation::Events).failed().times(2);
        faults.assert_all_matched();
        drop(seen);
        sleep(MINUTE).await;
        fake.leaks().of(wharf::fake::LeakKind::Stream).none();
    }
}
