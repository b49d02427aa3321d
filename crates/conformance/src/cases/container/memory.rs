//! Memory that is used up.

use super::{GROUP, prelude::*};

pub(super) const CASES: &[Case] = &[
    case!("C210", what_holds_too_much_memory_is_killed, |ctx| {
        let (id, exit) = ctx.finished(ctx.hungry()).await?;
        same("exit code", exit.code, 137)?;
        let info = ctx.inspect(&id).await?;
        same("exit code", info.exit_code, Some(137))?;
        holds("it is said to be for want of memory", info.oom_killed)?;
        let killed = ctx.running(IDLE).await?;
        ctx.remove(&id).await?;
        ctx.stop(&killed).await?;
        let info = ctx.inspect(&killed).await?;
        holds("another end is not", !info.oom_killed)?;
    }),
    case!(
        "C211",
        what_holds_too_much_memory_is_started_again,
        [Need::Option("create_container.restart")],
        |ctx| {
            let policy = RestartPolicy::on_failure(1);
            let id = ctx.started(ctx.hungry().with_restart(policy)).await?;
            ctx.eventually("one restart and the end", || async {
                let info = ctx.inspect(&id).await?;
                Ok(info.restart_count == 1 && info.state == ContainerState::Exited)
            })
            .await?;
            let info = ctx.inspect(&id).await?;
            same("exit code", info.exit_code, Some(137))?;
            holds("it is said to be for want of memory", info.oom_killed)?;
        }
    ),
];
