//! Operations on images.

use super::unsupported;
use crate::{
    Result,
    types::{
        Body, BuildOptions, BuildProgress, HistoryEntry, ImageId, ImageInfo, ImageRef,
        ImageSummary, ImportOptions, InspectImageOptions, Items, ListImagesOptions, LoadOptions,
        LoadProgress, PruneImagesOptions, Pruned, PullOptions, PullProgress, PushOptions,
        PushProgress, RemoveImageOptions, RemovedImages, SearchOptions, SearchResult,
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt::Debug;

/// Operations on images.
///
/// A `&str` names an image that is here: a reference, an id, or a prefix of an id that is no other's. An [`ImageRef`]
/// names one in a registry, or a new name. Where nothing else is said, every operation on an image may fail with:
///
/// - [`ImageNotFound`](crate::ErrorKind::ImageNotFound): there is no such image.
/// - [`InvalidInput`](crate::ErrorKind::InvalidInput): the text is neither a reference nor an id, or an option makes no
///   sense. Nothing was touched.
/// - [`Unsupported`](crate::ErrorKind::Unsupported), [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed),
///   [`Timeout`](crate::ErrorKind::Timeout), [`Protocol`](crate::ErrorKind::Protocol),
///   [`Internal`](crate::ErrorKind::Internal).
#[async_trait]
pub trait ImageOps: Debug + Send + Sync {
    /// Fetches an image from its registry, telling of each layer. The image is here when the stream has ended without
    /// an error. Source: `POST /images/create`.
    ///
    /// The first await or the stream may fail with:
    ///
    /// - [`ImageNotFound`](crate::ErrorKind::ImageNotFound): the registry does not have it.
    /// - [`Unauthorized`](crate::ErrorKind::Unauthorized): it wants other credentials.
    /// - [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed): it cannot be reached.
    /// - [`RateLimited`](crate::ErrorKind::RateLimited): it asks to slow down.
    ///
    /// Dropping the stream cuts the pull off: an image is whole or not here.
    async fn pull_image(
        &self,
        reference: &ImageRef,
        options: PullOptions,
    ) -> Result<Items<PullProgress>>;

    /// Tells everything about an image. Source: `GET /images/{name}/json`.
    async fn inspect_image(
        &self,
        reference: &str,
        options: InspectImageOptions,
    ) -> Result<ImageInfo>;

    /// Lists images, newest first. Source: `GET /images/json`.
    async fn list_images(&self, options: ListImagesOptions) -> Result<Vec<ImageSummary>>;

    /// Takes a name from an image; with its last name, or by id, removes the image and its untagged parents. Source:
    /// `DELETE /images/{name}`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): a container uses it; it was named by id and has names in several
    ///   repositories; or others build on it. `force` overrides the first for containers that do not run, and the
    ///   second.
    async fn remove_image(
        &self,
        reference: &str,
        options: RemoveImageOptions,
    ) -> Result<RemovedImages>;

    /// Removes images that no container uses and that have no name; with `dangling=false` also those with names.
    /// Source: `POST /images/prune`.
    async fn prune_images(&self, options: PruneImagesOptions) -> Result<Pruned>;

    /// Gives an image one more name. Another image that had it loses it. Source: `POST /images/{name}/tag`.
    async fn tag_image(&self, reference: &str, target: &ImageRef) -> Result<()> {
        unsupported!(TagImage, reference, target)
    }

    /// Sends an image to its registry. Source: `POST /images/{name}/push`.
    async fn push_image(
        &self,
        reference: &ImageRef,
        options: PushOptions,
    ) -> Result<Items<PushProgress>> {
        unsupported!(PushImage, reference, options)
    }

    /// Builds an image from a tar archive of its context. Source: `POST /build`.
    async fn build_image(&self, body: Body, options: BuildOptions) -> Result<Items<BuildProgress>> {
        unsupported!(BuildImage, body, options)
    }

    /// Tells how an image was made, newest step first. Source: `GET /images/{name}/history`.
    async fn image_history(&self, reference: &str) -> Result<Vec<HistoryEntry>> {
        unsupported!(ImageHistory, reference)
    }

    /// Loads images from a tar archive that `save_images` made. Source: `POST /images/load`.
    async fn load_images(&self, body: Body, options: LoadOptions) -> Result<Items<LoadProgress>> {
        unsupported!(LoadImages, body, options)
    }

    /// Packs images into a tar archive. Source: `GET /images/get`.
    async fn save_images(&self, references: &[String]) -> Result<Items<Bytes>> {
        unsupported!(SaveImages, references)
    }

    /// Makes an image of a tar archive of files. Source: `POST /images/create`.
    async fn import_image(
        &self,
        reference: &ImageRef,
        body: Body,
        options: ImportOptions,
    ) -> Result<ImageId> {
        unsupported!(ImportImage, reference, body, options)
    }

    /// Searches Docker Hub. Source: `GET /images/search`.
    async fn search_images(&self, term: &str, options: SearchOptions) -> Result<Vec<SearchResult>> {
        unsupported!(SearchImages, term, options)
    }
}
