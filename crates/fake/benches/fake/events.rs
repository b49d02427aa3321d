//! One engine, many listeners.

use crate::{Row, engine, machine};
use futures::StreamExt;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use wharf_core::{Event, EventAction, EventsOptions, Items, VolumeConfig};

const LISTENERS: usize = 1_000;
const EVENTS: usize = 10_000;
/// How many events come before the listeners get their turn: far fewer than any of them may stay behind.
const BURST: usize = 500;
/// What 10,000,000 deliveries may take: a copy for each listener would be a hundred times as much.
const ROOM: u64 = 32_000_000;

pub(crate) async fn to_many() -> Row {
    let (_fake, runtime) = engine();
    let mut listeners = JoinSet::new();
    for _ in 0..LISTENERS {
        let events = runtime.events(EventsOptions::default()).await.unwrap();
        listeners.spawn(listen(events));
    }
    let before = machine::memory();
    let start = Instant::now();
    let volumes = runtime.volumes().unwrap();
    for n in 0..EVENTS {
        let config = VolumeConfig::new(name(n));
        volumes.create_volume(config).await.unwrap();
        if n % BURST == 0 {
            // Paused time goes on when all others wait: when they have read all that there is.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    while let Some(heard) = listeners.join_next().await {
        assert_eq!(heard.unwrap(), EVENTS);
    }
    let took = start.elapsed();
    let more = machine::peak_memory()
        .zip(before)
        .map(|(peak, before)| peak - before);
    let memory = more.map_or("memory unknown".to_owned(), machine::megabytes);
    Row {
        what: "10,000 events, each to 1,000 listeners: memory at its peak",
        goal: "all, < 32 MB more",
        measured: format!("all, {memory} more, {:.1} s", took.as_secs_f64()),
        met: more.map(|more| more < ROOM),
    }
}

fn name(n: usize) -> String {
    format!("v{n}")
}

/// How many came, each of them the next.
async fn listen(mut events: Items<Event>) -> usize {
    for n in 0..EVENTS {
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((event.action, event.id), (EventAction::Create, name(n)));
    }
    EVENTS
}
