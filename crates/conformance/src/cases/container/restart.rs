//! `restart_container`.

use super::{GROUP, prelude::*};

const RESTART: Need = Need::Operation(Operation::RestartContainer);

async fn restart(ctx: &Context, id: &str) -> Verdict {
    let options = RestartOptions::default().with_grace(Duration::from_secs(1));
    Ok(ctx.rt.restart_container(id, options).await?)
}

pub(super) const CASES: &[Case] = &[
    case!(
        "C150",
        restart_of_a_running_one_runs_it_anew,
        [RESTART],
        |ctx| {
            let id = ctx.up(ctx.config(&format!("echo up; {IDLE}"))).await?;
            let before = ctx.inspect(&id).await?;
            restart(ctx, &id).await?;
            let after = ctx.inspect(&id).await?;
            same("state", after.state, ContainerState::Running)?;
            later("starts", before.started_at, after.started_at)?;
            same("restart count", after.restart_count, 0)?;
        }
    ),
    case!(
        "C150",
        restart_lets_the_program_end_as_it_likes,
        [RESTART],
        |ctx| {
            let script = "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.2; done";
            let id = ctx.up(ctx.config(script)).await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            let options = RestartOptions::default().with_grace(Duration::from_secs(10));
            ctx.rt.restart_container(&id, options).await?;
            same("exit code of the first run", exit.await?.code, 0)?;
            ctx.eventually("the second run is up", || async {
                Ok(ctx.rt.logs_text(&id).await? == "up\nbye\nup\n")
            })
            .await?;
        }
    ),
    case!(
        "C151",
        restart_starts_one_that_does_not_run,
        [RESTART],
        |ctx| {
            for id in [
                ctx.created(IDLE).await?,
                ctx.exited("test -e /x || touch /x").await?,
            ] {
                restart(ctx, &id).await?;
                some("a time of start", ctx.inspect(&id).await?.started_at)?;
            }
            let created = ctx.created(IDLE).await?;
            restart(ctx, &created).await?;
            same("state", ctx.state(&created).await?, ContainerState::Running)?;
        }
    ),
    case!(
        "C151",
        restart_of_what_cannot_be_run_is_invalid_input,
        [RESTART],
        |ctx| {
            for (program, code) in [("no-such-program", 127), ("/etc", 126)] {
                let id = ctx.create(ctx.bare().with_command([program])).await?;
                let restarted = ctx
                    .rt
                    .restart_container(&id, RestartOptions::default())
                    .await;
                refused(restarted, ErrorKind::InvalidInput)?;
                let info = ctx.inspect(&id).await?;
                same("state", info.state, ContainerState::Created)?;
                same("exit code", info.exit_code, Some(code))?;
                some("the error's text", info.error)?;
            }
        }
    ),
    case!(
        "C152",
        restart_missing_container_is_not_found,
        [RESTART],
        |ctx| {
            let restarted = ctx
                .rt
                .restart_container(&ctx.name(), RestartOptions::default())
                .await;
            refused(restarted, ContainerNotFound)?;
        }
    ),
    case!(
        "C153",
        restart_takes_a_paused_one,
        [RESTART, Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            restart(ctx, &id).await?;
            same("state", ctx.state(&id).await?, ContainerState::Running)?;
        }
    ),
    case!(
        "C154",
        restart_sends_the_signal_it_is_given,
        [RESTART, Need::Option("restart_container.signal")],
        |ctx| {
            let script = "trap 'exit 9' INT; trap '' TERM; echo up; while true; do sleep 0.2; done";
            let id = ctx.up(ctx.config(script)).await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            let options = RestartOptions::default().with_signal(Signal::INT);
            ctx.rt
                .restart_container(&id, options.with_grace(Duration::from_secs(10)))
                .await?;
            same("exit code of the first run", exit.await?.code, 9)?;
        }
    ),
];
