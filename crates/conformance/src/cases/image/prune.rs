//! `prune_images`. Where it is not exclusive it is narrowed to the case's own label, which no image has.

use super::{GROUP, prelude::*, *};

async fn prune(ctx: &Context, filters: Filters) -> Verdict<Vec<String>> {
    ctx.images_mind_labels().await?;
    let options = PruneImagesOptions::default().with_filters(filters);
    Ok(ctx
        .in_turn(|| ctx.rt.prune_images(options.clone()))
        .await?
        .removed)
}

/// Prunes all that nothing uses, named or not. The image under test is in use.
async fn prune_all(ctx: &Context) -> Verdict<Vec<String>> {
    let held = ctx.hold_image().await?;
    let removed = prune(ctx, Filters::new().dangling(false)).await?;
    ctx.image_info(&held).await?;
    Ok(removed)
}

pub(super) const CASES: &[Case] = &[
    case!("I50", prune_of_images_goes_by_its_filters, |ctx| {
        none("removed", prune(ctx, ctx.mine().dangling(false)).await?)?;
        ctx.image_info(ctx.image()).await?;
    }),
    case!(
        "I50",
        prune_of_images_leaves_what_does_not_match,
        [Need::Exclusive, Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            ctx.hold_image().await?;
            let info = ctx.image_info(image.as_str()).await?;
            let older = some("a time of creation", info.created)?.timestamp() - 1;
            let unused = Filters::new().dangling(false);
            let before = unused.clone().with("until", older.to_string());
            // Only one that bears a label can be told by it.
            let labels = info.config.labels.keys().next();
            let bare = labels.map(|label| unused.with("label!", label));
            for filters in [before].into_iter().chain(bare) {
                prune(ctx, filters).await?;
                same(
                    "image",
                    ctx.image_info(image.as_str()).await?.id,
                    id.clone(),
                )?;
            }
        }
    ),
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
        [Need::Exclusive, Need::PullableImage, TAG],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let removed = prune_all(ctx).await?;
            holds(
                format_args!("{} and {id} are among {removed:?}", image.familiar()),
                removed.contains(&image.familiar()) && removed.contains(&id.to_string()),
            )?;
        }
    ),
    case!(
        "I51",
        prune_leaves_an_image_in_use_its_last_name,
        [Need::Exclusive, Need::PullableImage, TAG],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let mut names = [image, ctx.image_name()?, ctx.image_name()?];
            for name in &names[1..] {
                ctx.rt.tag_image(&id, name).await?;
            }
            let mut config = ctx.bare();
            config.image = id.to_string();
            ctx.create(config).await?;
            let removed = prune_all(ctx).await?;
            names.sort_unstable();
            let names = names.map(|name| name.familiar());
            let gone = names.iter().filter(|name| removed.contains(name));
            same(
                "names that are gone",
                gone.collect::<Vec<_>>(),
                [&names[0], &names[1]],
            )?;
            same("names", ctx.image_info(&id).await?.tags, [names[2].clone()])?;
        }
    ),
];
