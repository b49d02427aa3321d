//! What rules do to calls, streams, waits and sessions, over the fake.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

mod calls;
mod hits;
mod outage;
mod rules;
mod session;
mod streams;

use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use wharf_core::*;
use wharf_fake::Fake;
use wharf_layers::*;

const SECOND: Duration = Duration::from_secs(1);

fn faulty() -> (Fault, Arc<dyn Runtime>) {
    let (faults, fake) = (Fault::new(), Fake::new());
    (faults.clone(), Arc::new(fake.runtime().layer(faults)))
}

fn shell(name: &str, script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name(name)
        .with_command(["sh", "-c", script])
}

async fn started(runtime: &dyn Runtime, name: &str, script: &str) {
    let created = runtime.create_container(shell(name, script)).await.unwrap();
    let options = StartOptions::default();
    runtime.start_container(&created.id, options).await.unwrap();
}

async fn follow(runtime: &dyn Runtime, name: &str) -> Items<LogChunk> {
    let options = LogsOptions::default().with_follow(true);
    runtime.container_logs(name, options).await.unwrap()
}

async fn events(runtime: &dyn Runtime) -> Items<Event> {
    runtime.events(EventsOptions::default()).await.unwrap()
}

/// What came of a stream: the text of its items, and the error that it ended with.
async fn read(mut logs: Items<LogChunk>) -> (String, Option<Error>) {
    let mut text = String::new();
    while let Some(item) = logs.next().await {
        match item {
            Ok(chunk) => text += std::str::from_utf8(&chunk.bytes).unwrap(),
            Err(error) => {
                assert!(logs.next().await.is_none(), "it ends after the error");
                return (text, Some(error));
            }
        }
    }
    (text, None)
}

/// Which of so many pings fail, by their numbers from 1.
async fn failing(runtime: &dyn Runtime, pings: u64) -> Vec<u64> {
    let mut failing = Vec::new();
    for n in 1..=pings {
        if runtime.ping().await.is_err() {
            failing.push(n);
        }
    }
    failing
}
