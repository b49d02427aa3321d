//! Images: those that are here, and how others come.

use super::{Engine, World, open::OpenKind};
use crate::{
    image::{ImageFixture, Layer},
    pull::Walk,
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::sync::{Arc, PoisonError};
use wharf_core::{
    ImageInfo, ImageOps, ImageRef, ImageSummary, InspectImageOptions, Items, ListImagesOptions,
    Operation, PruneImagesOptions, Pruned, PullOptions, PullPhase, PullProgress,
    RemoveImageOptions, RemovedImages, Result,
};

#[async_trait]
impl ImageOps for Engine {
    async fn pull_image(
        &self,
        reference: &ImageRef,
        options: PullOptions,
    ) -> Result<Items<PullProgress>> {
        let target = reference.familiar();
        let open = self.open(OpenKind::Stream, Operation::PullImage, &target)?;
        let shared = Arc::clone(&self.shared);
        let credentials = options.credentials.or_else(|| {
            let logins = self
                .session
                .logins
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            logins.get(reference.registry()).cloned()
        });
        let platform = options.platform.as_ref();
        let (image, walk, door) = self.step(|world| {
            let World {
                state, registries, ..
            } = world;
            let credentials = credentials.as_ref();
            let found = registries.find(reference, platform, credentials, state.now())?;
            let has = |layer: &Layer| state.has_layer(&layer.digest);
            let here = state.has_image(&found.image.id());
            let walk = Walk::new(reference, &found, here, has);
            Ok((found.image, walk, world.door(&shared)))
        })?;
        let name = reference.clone();
        let (registry, line) = (name.registry().to_owned(), door.clone());
        let steps = walk.steps(move || {
            let broken = line.step(|_, world| world.registries.breaks_off(&registry));
            broken.unwrap_or_default()
        });
        let done = stream::once(async move {
            // Until then there is somebody who wants it to go on.
            let installed = door.step(|_, world| install(world, &image, &name));
            drop(shared);
            installed.ok_or_else(super::restored)
        });
        Ok(open.items(steps.chain(done)))
    }

    async fn inspect_image(&self, reference: &str, _: InspectImageOptions) -> Result<ImageInfo> {
        self.read(|state| state.inspect_image(reference))
    }

    async fn list_images(&self, options: ListImagesOptions) -> Result<Vec<ImageSummary>> {
        self.read(|state| state.list_images(&options))
    }

    async fn remove_image(
        &self,
        reference: &str,
        options: RemoveImageOptions,
    ) -> Result<RemovedImages> {
        self.step(|world| world.state.remove_image(reference, &options))
    }

    async fn prune_images(&self, options: PruneImagesOptions) -> Result<Pruned> {
        self.step(|world| world.state.prune_images(&options.filters))
    }

    async fn tag_image(&self, reference: &str, target: &ImageRef) -> Result<()> {
        self.step(|world| world.state.tag(reference, target))
    }
}

/// The last step: the image is here, as a whole.
fn install(world: &mut World, image: &ImageFixture, name: &ImageRef) -> PullProgress {
    let new = world.state.install(image, name);
    world.state.tell_pulled(name);
    let status = if new {
        "Downloaded newer image for"
    } else {
        "Image is up to date for"
    };
    PullProgress::new(
        PullPhase::Done,
        format!("Status: {status} {}", name.familiar()),
    )
}
