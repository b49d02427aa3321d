//! Operations on volumes.

use crate::{
    Result,
    types::{
        ListVolumesOptions, PruneVolumesOptions, Pruned, RemoveVolumeOptions, VolumeConfig,
        VolumeInfo,
    },
};
use async_trait::async_trait;
use std::fmt::Debug;

/// Operations on volumes. A missing one is [`NotFound`](crate::ErrorKind::NotFound), one whose name is no name
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
#[async_trait]
pub trait VolumeOps: Debug + Send + Sync {
    /// Makes a volume. One of that name that is there is given as it is. Source: `POST /volumes/create`.
    async fn create_volume(&self, config: VolumeConfig) -> Result<VolumeInfo>;

    /// Tells everything about a volume. Source: `GET /volumes/{name}`.
    async fn inspect_volume(&self, volume: &str) -> Result<VolumeInfo>;

    /// Lists volumes, by name. Source: `GET /volumes`.
    async fn list_volumes(&self, options: ListVolumesOptions) -> Result<Vec<VolumeInfo>>;

    /// Removes a volume. Source: `DELETE /volumes/{name}`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): a container has it mounted, running or not; `force` changes nothing
    ///   about that.
    async fn remove_volume(&self, volume: &str, options: RemoveVolumeOptions) -> Result<()>;

    /// Removes volumes that no container has mounted: the anonymous ones, or with `all` those with names too. Source:
    /// `POST /volumes/prune`.
    async fn prune_volumes(&self, options: PruneVolumesOptions) -> Result<Pruned>;
}
