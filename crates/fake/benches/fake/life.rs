//! Containers from their making to their end.

use crate::{Row, engine, median};
use std::time::Instant;
use wharf_core::{
    ContainerConfig, RemoveOptions, Runtime, StartOptions, WaitCondition, WaitOptions,
};

const GOAL: f64 = 50_000.0;

pub(crate) async fn of_a_container() -> Row {
    const ROUNDS: usize = 4_000;
    const CONTAINERS: u32 = 50;
    let (_fake, runtime) = engine();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CONTAINERS {
            live(&*runtime).await;
        }
        times.push(start.elapsed() / CONTAINERS);
    }
    let speed = 1.0 / median(times).as_secs_f64();
    Row {
        what: "create + start + wait + remove, of one that exits at once",
        goal: ">= 50,000/s",
        measured: format!("{speed:.0}/s"),
        met: Some(speed >= GOAL),
    }
}

async fn live(runtime: &dyn Runtime) {
    let config = ContainerConfig::new("busybox").with_command(["true"]);
    let id = runtime.create_container(config).await.unwrap().id;
    let options = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container(&id, options).await.unwrap();
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    assert_eq!(exit.await.unwrap().code, 0);
    runtime
        .remove_container(&id, RemoveOptions::default())
        .await
        .unwrap();
}
