//! A runtime that takes arguments for others: what a layer cannot do, since it sees them and no more.

use crate::lie::Lie;
use async_trait::async_trait;
use futures::{TryStreamExt, stream};
use std::{any::Any, sync::Arc};
use wharf_core::*;

#[derive(Debug)]
pub(crate) struct Deaf {
    pub(crate) inner: Arc<dyn Runtime>,
    pub(crate) lie: Lie,
}

impl Deaf {
    fn heard<T: Any>(&self, mut argument: T) -> T {
        if let Lie::Hear(change) = self.lie {
            change(&mut argument);
        }
        argument
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
    $name:ident [$($key:ident: $Key:ty)?] ($options:ident: $Options:ty) -> $Answer:ty;
)*) => {
    #[async_trait]
    impl $group for Deaf {
        $( async fn $name(&self $(, $key: $Key)?, $options: $Options) -> Result<$Answer> {
            self.$below()?.$name($($key,)? self.heard($options)).await
        } )*
        $($other)*
    }
} }

hearing! { SystemOps of engine {
        async fn info(&self) -> Result<Info> {
            self.inner.info().await
        }
        async fn close(&self) -> Result<()> {
            self.inner.close().await
        }
    }
    login [] (credentials: Credentials) -> Login;
}

hearing! { ContainerOps of engine {
        async fn wait_container(&self, id: &str, options: WaitOptions) -> Result<Pending<Exit>> {
            let (inner, id, options) = (self.inner.clone(), id.to_owned(), self.heard(options));
            match self.lie {
                Lie::Delay => Ok(Pending::new(async move {
                    inner.wait_container(&id, options).await?.await
                })),
                _ => inner.wait_container(&id, options).await,
            }
        }
        async fn pause_container(&self, id: &str) -> Result<()> {
            self.inner.pause_container(id).await
        }
    }
    create_container [] (config: ContainerConfig) -> CreatedContainer;
    start_container [id: &str] (options: StartOptions) -> ();
    stop_container [id: &str] (options: StopOptions) -> ();
    remove_container [id: &str] (options: RemoveOptions) -> ();
    inspect_container [id: &str] (options: InspectOptions) -> ContainerInfo;
    list_containers [] (options: ListOptions) -> Vec<ContainerSummary>;
    exec_container [id: &str] (config: ExecConfig) -> ExecOutput;
    container_logs [id: &str] (options: LogsOptions) -> Items<LogChunk>;
    kill_container [id: &str] (options: KillOptions) -> ();
    prune_containers [] (options: PruneContainersOptions) -> Pruned;
}

hearing! { ImageOps of engine {}
    pull_image [reference: &ImageRef] (options: PullOptions) -> Items<PullProgress>;
    inspect_image [reference: &str] (options: InspectImageOptions) -> ImageInfo;
    list_images [] (options: ListImagesOptions) -> Vec<ImageSummary>;
    remove_image [reference: &str] (options: RemoveImageOptions) -> RemovedImages;
    prune_images [] (options: PruneImagesOptions) -> Pruned;
}

hearing! { VolumeOps of keeper {
        async fn inspect_volume(&self, volume: &str) -> Result<VolumeInfo> {
            self.keeper()?.inspect_volume(volume).await
        }
    }
    create_volume [] (config: VolumeConfig) -> VolumeInfo;
    list_volumes [] (options: ListVolumesOptions) -> Vec<VolumeInfo>;
    remove_volume [volume: &str] (options: RemoveVolumeOptions) -> ();
    prune_volumes [] (options: PruneVolumesOptions) -> Pruned;
}

#[async_trait]
impl EventOps for Deaf {
    async fn events(&self, options: EventsOptions) -> Result<Items<Event>> {
        let (inner, options) = (self.inner.clone(), self.heard(options));
        match self.lie {
            Lie::Delay => {
                let opened = async move { inner.events(options).await };
                Ok(Items::new(stream::once(opened).try_flatten()))
            }
            _ => inner.events(options).await,
        }
    }
}

impl Runtime for Deaf {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        self.inner.volumes().is_some().then_some(self)
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
