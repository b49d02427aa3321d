//! `kill_container`.

use super::{GROUP, prelude::*};

const KILL: Need = Need::Operation(Operation::KillContainer);

pub(super) const CASES: &[Case] = &[
    case!("C130", kill_ends_it_with_137, [KILL], |ctx| {
        let id = ctx.up(ctx.config(&format!("echo up; {STUBBORN}"))).await?;
        let exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
        ctx.rt.kill_container(&id, KillOptions::default()).await?;
        same("exit code", exit.await?.code, 137)?;
        let info = ctx.inspect(&id).await?;
        same("state", info.state, ContainerState::Exited)?;
        same("exit code", info.exit_code, Some(137))?;
    }),
    case!("C131", kill_sends_the_signal_it_is_given, [KILL], |ctx| {
        let script =
            "trap 'exit 4' TERM; trap 'exit 5' USR1; echo up; while true; do sleep 0.2; done";
        for (signal, code) in [(Signal::TERM, 4), (Signal::USR1, 5)] {
            let id = ctx.up(ctx.config(script)).await?;
            let exit = ctx.wait(&id, WaitCondition::NotRunning).await?;
            ctx.kill(&id, signal).await?;
            same("exit code", exit.await?.code, code)?;
        }
    }),
    case!(
        "C131",
        kill_with_a_signal_that_is_caught_leaves_it_running,
        [KILL],
        |ctx| {
            let script = "trap 'echo caught' USR1; echo up; while true; do sleep 0.2; done";
            let id = ctx.up(ctx.config(script)).await?;
            let follow = LogsOptions::default()
                .with_follow(true)
                .with_tail(Tail::Last(0));
            let mut log = ctx.rt.container_logs(&id, follow).await?;
            ctx.kill(&id, Signal::USR1).await?;
            same(
                "line",
                &some("a line", log.next().await)??.bytes[..],
                *b"caught\n",
            )?;
            same("state", ctx.state(&id).await?, ContainerState::Running)?;
        }
    ),
    case!(
        "C132",
        kill_of_one_that_does_not_run_conflicts,
        [KILL],
        |ctx| {
            for id in [ctx.created(IDLE).await?, ctx.exited("exit 0").await?] {
                refused(
                    ctx.rt.kill_container(&id, KillOptions::default()).await,
                    Conflict,
                )?;
            }
        }
    ),
    case!("C133", kill_missing_container_is_not_found, [KILL], |ctx| {
        let killed = ctx
            .rt
            .kill_container(&ctx.name(), KillOptions::default())
            .await;
        refused(killed, ContainerNotFound)?;
    }),
    case!(
        "C134",
        kill_ends_a_paused_one,
        [KILL, Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.rt.pause_container(&id).await?;
            ctx.kill(&id, Signal::KILL).await?;
            same("exit code", ctx.exit(&id).await?.code, 137)?;
        }
    ),
    case!(
        "C134",
        kill_lets_a_paused_one_go,
        [KILL, Need::Operation(Operation::PauseContainer)],
        |ctx| {
            let script = "trap 'exit 4' TERM; echo up; while true; do sleep 0.2; done";
            let id = ctx.up(ctx.config(script)).await?;
            ctx.rt.pause_container(&id).await?;
            ctx.kill(&id, Signal::TERM).await?;
            same("exit code", ctx.exit(&id).await?.code, 4)?;
        }
    ),
    case!(
        "C134",
        kill_by_another_signal_than_its_own_leaves_a_paused_one,
        [KILL, Need::Operation(Operation::PauseContainer)],
        |ctx| {
            // One that a shell does not mind: it runs on after it.
            let own: Signal = "USR1".parse()?;
            let id = ctx.started(ctx.config(IDLE).with_stop_signal(own));
            let id = id.await?;
            ctx.rt.pause_container(&id).await?;
            ctx.kill(&id, "WINCH".parse()?).await?;
            same("state", ctx.state(&id).await?, ContainerState::Paused)?;
            ctx.kill(&id, own).await?;
            // An engine that has it thawed need not have heard of it yet.
            ctx.eventually("it runs on", || async {
                Ok(ctx.state(&id).await? == ContainerState::Running)
            })
            .await?;
        }
    ),
    case!(
        "C135",
        kill_ends_the_restarts,
        [KILL, Need::Option("create_container.restart")],
        |ctx| {
            let id = ctx
                .started(ctx.config(IDLE).with_restart(RestartPolicy::Always))
                .await?;
            let exit = ctx.wait(&id, WaitCondition::NextExit).await?;
            ctx.kill(&id, Signal::KILL).await?;
            exit.await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            same("state", ctx.state(&id).await?, ContainerState::Exited)?;
        }
    ),
];
