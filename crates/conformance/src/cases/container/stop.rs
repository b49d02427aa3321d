//! `stop_container`.

use super::{GROUP, prelude::*};

/// Ends with 7 when it is told to end.
const OBEDIENT: &str = "trap 'exit 7' TERM; while true; do sleep 0.2; done";

async fn stop_with(ctx: &Context, id: &str, options: StopOptions) -> Verdict<i64> {
    ctx.rt.stop_container(id, options).await?;
    let info = ctx.inspect(id).await?;
    same("state", info.state, ContainerState::Exited)?;
    some("an exit code", info.exit_code)
}

fn grace(grace: impl Into<Grace>) -> StopOptions {
    StopOptions::default().with_grace(grace)
}

pub(super) const CASES: &[Case] = &[
    case!("C40", stop_lets_the_program_end_as_it_likes, |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {OBEDIENT}"))).await?;
        same(
            "exit code",
            stop_with(ctx, &id, grace(Duration::from_secs(10))).await?,
            7,
        )?;
        let info = ctx.inspect(&id).await?;
        same("pid", info.pid, None)?;
        later("start and end", info.started_at, info.finished_at)?;
    }),
    case!("C41", stop_kills_after_the_grace, |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let begun = tokio::time::Instant::now();
        same(
            "exit code",
            stop_with(ctx, &id, grace(Duration::from_secs(2))).await?,
            137,
        )?;
        let took = begun.elapsed();
        holds(
            format_args!("the grace of 2 s was given: {took:?}"),
            took > Duration::from_secs(1),
        )?;
        holds(
            format_args!("no more was given: {took:?}"),
            took < Duration::from_secs(9),
        )?;
    }),
    case!("C41", stop_now_kills_at_once, |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let begun = tokio::time::Instant::now();
        same(
            "exit code",
            stop_with(ctx, &id, grace(Grace::Now)).await?,
            137,
        )?;
        let took = begun.elapsed();
        holds(
            format_args!("no grace was given: {took:?}"),
            took < Duration::from_secs(8),
        )?;
    }),
    case!("C41", stop_forever_never_kills, |ctx| {
        let script = "trap 'sleep 3; exit 6' TERM; echo up; while true; do sleep 0.2; done";
        let config = ctx.config(script).with_stop_timeout(Duration::from_secs(1));
        let id = ctx.up(config).await?;
        same(
            "exit code",
            stop_with(ctx, &id, grace(Grace::Forever)).await?,
            6,
        )?;
    }),
    case!("C42", stop_goes_by_the_containers_own_timeout, |ctx| {
        let config = ctx.config(&format!("echo up; {STUBBORN}"));
        let id = ctx
            .up(config.with_stop_timeout(Duration::from_secs(1)))
            .await?;
        let begun = tokio::time::Instant::now();
        same(
            "exit code",
            stop_with(ctx, &id, StopOptions::default()).await?,
            137,
        )?;
        let took = begun.elapsed();
        holds(
            format_args!("not the engine's 10 s: {took:?}"),
            took < Duration::from_secs(8),
        )?;
        let timeout = ctx.inspect(&id).await?.config.stop_timeout;
        same("field", timeout, Some(Duration::from_secs(1)))?;
    }),
    case!("C42", stop_sends_the_containers_own_signal, |ctx| {
        let script = "trap 'exit 8' USR1; trap '' TERM; echo up; while true; do sleep 0.2; done";
        let id = ctx
            .up(ctx.config(script).with_stop_signal(Signal::USR1))
            .await?;
        same(
            "field",
            ctx.inspect(&id).await?.config.stop_signal,
            Some(Signal::USR1),
        )?;
        same(
            "exit code",
            stop_with(ctx, &id, grace(Duration::from_secs(10))).await?,
            8,
        )?;
    }),
    case!(
        "C43",
        stop_sends_the_signal_it_is_given,
        [Need::Option("stop_container.signal")],
        |ctx| {
            let script = "trap 'exit 9' INT; trap '' TERM; echo up; while true; do sleep 0.2; done";
            let id = ctx.up(ctx.config(script)).await?;
            let options = grace(Duration::from_secs(10)).with_signal(Signal::INT);
            same("exit code", stop_with(ctx, &id, options).await?, 9)?;
        }
    ),
    case!(
        "C43",
        stop_with_a_signal_works_or_says_that_it_cannot,
        |ctx| {
            let id = ctx.running(IDLE).await?;
            let options = grace(Grace::Now).with_signal(Signal::USR1);
            let stopped = ctx.rt.stop_container(&id, options).await;
            if ctx
                .rt
                .capabilities()
                .supports_option("stop_container.signal")
            {
                stopped?;
                same("state", ctx.state(&id).await?, ContainerState::Exited)?;
            } else {
                let error = refused(stopped, ErrorKind::Unsupported)?;
                holds(
                    format_args!("the option is named: {error}"),
                    error.message().contains("stop_container.signal"),
                )?;
                same("state", ctx.state(&id).await?, ContainerState::Running)?;
            }
        }
    ),
    case!("C44", stop_of_an_exited_one_is_ok, |ctx| {
        let id = ctx.exited("exit 3").await?;
        let before = ctx.inspect(&id).await?;
        ctx.stop(&id).await?;
        let after = ctx.inspect(&id).await?;
        same("exit code", after.exit_code, Some(3))?;
        same("finished at", after.finished_at, before.finished_at)?;
    }),
    case!("C44", stop_of_a_created_one_is_ok, |ctx| {
        let id = ctx.created(IDLE).await?;
        ctx.stop(&id).await?;
        same("state", ctx.state(&id).await?, ContainerState::Created)?;
    }),
    case!("C45", stop_missing_container_is_not_found, |ctx| {
        let stopped = ctx
            .rt
            .stop_container(&ctx.name(), StopOptions::default())
            .await;
        refused(stopped, ContainerNotFound)?;
    }),
    case!(
        "C46",
        stop_lets_a_paused_one_go_first,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.up(ctx.config(&format!("echo up; {OBEDIENT}"))).await?;
            ctx.rt.pause_container(&id).await?;
            same(
                "exit code",
                stop_with(ctx, &id, grace(Duration::from_secs(10))).await?,
                7,
            )?;
        }
    ),
    case!("C47", two_stops_at_once_are_both_ok, |ctx| {
        let id = ctx.running(IDLE).await?;
        futures::try_join!(ctx.stop(&id), ctx.stop(&id))?;
        same("state", ctx.state(&id).await?, ContainerState::Exited)?;
    }),
    case!("C47", stop_returns_when_it_has_exited, |ctx| {
        let id = ctx.running(IDLE).await?;
        let exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
        ctx.stop(&id).await?;
        same("state", ctx.state(&id).await?, ContainerState::Exited)?;
        same(
            "exit code",
            Some(exit.await?.code),
            ctx.inspect(&id).await?.exit_code,
        )?;
    }),
];
