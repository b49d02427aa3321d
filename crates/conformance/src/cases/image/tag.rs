//! `tag_image`.

use super::{GROUP, prelude::*, *};

pub(super) const CASES: &[Case] = &[
    case!("I40", tag_gives_one_more_name, [TAG], |ctx| {
        let before = ctx.image_info(ctx.image()).await?;
        let name = ctx.tag().await?;
        let after = ctx.image_info(name.as_str()).await?;
        same("id", after.id, before.id)?;
        holds("the name is told", after.tags.contains(&name.familiar()))?;
        ctx.rt.tag_image(ctx.image(), &name).await?;
        let again = ctx.image_info(name.as_str()).await?.tags;
        same(
            "told once",
            again.iter().filter(|tag| **tag == name.familiar()).count(),
            1,
        )?;
    }),
    case!("I40", tag_takes_an_id, [TAG], |ctx| {
        let id = ctx.image_info(ctx.image()).await?.id;
        let name = ctx.image_name()?;
        ctx.rt.tag_image(&id, &name).await?;
        same("id", ctx.image_info(name.as_str()).await?.id, id)?;
    }),
    case!(
        "I41",
        tag_takes_the_name_from_another,
        [TAG, Need::PullableImage],
        |ctx| {
            let (pulled, id) = pulled(ctx).await?;
            let name = ctx.tag().await?;
            ctx.rt.tag_image(pulled.as_str(), &name).await?;
            same("id", ctx.image_info(name.as_str()).await?.id, id)?;
            let tags = ctx.image_info(ctx.image()).await?.tags;
            holds("the other lost it", !tags.contains(&name.familiar()))?;
        }
    ),
    case!("I42", tag_missing_image_is_not_found, [TAG], |ctx| {
        let name = ctx.image_name()?;
        refused(ctx.rt.tag_image(&missing(ctx), &name).await, ImageNotFound)?;
        is_missing(ctx, name.as_str()).await?;
    }),
];
