//! `start_container`.

use super::{GROUP, prelude::*};
use std::num::NonZeroU16;

/// Starts what cannot be started, and sees that it stays created, with that code and the error's text.
async fn fails_to_start(ctx: &Context, config: ContainerConfig, code: i64) -> Verdict {
    let id = ctx.create(config).await?;
    let started = ctx.rt.start_container(&id, StartOptions::default()).await;
    refused(started, ErrorKind::InvalidInput)?;
    let info = ctx.inspect(&id).await?;
    same("state", info.state, ContainerState::Created)?;
    same("exit code", info.exit_code, Some(code))?;
    same("started at", info.started_at, None)?;
    some("the error's text", info.error).map(drop)
}

pub(super) const CASES: &[Case] = &[
    case!("C30", start_runs_it, |ctx| {
        let id = ctx.created(IDLE).await?;
        ctx.start(&id).await?;
        let info = ctx.inspect(&id).await?;
        same("state", info.state, ContainerState::Running)?;
        same("exit code", info.exit_code, None)?;
        same("finished at", info.finished_at, None)?;
        holds("it has a pid", some("a pid", info.pid)? > 0)?;
        let (made, started) = (info.created, info.started_at);
        holds(
            format_args!("it was made at {made:?}, before it was started at {started:?}"),
            matches!((made, started), (Some(made), Some(started)) if made <= started),
        )?;
    }),
    case!("C31", start_of_a_running_one_is_ok, |ctx| {
        let id = ctx.running(IDLE).await?;
        let before = ctx.inspect(&id).await?;
        ctx.start(&id).await?;
        let after = ctx.inspect(&id).await?;
        same("started at", after.started_at, before.started_at)?;
        same("pid", after.pid, before.pid)?;
    }),
    case!("C32", start_of_a_missing_one_is_not_found, |ctx| {
        let started = ctx
            .rt
            .start_container(&ctx.name(), StartOptions::default())
            .await;
        refused(started, ContainerNotFound)?;
    }),
    case!("C33", an_exited_one_starts_again, |ctx| {
        let (id, exit) = ctx.finished(ctx.config("exit 3")).await?;
        same("first exit", exit.code, 3)?;
        let first = ctx.inspect(&id).await?;
        let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
        ctx.start(&id).await?;
        same("second exit", exit.await?.code, 3)?;
        let second = ctx.inspect(&id).await?;
        later("starts", first.started_at, second.started_at)?;
        later("ends", first.finished_at, second.finished_at)?;
        same("restart count", second.restart_count, 0)?;
    }),
    case!("C34", a_program_that_is_not_found_is_127, |ctx| {
        fails_to_start(ctx, ctx.bare().with_command(["no-such-program"]), 127).await?;
        fails_to_start(ctx, ctx.bare().with_command(["/no/such/program"]), 127).await?;
    }),
    case!("C34", a_program_that_cannot_be_run_is_126, |ctx| {
        fails_to_start(ctx, ctx.bare().with_command(["/etc"]), 126).await?;
    }),
    case!("C34", a_user_that_is_unknown_is_invalid_input, |ctx| {
        fails_to_start(ctx, ctx.config(IDLE).with_user("nobody-has-this-name"), 128).await?;
    }),
    case!(
        "C35",
        start_of_a_paused_one_conflicts,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            refused(
                ctx.rt.start_container(&id, StartOptions::default()).await,
                Conflict,
            )?;
            same("state", ctx.state(&id).await?, ContainerState::Paused)?;
        }
    ),
    case!(
        "C36",
        a_network_that_is_missing_is_not_found,
        [Need::Option("create_container.network")],
        |ctx| {
            let config = ctx
                .config(IDLE)
                .with_network(NetworkMode::Named(ctx.name()));
            let started = match ctx.rt.create_container(config).await {
                Ok(created) => {
                    ctx.rt
                        .start_container(&created.id, StartOptions::default())
                        .await
                }
                Err(error) => Err(error),
            };
            refused(started, NotFound)?;
        }
    ),
    case!("C37", a_port_that_is_taken_conflicts, |ctx| {
        let port = PortMapping::new(NonZeroU16::MIN);
        let first = ctx
            .started(ctx.config(IDLE).with_ports([port.clone()]))
            .await?;
        let ports = ctx.inspect(&first).await?.ports;
        let taken = some("a port", ports.first().and_then(|port| port.host))?.port();
        let port = port.with_host_port(some("a port", NonZeroU16::new(taken))?);
        let second = ctx.create(ctx.config(IDLE).with_ports([port])).await?;
        refused(
            ctx.rt
                .start_container(&second, StartOptions::default())
                .await,
            Conflict,
        )?;
        same("state", ctx.state(&second).await?, ContainerState::Created)?;
        ctx.remove(&first).await?;
        ctx.start(&second).await?;
        same(
            "state once it is free",
            ctx.state(&second).await?,
            ContainerState::Running,
        )?;
    }),
];
