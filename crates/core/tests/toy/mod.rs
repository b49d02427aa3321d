//! The smallest backend: the required operations, an upload, and volumes. It counts its calls and fails on demand.

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use std::{
    any::Any,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};
use wharf_core::*;

#[derive(Debug, Default)]
pub(crate) struct Toy {
    /// So many of the next calls fail as a broken connection does.
    pub(crate) failures: AtomicUsize,
    /// Calls that reached the backend.
    pub(crate) calls: AtomicUsize,
    /// Bytes that were uploaded.
    pub(crate) uploaded: AtomicUsize,
}

impl Toy {
    fn called(&self) -> Result<()> {
        self.calls.fetch_add(1, SeqCst);
        let failing = self
            .failures
            .fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1))
            .is_ok();
        let gone = || Error::new(ErrorKind::ConnectionFailed, "gone").with_transient(true);
        if failing { Err(gone()) } else { Ok(()) }
    }
}

#[async_trait]
impl SystemOps for Toy {
    async fn info(&self) -> Result<Info> {
        self.called()?;
        Ok(Info::new("toy", "1.0"))
    }
    async fn login(&self, _: Credentials) -> Result<Login> {
        Ok(Login::default())
    }
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl ContainerOps for Toy {
    async fn create_container(&self, _: ContainerConfig) -> Result<CreatedContainer> {
        self.called()?;
        Ok(CreatedContainer::new("abc"))
    }
    async fn start_container(&self, _: &str, _: StartOptions) -> Result<()> {
        self.called()
    }
    async fn stop_container(&self, _: &str, _: StopOptions) -> Result<()> {
        self.called()
    }
    async fn remove_container(&self, id: &str, _: RemoveOptions) -> Result<()> {
        self.called()?;
        let missing = Error::new(ErrorKind::ContainerNotFound, "No such container");
        if id == "missing" {
            Err(missing)
        } else {
            Ok(())
        }
    }
    async fn inspect_container(&self, id: &str, _: InspectOptions) -> Result<ContainerInfo> {
        self.called()?;
        let config = ContainerConfig::new("busybox");
        Ok(ContainerInfo::new(
            "abc",
            id,
            ContainerState::Running,
            "sha256:def",
            config,
        ))
    }
    async fn list_containers(&self, _: ListOptions) -> Result<Vec<ContainerSummary>> {
        self.called()?;
        Ok(vec![])
    }
    async fn wait_container(&self, _: &str, _: WaitOptions) -> Result<Pending<Exit>> {
        self.called()?;
        Ok(Pending::new(async { Ok(Exit::new(7)) }))
    }
    async fn exec_container(&self, _: &str, _: ExecConfig) -> Result<ExecOutput> {
        self.called()?;
        Ok(ExecOutput::new(Exit::new(0)))
    }
    async fn container_logs(&self, id: &str, _: LogsOptions) -> Result<Items<LogChunk>> {
        self.called()?;
        let lines = ["out", "err"].map(|word| format!("{id} {word}\n"));
        let sources = [LogSource::Stdout, LogSource::Stderr];
        Ok(Items::from_items(
            sources
                .into_iter()
                .zip(lines)
                .map(|(s, l)| LogChunk::new(s, l)),
        ))
    }
    async fn upload_archive(&self, _: &str, _: &str, body: Body, _: UploadOptions) -> Result<()> {
        let bytes = body
            .open()
            .await?
            .try_fold(0, async |n, chunk| Ok(n + chunk.len()))
            .await?;
        self.called()?;
        self.uploaded.fetch_add(bytes, SeqCst);
        Ok(())
    }
}

#[async_trait]
impl ImageOps for Toy {
    async fn pull_image(&self, _: &ImageRef, _: PullOptions) -> Result<Items<PullProgress>> {
        self.called()?;
        Ok(Items::empty())
    }
    async fn inspect_image(&self, _: &str, _: InspectImageOptions) -> Result<ImageInfo> {
        self.called()?;
        Ok(ImageInfo::new("sha256:def"))
    }
    async fn list_images(&self, _: ListImagesOptions) -> Result<Vec<ImageSummary>> {
        self.called()?;
        Ok(vec![])
    }
    async fn remove_image(&self, _: &str, _: RemoveImageOptions) -> Result<RemovedImages> {
        self.called()?;
        Ok(RemovedImages::default())
    }
    async fn prune_images(&self, _: PruneImagesOptions) -> Result<Pruned> {
        self.called()?;
        Ok(Pruned::default())
    }
}

#[async_trait]
impl EventOps for Toy {
    async fn events(&self, _: EventsOptions) -> Result<Items<Event>> {
        self.called()?;
        Ok(Items::new(futures::stream::pending().boxed()))
    }
}

#[async_trait]
impl VolumeOps for Toy {
    async fn create_volume(&self, config: VolumeConfig) -> Result<VolumeInfo> {
        self.called()?;
        Ok(VolumeInfo::new(config.name))
    }
    async fn inspect_volume(&self, volume: &str) -> Result<VolumeInfo> {
        self.called()?;
        Ok(VolumeInfo::new(volume))
    }
    async fn list_volumes(&self, _: ListVolumesOptions) -> Result<Vec<VolumeInfo>> {
        self.called()?;
        Ok(vec![])
    }
    async fn remove_volume(&self, _: &str, _: RemoveVolumeOptions) -> Result<()> {
        self.called()
    }
    async fn prune_volumes(&self, _: PruneVolumesOptions) -> Result<Pruned> {
        self.called()?;
        Ok(Pruned::default())
    }
}

impl Runtime for Toy {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        Some(self)
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities::of([
            Operation::Info,
            Operation::StopContainer,
            Operation::UploadArchive,
        ])
    }
    fn backend(&self) -> Option<&dyn Any> {
        Some(self)
    }
}
