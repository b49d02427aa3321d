//! A runtime that takes arguments for others: what a layer cannot do, since it sees them and no more.

use crate::lie::Lie;
use async_trait::async_trait;
use futures::{
    FutureExt, TryStreamExt,
    future::{self, BoxFuture},
    stream,
};
use std::{any::Any, sync::Arc};
use wharf_core::*;

#[derive(Debug)]
pub(crate) struct Deaf {
    pub(crate) inner: Arc<dyn Runtime>,
    pub(crate) lie: Lie,
}

impl Deaf {
    fn heard<T: Any>(&self, mut argument: T) -> T {
        self.lie.hear(&mut argument);
        argument
    }

    /// What is opened: at once, but by one who delays when it is first asked for.
    async fn opened<T: Send + 'static>(
        &self,
        opening: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<BoxFuture<'static, Result<T>>> {
        match self.lie {
            Lie::Delay => Ok(opening.boxed()),
            _ => Ok(future::ready(Ok(opening.await?)).boxed()),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as `keeper`")]
    fn engine(&self) -> Result<&dyn Runtime> {
        Ok(&*self.inner)
    }

    fn keeper(&self) -> Result<&dyn VolumeOps> {
        let keeper = self.inner.volumes();
        keeper.ok_or_else(|| Error::new(ErrorKind::Unsupported, "there are no volumes"))
    }
}

/// Methods that send on what they hear; the last argument can be misheard.
macro_rules! hearing { ($group:ident of $below:ident { $($other:tt)* } $(
    $name:ident [$($key:ident: $Key:ty)?] ($($options:ident: $Options:ty)?) -> $Answer:ty;
)*) => {
    #[async_trait]
    impl $group for Deaf {
        $( async fn $name(&self $(, $key: $Key)? $(, $options: $Options)?) -> Result<$Answer> {
            self.$below()?.$name($($key,)? $(self.heard($options))?).await
        } )*
        $($other)*
    }
} }

hearing! { SystemOps of engine {}
    info [] () -> Info;
    login [] (credentials: Credentials) -> Login;
    close [] () -> ();
    ping [] () -> Ping;
    version [] () -> Version;
    disk_usage [] (options: DiskUsageOptions) -> DiskUsage;
}

hearing! { ContainerOps of engine {
        async fn wait_container(&self, id: &str, options: WaitOptions) -> Result<Pending<Exit>> {
            let (inner, id, options) = (self.inner.clone(), id.to_owned(), self.heard(options));
            let arming = async move { inner.wait_container(&id, options).await };
            let armed = self.opened(arming).await?;
            Ok(Pending::new(async move { armed.await?.await }))
        }
        async fn rename_container(&self, id: &str, name: &str) -> Result<()> {
            self.inner.rename_container(id, name).await
        }
    }
    create_container [] (config: ContainerConfig) -> CreatedContainer;
    start_container [id: &str] (options: StartOptions) -> ();
    stop_container [id: &str] (options: StopOptions) -> ();
    restart_container [id: &str] (options: RestartOptions) -> ();
    remove_container [id: &str] (options: RemoveOptions) -> ();
    inspect_container [id: &str] (options: InspectOptions) -> ContainerInfo;
    list_containers [] (options: ListOptions) -> Vec<ContainerSummary>;
    exec_container [id: &str] (config: ExecConfig) -> ExecOutput;
    container_logs [id: &str] (options: LogsOptions) -> Items<LogChunk>;
    pause_container [id: &str] () -> ();
    unpause_container [id: &str] () -> ();
    kill_container [id: &str] (options: KillOptions) -> ();
    prune_containers [] (options: PruneContainersOptions) -> Pruned;
}

hearing! { ImageOps of engine {
        async fn tag_image(&self, reference: &str, target: &ImageRef) -> Result<()> {
            self.inner.tag_image(reference, target).await
        }
    }
    pull_image [reference: &ImageRef] (options: PullOptions) -> Items<PullProgress>;
    inspect_image [reference: &str] (options: InspectImageOptions) -> ImageInfo;
    list_images [] (options: ListImagesOptions) -> Vec<ImageSummary>;
    remove_image [reference: &str] (options: RemoveImageOptions) -> RemovedImages;
    prune_images [] (options: PruneImagesOptions) -> Pruned;
}

hearing! { VolumeOps of keeper {}
    create_volume [] (config: VolumeConfig) -> VolumeInfo;
    inspect_volume [volume: &str] () -> VolumeInfo;
    list_volumes [] (options: ListVolumesOptions) -> Vec<VolumeInfo>;
    remove_volume [volume: &str] (options: RemoveVolumeOptions) -> ();
    prune_volumes [] (options: PruneVolumesOptions) -> Pruned;
}

#[async_trait]
impl EventOps for Deaf {
    async fn events(&self, options: EventsOptions) -> Result<Items<Event>> {
        let (inner, options) = (self.inner.clone(), self.heard(options));
        let opening = async move { inner.events(options).await };
        let opened = self.opened(opening).await?;
        Ok(Items::new(stream::once(opened).try_flatten()))
    }
}

impl Runtime for Deaf {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        self.inner.volumes().is_some().then_some(self)
    }
    fn backend(&self) -> Option<&dyn Any> {
        self.inner.backend()
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
