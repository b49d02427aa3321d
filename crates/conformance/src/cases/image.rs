//! Cases on images. What is tagged, pulled and removed is the case's own or the harness' pullable image.

use super::prelude::*;

const GROUP: &str = "image";
const TAG: Need = Need::Operation(Operation::TagImage);

/// A reference that leads nowhere.
fn missing(ctx: &Context) -> String {
    format!("{}:none", ctx.name())
}

async fn remove(ctx: &Context, reference: &str, force: bool) -> Result<RemovedImages> {
    let options = RemoveImageOptions::default().with_force(force);
    ctx.rt.remove_image(reference, options).await
}

async fn list(ctx: &Context, filters: Filters) -> Verdict<Vec<ImageSummary>> {
    let options = ListImagesOptions::default().with_filters(filters);
    Ok(ctx.rt.list_images(options).await?)
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

/// A container of that image, which sleeps for ever.
async fn container_of(ctx: &Context, image: &ImageRef) -> Verdict<ContainerId> {
    let mut config = ctx.config(IDLE);
    config.image = image.to_string();
    ctx.create(config).await
}

pub(super) const CASES: &[Case] = &[
    case!("I1", an_image_is_found_by_name_and_id, |ctx| {
        let image: ImageRef = ctx.image().parse()?;
        let id = ctx.image_info(ctx.image()).await?.id;
        let hash = id.trim_start_matches("sha256:");
        let short = hash.get(..12).unwrap_or_default();
        for key in [image.as_str(), &image.familiar(), &id, hash, short] {
            same(key, ctx.image_info(key).await?.id, id.clone())?;
        }
    }),
    case!("I1", inspect_tells_of_an_image, |ctx| {
        let image: ImageRef = ctx.image().parse()?;
        let info = ctx.image_info(ctx.image()).await?;
        let hash = info.id.strip_prefix("sha256:").unwrap_or_default();
        same("digits of the id", hash.len(), 64)?;
        holds(
            format_args!("{} is among {:?}", image.familiar(), info.tags),
            info.tags.contains(&image.familiar()),
        )?;
        holds("it has a size", info.size > 0)?;
        holds("it has layers", !info.layers.is_empty())?;
        some("a time of creation", info.created)?;
        same("system", some("a platform", info.platform)?.os, "linux")?;
        holds("it has a command", !info.config.command.is_empty())?;
    }),
    case!("I2", inspect_missing_image_is_not_found, |ctx| {
        is_missing(ctx, &missing(ctx)).await?;
        is_missing(ctx, &format!("sha256:{}", "f".repeat(64))).await?;
        is_missing(ctx, &"f".repeat(64)).await?;
    }),
    case!("I10", images_are_listed, |ctx| {
        let info = ctx.image_info(ctx.image()).await?;
        let listed = list(ctx, Filters::new()).await?;
        let found = listed.into_iter().find(|image| image.id == info.id);
        let found = some("the image under test", found)?;
        same("tags", found.tags, info.tags)?;
        same("size", found.size, info.size)?;
        let seconds = |time: Option<Timestamp>| time.map(|time| time.timestamp());
        same("created", seconds(found.created), seconds(info.created))?;
    }),
    case!("I10", images_are_listed_newest_first, |ctx| {
        let all = ListImagesOptions::default().with_all(true);
        let times: Vec<_> = ctx
            .rt
            .list_images(all)
            .await?
            .into_iter()
            .map(|i| i.created)
            .collect();
        let falling = times.windows(2).all(|pair| pair[0] >= pair[1]);
        holds(format_args!("they are newest first: {times:?}"), falling)?;
    }),
    case!(
        "I11",
        a_reference_filter_takes_names_and_patterns,
        [TAG],
        |ctx| {
            let (one, two) = (ctx.tag().await?, ctx.tag().await?);
            let tags = async |filters| {
                let listed = list(ctx, filters).await?;
                let tags = listed.into_iter().flat_map(|image| image.tags);
                let mut mine: Vec<_> = tags.filter(|tag| tag.starts_with(&ctx.text)).collect();
                mine.sort_unstable();
                Ok::<_, Failure>(mine)
            };
            let by = |pattern: &str| Filters::new().reference(pattern);
            let (one, two) = (one.familiar(), two.familiar());
            let bare = one.trim_end_matches(":v1");
            holds("the name", tags(by(bare)).await?.contains(&one))?;
            holds("the name and tag", tags(by(&one)).await?.contains(&one))?;
            holds(
                "a pattern",
                tags(by(&format!("{}*", ctx.text))).await?.contains(&two),
            )?;
            holds(
                "a pattern of tags",
                tags(by(&format!("{bare}:v*"))).await?.contains(&one),
            )?;
            none("another tag", tags(by(&format!("{bare}:v2"))).await?)?;
            none("images that fit none", list(ctx, by(&missing(ctx))).await?)?;
        }
    ),
    case!("I11", a_dangling_filter_tells_the_named_apart, |ctx| {
        let id = ctx.image_info(ctx.image()).await?.id;
        let has = |images: &[ImageSummary]| images.iter().any(|image| image.id == id);
        holds(
            "it has a name",
            has(&list(ctx, Filters::new().dangling(false)).await?),
        )?;
        let nameless = list(ctx, Filters::new().dangling(true)).await?;
        holds("it is not among the nameless", !has(&nameless))?;
        holds(
            "those have none",
            nameless.iter().all(|image| image.tags.is_empty()),
        )?;
    }),
    case!("I11", before_and_since_leave_the_image_out, |ctx| {
        let id = ctx.image_info(ctx.image()).await?.id;
        for key in ["before", "since"] {
            let listed = list(ctx, Filters::new().with(key, ctx.image())).await?;
            holds(key, listed.iter().all(|image| image.id != id))?;
            let listed = list(ctx, Filters::new().with(key, missing(ctx))).await;
            holds(
                format_args!("{key} a missing one is refused"),
                listed.is_err(),
            )?;
        }
    }),
    case!("I11", a_label_filter_of_images_takes_labels, |ctx| {
        none("images", list(ctx, ctx.mine()).await?)?;
    }),
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
            same(
                "layers that are complete",
                complete.len(),
                info.layers.len(),
            )?;
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
    case!("I50", prune_of_images_goes_by_its_filters, |ctx| {
        let options = PruneImagesOptions::default().with_filters(ctx.mine().dangling(false));
        same(
            "pruned",
            ctx.rt.prune_images(options).await?,
            Pruned::default(),
        )?;
        ctx.image_info(ctx.image()).await?;
    }),
    case!(
        "I50",
        prune_of_images_takes_the_nameless,
        [Need::Exclusive, Need::PullableImage, TAG],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            ctx.rt.tag_image(ctx.image(), &image).await?;
            let removed = ctx
                .rt
                .prune_images(PruneImagesOptions::default())
                .await?
                .removed;
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
            let all = PruneImagesOptions::default().with_filters(Filters::new().dangling(false));
            let removed = ctx.rt.prune_images(all).await?.removed;
            holds(
                format_args!("{} and {id} are among {removed:?}", image.familiar()),
                removed.contains(&image.familiar()) && removed.contains(&id.to_string()),
            )?;
            ctx.image_info(ctx.image()).await?;
        }
    ),
];
