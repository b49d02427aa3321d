//! What is told of a container that the engine itself takes care of.

use super::{GROUP, expect, prelude::*};

const POLICY: Need = Need::Option("create_container.restart");
const CHECK: Need = Need::Option("create_container.health_check");

/// What is told after the last end of a run.
async fn after_the_last_end(mut watch: Watch) -> Verdict<Vec<Event>> {
    let mut seen = watch.until(EventAction::Destroy).await?;
    let last = seen
        .iter()
        .rposition(|event| event.action == EventAction::Die);
    Ok(seen.split_off(some("an end of a run", last)? + 1))
}

pub(super) const CASES: &[Case] = &[
    case!("E13", each_run_of_a_policy_is_told, [POLICY], |ctx| {
        let mut watch = ctx.watch().await?;
        let config = ctx
            .config("exit 3")
            .with_restart(RestartPolicy::on_failure(1));
        let id = ctx.started(config).await?;
        let mut seen = watch.until(EventAction::Die).await?;
        seen.extend(watch.until(EventAction::Die).await?);
        ctx.remove(&id).await?;
        seen.extend(watch.until(EventAction::Destroy).await?);
        let runs = ["create", "start", "die", "start", "die", "destroy"];
        expect(&seen, &runs)?;
        let codes = seen
            .iter()
            .filter_map(|event| event.attributes.get("exitCode"));
        same("codes", codes.collect::<Vec<_>>(), ["3", "3"])?;
    }),
    case!(
        "E13",
        a_stop_between_two_runs_tells_no_signal,
        [POLICY],
        |ctx| {
            let watch = ctx.watch().await?;
            let id = ctx.between_runs("exit 7").await?;
            ctx.stop(&id).await?;
            ctx.remove(&id).await?;
            expect(&after_the_last_end(watch).await?, &["stop", "destroy"])?;
        }
    ),
    case!(
        "E13",
        a_kill_between_two_runs_is_not_told,
        [POLICY, Need::Operation(Operation::KillContainer)],
        |ctx| {
            let watch = ctx.watch().await?;
            let id = ctx.between_runs("exit 7").await?;
            ctx.kill(&id, Signal::KILL).await?;
            ctx.remove(&id).await?;
            expect(&after_the_last_end(watch).await?, &["destroy"])?;
        }
    ),
    case!("E14", a_probe_is_told_and_what_it_changes, [CHECK], |ctx| {
        let mut watch = ctx.watch().await?;
        let check = HealthCheck::new(HealthTest::Shell("exit 3".into()))
            .with_interval(Duration::from_millis(500))
            .with_retries(1);
        let id = ctx
            .started(ctx.config(IDLE).with_health_check(check))
            .await?;
        watch.until(EventAction::Start).await?;
        let seen = watch.until(EventAction::HealthStatus).await?;
        let steps = ["exec_create", "exec_start", "exec_die", "health_status"];
        expect(&seen, &steps)?;
        let details: Vec<_> = seen.iter().map(|event| event.detail.as_deref()).collect();
        let line = Some("/bin/sh -c exit 3");
        same("details", details, [line, line, None, Some("unhealthy")])?;
        let code = seen[2].attributes.get("exitCode").map(String::as_str);
        same("code", code, Some("3"))?;
        // What stays as it is is not told again.
        expect(&watch.until(EventAction::ExecDie).await?, &steps[..3])?;
        let next = watch.next().await?;
        same("action", next.action, EventAction::ExecCreate)?;
        ctx.remove(&id).await?;
    }),
    case!("E14", the_end_of_a_run_tells_of_no_health, [CHECK], |ctx| {
        let mut watch = ctx.watch().await?;
        let check = HealthCheck::new(HealthTest::Shell("true".into()))
            .with_interval(Duration::from_secs(1));
        let config = ctx.config(IDLE).with_health_check(check);
        let id = ctx.started(config).await?;
        watch.until(EventAction::HealthStatus).await?;
        ctx.stop(&id).await?;
        ctx.remove(&id).await?;
        let mut seen = watch.until(EventAction::Destroy).await?;
        seen.retain(|event| event.action == EventAction::HealthStatus);
        none("told of health", seen)?;
    }),
    case!(
        "E15",
        memory_that_is_used_up_is_told_before_the_end,
        |ctx| {
            let mut watch = ctx.watch().await?;
            ctx.finished(ctx.hungry()).await?;
            let mut seen = watch.until(EventAction::Die).await?;
            // It may be told more than once.
            seen.dedup_by_key(|event| event.action.clone());
            expect(&seen, &["create", "start", "oom", "die"])?;
            let code = seen[3].attributes.get("exitCode").map(String::as_str);
            same("code", code, Some("137"))?;
        }
    ),
];
