//! `wait_container`.

use super::{GROUP, prelude::*};

/// Whether it has not answered, after a while in which it could have.
async fn still_waits(pending: &mut Pending<Exit>) -> Verdict {
    let early = tokio::time::timeout(Duration::from_millis(700), pending).await;
    holds(format_args!("it waits: {early:?}"), early.is_err())
}

pub(super) const CASES: &[Case] = &[
    case!("C80", wait_gives_the_exit_code, |ctx| {
        let id = ctx.running("sleep 1; exit 42").await?;
        let exit = ctx.exit(&id).await?;
        same("exit", (exit.code, exit.error), (42, None))?;
    }),
    case!("C80", wait_does_not_answer_early, |ctx| {
        let id = ctx.running(IDLE).await?;
        let mut exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
        still_waits(&mut exit).await?;
        ctx.stop(&id).await?;
        same(
            "exit code",
            Some(exit.await?.code),
            ctx.inspect(&id).await?.exit_code,
        )?;
    }),
    case!("C80", wait_on_an_exited_one_answers_at_once, |ctx| {
        let id = ctx.exited("exit 5").await?;
        same("exit code", ctx.exit(&id).await?.code, 5)?;
        same("exit code again", ctx.exit(&id).await?.code, 5)?;
    }),
    case!("C81", wait_on_a_created_one_answers_at_once, |ctx| {
        let id = ctx.created("exit 5").await?;
        same("exit code", ctx.exit(&id).await?.code, 0)?;
    }),
    case!(
        "C82",
        a_next_exit_armed_before_the_start_is_not_missed,
        |ctx| {
            let id = ctx.created("exit 7").await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            ctx.start(&id).await?;
            // By now it has ended, and nobody has polled the wait.
            tokio::time::sleep(Duration::from_secs(1)).await;
            same("exit code", exit.await?.code, 7)?;
        }
    ),
    case!("C82", next_exit_waits_for_another_run, |ctx| {
        let id = ctx
            .exited("test -e /ran && exit 9; touch /ran; exit 5")
            .await?;
        let mut exit = ctx.wait(&id, WaitCondition::NextExit).await?;
        still_waits(&mut exit).await?;
        ctx.start(&id).await?;
        same("exit code", exit.await?.code, 9)?;
    }),
    case!("C82", next_exit_answers_when_it_is_removed_instead, |ctx| {
        let id = ctx.created(IDLE).await?;
        let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
        ctx.remove(&id).await?;
        exit.await?;
    }),
    case!("C83", removed_waits_for_the_remove, |ctx| {
        let id = ctx.exited("exit 5").await?;
        let mut gone = ctx.wait(&id, WaitCondition::Removed).await?;
        still_waits(&mut gone).await?;
        ctx.remove(&id).await?;
        same("exit code", gone.await?.code, 5)?;
    }),
    case!("C83", removed_waits_beyond_the_exit, |ctx| {
        let id = ctx.running(IDLE).await?;
        let mut gone = ctx.wait(&id, WaitCondition::Removed).await?;
        ctx.stop(&id).await?;
        still_waits(&mut gone).await?;
        ctx.remove(&id).await?;
        gone.await?;
    }),
    case!("C84", wait_missing_container_is_not_found, |ctx| {
        for condition in [
            WaitCondition::NotRunning,
            WaitCondition::NextExit,
            WaitCondition::Removed,
        ] {
            let options = WaitOptions::default().with_condition(condition);
            refused(
                ctx.rt.wait_container(&ctx.name(), options).await,
                ContainerNotFound,
            )?;
        }
    }),
    case!("C85", wait_tells_137_of_a_killed_one, |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
        let now = StopOptions::default().with_grace(Grace::Now);
        ctx.rt.stop_container(&id, now).await?;
        same("exit code", exit.await?.code, 137)?;
    }),
    case!("C85", wait_tells_the_code_of_an_auto_removed_one, |ctx| {
        let (_, exit) = ctx
            .finished(ctx.config("exit 5").with_auto_remove(true))
            .await?;
        same("exit code", exit.code, 5)?;
    }),
    case!("C86", wait_after_a_failed_start_tells_why, |ctx| {
        let id = ctx
            .create(ctx.bare().with_command(["no-such-program"]))
            .await?;
        let started = ctx.rt.start_container(&id, StartOptions::default()).await;
        refused(started, ErrorKind::InvalidInput)?;
        let exit = ctx.exit(&id).await?;
        same("exit code", exit.code, 127)?;
        some("why", exit.error)?;
    }),
    case!("C87", many_waits_all_get_the_exit, |ctx| {
        let id = ctx.created("exit 6").await?;
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(ctx.wait(&id, WaitCondition::NextExit).await?);
        }
        ctx.start(&id).await?;
        let exits = futures::future::try_join_all(waits).await?;
        same("exits", exits, vec![Exit::new(6); 5])?;
    }),
    case!("C87", a_wait_that_is_dropped_changes_nothing, |ctx| {
        let id = ctx.running(IDLE).await?;
        drop(ctx.wait(&id, WaitCondition::NotRunning).await?);
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
        ctx.stop(&id).await?;
    }),
    case!(
        "C88",
        wait_on_a_paused_one_waits,
        [Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            let mut exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
            still_waits(&mut exit).await?;
        }
    ),
];
