//! `pull_image`, and what is built on it.

use super::{GROUP, prelude::*, *};

pub(super) const CASES: &[Case] = &[
    case!(
        "I20",
        pull_tells_of_each_layer_and_brings_the_image,
        [Need::PullableImage],
        |ctx| {
            let image = ctx.pullable().await?;
            let steps = ctx.pull(&image).await?;
            let layers = |phase: &PullPhase| {
                let of = steps.iter().filter(|step| step.phase == *phase);
                of.filter_map(|step| step.layer.clone())
                    .collect::<std::collections::BTreeSet<_>>()
            };
            let complete = layers(&PullPhase::Complete);
            let info = ctx.image_info(image.as_str()).await?;
            let here = complete.len() + layers(&PullPhase::Exists).len();
            same("layers that are here", here, info.layers.len())?;
            same(
                "layers that were prepared",
                layers(&PullPhase::Preparing),
                complete,
            )?;
            holds("bytes are told of", {
                let measured = |step: &PullProgress| step.total.is_some_and(|total| total > 0);
                steps
                    .iter()
                    .any(|step| step.phase == PullPhase::Downloading && measured(step))
            })?;
            holds(
                "the digest is told",
                steps.iter().any(|s| s.phase == PullPhase::Digest),
            )?;
            same(
                "the last step",
                steps.last().map(|s| &s.phase),
                Some(&PullPhase::Done),
            )?;
            holds("it has its name", info.tags.contains(&image.familiar()))?;
            let mut config = ctx.config("exit 4");
            config.image = image.to_string();
            same(
                "exit code of its container",
                ctx.finished(config).await?.1.code,
                4,
            )?;
        }
    ),
    case!(
        "I20",
        pull_again_finds_it_here,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let steps = ctx.pull(&image).await?;
            let fetched = steps
                .iter()
                .any(|step| step.phase == PullPhase::Downloading);
            holds("nothing is fetched", !fetched)?;
            same(
                "the last step",
                steps.last().map(|s| &s.phase),
                Some(&PullPhase::Done),
            )?;
            same("id", ctx.image_info(image.as_str()).await?.id, id)?;
        }
    ),
    case!(
        "I20",
        pull_takes_the_platform,
        [Need::PullableImage],
        |ctx| {
            let image = ctx.pullable().await?;
            let own = some("a platform", ctx.image_info(ctx.image()).await?.platform)?;
            let options = PullOptions::default().with_platform(own.clone());
            let steps = ctx.rt.pull_image(&image, options).await?;
            steps.try_for_each(async |_| Ok(())).await?;
            same(
                "platform",
                ctx.image_info(image.as_str()).await?.platform,
                Some(own),
            )?;
        }
    ),
    case!(
        "I21",
        pull_of_a_missing_image_is_not_found,
        [Need::PullableImage],
        |ctx| {
            let image = match ctx.harness.missing_image.clone() {
                Some(image) => image,
                None => ctx.pullable().await?.with_tag("no-such-tag")?,
            };
            let outcome = match ctx.rt.pull_image(&image, PullOptions::default()).await {
                Ok(steps) => steps.try_collect::<Vec<_>>().await,
                Err(error) => Err(error),
            };
            refused(outcome, ImageNotFound)?;
            is_missing(ctx, image.as_str()).await?;
        }
    ),
    case!(
        "I22",
        pull_from_a_dead_registry_is_connection_failed,
        |ctx| {
            let image: ImageRef = format!("127.0.0.1:1/{}:v1", ctx.name()).parse()?;
            let outcome = match ctx.rt.pull_image(&image, PullOptions::default()).await {
                Ok(steps) => steps.try_collect::<Vec<_>>().await,
                Err(error) => Err(error),
            };
            refused(outcome, ErrorKind::ConnectionFailed)?;
        }
    ),
    case!(
        "I23",
        a_pull_that_is_dropped_leaves_a_whole_image_or_none,
        [Need::PullableImage],
        |ctx| {
            let image = ctx.pullable().await?;
            let mut steps = ctx.rt.pull_image(&image, PullOptions::default()).await?;
            some("a step", steps.next().await)??;
            drop(steps);
            match ctx
                .rt
                .inspect_image(image.as_str(), InspectImageOptions::default())
                .await
            {
                Ok(info) => holds("it is whole", !info.layers.is_empty())?,
                Err(error) => same("kind", error.kind(), ImageNotFound)?,
            }
            ctx.pull(&image).await?;
            holds("it is whole in the end", {
                !ctx.image_info(image.as_str()).await?.layers.is_empty()
            })?;
        }
    ),
    case!(
        "I24",
        ensure_image_fetches_what_is_missing,
        [Need::PullableImage],
        |ctx| {
            let image = ctx.pullable().await?;
            let never = ctx.rt.ensure_image(image.as_str(), PullPolicy::Never).await;
            refused(never, ImageNotFound)?;
            let fetched = ctx
                .rt
                .ensure_image(image.as_str(), PullPolicy::Missing)
                .await?;
            for policy in [PullPolicy::Never, PullPolicy::Missing, PullPolicy::Always] {
                let info = ctx.rt.ensure_image(image.as_str(), policy).await?;
                same("id", info.id, fetched.id.clone())?;
            }
        }
    ),
];
