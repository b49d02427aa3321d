//! `inspect_container`, and how a container is found.

use super::{GROUP, prelude::*};

pub(super) const CASES: &[Case] = &[
    case!("C60", a_container_is_found_by_id_prefix_and_name, |ctx| {
        let name = ctx.name();
        let id = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        for key in [&*id, &name, id.short(), id.get(..40).unwrap_or_default()] {
            same(key, ctx.inspect(key).await?.id, id.clone())?;
        }
    }),
    case!("C60", a_name_goes_before_a_prefix, |ctx| {
        let first = ctx.created(IDLE).await?;
        let second = ctx
            .create(ctx.config(IDLE).with_name(first.short()))
            .await?;
        same(
            "by the short id",
            ctx.inspect(first.short()).await?.id,
            second,
        )?;
        same("by the full id", ctx.inspect(&first).await?.id, first)?;
    }),
    case!("C61", a_prefix_of_several_ids_is_invalid_input, |ctx| {
        // Of seventeen ids in sixteen digits two begin alike.
        let mut ids = Vec::new();
        for _ in 0..17 {
            ids.push(ctx.created(IDLE).await?);
        }
        ids.sort_unstable();
        let first = |id: &ContainerId| id.get(..1).map(str::to_owned);
        let twice = ids
            .windows(2)
            .find(|pair| first(&pair[0]) == first(&pair[1]));
        let shared = some(
            "two ids that begin alike",
            twice.and_then(|pair| first(&pair[0])),
        )?;
        let inspected = ctx
            .rt
            .inspect_container(&shared, InspectOptions::default())
            .await;
        refused(inspected, ErrorKind::InvalidInput)?;
    }),
    case!("C62", inspect_missing_container_is_not_found, |ctx| {
        let inspect = |id: String| async move {
            ctx.rt
                .inspect_container(&id, InspectOptions::default())
                .await
        };
        refused(inspect(ctx.name()).await, ContainerNotFound)?;
        refused(inspect("f".repeat(64)).await, ContainerNotFound)?;
        let name = ctx.name();
        ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        let beginning = name.get(..name.len() - 1).unwrap_or_default();
        refused(inspect(beginning.to_owned()).await, ContainerNotFound)?;
        refused(inspect(name.to_uppercase()).await, ContainerNotFound)?;
    }),
    case!("C63", inspect_tells_how_a_run_ended, |ctx| {
        let info = ctx.inspect(&ctx.exited("exit 42").await?).await?;
        same("state", info.state, ContainerState::Exited)?;
        same("exit code", info.exit_code, Some(42))?;
        same("pid", info.pid, None)?;
        same("error", info.error, None)?;
        holds("no want of memory", !info.oom_killed)?;
        same("restart count", info.restart_count, 0)?;
        let started = some("a time of start", info.started_at)?;
        let finished = some("a time of end", info.finished_at)?;
        // Engines before 23 note the start of a short run a moment after its end.
        let slack = chrono::TimeDelta::seconds(1);
        holds(
            format_args!("{started} is before {finished}"),
            started <= finished + slack,
        )?;
    }),
    case!("C64", inspect_tells_what_it_was_made_from, |ctx| {
        let image = ctx.image_info(ctx.image()).await?;
        let info = ctx.inspect(&ctx.created("exit 0").await?).await?;
        same("image as given", info.config.image.as_str(), ctx.image())?;
        same("image id", &info.image_id, &image.id)?;
        holds(
            "the id has its algorithm",
            info.image_id.starts_with("sha256:"),
        )?;
        let command = ["sh", "-c", "exit 0"].map(str::to_owned);
        same("command", info.config.command, Some(command.into()))?;
        holds("the image's variables are there", {
            let env = &info.config.env;
            image
                .config
                .env
                .iter()
                .all(|(name, value)| env.get(name) == Some(value))
        })?;
    }),
    case!("C64", inspect_tells_no_platform, |ctx| {
        let id = ctx.exited("exit 0").await?;
        same("platform", ctx.inspect(&id).await?.platform, None)?;
    }),
    case!(
        "C64",
        an_image_without_a_tag_stands_as_it_was_given,
        [Need::Operation(Operation::TagImage)],
        |ctx| {
            let latest = ctx.image_name()?.with_tag("latest")?;
            ctx.also_removes(&latest);
            ctx.rt.tag_image(ctx.image(), &latest).await?;
            let mut config = ctx.config(IDLE);
            config.image = latest.familiar_name();
            let id = ctx.create(config).await?;
            same(
                "image",
                ctx.inspect(&id).await?.config.image,
                latest.familiar_name(),
            )?;
        }
    ),
    case!("C65", inspect_measures_the_size_when_asked, |ctx| {
        let id = ctx.exited("yes | head -c 100000 > /big").await?;
        let info = ctx.inspect(&id).await?;
        same(
            "sizes unasked",
            (info.size_rw, info.size_root),
            (None, None),
        )?;
        let options = InspectOptions::default().with_size(true);
        let info = ctx.rt.inspect_container(&id, options).await?;
        let written = some("bytes written", info.size_rw)?;
        let all = some("bytes in all", info.size_root)?;
        holds(
            format_args!("{written} bytes are 100000 or more"),
            written >= 100_000,
        )?;
        holds(format_args!("{all} are more than {written}"), all > written)?;
    }),
];
