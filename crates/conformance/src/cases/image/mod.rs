//! Cases on images, a file an operation. What is tagged, pulled and removed is the case's own or the harness' pullable
//! image.

use super::prelude;
use crate::{
    case::{Case, Need},
    check::{Verdict, refused},
    context::Context,
};
use wharf_core::{ErrorKind::ImageNotFound, ImageId, ImageRef, InspectImageOptions, Operation};

mod find;
mod prune;
mod pull;
mod remove;
mod tag;

const GROUP: &str = "image";
const TAG: Need = Need::Operation(Operation::TagImage);

pub(super) const CASES: &[&[Case]] = &[
    find::CASES,
    pull::CASES,
    remove::CASES,
    tag::CASES,
    prune::CASES,
];

/// A reference that leads nowhere.
fn missing(ctx: &Context) -> String {
    format!("{}:none", ctx.name())
}

async fn is_missing(ctx: &Context, reference: &str) -> Verdict {
    let inspected = ctx
        .rt
        .inspect_image(reference, InspectImageOptions::default());
    refused(inspected.await, ImageNotFound).map(drop)
}

/// The pullable image, pulled.
async fn pulled(ctx: &Context) -> Verdict<(ImageRef, ImageId)> {
    let image = ctx.pullable().await?;
    ctx.pull(&image).await?;
    let id = ctx.image_info(image.as_str()).await?.id;
    Ok((image, id))
}
