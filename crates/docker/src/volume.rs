//! Operations on volumes.

use async_trait::async_trait;
use bollard::query_parameters as query;
use wharf_core::{
    Filters, ListVolumesOptions, Operation, PruneVolumesOptions, Pruned, RemoveVolumeOptions,
    Result, VolumeConfig, VolumeInfo, VolumeOps,
};

use crate::connect::Docker;
use crate::convert::image::reclaimed;
use crate::convert::volume::{self, Listed, Volume};
use crate::error::Failure;
use crate::filters;
use crate::transport::{Deadline, Request, segment};

#[async_trait]
impl VolumeOps for Docker {
    async fn create_volume(&self, config: VolumeConfig) -> Result<VolumeInfo> {
        let made = async {
            let request = Request::post("/volumes/create").json(&volume::body(&config))?;
            self.transport()
                .call(request, Deadline::Usual)
                .await?
                .json::<Volume>()
        };
        let made = made
            .await
            .map_err(|failure| self.at(Operation::CreateVolume).error(failure))?;
        Ok(made.into())
    }

    async fn inspect_volume(&self, volume: &str) -> Result<VolumeInfo> {
        let request = Request::get(format!("/volumes/{}", segment(volume)));
        let seen = async {
            self.transport()
                .call(request, Deadline::Usual)
                .await?
                .json::<Volume>()
        };
        let seen = seen
            .await
            .map_err(|failure| self.at(Operation::InspectVolume).error(failure))?;
        Ok(seen.into())
    }

    async fn list_volumes(&self, options: ListVolumesOptions) -> Result<Vec<VolumeInfo>> {
        let listed = self.listed_volumes(&options.filters).await;
        listed.map_err(|failure| self.at(Operation::ListVolumes).error(failure))
    }

    async fn remove_volume(&self, volume: &str, options: RemoveVolumeOptions) -> Result<()> {
        let wire = query::RemoveVolumeOptions {
            force: options.force,
        };
        let name = segment(volume);
        let removed = self.bollard(Deadline::Usual, |b| async move {
            b.remove_volume(&name, Some(wire)).await
        });
        removed
            .await
            .map_err(|failure| self.at(Operation::RemoveVolume).error(failure))
    }

    async fn prune_volumes(&self, options: PruneVolumesOptions) -> Result<Pruned> {
        let pruned = self.prune(options);
        pruned
            .await
            .map_err(|failure| self.at(Operation::PruneVolumes).error(failure))
    }
}

impl Docker {
    async fn listed_volumes(&self, conditions: &Filters) -> Result<Vec<VolumeInfo>, Failure> {
        let request = filters::query(Request::get("/volumes"), conditions)?;
        let listed: Listed = self
            .transport()
            .call(request, Deadline::Usual)
            .await?
            .json()?;
        let mut volumes: Vec<VolumeInfo> = listed.volumes.into_iter().map(Into::into).collect();
        volumes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(volumes)
    }

    async fn prune(&self, options: PruneVolumesOptions) -> Result<Pruned, Failure> {
        let all = options.all;
        let conditions = match (all, self.dialect().prunes_all_volumes(self.api())) {
            (true, false) => options.filters.with("all", "true"),
            (false, true) => return self.prune_anonymous(&options.filters).await,
            _ => options.filters,
        };
        let wire = query::PruneVolumesOptions {
            filters: filters::map(&conditions),
        };
        let pruned = self
            .bollard(Deadline::None, |b| async move {
                b.prune_volumes(Some(wire)).await
            })
            .await?;
        Ok(Pruned::default()
            .with_removed(pruned.volumes_deleted.unwrap_or_default())
            .with_reclaimed(reclaimed(pruned.space_reclaimed)))
    }

    /// For engines whose own prune takes volumes with names too. What it frees they do not tell.
    async fn prune_anonymous(&self, conditions: &Filters) -> Result<Pruned, Failure> {
        let unwanted = conditions.values("label!");
        let labels = conditions.values("label").iter();
        let listed = labels.fold(Filters::new().dangling(true), |f, label| {
            f.with("label", label)
        });
        let mut removed = Vec::new();
        for volume in self.listed_volumes(&listed).await? {
            let anonymous =
                volume.name.len() == 64 && volume.name.bytes().all(|b| b.is_ascii_hexdigit());
            if !anonymous || unwanted.iter().any(|label| has_label(&volume, label)) {
                continue;
            }
            let wire = query::RemoveVolumeOptions { force: false };
            let name = segment(&volume.name);
            let gone = self.bollard(Deadline::Usual, |b| async move {
                b.remove_volume(&name, Some(wire)).await
            });
            match gone.await {
                Ok(()) => removed.push(volume.name),
                // Taken into use, or removed by another, since it was listed.
                Err(Failure::Refused { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(Pruned::default().with_removed(removed))
    }
}

fn has_label(volume: &VolumeInfo, label: &str) -> bool {
    match label.split_once('=') {
        Some((key, value)) => volume.labels.get(key).is_some_and(|has| has == value),
        None => volume.labels.contains_key(label),
    }
}
