//! `prune_images`. Where it is not exclusive it is narrowed to the case's own label, which no image has.

use super::{GROUP, prelude::*, *};

async fn prune(ctx: &Context, filters: Filters) -> Verdict<Vec<String>> {
    ctx.minds_labels().await?;
    let options = PruneImagesOptions::default().with_filters(filters);
    Ok(ctx
        .in_turn(|| ctx.rt.prune_images(options.clone()))
        .await?
        .removed)
}

pub(super) const CASES: &[Case] = &[
    case!("I50", prune_of_images_goes_by_its_filters, |ctx| {
        none("removed", prune(ctx, ctx.mine().dangling(false)).await?)?;
        ctx.image_info(ctx.image()).await?;
    }),
    case!(
        "I50",
        prune_of_images_takes_the_nameless,
        [Need::Exclusive, Need::PullableImage, TAG],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            ctx.rt.tag_image(ctx.image(), &image).await?;
            let removed = prune(ctx, Filters::new()).await?;
            holds(
                format_args!("{id} is among {removed:?}"),
                removed.contains(&id.to_string()),
            )?;
            is_missing(ctx, &id).await?;
            ctx.image_info(ctx.image()).await?;
        }
    ),
    case!(
        "I51",
        prune_leaves_images_in_use,
        [Need::Exclusive, Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            ctx.created(IDLE).await?;
            let removed = prune(ctx, Filters::new().dangling(false)).await?;
            holds(
                format_args!("{} and {id} are among {removed:?}", image.familiar()),
                removed.contains(&image.familiar()) && removed.contains(&id.to_string()),
            )?;
            ctx.image_info(ctx.image()).await?;
        }
    ),
];
