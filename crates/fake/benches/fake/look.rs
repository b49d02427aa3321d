//! Looks at what there is.

use crate::{Row, engine, median};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use wharf_core::{ContainerConfig, Filters, InspectOptions, ListOptions, StartOptions};

pub(crate) async fn inspect() -> Row {
    const ROUNDS: usize = 2_000;
    const CALLS: u32 = 500;
    let (_fake, runtime) = engine();
    let config = ContainerConfig::new("busybox")
        .with_name("web")
        .with_command(["sleep", "1000"]);
    runtime.create_container(config).await.unwrap();
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            let options = InspectOptions::default();
            black_box(runtime.inspect_container("web", options).await.unwrap());
        }
        times.push(start.elapsed() / CALLS);
    }
    let time = median(times);
    Row {
        what: "inspect a running container",
        goal: "<= 1.5 us",
        measured: format!("{:.2} us", time.as_secs_f64() * 1e6),
        met: Some(time <= Duration::from_nanos(1500)),
    }
}

const CONTAINERS: usize = 10_000;
const FITTING: usize = 100;
const GOAL: Duration = Duration::from_millis(5);

pub(crate) async fn list_few() -> Row {
    let time = list(("shard", "7"), FITTING).await;
    Row {
        what: "list 10,000 containers by a label that 100 of them have",
        goal: "< 5 ms",
        measured: format!("{:.2} ms", time.as_secs_f64() * 1e3),
        met: Some(time < GOAL),
    }
}

/// Every one is copied for the caller, which is what takes the time.
pub(crate) async fn list_all() -> Row {
    let time = list(("app", "bench"), CONTAINERS).await;
    Row {
        what: "... by a label that all of them have",
        goal: "none",
        measured: format!("{:.2} ms", time.as_secs_f64() * 1e3),
        met: None,
    }
}

async fn list(label: (&str, &str), fitting: usize) -> Duration {
    const ROUNDS: usize = 50;
    let (_fake, runtime) = engine();
    for n in 0..CONTAINERS {
        let shard = (n % (CONTAINERS / FITTING)).to_string();
        let labels = [("shard", shard.as_str()), ("app", "bench")];
        let config = ContainerConfig::new("busybox").with_labels(labels);
        runtime.create_container(config).await.unwrap();
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let filters = Filters::new().label(label.0, label.1);
        let options = ListOptions::default().with_all(true).with_filters(filters);
        let start = Instant::now();
        let found = black_box(runtime.list_containers(options).await.unwrap());
        times.push(start.elapsed());
        assert_eq!(found.len(), fitting);
    }
    median(times)
}
