//! `remove_image`.

use super::{GROUP, prelude::*, *};

async fn remove(ctx: &Context, reference: &str, force: bool) -> Result<RemovedImages> {
    let options = RemoveImageOptions::default().with_force(force);
    ctx.rt.remove_image(reference, options).await
}

/// A container of that image, which sleeps for ever.
async fn container_of(ctx: &Context, image: &ImageRef) -> Verdict<ContainerId> {
    let mut config = ctx.config(IDLE);
    config.image = image.to_string();
    ctx.create(config).await
}

pub(super) const CASES: &[Case] = &[
    case!(
        "I30",
        remove_of_one_of_several_names_takes_the_name,
        [TAG],
        |ctx| {
            let name = ctx.tag().await?;
            let removed = remove(ctx, name.as_str(), false).await?;
            same("untagged", removed.untagged, [name.familiar()])?;
            none("deleted", removed.deleted)?;
            is_missing(ctx, name.as_str()).await?;
            ctx.image_info(ctx.image()).await?;
        }
    ),
    case!("I30", remove_may_leave_the_parents, [TAG], |ctx| {
        let name = ctx.tag().await?;
        let options = RemoveImageOptions::default().with_no_prune(true);
        let removed = ctx.rt.remove_image(name.as_str(), options).await?;
        same("untagged", removed.untagged, [name.familiar()])?;
    }),
    case!(
        "I30",
        remove_of_a_name_leaves_containers_alone,
        [TAG],
        |ctx| {
            let name = ctx.tag().await?;
            let id = container_of(ctx, &name).await?;
            let removed = remove(ctx, name.as_str(), false).await?;
            same("untagged", removed.untagged, [name.familiar()])?;
            same("state", ctx.state(&id).await?, ContainerState::Created)?;
        }
    ),
    case!(
        "I31",
        remove_of_the_last_name_takes_the_image,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let removed = remove(ctx, image.as_str(), false).await?;
            holds(
                format_args!("{} is untagged: {removed:?}", image.familiar()),
                removed.untagged.contains(&image.familiar()),
            )?;
            holds(
                format_args!("{id} is deleted: {removed:?}"),
                removed.deleted.contains(&id),
            )?;
            is_missing(ctx, image.as_str()).await?;
            is_missing(ctx, &id).await?;
        }
    ),
    case!(
        "I31",
        remove_by_id_takes_the_image,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let removed = remove(ctx, &id, false).await?;
            holds(
                format_args!("{id} is deleted: {removed:?}"),
                removed.deleted.contains(&id),
            )?;
            is_missing(ctx, image.as_str()).await?;
        }
    ),
    case!("I32", remove_missing_image_is_not_found, |ctx| {
        for force in [false, true] {
            refused(remove(ctx, &missing(ctx), force).await, ImageNotFound)?;
        }
    }),
    case!(
        "I33",
        remove_of_an_image_in_use_conflicts,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            container_of(ctx, &image).await?;
            refused(remove(ctx, image.as_str(), false).await, Conflict)?;
            refused(remove(ctx, &id, false).await, Conflict)?;
            same("id", ctx.image_info(image.as_str()).await?.id, id)?;
        }
    ),
    case!(
        "I33",
        remove_by_force_takes_what_a_stopped_one_uses,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let container = container_of(ctx, &image).await?;
            remove(ctx, &id, true).await?;
            is_missing(ctx, &id).await?;
            same(
                "image id of the container",
                ctx.inspect(&container).await?.image_id,
                id,
            )?;
        }
    ),
    case!(
        "I33",
        remove_by_force_leaves_what_a_running_one_uses,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let container = container_of(ctx, &image).await?;
            ctx.start(&container).await?;
            refused(remove(ctx, &id, true).await, Conflict)?;
            same(
                "state",
                ctx.state(&container).await?,
                ContainerState::Running,
            )?;
            same("id", ctx.image_info(&id).await?.id, id)?;
        }
    ),
    case!(
        "I34",
        remove_by_id_with_names_in_several_repositories_conflicts,
        [Need::PullableImage, TAG],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let other = ctx.image_name()?;
            ctx.rt.tag_image(image.as_str(), &other).await?;
            refused(remove(ctx, &id, false).await, Conflict)?;
            let mut untagged = remove(ctx, &id, true).await?.untagged;
            untagged.retain(|name| !name.contains('@'));
            untagged.sort_unstable();
            let mut names = [image.familiar(), other.familiar()];
            names.sort_unstable();
            same("untagged", untagged, names)?;
            is_missing(ctx, &id).await?;
        }
    ),
];
