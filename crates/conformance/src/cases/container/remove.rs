//! `remove_container`.

use super::{GROUP, prelude::*};

async fn is_gone(ctx: &Context, id: &str) -> Verdict {
    let inspected = ctx
        .rt
        .inspect_container(id, InspectOptions::default())
        .await;
    refused(inspected, ContainerNotFound)?;
    let listed = ctx.list(Filters::new()).await?;
    holds("it is not listed", !listed.contains(&ContainerId::from(id)))
}

async fn remove(ctx: &Context, id: &str, force: bool) -> Result<()> {
    ctx.rt
        .remove_container(id, RemoveOptions::default().with_force(force))
        .await
}

/// The name of the anonymous volume that a container has at `/data`.
async fn volume_of(ctx: &Context, id: &str) -> Verdict<String> {
    let mounts = ctx.inspect(id).await?.mounts;
    let mut names = mounts
        .into_iter()
        .filter(|m| m.target == "/data")
        .filter_map(|m| m.name);
    some("a volume at /data", names.next())
}

async fn volume_exists(ctx: &Context, name: &str) -> Verdict<bool> {
    match some("volumes", ctx.rt.volumes())?
        .inspect_volume(name)
        .await
    {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) const CASES: &[Case] = &[
    case!("C50", remove_of_a_created_one_removes_it, |ctx| {
        let id = ctx.created(IDLE).await?;
        remove(ctx, &id, false).await?;
        is_gone(ctx, &id).await?;
    }),
    case!(
        "C50",
        remove_of_an_exited_one_removes_it_and_its_log,
        |ctx| {
            let id = ctx.exited("echo hi").await?;
            remove(ctx, &id, false).await?;
            is_gone(ctx, &id).await?;
            let log = ctx.rt.container_logs(&id, LogsOptions::default()).await;
            refused(log, ContainerNotFound)?;
        }
    ),
    case!("C50", remove_by_name_removes_it, |ctx| {
        let name = ctx.name();
        let id = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
        remove(ctx, &name, false).await?;
        is_gone(ctx, &id).await?;
    }),
    case!("C51", remove_of_a_running_one_conflicts, |ctx| {
        let id = ctx.running(IDLE).await?;
        refused(remove(ctx, &id, false).await, Conflict)?;
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
    }),
    case!(
        "C51",
        remove_of_a_paused_one_conflicts,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            refused(remove(ctx, &id, false).await, Conflict)?;
            same("state", ctx.state(&id).await?, ContainerState::Paused)?;
        }
    ),
    case!("C52", remove_by_force_kills_a_running_one, |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let gone = ctx.wait(&id, WaitCondition::Removed).await?;
        let begun = tokio::time::Instant::now();
        remove(ctx, &id, true).await?;
        is_gone(ctx, &id).await?;
        same("exit code", gone.await?.code, 137)?;
        let took = begun.elapsed();
        holds(
            format_args!("no grace was given: {took:?}"),
            took < Duration::from_secs(8),
        )?;
    }),
    case!(
        "C52",
        remove_by_force_takes_a_paused_one,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            remove(ctx, &id, true).await?;
            is_gone(ctx, &id).await?;
        }
    ),
    case!("C53", remove_missing_container_is_not_found, |ctx| {
        refused(remove(ctx, &ctx.name(), false).await, ContainerNotFound)?;
        refused(remove(ctx, &ctx.name(), true).await, ContainerNotFound)?;
    }),
    case!("C53", remove_again_is_not_found, |ctx| {
        let id = ctx.created(IDLE).await?;
        remove(ctx, &id, false).await?;
        refused(remove(ctx, &id, false).await, ContainerNotFound)?;
    }),
    case!(
        "C54",
        remove_with_volumes_takes_the_anonymous_one,
        [Need::Volumes],
        |ctx| {
            let config = ctx.config(IDLE).with_mounts([Mount::anonymous("/data")]);
            let id = ctx.create(config).await?;
            let volume = volume_of(ctx, &id).await?;
            holds("it has a volume", volume_exists(ctx, &volume).await?)?;
            ctx.rt
                .remove_container(&id, RemoveOptions::default().with_volumes(true))
                .await?;
            holds("the volume is gone", !volume_exists(ctx, &volume).await?)?;
        }
    ),
    case!(
        "C54",
        remove_without_volumes_leaves_the_anonymous_one,
        [Need::Volumes],
        |ctx| {
            let config = ctx.config(IDLE).with_mounts([Mount::anonymous("/data")]);
            let id = ctx.create(config).await?;
            let volume = volume_of(ctx, &id).await?;
            remove(ctx, &id, false).await?;
            holds("the volume is there", volume_exists(ctx, &volume).await?)?;
            let volumes = some("volumes", ctx.rt.volumes())?;
            volumes
                .remove_volume(&volume, RemoveVolumeOptions::default())
                .await?;
        }
    ),
    case!(
        "C54",
        remove_with_volumes_leaves_the_named_one,
        [Need::Volumes],
        |ctx| {
            let volume = ctx.volume().await?;
            let config = ctx
                .config(IDLE)
                .with_mounts([Mount::volume(&volume, "/data")]);
            let id = ctx.create(config).await?;
            ctx.rt
                .remove_container(&id, RemoveOptions::default().with_volumes(true))
                .await?;
            holds("the volume is there", volume_exists(ctx, &volume).await?)?;
        }
    ),
    case!("C55", of_two_removes_at_once_one_removes, |ctx| {
        let id = ctx.created(IDLE).await?;
        let (one, two) = futures::join!(remove(ctx, &id, false), remove(ctx, &id, false));
        let (removed, other) = if one.is_ok() { (one, two) } else { (two, one) };
        removed?;
        if let Err(error) = other {
            let kind = error.kind();
            holds(
                format_args!("{kind:?} is Conflict or ContainerNotFound"),
                matches!(kind, Conflict | ContainerNotFound),
            )?;
        }
        is_gone(ctx, &id).await?;
    }),
];
