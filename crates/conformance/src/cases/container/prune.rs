//! `prune_containers`. Every prune but the exclusive one is narrowed to the case's own containers.

use super::{GROUP, prelude::*};

const PRUNE: Need = Need::Operation(Operation::PruneContainers);

async fn prune(ctx: &Context, filters: Filters) -> Verdict<Vec<String>> {
    ctx.containers_mind_labels().await?;
    let options = PruneContainersOptions::default().with_filters(filters);
    let prune = || ctx.rt.prune_containers(options.clone());
    let mut removed = ctx.in_turn(prune).await?.removed;
    removed.sort_unstable();
    Ok(removed)
}

fn sorted(ids: &[&ContainerId]) -> Vec<String> {
    let mut ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    ids
}

pub(super) const CASES: &[Case] = &[
    case!("C170", prune_removes_what_does_not_run, [PRUNE], |ctx| {
        let (created, exited) = (ctx.created(IDLE).await?, ctx.exited("exit 0").await?);
        let running = ctx.running(IDLE).await?;
        same(
            "removed",
            prune(ctx, ctx.mine()).await?,
            sorted(&[&created, &exited]),
        )?;
        same("left", ctx.list(Filters::new()).await?, [running])?;
    }),
    case!("C170", prune_removes_the_newest_first, [PRUNE], |ctx| {
        let mut watch = ctx.watch().await?;
        let mut made = Vec::new();
        for _ in 0..4 {
            made.push(ctx.created(IDLE).await?.to_string());
        }
        made.reverse();
        ctx.containers_mind_labels().await?;
        let options = PruneContainersOptions::default().with_filters(ctx.mine());
        let prune = || ctx.rt.prune_containers(options.clone());
        same("removed", ctx.in_turn(prune).await?.removed, made.clone())?;
        let mut told = Vec::new();
        for _ in &made {
            let seen = watch.until(EventAction::Destroy).await?;
            told.extend(seen.last().map(|event| event.id.clone()));
        }
        same("told as destroyed", told, made)?;
    }),
    case!(
        "C170",
        prune_leaves_a_paused_one,
        [PRUNE, Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            none("removed", prune(ctx, ctx.mine()).await?)?;
            same("left", ctx.list(Filters::new()).await?, [id])?;
        }
    ),
    case!("C170", prune_of_nothing_is_ok, [PRUNE], |ctx| {
        ctx.containers_mind_labels().await?;
        let options = PruneContainersOptions::default().with_filters(ctx.mine());
        let pruned = ctx
            .in_turn(|| ctx.rt.prune_containers(options.clone()))
            .await?;
        same("pruned", pruned, Pruned::default())?;
    }),
    case!("C171", prune_goes_by_its_label_filters, [PRUNE], |ctx| {
        let mut config = ctx.config(IDLE);
        config.labels.insert("keep".into(), "yes".into());
        let (kept, other) = (ctx.create(config).await?, ctx.created(IDLE).await?);
        let another = ctx.mine().label("keep", "no");
        none("with another value", prune(ctx, another).await?)?;
        let without = ctx.mine().with("label!", "keep");
        same(
            "without the label",
            prune(ctx, without).await?,
            sorted(&[&other]),
        )?;
        let with = ctx.mine().label("keep", "yes");
        same("with the label", prune(ctx, with).await?, sorted(&[&kept]))?;
    }),
    case!("C171", prune_until_leaves_what_is_younger, [PRUNE], |ctx| {
        let id = ctx.created(IDLE).await?;
        let old = ctx.mine().with("until", "24h");
        none("removed", prune(ctx, old).await?)?;
        same("left", ctx.list(Filters::new()).await?, [id])?;
    }),
    case!(
        "C172",
        prune_without_filters_takes_all_that_do_not_run,
        [PRUNE, Need::Exclusive],
        |ctx| {
            let (created, running) = (ctx.created(IDLE).await?, ctx.running(IDLE).await?);
            same(
                "removed",
                prune(ctx, Filters::new()).await?,
                sorted(&[&created]),
            )?;
            same("left", ctx.list(Filters::new()).await?, [running])?;
        }
    ),
];
