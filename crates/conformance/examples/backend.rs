//! The template of another backend: copy it, write the methods one by one, and let the suite say what is still wrong.
//!
//! `cargo run -p wharf-conformance --example backend`

#![allow(clippy::print_stdout, reason = "a program to be watched")]

use async_trait::async_trait;
use std::{any::Any, collections::BTreeMap, sync::Arc};
use wharf_conformance::{Harness, Outcome, run_all};
use wharf_core::*;

/// The backend: a connection to its engine, usually. Cheap to clone, so that streams may keep it.
#[derive(Debug, Clone)]
struct Mine;

impl Mine {
    /// Backends hand themselves out inside [`Checked`], which validates all input in front of them.
    fn connect() -> Checked<Self> {
        Checked::new(Self)
    }

    /// What an operation answers until it is written.
    fn later<T>(operation: Operation) -> Result<T> {
        Err(Error::unsupported(operation))
    }
}

/// What is written so far. The suite holds it to the truth, both ways.
const OPERATIONS: [Operation; 2] = [Operation::Info, Operation::Close];

impl Runtime for Mine {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of(OPERATIONS)
    }

    /// For `backend_as::<Mine>()`: what is yours alone is reached this way.
    fn backend(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

#[async_trait]
impl SystemOps for Mine {
    async fn info(&self) -> Result<Info> {
        Ok(Info::new("mine", env!("CARGO_PKG_VERSION")))
    }
    async fn login(&self, _credentials: Credentials) -> Result<Login> {
        Self::later(Operation::Login)
    }
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl ContainerOps for Mine {
    async fn create_container(&self, _config: ContainerConfig) -> Result<CreatedContainer> {
        Self::later(Operation::CreateContainer)
    }
    async fn start_container(&self, _id: &str, _options: StartOptions) -> Result<()> {
        Self::later(Operation::StartContainer)
    }
    async fn stop_container(&self, _id: &str, _options: StopOptions) -> Result<()> {
        Self::later(Operation::StopContainer)
    }
    async fn remove_container(&self, _id: &str, _options: RemoveOptions) -> Result<()> {
        Self::later(Operation::RemoveContainer)
    }
    async fn inspect_container(
        &self,
        _id: &str,
        _options: InspectOptions,
    ) -> Result<ContainerInfo> {
        Self::later(Operation::InspectContainer)
    }
    async fn list_containers(&self, _options: ListOptions) -> Result<Vec<ContainerSummary>> {
        Self::later(Operation::ListContainers)
    }
    async fn wait_container(&self, _id: &str, _options: WaitOptions) -> Result<Pending<Exit>> {
        Self::later(Operation::WaitContainer)
    }
    async fn exec_container(&self, _id: &str, _config: ExecConfig) -> Result<ExecOutput> {
        Self::later(Operation::ExecContainer)
    }
    async fn container_logs(&self, _id: &str, _options: LogsOptions) -> Result<Items<LogChunk>> {
        Self::later(Operation::ContainerLogs)
    }
}

#[async_trait]
impl ImageOps for Mine {
    async fn pull_image(
        &self,
        _reference: &ImageRef,
        _options: PullOptions,
    ) -> Result<Items<PullProgress>> {
        Self::later(Operation::PullImage)
    }
    async fn inspect_image(
        &self,
        _reference: &str,
        _options: InspectImageOptions,
    ) -> Result<ImageInfo> {
        Self::later(Operation::InspectImage)
    }
    async fn list_images(&self, _options: ListImagesOptions) -> Result<Vec<ImageSummary>> {
        Self::later(Operation::ListImages)
    }
    async fn remove_image(
        &self,
        _reference: &str,
        _options: RemoveImageOptions,
    ) -> Result<RemovedImages> {
        Self::later(Operation::RemoveImage)
    }
    async fn prune_images(&self, _options: PruneImagesOptions) -> Result<Pruned> {
        Self::later(Operation::PruneImages)
    }
}

#[async_trait]
impl EventOps for Mine {
    async fn events(&self, _options: EventsOptions) -> Result<Items<Event>> {
        Self::later(Operation::Events)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let harness = Harness::new("mine", || {
        Box::pin(async { Ok(Arc::new(Mine::connect()) as Arc<dyn Runtime>) })
    });
    let report = run_all(&harness, 4, |_| ()).await;
    let mut missing = BTreeMap::new();
    for case in &report.cases {
        let Outcome::Failed(why) = &case.outcome else {
            continue;
        };
        match why
            .split_once("this backend has no ")
            .and_then(|(_, name)| name.split('"').next())
        {
            Some(operation) => *missing.entry(operation).or_insert(0) += 1,
            None => println!("failed: {}: {why}", case.name),
        }
    }
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
    for (operation, cases) in missing {
        println!("{cases:3} cases wait for {operation}");
    }
    println!("{} passed, {} failed", report.passed, report.failed);
}
