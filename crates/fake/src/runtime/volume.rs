//! Volumes: the trait's operations as transitions.

use super::Engine;
use async_trait::async_trait;
use wharf_core::{
    ListVolumesOptions, PruneVolumesOptions, Pruned, RemoveVolumeOptions, Result, VolumeConfig,
    VolumeInfo, VolumeOps,
};

#[async_trait]
impl VolumeOps for Engine {
    async fn create_volume(&self, config: VolumeConfig) -> Result<VolumeInfo> {
        self.step(|world| world.state.create_volume(config))
    }

    async fn inspect_volume(&self, volume: &str) -> Result<VolumeInfo> {
        self.read(|state| state.inspect_volume(volume))
    }

    async fn list_volumes(&self, options: ListVolumesOptions) -> Result<Vec<VolumeInfo>> {
        self.read(|state| Ok(state.list_volumes(&options.filters)))
    }

    async fn remove_volume(&self, volume: &str, options: RemoveVolumeOptions) -> Result<()> {
        self.step(|world| world.state.remove_volume(volume, options.force))
    }

    async fn prune_volumes(&self, options: PruneVolumesOptions) -> Result<Pruned> {
        self.step(|world| Ok(world.state.prune_volumes(options.all, &options.filters)))
    }
}
