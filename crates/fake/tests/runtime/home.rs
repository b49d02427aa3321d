//! Where an engine lives: its tokio runtime, on one thread or several, apart from all others.

use super::*;
use futures::{StreamExt, TryStreamExt};
use std::{collections::BTreeMap, future::ready};

/// What is told of a container that ends by itself and is removed.
const LIFE: [EventAction; 4] = [
    EventAction::Create,
    EventAction::Start,
    EventAction::Die,
    EventAction::Destroy,
];

#[test]
fn a_second_tokio_runtime_is_told_that_the_engine_lives_in_the_first() {
    let tokio = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let runtime = Fake::new().runtime();
    let (home, other) = (tokio(), tokio());
    home.block_on(runtime.ping()).unwrap();
    let error = other.block_on(runtime.run(shell("exit 3"), RunOptions::default()));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("another"), "{error}");
    let output = home.block_on(runtime.run(shell("exit 3"), RunOptions::default()));
    assert_eq!(output.unwrap().code(), 3);
}

#[test]
fn without_a_tokio_runtime_it_says_what_it_needs() {
    let runtime = Fake::new().runtime();
    let error = futures::executor::block_on(runtime.info()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("tokio"), "{error}");
}

#[tokio::test]
async fn once_it_has_a_home_a_thread_without_one_is_told_too() {
    let runtime = Fake::new().runtime();
    runtime.ping().await.unwrap();
    let pull = async move || {
        let busybox = "busybox".parse().unwrap();
        let pull = runtime.pull_image(&busybox, PullOptions::default());
        pull.await?.try_collect::<Vec<_>>().await
    };
    let elsewhere = std::thread::spawn(move || futures::executor::block_on(pull()));
    let error = elsewhere.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("from within"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_each_containers_events_keep_their_order() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let lives: Vec<_> = (0..4)
        .map(|_| {
            let runtime = fake.runtime();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let output = runtime
                        .run(shell("exit 3"), RunOptions::default())
                        .await
                        .unwrap();
                    assert_eq!(output.code(), 3);
                }
            })
        })
        .collect();
    for life in lives {
        life.await.unwrap();
    }
    let mut told: BTreeMap<String, Vec<EventAction>> = BTreeMap::new();
    let containers = events.try_filter(|event| ready(event.kind == EventKind::Container));
    let mut containers = containers.take(200 * 4);
    while let Some(event) = containers.try_next().await.unwrap() {
        told.entry(event.id).or_default().push(event.action);
    }
    assert_eq!(told.len(), 200);
    assert!(told.values().all(|life| *life == LIFE));
}

#[tokio::test(start_paused = true)]
async fn two_fakes_share_nothing_and_one_seed_gives_one_world() {
    let (a, b) = (Fake::new().runtime(), Fake::new().runtime());
    let first = started(&a, ContainerConfig::new("busybox").with_tty(true)).await;
    assert!(
        b.list_containers(ListOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    let second = started(&b, ContainerConfig::new("busybox").with_tty(true)).await;
    assert_eq!(first, second);
    assert_eq!(inspect(&a, &first).await, inspect(&b, &second).await);
}
