//! `create_container`: what is made, and what is refused.

use super::{GROUP, prelude::*};

pub(super) const CASES: &[Case] = &[
    case!("C1", create_gives_a_full_id, |ctx| {
        let id = ctx.created(IDLE).await?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        holds(
            format_args!("{id} is 64 hex digits"),
            id.len() == 64 && id.bytes().all(hex),
        )?;
        same("the id that inspect gives", ctx.inspect(&id).await?.id, id)?;
    }),
    case!("C1", create_does_not_start, |ctx| {
        let info = ctx.inspect(&ctx.created(IDLE).await?).await?;
        same("state", info.state, ContainerState::Created)?;
        same("pid", info.pid, None)?;
        same("exit code", info.exit_code, None)?;
        same("error", info.error, None)?;
        same("started at", info.started_at, None)?;
        same("finished at", info.finished_at, None)?;
        some("a time of creation", info.created)?;
    }),
    case!("C2", create_keeps_the_name_without_a_slash, |ctx| {
        let name = ctx.name();
        let id = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        let info = ctx.inspect(&id).await?;
        same("name", info.name, name.as_str())?;
        same("name in the configuration", info.config.name, Some(name))?;
    }),
    case!("C2", create_without_a_name_is_given_one, |ctx| {
        let one = ctx.inspect(&ctx.created(IDLE).await?).await?.name;
        let two = ctx.inspect(&ctx.created(IDLE).await?).await?.name;
        holds(
            format_args!("{one:?} is a name"),
            !one.is_empty() && !one.starts_with('/'),
        )?;
        holds(format_args!("{one:?} is not {two:?}"), one != two)?;
    }),
    case!("C3", create_with_a_taken_name_already_exists, |ctx| {
        let name = ctx.name();
        let first = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        let again = ctx
            .rt
            .create_container(ctx.config(IDLE).with_name(&name))
            .await;
        let error = refused(again, AlreadyExists)?;
        let resource = some("a resource", error.resource())?;
        same(
            "resource",
            resource,
            &Resource::new(ResourceKind::Container, name),
        )?;
        same("containers", ctx.list(Filters::new()).await?, [first])?;
    }),
    case!("C3", a_name_is_free_again_after_a_remove, |ctx| {
        let name = ctx.name();
        let first = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        ctx.remove(&first).await?;
        let second = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        holds("the second has an id of its own", first != second)?;
    }),
    case!("C4", create_of_a_missing_image_is_image_not_found, |ctx| {
        let mut config = ctx.config(IDLE);
        config.image = format!("{}:none", ctx.name());
        refused(ctx.rt.create_container(config).await, ImageNotFound)?;
        none("containers", ctx.list(Filters::new()).await?)?;
    }),
    case!("C4", create_does_not_pull, [Need::PullableImage], |ctx| {
        let image = ctx.pullable().await?;
        let mut config = ctx.config(IDLE);
        config.image = image.to_string();
        refused(ctx.rt.create_container(config).await, ImageNotFound)?;
        let inspected = ctx
            .rt
            .inspect_image(image.as_str(), InspectImageOptions::default());
        refused(inspected.await, ImageNotFound)?;
    }),
    case!("C4", the_image_is_looked_for_before_the_name, |ctx| {
        let name = ctx.name();
        ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        let mut config = ctx.config(IDLE).with_name(name);
        config.image = format!("{}:none", ctx.name());
        refused(ctx.rt.create_container(config).await, ImageNotFound)?;
    }),
    case!("C5", create_takes_an_image_by_id, |ctx| {
        let image = ctx.image_info(ctx.image()).await?.id;
        let mut config = ctx.config("exit 4");
        config.image = image.to_string();
        let (id, exit) = ctx.finished(config).await?;
        same("exit code", exit.code, 4)?;
        same("image", ctx.inspect(&id).await?.image_id, image)?;
    }),
    case!("C6", create_without_a_command_runs_the_images, |ctx| {
        let image = ctx.image_info(ctx.image()).await?.config;
        let config = ctx.inspect(&ctx.create(ctx.bare()).await?).await?.config;
        same("command", config.command, Some(image.command))?;
    }),
    case!("C6", the_command_goes_to_the_entrypoint, |ctx| {
        let config = ctx
            .bare()
            .with_entrypoint(["echo", "-n"])
            .with_command(["a", "b c"]);
        same("output", ctx.output(config).await?, "a b c")?;
    }),
    case!("C6", an_entrypoint_drops_the_images_command, |ctx| {
        same(
            "output",
            ctx.output(ctx.bare().with_entrypoint(["echo"])).await?,
            "\n",
        )?;
    }),
    case!("C6", an_empty_entrypoint_is_none, |ctx| {
        let none: [&str; 0] = [];
        let config = ctx
            .bare()
            .with_entrypoint(none)
            .with_command(["echo", "hi"]);
        same("output", ctx.output(config).await?, "hi\n")?;
    }),
    case!("C7", two_creates_at_once_make_two, |ctx| {
        let (one, two) = futures::try_join!(ctx.created(IDLE), ctx.created(IDLE))?;
        holds("each has an id of its own", one != two)?;
        same("containers", ctx.list(Filters::new()).await?.len(), 2)?;
    }),
    case!("C7", of_two_creates_with_one_name_one_is_made, |ctx| {
        let config = ctx.config(IDLE).with_name(ctx.name());
        let (one, two) = futures::join!(
            ctx.rt.create_container(config.clone()),
            ctx.rt.create_container(config.clone()),
        );
        let (made, other) = if one.is_ok() { (one, two) } else { (two, one) };
        refused(other, AlreadyExists)?;
        same("containers", ctx.list(Filters::new()).await?, [made?.id])?;
    }),
];
