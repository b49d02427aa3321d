//! `inspect_image` and `list_images`.

use super::{GROUP, prelude::*, *};

async fn list(ctx: &Context, filters: Filters) -> Verdict<Vec<ImageSummary>> {
    let options = ListImagesOptions::default().with_filters(filters);
    Ok(ctx.rt.list_images(options).await?)
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
        same("size", found.size, info.size)?;
        let seconds = |time: Option<Timestamp>| time.map(|time| time.timestamp());
        same("created", seconds(found.created), seconds(info.created))?;
        // Other cases give it names, and take them, at any time.
        ctx.eventually("a list has the names that an inspection has", || async {
            let tags = ctx.image_info(&info.id).await?.tags;
            let listed = list(ctx, Filters::new()).await?;
            let found = listed.iter().find(|image| image.id == info.id);
            Ok(found.is_some_and(|found| found.tags == tags))
        })
        .await?;
    }),
    case!(
        "I10",
        images_are_listed_newest_first,
        [Need::PullableImage],
        |ctx| {
            let (_, pulled) = pulled(ctx).await?;
            let under_test = ctx.image_info(ctx.image()).await?.id;
            let listed = list(ctx, Filters::new()).await?;
            let here = |id: &ImageId| listed.iter().any(|image| image.id == *id);
            holds("both are listed", here(&pulled) && here(&under_test))?;
            let times: Vec<_> = listed.iter().map(|image| image.created).collect();
            let falling = times.windows(2).all(|pair| pair[0] >= pair[1]);
            holds(format_args!("they are newest first: {times:?}"), falling)?;
        }
    ),
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
            for (what, pattern) in [
                ("the name", bare),
                ("the name and tag", &one),
                ("a pattern of tags", &format!("{bare}:v*")),
            ] {
                same(what, tags(by(pattern)).await?, [one.as_str()])?;
            }
            let pattern = by(&format!("{}*", ctx.text));
            same("a pattern", tags(pattern).await?, [one.as_str(), &two])?;
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
            let options = ListImagesOptions::default();
            let options = options.with_filters(Filters::new().with(key, missing(ctx)));
            refused(ctx.rt.list_images(options).await, ImageNotFound)?;
        }
    }),
    case!(
        "I11",
        before_and_since_tell_the_older_from_the_younger,
        [Need::PullableImage],
        |ctx| {
            let (_, pulled) = pulled(ctx).await?;
            let mut both = [
                ctx.image_info(ctx.image()).await?,
                ctx.image_info(&pulled).await?,
            ];
            both.sort_by_key(|image| image.created);
            let [older, younger] = both;
            if older.created == younger.created {
                return Err(Failure::skip("the images are of one age"));
            }
            for (key, of, found) in [("before", &younger, &older), ("since", &older, &younger)] {
                let listed = list(ctx, Filters::new().with(key, of.id.as_str())).await?;
                holds(
                    format_args!("{key} {} finds {}", of.id, found.id),
                    listed.iter().any(|image| image.id == found.id),
                )?;
            }
        }
    ),
    case!(
        "I11",
        a_label_filter_of_images_takes_labels,
        [Need::PullableImage],
        |ctx| {
            let (image, id) = pulled(ctx).await?;
            let labels = ctx.image_info(image.as_str()).await?.config.labels;
            let Some((key, value)) = labels.first_key_value() else {
                return Err(Failure::skip("the image that can be pulled has no label"));
            };
            let has = async |filters| -> Verdict<bool> {
                let listed = list(ctx, filters).await?;
                Ok(listed.iter().any(|image| image.id == id))
            };
            holds("by key", has(Filters::new().label_key(key)).await?)?;
            holds("by value", has(Filters::new().label(key, value)).await?)?;
            let other = Filters::new().label(key, format!("{value}, or not"));
            holds("not by another value", !has(other).await?)?;
            none("images of the case's label", list(ctx, ctx.mine()).await?)?;
        }
    ),
];
