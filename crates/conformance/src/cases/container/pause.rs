//! `pause_container` and `unpause_container`.

use super::{GROUP, prelude::*};

const PAUSE: Need = Need::Operation(Operation::PauseContainer);
const UNPAUSE: Need = Need::Operation(Operation::UnpauseContainer);

pub(super) const CASES: &[Case] = &[
    case!("C140", pause_freezes_it, [PAUSE], |ctx| {
        let id = ctx.running(IDLE).await?;
        ctx.rt.pause_container(&id).await?;
        let info = ctx.inspect(&id).await?;
        same("state", &info.state, &ContainerState::Paused)?;
        holds(
            "it has its process",
            info.state.is_running() && info.pid.is_some(),
        )?;
        same("exit code", info.exit_code, None)?;
    }),
    case!(
        "C140",
        what_is_paused_writes_nothing,
        [PAUSE, UNPAUSE],
        |ctx| {
            let id = ctx
                .up(ctx.config("while true; do echo tick; sleep 0.2; done"))
                .await?;
            ctx.rt.pause_container(&id).await?;
            let before = ctx.rt.logs_text(&id).await?.len();
            tokio::time::sleep(Duration::from_secs(2)).await;
            // What was on its way when it was paused may have come in since, but no more.
            let after = ctx.rt.logs_text(&id).await?.len();
            holds(
                format_args!("{before} bytes grew to {after}"),
                after <= before + "tick\n".len(),
            )?;
            ctx.rt.unpause_container(&id).await?;
            ctx.eventually("it writes again", || async {
                Ok(ctx.rt.logs_text(&id).await?.len() > after)
            })
            .await?;
        }
    ),
    case!("C141", pause_of_a_paused_one_conflicts, [PAUSE], |ctx| {
        let id = ctx.running(IDLE).await?;
        ctx.rt.pause_container(&id).await?;
        refused(ctx.rt.pause_container(&id).await, Conflict)?;
        same("state", ctx.state(&id).await?, ContainerState::Paused)?;
    }),
    case!(
        "C141",
        pause_of_one_that_does_not_run_conflicts,
        [PAUSE],
        |ctx| {
            for id in [ctx.created(IDLE).await?, ctx.exited("exit 0").await?] {
                refused(ctx.rt.pause_container(&id).await, Conflict)?;
            }
        }
    ),
    case!("C142", unpause_lets_it_go_on, [PAUSE, UNPAUSE], |ctx| {
        let id = ctx.up(ctx.config("echo up; sleep 1; exit 3")).await?;
        ctx.rt.pause_container(&id).await?;
        ctx.rt.unpause_container(&id).await?;
        same("exit code", ctx.exit(&id).await?.code, 3)?;
    }),
    case!(
        "C143",
        unpause_of_one_that_is_not_paused_conflicts,
        [UNPAUSE],
        |ctx| {
            for id in [
                ctx.created(IDLE).await?,
                ctx.running(IDLE).await?,
                ctx.exited("exit 0").await?,
            ] {
                refused(ctx.rt.unpause_container(&id).await, Conflict)?;
            }
        }
    ),
    case!(
        "C144",
        pause_missing_container_is_not_found,
        [PAUSE],
        |ctx| {
            refused(ctx.rt.pause_container(&ctx.name()).await, ContainerNotFound)?;
        }
    ),
    case!(
        "C144",
        unpause_missing_container_is_not_found,
        [UNPAUSE],
        |ctx| {
            refused(
                ctx.rt.unpause_container(&ctx.name()).await,
                ContainerNotFound,
            )?;
        }
    ),
];
