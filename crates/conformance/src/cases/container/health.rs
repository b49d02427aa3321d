//! Health checks: what a container is probed with, and what is made of it.

use super::{GROUP, prelude::*};

const CHECK: Need = Need::Option("create_container.health_check");

/// A check that runs so often.
fn every(milliseconds: u64, line: &str) -> HealthCheck {
    let interval = Duration::from_millis(milliseconds);
    HealthCheck::new(HealthTest::Shell(line.into())).with_interval(interval)
}

/// What is known of it, once there is something to be known.
async fn health(ctx: &Context, id: &str) -> Verdict<Health> {
    some("a health", ctx.inspect(id).await?.health)
}

/// Its health once it is so.
async fn once(
    ctx: &Context,
    id: &str,
    what: &str,
    so: impl Fn(&Health) -> bool,
) -> Verdict<Health> {
    ctx.eventually(what, || async { Ok(so(&health(ctx, id).await?)) })
        .await?;
    health(ctx, id).await
}

async fn probed(ctx: &Context, check: HealthCheck) -> Verdict<(ContainerId, Health)> {
    let config = ctx.config(IDLE).with_health_check(check);
    let id = ctx.started(config).await?;
    let found = once(ctx, &id, "a probe", |health| !health.log.is_empty()).await?;
    Ok((id, found))
}

fn first(health: &Health) -> Verdict<&HealthProbe> {
    some("a probe", health.log.first())
}

