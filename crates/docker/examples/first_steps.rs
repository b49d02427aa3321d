//! Makes a container, follows its log, waits for its exit and removes it:
//! `cargo run -p wharf-docker --example first_steps -- unix:///var/run/docker.sock busybox`.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use futures::TryStreamExt;
use wharf_core::{
    ContainerConfig, ContainerOps, EventOps, EventsOptions, ExecConfig, Filters, InspectOptions,
    ListOptions, LogsOptions, RemoveOptions, Result, StartOptions, SystemOps, WaitCondition,
    WaitOptions,
};
use wharf_docker::Docker;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "docker:".to_owned());
    let image = arguments.next().unwrap_or_else(|| "busybox".to_owned());

    let engine = Docker::connect(&url).await?;
    let info = engine.info().await?;
    println!(
        "{} {} on {:?}",
        info.engine, info.version, info.operating_system
    );

    let label = Filters::new().label("wharf.example", "first_steps");
    let events = engine
        .events(EventsOptions::default().with_filters(label.clone()))
        .await?;

    let script = "echo out; echo err >&2; sleep 1; exit 7";
    let config = ContainerConfig::new(image)
        .with_command(["sh", "-c", script])
        .with_labels([("wharf.example", "first_steps")]);
    let container = engine.create_container(config).await?;
    let wait = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = engine.wait_container(&container.id, wait).await?;
    engine
        .start_container(&container.id, StartOptions::default())
        .await?;

    let ran = engine
        .exec_container(&container.id, ExecConfig::new(["hostname"]))
        .await?;
    println!("exec: {} {:?}", ran.code(), ran.stdout_text());

    let logs = LogsOptions::default()
        .with_follow(true)
        .with_timestamps(true);
    let mut logs = engine.container_logs(&container.id, logs).await?;
    while let Some(chunk) = logs.try_next().await? {
        println!("{:?} {} {:?}", chunk.timestamp, chunk.source, chunk.bytes);
    }
    println!("exit: {:?}", exit.await?);

    let info = engine
        .inspect_container(&container.id, InspectOptions::default())
        .await?;
    println!("{} {} {:?}", info.name, info.state, info.exit_code);
    let all = ListOptions::default().with_all(true).with_filters(label);
    println!("listed: {}", engine.list_containers(all).await?.len());
    engine
        .remove_container(&container.id, RemoveOptions::default())
        .await?;

    let mut events = std::pin::pin!(events);
    while let Some(event) = events.try_next().await? {
        println!(
            "{} {} {} {:?}",
            event.time, event.kind, event.action, event.detail
        );
        if event.action.as_str() == "destroy" {
            break;
        }
    }
    Ok(())
}
