//! A day that goes by.

use crate::{Row, engine, median};
use std::time::{Duration, Instant};
use wharf_core::{
    ContainerConfig, HealthCheck, HealthStatus, HealthTest, InspectOptions, StartOptions,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn of_a_day() -> Row {
    const ROUNDS: usize = 5;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(day().await);
    }
    let time = median(times);
    Row {
        what: "24 h of health checks, one each 30 s, time paused",
        goal: "< 1 s",
        measured: format!("{:.2} s", time.as_secs_f64()),
        met: Some(time < Duration::from_secs(1)),
    }
}

async fn day() -> Duration {
    let (_fake, runtime) = engine();
    let check = HealthCheck::new(HealthTest::Shell("echo >> /probes; test -e /probes".into()));
    let config = ContainerConfig::new("busybox")
        .with_name("web")
        .with_command(["sleep", "100000"])
        .with_health_check(check);
    runtime.create_container(config).await.unwrap();
    runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap();
    let start = Instant::now();
    tokio::time::sleep(DAY).await;
    let time = start.elapsed();
    let info = runtime
        .inspect_container("web", InspectOptions::default())
        .await
        .unwrap();
    assert_eq!(info.health.unwrap().status, HealthStatus::Healthy);
    time
}
