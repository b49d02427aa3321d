//! Cases on volumes.

use super::prelude::*;

const GROUP: &str = "volume";
const VOLUMES: Need = Need::Volumes;

fn volumes(ctx: &Context) -> Verdict<&dyn VolumeOps> {
    some("volumes", ctx.rt.volumes())
}

/// A volume of the case's own.
fn config(ctx: &Context) -> VolumeConfig {
    VolumeConfig::new(ctx.volume_name()).with_labels(ctx.labels())
}

async fn create(ctx: &Context) -> Verdict<String> {
    Ok(volumes(ctx)?.create_volume(config(ctx)).await?.name)
}

async fn names(ctx: &Context, filters: Filters) -> Verdict<Vec<String>> {
    let options = ListVolumesOptions::default().with_filters(filters);
    let listed = volumes(ctx)?.list_volumes(options).await?;
    Ok(listed.into_iter().map(|volume| volume.name).collect())
}

async fn remove(ctx: &Context, name: &str, force: bool) -> Result<()> {
    let volumes = ctx
        .rt
        .volumes()
        .ok_or_else(|| Error::unsupported(Operation::RemoveVolume))?;
    volumes
        .remove_volume(name, RemoveVolumeOptions::default().with_force(force))
        .await
}

async fn prune(ctx: &Context, all: bool, filters: Filters) -> Verdict<Vec<String>> {
    ctx.volumes_mind_labels().await?;
    let options = PruneVolumesOptions::default()
        .with_filters(filters)
        .with_all(all);
    let volumes = volumes(ctx)?;
    Ok(ctx
        .in_turn(|| volumes.prune_volumes(options.clone()))
        .await?
        .removed)
}

pub(super) const CASES: &[Case] = &[
    case!("V1", create_volume_makes_one, [VOLUMES], |ctx| {
        let mut config = config(ctx);
        config.labels.insert("colour".into(), "blue".into());
        let made = volumes(ctx)?.create_volume(config.clone()).await?;
        same("name", &made.name, &config.name)?;
        same("driver", made.driver.as_str(), "local")?;
        same("scope", made.scope.as_deref(), Some("local"))?;
        same("labels", &made.labels, &config.labels)?;
        some("a mount point", made.mountpoint.as_ref())?;
        some("a time of creation", made.created)?;
        same(
            "inspected",
            volumes(ctx)?.inspect_volume(&config.name).await?,
            made,
        )?;
    }),
    case!(
        "V1",
        create_volume_again_gives_it_as_it_is,
        [VOLUMES],
        |ctx| {
            let config = config(ctx);
            let first = volumes(ctx)?.create_volume(config.clone()).await?;
            let other = config.with_labels([("colour", "blue")]);
            let second = volumes(ctx)?.create_volume(other).await?;
            same("labels", second.labels, first.labels)?;
        }
    ),
    case!(
        "V1",
        create_volume_takes_driver_options,
        [VOLUMES, Need::Option("create_volume.driver_opts")],
        |ctx| {
            let options = [("type", "tmpfs"), ("device", "tmpfs"), ("o", "size=1m")];
            let config = config(ctx).with_driver("local").with_driver_opts(options);
            let made = volumes(ctx)?.create_volume(config.clone()).await?;
            same("options", made.options, config.driver_opts)?;
        }
    ),
    case!(
        "V2",
        inspect_missing_volume_is_not_found,
        [VOLUMES],
        |ctx| {
            refused(volumes(ctx)?.inspect_volume(&ctx.name()).await, NotFound)?;
        }
    ),
    case!("V3", volumes_are_listed_by_name, [VOLUMES], |ctx| {
        let mut made = vec![create(ctx).await?, create(ctx).await?, create(ctx).await?];
        made.sort_unstable();
        same("names", names(ctx, ctx.mine()).await?, made)?;
    }),
    case!("V3", filters_choose_volumes, [VOLUMES], |ctx| {
        let (used, free) = (create(ctx).await?, create(ctx).await?);
        let mounts = [Mount::volume(&used, "/data")];
        ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
        same(
            "by name",
            names(ctx, ctx.mine().name(&used)).await?,
            [used.clone()],
        )?;
        same(
            "in use",
            names(ctx, ctx.mine().dangling(false)).await?,
            [used],
        )?;
        same("free", names(ctx, ctx.mine().dangling(true)).await?, [free])?;
        same(
            "of a driver",
            names(ctx, ctx.mine().with("driver", "local")).await?.len(),
            2,
        )?;
        let other = ctx.mine().with("driver", "no-such-driver");
        none("of another driver", names(ctx, other).await?)?;
        let other = ctx.mine().label("colour", "blue");
        none("of another label", names(ctx, other).await?)?;
    }),
    case!("V4", remove_volume_removes_it, [VOLUMES], |ctx| {
        let name = create(ctx).await?;
        remove(ctx, &name, false).await?;
        refused(volumes(ctx)?.inspect_volume(&name).await, NotFound)?;
    }),
    case!("V4", remove_missing_volume_is_not_found, [VOLUMES], |ctx| {
        refused(remove(ctx, &ctx.name(), false).await, NotFound)?;
    }),
    case!(
        "V4",
        remove_missing_volume_by_force_is_ok,
        [VOLUMES],
        |ctx| {
            remove(ctx, &ctx.name(), true).await?;
        }
    ),
    case!(
        "V5",
        remove_of_a_volume_in_use_conflicts,
        [VOLUMES],
        |ctx| {
            let name = create(ctx).await?;
            let mounts = [Mount::volume(&name, "/data")];
            let id = ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
            for force in [false, true] {
                refused(remove(ctx, &name, force).await, Conflict)?;
            }
            ctx.remove(&id).await?;
            remove(ctx, &name, false).await?;
        }
    ),
    case!(
        "V6",
        prune_of_volumes_takes_the_named_when_asked,
        [VOLUMES],
        |ctx| {
            let (used, free) = (create(ctx).await?, create(ctx).await?);
            let mounts = [Mount::volume(&used, "/data")];
            ctx.create(ctx.config(IDLE).with_mounts(mounts)).await?;
            none("removed unasked", prune(ctx, false, ctx.mine()).await?)?;
            same("removed", prune(ctx, true, ctx.mine()).await?, [free])?;
            same("left", names(ctx, ctx.mine()).await?, [used])?;
        }
    ),
    case!(
        "V6",
        prune_of_volumes_goes_by_its_label_filters,
        [VOLUMES],
        |ctx| {
            let mut kept = config(ctx);
            kept.labels.insert("keep".into(), "yes".into());
            let kept = volumes(ctx)?.create_volume(kept).await?.name;
            let other = create(ctx).await?;
            let another = ctx.mine().label("keep", "no");
            none("with another value", prune(ctx, true, another).await?)?;
            let without = ctx.mine().with("label!", "keep");
            same(
                "without the label",
                prune(ctx, true, without).await?,
                [other],
            )?;
            let with = ctx.mine().label("keep", "yes");
            same("with the label", prune(ctx, true, with).await?, [kept])?;
        }
    ),
    case!("V7", a_volumes_life_is_told, [VOLUMES], |ctx| {
        let mut watch = ctx
            .watch_for(Filters::new().kind(EventKind::Volume))
            .await?;
        let name = create(ctx).await?;
        remove(ctx, &name, false).await?;
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let event = watch.next().await?;
            if event.id == name {
                same(
                    "driver",
                    event.attributes.get("driver").map(String::as_str),
                    Some("local"),
                )?;
                seen.push(event);
            }
        }
        same("actions", actions(&seen), ["create", "destroy"])?;
    }),
];
