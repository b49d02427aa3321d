//! `list_containers`. Every list here is narrowed to the case's own containers.

use super::{GROUP, prelude::*};
use std::num::NonZeroU16;

/// Three that have exited, run and were created, in that order.
async fn three(ctx: &Context) -> Verdict<[ContainerId; 3]> {
    let exited = ctx.exited("exit 3").await?;
    let running = ctx.running(IDLE).await?;
    Ok([exited, running, ctx.created(IDLE).await?])
}

/// The containers that match, whatever their order.
async fn matches(ctx: &Context, filters: Filters, expected: &[&ContainerId]) -> Verdict {
    let what = format!("{filters:?}");
    let mut found = ctx.list(filters).await?;
    let mut expected: Vec<_> = expected.iter().map(|id| (*id).clone()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    same(&what, found, expected)
}

pub(super) const CASES: &[Case] = &[
    case!("C70", list_shows_those_that_run, |ctx| {
        let [_, running, _] = three(ctx).await?;
        same("list", ctx.listed(ListOptions::default()).await?, [running])?;
    }),
    case!("C70", list_of_all_shows_every_state, |ctx| {
        let [exited, running, created] = three(ctx).await?;
        matches(ctx, Filters::new(), &[&exited, &running, &created]).await?;
    }),
    case!(
        "C70",
        list_shows_a_paused_one,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            same("list", ctx.listed(ListOptions::default()).await?, [id])?;
        }
    ),
    case!("C71", list_is_newest_first, |ctx| {
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(ctx.created(IDLE).await?);
            // Some engines tell creation times in whole seconds.
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        made.reverse();
        same("list", ctx.list(Filters::new()).await?, made)?;
    }),
    case!("C72", a_limit_gives_the_newest_of_all_states, |ctx| {
        let [_, _, created] = three(ctx).await?;
        same(
            "list",
            ctx.listed(ListOptions::default().with_limit(1)).await?,
            [created],
        )?;
    }),
    case!("C72", a_limit_of_zero_is_none, |ctx| {
        let [_, running, _] = three(ctx).await?;
        let none = ListOptions::default().with_limit(0);
        same("those that run", ctx.listed(none.clone()).await?, [running])?;
        same("all", ctx.listed(none.with_all(true)).await?.len(), 3)?;
    }),
    case!("C73", a_label_filter_takes_a_key_or_a_value, |ctx| {
        let labelled = async |pairs: &[(&str, &str)]| {
            let mut config = ctx.config(IDLE);
            let pairs = pairs
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()));
            config.labels.extend(pairs);
            ctx.create(config).await
        };
        let red = labelled(&[("colour", "red"), ("size", "big")]).await?;
        let blue = labelled(&[("colour", "blue")]).await?;
        let plain = labelled(&[]).await?;
        matches(ctx, Filters::new(), &[&red, &blue, &plain]).await?;
        matches(ctx, Filters::new().label_key("colour"), &[&red, &blue]).await?;
        matches(ctx, Filters::new().label("colour", "blue"), &[&blue]).await?;
        matches(ctx, Filters::new().label("colour", "bl"), &[]).await?;
        let both = Filters::new().label_key("colour").label("size", "big");
        matches(ctx, both, &[&red]).await?;
    }),
    case!("C74", a_status_filter_implies_all, |ctx| {
        let [exited, running, created] = three(ctx).await?;
        let by = |filters| ctx.listed(ListOptions::default().with_filters(filters));
        let status = |state| Filters::new().status(state);
        same(
            "exited",
            by(status(ContainerState::Exited)).await?,
            [exited],
        )?;
        same(
            "created",
            by(status(ContainerState::Created)).await?,
            [created.clone()],
        )?;
        same(
            "running",
            by(status(ContainerState::Running)).await?,
            [running.clone()],
        )?;
        none("paused", by(status(ContainerState::Paused)).await?)?;
        let either = status(ContainerState::Running).status(ContainerState::Created);
        matches(ctx, either, &[&running, &created]).await?;
    }),
    case!("C74", an_exited_filter_takes_the_code, |ctx| {
        let one = ctx.exited("exit 1").await?;
        let two = ctx.exited("exit 2").await?;
        ctx.created(IDLE).await?;
        let by = |filters| ctx.listed(ListOptions::default().with_filters(filters));
        same("1", by(Filters::new().exited(1)).await?, [one.clone()])?;
        none("0", by(Filters::new().exited(0)).await?)?;
        matches(ctx, Filters::new().exited(1).exited(2), &[&one, &two]).await?;
    }),
    case!("C75", a_name_filter_is_found_anywhere_in_the_name, |ctx| {
        let name = ctx.name();
        let one = ctx
            .create(ctx.config(IDLE).with_name(format!("{name}-web-1")))
            .await?;
        let two = ctx
            .create(ctx.config(IDLE).with_name(format!("{name}-web-2")))
            .await?;
        let other = ctx
            .create(ctx.config(IDLE).with_name(format!("{name}-quay")))
            .await?;
        let by = |pattern: &str| Filters::new().name(pattern);
        matches(ctx, by("web"), &[&one, &two]).await?;
        matches(ctx, by("web-[13]$"), &[&one]).await?;
        matches(ctx, by("WEB"), &[]).await?;
        matches(ctx, by("^web"), &[]).await?;
        matches(ctx, by(&format!("^{name}-q")), &[&other]).await?;
        matches(ctx, by(&format!("^/{name}-q")), &[&other]).await?;
        matches(ctx, by("web-2").name("quay"), &[&two, &other]).await?;
    }),
    case!("C76", an_id_filter_takes_the_beginning, |ctx| {
        let one = ctx.created(IDLE).await?;
        let two = ctx.created(IDLE).await?;
        matches(ctx, Filters::new().id(one.short()), &[&one]).await?;
        matches(ctx, Filters::new().id(&*one).id(&*two), &[&one, &two]).await?;
        matches(ctx, Filters::new().id("f".repeat(64)), &[]).await?;
    }),
    case!("C77", an_ancestor_filter_takes_the_image, |ctx| {
        let id = ctx.created(IDLE).await?;
        let image = ctx.image_info(ctx.image()).await?.id;
        matches(ctx, Filters::new().ancestor(ctx.image()), &[&id]).await?;
        matches(ctx, Filters::new().ancestor(&*image), &[&id]).await?;
        matches(
            ctx,
            Filters::new().ancestor(format!("{}:none", ctx.name())),
            &[],
        )
        .await?;
    }),
    case!("C78", before_and_since_stand_around_a_container, |ctx| {
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(ctx.created(IDLE).await?);
        }
        let (middle, name) = (&made[1], ctx.inspect(&made[1]).await?.name);
        let by = |key: &str, value: &str| Filters::new().with(key, value);
        matches(ctx, by("before", middle), &[&made[0]]).await?;
        matches(ctx, by("since", middle), &[&made[2]]).await?;
        matches(ctx, by("since", &name), &[&made[2]]).await?;
    }),
    case!("C78", before_and_since_a_missing_one_is_not_found, |ctx| {
        for key in ["before", "since"] {
            let filters = Filters::new().with(key, ctx.name());
            let listed = ctx
                .rt
                .list_containers(ListOptions::default().with_filters(filters));
            refused(listed.await, ContainerNotFound)?;
        }
    }),
    case!("C79", a_volume_filter_takes_name_or_target, |ctx| {
        let volume = ctx.volume().await?;
        let mounts = [Mount::volume(&volume, "/data")];
        let id = ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
        ctx.created(IDLE).await?;
        matches(ctx, Filters::new().with("volume", &volume), &[&id]).await?;
        matches(ctx, Filters::new().with("volume", "/data"), &[&id]).await?;
        matches(ctx, Filters::new().with("volume", ctx.name()), &[]).await?;
    }),
    case!("C79", a_network_filter_takes_the_name, |ctx| {
        let id = ctx.running(IDLE).await?;
        let lonely = ctx.config(IDLE).with_network(NetworkMode::None);
        ctx.started(lonely).await?;
        let networks = ctx.inspect(&id).await?.networks;
        let network = some("a network", networks.keys().next())?;
        matches(ctx, Filters::new().with("network", network), &[&id]).await?;
        matches(ctx, Filters::new().with("network", ctx.name()), &[]).await?;
    }),
    case!("C79", a_publish_filter_takes_port_and_range, |ctx| {
        let port = some("a port", NonZeroU16::new(7070))?;
        let config = ctx.config(IDLE).with_ports([PortMapping::new(port)]);
        let id = ctx.started(config).await?;
        let ports = ctx.inspect(&id).await?.ports;
        let host = some("a port", ports.first().and_then(|port| port.host))?.port();
        let by = |key: &str, value: String| Filters::new().with(key, value);
        matches(ctx, by("publish", host.to_string()), &[&id]).await?;
        matches(ctx, by("publish", format!("{host}-{host}/tcp")), &[&id]).await?;
        matches(ctx, by("publish", format!("{host}/udp")), &[]).await?;
        matches(ctx, by("expose", "7000-7100".into()), &[&id]).await?;
        matches(ctx, by("expose", "7000-7069".into()), &[]).await?;
    }),
    case!(
        "C79",
        a_health_filter_of_none_takes_those_without_a_check,
        |ctx| {
            let id = ctx.created(IDLE).await?;
            matches(ctx, Filters::new().health(HealthStatus::None), &[&id]).await?;
            matches(ctx, Filters::new().health(HealthStatus::Healthy), &[]).await?;
        }
    ),
    case!("C73", filters_of_several_keys_all_hold, |ctx| {
        let [exited, running, _] = three(ctx).await?;
        let state = |state| Filters::new().status(state);
        let both = state(ContainerState::Exited).id(exited.short());
        matches(ctx, both, &[&exited]).await?;
        let neither = state(ContainerState::Exited).id(running.short());
        matches(ctx, neither, &[]).await?;
    }),
    case!("C69", a_summary_says_what_inspect_says, |ctx| {
        let name = ctx.name();
        let config = ctx.config("exit 3").with_name(&name);
        let (id, _) = ctx.finished(config.clone()).await?;
        let info = ctx.inspect(&id).await?;
        let options = ListOptions::default()
            .with_all(true)
            .with_filters(ctx.mine());
        let list = ctx.rt.list_containers(options).await?;
        let summary = some("a container", list.into_iter().next())?;
        same("id", summary.id, id)?;
        same("name", summary.name, name)?;
        same("state", summary.state, ContainerState::Exited)?;
        same("image", summary.image.as_str(), ctx.image())?;
        same("image id", summary.image_id, info.image_id)?;
        // Some engines quote the words.
        let command = summary.command.replace('\'', "");
        same("command", command, "sh -c exit 3")?;
        let seconds = |time: Option<Timestamp>| time.map(|time| time.timestamp());
        same("created", seconds(summary.created), seconds(info.created))?;
        holds(format_args!("{:?} tells the code", summary.status), {
            summary.status.starts_with("Exited (3) ") && summary.status.ends_with(" ago")
        })?;
        for (key, value) in &config.labels {
            same(key, summary.labels.get(key), Some(value))?;
        }
    }),
    case!("C69", a_status_is_for_people, |ctx| {
        let [_, running, created] = three(ctx).await?;
        let options = ListOptions::default()
            .with_all(true)
            .with_filters(ctx.mine());
        let list = ctx.rt.list_containers(options).await?;
        let of = |id: &ContainerId| {
            let found = list.iter().find(|container| container.id == *id);
            some(
                "the container",
                found.map(|container| container.status.clone()),
            )
        };
        same("created", of(&created)?, "Created")?;
        let up = of(&running)?;
        holds(format_args!("{up:?} begins with Up"), up.starts_with("Up "))?;
    }),
    case!("C69", a_list_measures_sizes_when_asked, |ctx| {
        ctx.exited("yes | head -c 100000 > /big").await?;
        let sizes = async |size| {
            let options = ListOptions::default().with_all(true).with_size(size);
            let list = ctx
                .rt
                .list_containers(options.with_filters(ctx.mine()))
                .await?;
            let found = some("a container", list.into_iter().next())?;
            Ok::<_, Failure>((found.size_rw, found.size_root))
        };
        same("sizes unasked", sizes(false).await?, (None, None))?;
        let (written, all) = sizes(true).await?;
        holds(
            format_args!("{written:?} bytes are 100000 or more"),
            written >= Some(100_000),
        )?;
        holds(
            format_args!("{all:?} are more than {written:?}"),
            all > written,
        )?;
    }),
];
