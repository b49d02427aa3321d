//! Restart policies: what happens between two runs, and what ends them.

use super::{GROUP, prelude::*};

const POLICY: Need = Need::Option("create_container.restart");
const KILL: Need = Need::Operation(Operation::KillContainer);

/// The policy gives up, and stays there.
async fn stays_exited(ctx: &Context, id: &str, code: i64) -> Verdict {
    // Longer than the wait that was under way.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let info = ctx.inspect(id).await?;
    same("state", info.state, ContainerState::Exited)?;
    same("exit code", info.exit_code, Some(code))
}

async fn restarted(ctx: &Context, id: &str, times: u32) -> Verdict {
    ctx.eventually("its policy starts it again", || async {
        Ok(ctx.inspect(id).await?.restart_count >= times)
    })
    .await
}

pub(super) const CASES: &[Case] = &[
    case!("C190", between_two_runs_it_is_restarting, [POLICY], |ctx| {
        let id = ctx.between_runs("exit 7").await?;
        let info = ctx.inspect(&id).await?;
        same("state", info.state, ContainerState::Restarting)?;
        same("exit code", info.exit_code, Some(7))?;
        same("pid", info.pid, None)?;
        holds("it has ended since", info.finished_at > info.started_at)?;
        for (what, filters, found) in [
            ("those that run", Filters::new(), true),
            (
                "restarting",
                Filters::new().with("status", "restarting"),
                true,
            ),
            ("running", Filters::new().with("status", "running"), false),
            ("exited", Filters::new().with("exited", "7"), false),
        ] {
            let filters = filters.label(CASE_LABEL, &ctx.text);
            let listed = ctx
                .rt
                .list_containers(ListOptions::default().with_filters(filters))
                .await?;
            same(what, !listed.is_empty(), found)?;
            let state = listed.first().map(|container| container.state.clone());
            same(what, state, found.then_some(ContainerState::Restarting))?;
        }
    }),
    case!("C191", the_waits_between_runs_grow, [POLICY], |ctx| {
        let mut watch = ctx.watch().await?;
        let config = ctx.config("exit 1");
        ctx.started(config.with_restart(RestartPolicy::on_failure(5)))
            .await?;
        watch.until(EventAction::Start).await?;
        let mut waits = Vec::new();
        for _ in 0..4 {
            let died = watch.until(EventAction::Die).await?;
            let died = some("an end", died.last())?.time;
            let started = watch.until(EventAction::Start).await?;
            let started = some("a start", started.last())?.time;
            waits.push((started - died).num_milliseconds());
        }
        for (wait, least) in waits.iter().zip([100, 200, 400, 800]) {
            // Engines tell of the end a little late.
            holds(
                format_args!("waits of 100, 200, 400 and 800 ms, not {waits:?}"),
                *wait > least * 3 / 4 && *wait < least + 3000,
            )?;
        }
    }),
    case!("C192", a_wait_answers_at_the_first_exit, [POLICY], |ctx| {
        let config = ctx.config("echo up; sleep 1; exit 5");
        let id = ctx.up(config.with_restart(RestartPolicy::Always)).await?;
        same("exit code", ctx.exit(&id).await?.code, 5)?;
        restarted(ctx, &id, 1).await?;
    }),
    case!(
        "C192",
        a_wait_between_two_runs_is_for_the_next,
        [POLICY],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let before = ctx.inspect(&id).await?;
            same("exit code", ctx.exit(&id).await?.code, 7)?;
            let after = ctx.inspect(&id).await?;
            holds("it has run again", after.started_at > before.started_at)?;
        }
    ),
    case!(
        "C193",
        start_between_two_runs_changes_nothing,
        [POLICY],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let before = ctx.inspect(&id).await?;
            ctx.start(&id).await?;
            let after = ctx.inspect(&id).await?;
            same("state", after.state, ContainerState::Restarting)?;
            same("count", after.restart_count, before.restart_count)?;
            same("time of start", after.started_at, before.started_at)?;
        }
    ),
    case!(
        "C194",
        a_stop_between_two_runs_is_the_end,
        [POLICY],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
            ctx.stop(&id).await?;
            same("exit code", exit.await?.code, 7)?;
            stays_exited(ctx, &id, 7).await?;
        }
    ),
    case!(
        "C194",
        a_kill_between_two_runs_is_the_end,
        [POLICY, KILL],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            ctx.kill(&id, Signal::TERM).await?;
            same("exit code", exit.await?.code, 7)?;
            stays_exited(ctx, &id, 7).await?;
            let again = KillOptions::default();
            refused(ctx.rt.kill_container(&id, again).await, Conflict)?;
        }
    ),
    case!(
        "C195",
        between_two_runs_nothing_can_be_frozen_or_run,
        [
            POLICY,
            Need::Operation(Operation::PauseContainer),
            Need::Operation(Operation::UnpauseContainer),
        ],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            refused(ctx.rt.pause_container(&id).await, Conflict)?;
            refused(ctx.rt.unpause_container(&id).await, Conflict)?;
            let exec = ctx.rt.exec_container(&id, ExecConfig::new(["true"]));
            refused(exec.await, Conflict)?;
        }
    ),
    case!(
        "C195",
        between_two_runs_only_force_removes,
        [POLICY, Need::Operation(Operation::PruneContainers)],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let removed = ctx.rt.remove_container(&id, RemoveOptions::default());
            refused(removed.await, Conflict)?;
            let mine = || PruneContainersOptions::default().with_filters(ctx.mine());
            let pruned = ctx.in_turn(|| ctx.rt.prune_containers(mine())).await?;
            none("pruned", pruned.removed)?;
            let gone = ctx.wait(&id, WaitCondition::Removed).await?;
            ctx.remove(&id).await?;
            same("exit code", gone.await?.code, 7)?;
        }
    ),
    case!("C196", a_start_by_hand_counts_anew, [POLICY], |ctx| {
        let config = ctx.config("echo run; exit 1");
        let id = ctx
            .started(config.with_restart(RestartPolicy::on_failure(1)))
            .await?;
        for runs in [2, 4] {
            ctx.eventually("one restart and the end", || async {
                let info = ctx.inspect(&id).await?;
                let ended = info.restart_count == 1 && info.state == ContainerState::Exited;
                Ok(ended && ctx.rt.logs_text(&id).await? == "run\n".repeat(runs))
            })
            .await?;
            if runs == 2 {
                ctx.start(&id).await?;
            }
        }
    }),
    case!(
        "C196",
        a_restart_by_hand_counts_anew,
        [POLICY, Need::Operation(Operation::RestartContainer)],
        |ctx| {
            let id = ctx.between_runs("exit 7").await?;
            let before = ctx.inspect(&id).await?.restart_count;
            let options = RestartOptions::default();
            ctx.rt.restart_container(&id, options).await?;
            let after = ctx.inspect(&id).await?.restart_count;
            holds(
                format_args!("{after} is less than {before}"),
                after < before,
            )?;
        }
    ),
    case!(
        "C197",
        only_some_policies_restart_what_ended_well,
        [POLICY],
        |ctx| {
            let config = |policy| ctx.config("exit 0").with_restart(policy);
            for policy in [RestartPolicy::Always, RestartPolicy::UnlessStopped] {
                let id = ctx.started(config(policy)).await?;
                restarted(ctx, &id, 1).await?;
            }
            let (id, exit) = ctx.finished(config(RestartPolicy::on_failure(0))).await?;
            same("exit code", exit.code, 0)?;
            stays_exited(ctx, &id, 0).await?;
            same("restarts", ctx.inspect(&id).await?.restart_count, 0)?;
        }
    ),
    case!(
        "C198",
        what_cannot_run_again_is_not_tried_again,
        [POLICY],
        |ctx| {
            let config = ctx.config("rm /bin/sh; exit 3");
            let id = ctx
                .started(config.with_restart(RestartPolicy::Always))
                .await?;
            ctx.eventually("a start that fails", || async {
                let info = ctx.inspect(&id).await?;
                Ok(info.state == ContainerState::Exited && info.error.is_some())
            })
            .await?;
            stays_exited(ctx, &id, 3).await?;
            same("restarts", ctx.inspect(&id).await?.restart_count, 1)?;
        }
    ),
    case!(
        "C199",
        any_signal_is_taken_for_a_stop,
        [POLICY, KILL],
        |ctx| {
            let config = ctx.config("echo up; sleep 1; exit 4");
            let id = ctx.up(config.with_restart(RestartPolicy::Always)).await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            ctx.kill(&id, "WINCH".parse()?).await?;
            same("exit code", exit.await?.code, 4)?;
            stays_exited(ctx, &id, 4).await?;
        }
    ),
    case!(
        "C199",
        another_signal_than_its_own_is_no_stop,
        [POLICY, KILL],
        |ctx| {
            let config = ctx
                .config("echo up; sleep 1; exit 4")
                .with_stop_signal(Signal::INT);
            let always = ctx
                .up(config.clone().with_restart(RestartPolicy::Always))
                .await?;
            ctx.kill(&always, "WINCH".parse()?).await?;
            restarted(ctx, &always, 1).await?;
            let config = config.with_restart(RestartPolicy::UnlessStopped);
            let unless = ctx.up(config).await?;
            let exit = ctx.wait(&unless, WaitCondition::NextExit).await?;
            ctx.kill(&unless, "WINCH".parse()?).await?;
            exit.await?;
            stays_exited(ctx, &unless, 4).await?;
        }
    ),
];
