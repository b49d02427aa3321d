//! Operations on images.

use async_trait::async_trait;
use bollard::query_parameters as query;
use wharf_core::{
    ErrorKind, ImageInfo, ImageOps, ImageRef, ImageSummary, InspectImageOptions, Items,
    ListImagesOptions, ListOptions, Operation, PruneImagesOptions, Pruned, PullOptions,
    PullProgress, RemoveImageOptions, RemovedImages, Result,
};

use crate::connect::Docker;
use crate::convert::image::{Inspected, Listed, pruned, reclaimed, removed};
use crate::error::Failure;
use crate::filters;
use crate::transport::{Deadline, Request, image_segment};

#[async_trait]
impl ImageOps for Docker {
    async fn pull_image(
        &self,
        reference: &ImageRef,
        options: PullOptions,
    ) -> Result<Items<PullProgress>> {
        let pulled = self.pull(reference, &options).await;
        pulled.map_err(|failure| self.at(Operation::PullImage).error(failure))
    }

    async fn inspect_image(&self, reference: &str, _: InspectImageOptions) -> Result<ImageInfo> {
        let inspected = self.inspected_image(reference).await;
        let inspected =
            inspected.map_err(|failure| self.at(Operation::InspectImage).error(failure))?;
        Ok(inspected.into_info(self.dialect()))
    }

    async fn list_images(&self, options: ListImagesOptions) -> Result<Vec<ImageSummary>> {
        let listed = self.listed_images(&options).await;
        let listed = listed.map_err(|failure| self.at(Operation::ListImages).error(failure))?;
        let summary = |image: Listed| image.into_summary(self.dialect());
        let mut images: Vec<_> = listed.into_iter().map(summary).collect();
        images.sort_by_key(|image| std::cmp::Reverse(image.created));
        Ok(images)
    }

    async fn remove_image(
        &self,
        reference: &str,
        options: RemoveImageOptions,
    ) -> Result<RemovedImages> {
        if options.force && self.dialect().removes_containers_with_images() {
            let used = self.refuse_if_used(reference).await;
            used.map_err(|failure| self.at(Operation::RemoveImage).error(failure))?;
        }
        let wire = query::RemoveImageOptions {
            force: options.force,
            noprune: options.no_prune,
            ..Default::default()
        };
        let name = image_segment(reference);
        let items = self.bollard(Deadline::Usual, |b| async move {
            b.remove_image(&name, Some(wire), None).await
        });
        let items = items
            .await
            .map_err(|failure| self.at(Operation::RemoveImage).error(failure))?;
        Ok(removed(items, self.dialect()))
    }

    async fn prune_images(&self, options: PruneImagesOptions) -> Result<Pruned> {
        let wire = query::PruneImagesOptions {
            filters: filters::map(&options.filters),
        };
        let done = self.bollard(Deadline::None, |b| async move {
            b.prune_images(Some(wire)).await
        });
        let done = done
            .await
            .map_err(|failure| self.at(Operation::PruneImages).error(failure))?;
        let removed = pruned(done.images_deleted.unwrap_or_default(), self.dialect());
        Ok(Pruned::default()
            .with_removed(removed)
            .with_reclaimed(reclaimed(done.space_reclaimed)))
    }

    async fn tag_image(&self, reference: &str, target: &ImageRef) -> Result<()> {
        let wire = query::TagImageOptions {
            repo: Some(target.familiar_name()),
            tag: target.tag().map(str::to_owned),
        };
        let name = image_segment(reference);
        let tagged = self.bollard(Deadline::Usual, |b| async move {
            b.tag_image(&name, Some(wire)).await
        });
        tagged
            .await
            .map_err(|failure| self.at(Operation::TagImage).error(failure))
    }
}

impl Docker {
    async fn inspected_image(&self, reference: &str) -> Result<Inspected, Failure> {
        let request = Request::get(format!("/images/{}/json", image_segment(reference)));
        self.transport()
            .call(request, Deadline::Usual)
            .await?
            .json()
    }

    /// A removal that would take containers along is refused, unless it takes no more than one name
    /// of several. By its id an image goes with all of them.
    async fn refuse_if_used(&self, reference: &str) -> Result<(), Failure> {
        let image = self
            .inspected_image(reference)
            .await?
            .into_info(self.dialect());
        let name = reference.parse::<ImageRef>().ok();
        let is_name = name.is_some_and(|name| {
            let familiar = name.familiar();
            let name = self.dialect().image_name(&familiar);
            image.tags.iter().any(|tag| tag == name)
        });
        if is_name && image.tags.len() > 1 {
            return Ok(());
        }
        let all = ListOptions::default().with_all(true);
        let containers = self.list(&all).await?;
        match containers
            .iter()
            .find(|container| container.image_id == image.id)
        {
            None => Ok(()),
            Some(user) => {
                let why = format!(
                    "container {} uses the image and would go with it",
                    user.name
                );
                Err(Failure::known(ErrorKind::Conflict, why))
            }
        }
    }

    async fn listed_images(&self, options: &ListImagesOptions) -> Result<Vec<Listed>, Failure> {
        let request = Request::get("/images/json").flag("all", options.all);
        let request = filters::query(request, &options.filters)?;
        self.transport()
            .call(request, Deadline::Usual)
            .await?
            .json()
    }
}