pub(super) const CASES: &[Case] = &[
    case!(
        "C200",
        before_the_first_start_there_is_no_health,
        [CHECK],
        |ctx| {
            let config = ctx.config(IDLE).with_health_check(every(60_000, "true"));
            let id = ctx.create(config).await?;
            same("health", ctx.inspect(&id).await?.health, None)?;
            ctx.start(&id).await?;
            let begun = health(ctx, &id).await?;
            same("status", begun.status, HealthStatus::Starting)?;
            none("probes", begun.log)?;
        }
    ),
    case!(
        "C200",
        a_new_run_starts_and_remembers_the_probes,
        [CHECK],
        |ctx| {
            let check = every(300, "test -e /ready").with_retries(1);
            let id = ctx
                .started(ctx.config(IDLE).with_health_check(check))
                .await?;
            once(ctx, &id, "five probes", |health| health.log.len() == 5).await?;
            ctx.stop(&id).await?;
            let before = health(ctx, &id).await?;
            same("probes", before.log.len(), 5)?;
            holds("failures are counted", before.failing_streak >= 5)?;
            ctx.start(&id).await?;
            let begun = health(ctx, &id).await?;
            let last = |health: &Health| health.log.last().map(|probe| probe.started_at);
            if last(&begun) == last(&before) {
                same("status", begun.status, HealthStatus::Starting)?;
                same("failures", begun.failing_streak, 0)?;
            }
            let seen = begun.log.iter().filter(|probe| before.log.contains(probe));
            holds("the probes of before are shown", seen.count() >= 3)?;
        }
    ),
    case!(
        "C201",
        failures_in_a_row_make_it_unhealthy,
        [CHECK],
        |ctx| {
            let check = every(500, "test -e /ready").with_retries(3);
            let (id, _) = probed(ctx, check).await?;
            let failed = once(ctx, &id, "three failures", |health| {
                health.failing_streak >= 3
            });
            same("status", failed.await?.status, HealthStatus::Unhealthy)?;
            ctx.exec(&id, "touch /ready").await?;
            let healthy = HealthStatus::Healthy;
            let well = once(ctx, &id, "healthy", |health| health.status == healthy).await?;
            same("failures in a row", well.failing_streak, 0)?;
            ctx.exec(&id, "rm /ready").await?;
            let failed = once(ctx, &id, "a failure", |health| health.failing_streak > 0).await?;
            if failed.failing_streak < 3 {
                same("status", failed.status, HealthStatus::Healthy)?;
            }
        }
    ),
    case!("C201", probes_come_in_their_interval, [CHECK], |ctx| {
        let (id, _) = probed(ctx, every(1_000, "sleep 0.5")).await?;
        let found = once(ctx, &id, "three probes", |health| health.log.len() >= 3).await?;
        for pair in found.log.windows(2) {
            let ended = some("an end", pair[0].finished_at)?;
            let next = some("a beginning", pair[1].started_at)?;
            let pause = (next - ended).num_milliseconds();
            holds(
                format_args!("a second between two probes, not {pause} ms"),
                (950..4_000).contains(&pause),
            )?;
        }
    }),
    case!("C202", a_probe_is_run_as_an_exec_would_be, [CHECK], |ctx| {
        let words = ["sh", "-c", "id -u; pwd; echo $COLOUR; echo err >&2; exit 3"];
        let words = words.map(str::to_owned).to_vec();
        let check = HealthCheck::new(HealthTest::Command(words));
        let config = ctx
            .config(IDLE)
            .with_user("123")
            .with_working_dir("/tmp")
            .with_env([("COLOUR", "blue")])
            .with_health_check(check.with_interval(Duration::from_millis(300)));
        let id = ctx.started(config).await?;
        let found = once(ctx, &id, "a probe", |health| !health.log.is_empty()).await?;
        let probe = first(&found)?;
        same("exit code", probe.exit_code, 3)?;
        // The two streams are read apart.
        let mut lines: Vec<_> = probe.output.lines().collect();
        lines.sort_unstable();
        same("output", lines, ["/tmp", "123", "blue", "err"])?;
        holds("it took its time", probe.finished_at > probe.started_at)?;
    }),
    case!(
        "C202",
        what_a_probe_writes_is_shown_in_part,
        [CHECK],
        |ctx| {
            let (_, found) = probed(ctx, every(300, "yes | head -c 10000")).await?;
            let output = &first(&found)?.output;
            same("length", output.len(), 4096 + 3)?;
            holds("it is cut", output.ends_with("y\n..."))?;
        }
    ),
    case!(
        "C203",
        a_probe_that_takes_too_long_has_failed,
        [CHECK],
        |ctx| {
            let check = every(300, "sleep 60").with_timeout(Duration::from_secs(1));
            let (_, found) = probed(ctx, check).await?;
            let probe = first(&found)?;
            same("exit code", probe.exit_code, -1)?;
            holds("it says so", probe.output.contains("exceeded timeout (1s)"))?;
            same("failures in a row", found.failing_streak, 1)?;
        }
    ),
    case!(
        "C204",
        a_probe_that_cannot_be_run_has_failed,
        [CHECK],
        |ctx| {
            let check = HealthCheck::new(HealthTest::Command(vec!["no-such-program".into()]));
            let check = check.with_interval(Duration::from_millis(300));
            let (_, found) = probed(ctx, check).await?;
            let probe = first(&found)?;
            same("exit code", probe.exit_code, -1)?;
            holds("it says so", probe.output.contains("no-such-program"))?;
        }
    ),
    case!(
        "C205",
        while_it_starts_failures_do_not_count,
        [CHECK],
        |ctx| {
            let check = every(1_000, "exit 1")
                .with_retries(1)
                .with_start_period(Duration::from_secs(60));
            let (_, found) = probed(ctx, check).await?;
            same("exit code", first(&found)?.exit_code, 1)?;
            same("status", found.status, HealthStatus::Starting)?;
            same("failures in a row", found.failing_streak, 0)?;
        }
    ),
    case!(
        "C206",
        a_paused_one_is_not_probed,
        [
            CHECK,
            Need::Operation(Operation::PauseContainer),
            Need::Operation(Operation::UnpauseContainer),
        ],
        |ctx| {
            let (id, _) = probed(ctx, every(500, "true")).await?;
            ctx.rt.pause_container(&id).await?;
            let frozen = health(ctx, &id).await?;
            same("status", frozen.status.clone(), HealthStatus::Unhealthy)?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            same("health", health(ctx, &id).await?, frozen)?;
            ctx.rt.unpause_container(&id).await?;
            let healthy = HealthStatus::Healthy;
            once(ctx, &id, "healthy", |health| health.status == healthy).await?;
        }
    ),
    case!("C207", with_the_run_the_probing_ends, [CHECK], |ctx| {
        let (id, _) = probed(ctx, every(300, "true")).await?;
        ctx.stop(&id).await?;
        let ended = health(ctx, &id).await?;
        same("status", ended.status.clone(), HealthStatus::Unhealthy)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        same("health", health(ctx, &id).await?, ended)?;
    }),
    case!("C208", no_test_is_no_check, [CHECK], |ctx| {
        let check = HealthCheck::new(HealthTest::None);
        let id = ctx
            .started(ctx.config(IDLE).with_health_check(check))
            .await?;
        let info = ctx.inspect(&id).await?;
        same("health", info.health, None)?;
        let kept = info.config.health_check.map(|check| check.test);
        same("test", kept, Some(HealthTest::None))?;
    }),
    case!("C209", lists_show_health_and_choose_by_it, [CHECK], |ctx| {
        let checked = |line| ctx.config(IDLE).with_health_check(every(300, line));
        let starting = ctx.started(checked("sleep 60")).await?;
        let healthy = ctx.started(checked("true")).await?;
        let without = ctx.running(IDLE).await?;
        let unborn = ctx.create(checked("true")).await?;
        let well = HealthStatus::Healthy;
        once(ctx, &healthy, "healthy", |health| health.status == well).await?;
        for (status, text, expected) in [
            ("starting", " (health: starting)", vec![&starting]),
            ("healthy", " (healthy)", vec![&healthy]),
            ("unhealthy", "", vec![]),
            ("none", "", vec![&unborn, &without]),
        ] {
            let filters = ctx.mine().health(status);
            let options = ListOptions::default().with_all(true).with_filters(filters);
            let listed = ctx.rt.list_containers(options).await?;
            let ids: Vec<_> = listed.iter().map(|container| &container.id).collect();
            same(status, ids, expected)?;
            let shown = listed.iter().all(|known| known.status.ends_with(text));
            holds(format_args!("{text:?} is shown: {listed:?}"), shown)?;
        }
    }),
];
