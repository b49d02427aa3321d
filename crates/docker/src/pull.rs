//! Fetching an image.

use futures::{StreamExt, stream};
use http::HeaderName;
use wharf_core::{ImageRef, Items, Operation, PullOptions, PullPhase, PullProgress};

use crate::connect::Docker;
use crate::convert::progress::Line;
use crate::error::Failure;
use crate::registry;
use crate::stream::{json, until_failure};
use crate::transport::{Deadline, Request};

const X_REGISTRY_AUTH: HeaderName = HeaderName::from_static("x-registry-auth");

impl Docker {
    pub(crate) async fn pull(
        &self,
        reference: &ImageRef,
        options: &PullOptions,
    ) -> Result<Items<PullProgress>, Failure> {
        // Without a tag or digest the engine would pull all tags there are.
        let version = reference.digest().or(reference.tag()).unwrap_or("latest");
        let repository = format!("{}/{}", reference.registry(), reference.repository());
        let mut request = Request::post("/images/create")
            .query("fromImage", repository)
            .query("tag", version);
        if let Some(platform) = &options.platform {
            request = request.query("platform", platform.to_string());
        }
        if let Some(header) = registry::header(self, reference, options.credentials.as_ref())? {
            request = request.header(X_REGISTRY_AUTH, header);
        }
        let stream = self.transport().stream(request, Deadline::None).await?;
        let at = self.at(Operation::PullImage);
        let steps = json::values::<Line>(stream).map(|line| line.and_then(Line::into_pull));
        let done = self.dialect().pulls_without_a_word().then(|| {
            let words = format!("Status: {} is here", reference.familiar());
            Ok(PullProgress::new(PullPhase::Done, words))
        });
        let steps = until_failure(steps.chain(stream::iter(done)));
        Ok(Items::new(steps.map(move |step| {
            step.map_err(|failure| at.error(failure))
        })))
    }
}
