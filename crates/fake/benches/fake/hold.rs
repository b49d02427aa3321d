//! Memory for many containers.

use crate::{Row, engine, machine};
use wharf_core::{ContainerConfig, ContainerState, Filters, ListOptions, Runtime, StartOptions};

const CONTAINERS: usize = 100_000;
const ROOM: u64 = 300_000_000;

pub(crate) async fn created() -> Row {
    let (_fake, runtime) = engine();
    let before = machine::memory();
    for _ in 0..CONTAINERS {
        create(&*runtime).await;
    }
    row(
        &*runtime,
        "100,000 containers, created: memory",
        ContainerState::Created,
        before,
    )
    .await
}

pub(crate) async fn exited() -> Row {
    let (_fake, runtime) = engine();
    let before = machine::memory();
    for _ in 0..CONTAINERS {
        let id = create(&*runtime).await;
        runtime
            .start_container(&id, StartOptions::default())
            .await
            .unwrap();
        tokio::task::yield_now().await;
    }
    row(
        &*runtime,
        "100,000 containers, exited: memory",
        ContainerState::Exited,
        before,
    )
    .await
}

async fn create(runtime: &dyn Runtime) -> String {
    let config = ContainerConfig::new("busybox").with_command(["true"]);
    runtime
        .create_container(config)
        .await
        .unwrap()
        .id
        .to_string()
}

async fn row(
    runtime: &dyn Runtime,
    what: &'static str,
    state: ContainerState,
    before: Option<u64>,
) -> Row {
    // Before the list, which takes memory of its own.
    let more = machine::memory()
        .zip(before)
        .map(|(after, before)| after - before);
    let options = ListOptions::default().with_filters(Filters::new().status(state));
    assert_eq!(
        runtime.list_containers(options).await.unwrap().len(),
        CONTAINERS
    );
    Row {
        what,
        goal: "< 300 MB",
        measured: more.map_or("memory unknown".to_owned(), machine::megabytes),
        met: more.map(|more| more < ROOM),
    }
}
