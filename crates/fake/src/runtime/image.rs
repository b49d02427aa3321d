//! Images: those that are here, and how others come.

use super::{Engine, World, open::OpenKind};
use crate::{image::ImageFixture, registry::Found, state::State};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use wharf_core::{
    ImageInfo, ImageOps, ImageRef, ImageSummary, InspectImageOptions, Items, ListImagesOptions,
    Operation, PruneImagesOptions, Pruned, PullOptions, PullPhase, PullProgress,
    RemoveImageOptions, RemovedImages, Result,
};

/// In so many steps a layer is told to come in, and to be unpacked.
const STEPS: u32 = 4;
/// Unpacking is so much faster than fetching.
const UNPACKING: u32 = 4;

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
        let (found, steps, door) = shared.step(|world| {
            let found = world
                .registries
                .find(reference, platform, credentials.as_ref())?;
            let steps = steps(&world.state, reference, &found);
            Ok((found, steps, world.door(&shared)))
        })?;
        let name = reference.clone();
        let walk = stream::iter(steps).then(|(time, progress)| async move {
            // A step without a time of its own costs no turn of the timer.
            if !time.is_zero() {
                tokio::time::sleep(time).await;
            }
            Ok(progress)
        });
        let done = stream::once(async move {
            // Until then there is somebody who wants it to go on.
            let installed = door.step(|_, world| install(world, &found.image, &name));
            drop(shared);
            installed.ok_or_else(super::restored)
        });
        Ok(open.items(walk.chain(done)))
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

/// What a pull tells, each after a time, until the image is put in.
fn steps(state: &State, reference: &ImageRef, found: &Found) -> Vec<(Duration, PullProgress)> {
    let version = reference.tag().or(reference.digest()).unwrap_or_default();
    let from = format!("{version}: Pulling from {}", reference.repository());
    let mut steps = vec![(found.latency, PullProgress::new(PullPhase::Resolving, from))];
    let (known, new): (Vec<_>, Vec<_>) = found
        .image
        .layers
        .iter()
        .partition(|layer| state.has_layer(&layer.digest));
    let tell = |phase: PullPhase, message: &str, digest: &str| {
        PullProgress::new(phase, message).with_layer(short(digest))
    };
    for layer in &known {
        let progress = tell(PullPhase::Exists, "Already exists", &layer.digest);
        steps.push((Duration::ZERO, progress));
    }
    for layer in &new {
        let progress = tell(PullPhase::Preparing, "Pulling fs layer", &layer.digest);
        steps.push((Duration::ZERO, progress));
    }
    for layer in &new {
        let whole = found.time_for(layer.size);
        let mut moving = |phase: PullPhase, message: &str, time: Duration| {
            for step in 1..=STEPS {
                let progress = tell(phase.clone(), message, &layer.digest)
                    .with_current(layer.size * u64::from(step) / u64::from(STEPS))
                    .with_total(layer.size);
                steps.push((time / STEPS, progress));
            }
        };
        moving(PullPhase::Downloading, "Downloading", whole);
        moving(PullPhase::Extracting, "Extracting", whole / UNPACKING);
        let at_once = [(PullPhase::Complete, "Pull complete")];
        for (phase, message) in at_once {
            steps.push((Duration::ZERO, tell(phase, message, &layer.digest)));
        }
    }
    let digest = format!("Digest: {}", found.image.manifest());
    steps.push((Duration::ZERO, PullProgress::new(PullPhase::Digest, digest)));
    steps
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

fn short(digest: &str) -> &str {
    digest
        .strip_prefix("sha256:")
        .and_then(|hash| hash.get(..12))
        .unwrap_or(digest)
}
