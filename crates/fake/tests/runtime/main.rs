//! The engine as the code under test sees it: waits, streams, time, and what is left when all handles are gone.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod exec;
mod handles;
mod home;
mod images;
mod life;
mod logs;
mod surroundings;

use std::time::Duration;
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime};

const SECOND: Duration = Duration::from_secs(1);

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sh", "-c", script])
}

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    id
}

async fn inspect(runtime: &FakeRuntime, id: &str) -> ContainerInfo {
    runtime
        .inspect_container(id, InspectOptions::default())
        .await
        .unwrap()
}

async fn wait(runtime: &FakeRuntime, id: &str) -> Exit {
    runtime
        .wait_container(id, WaitOptions::default())
        .await
        .unwrap()
        .await
        .unwrap()
}
