//! `create_container`: what each field of its configuration does, but for those of [`super::surroundings`].

use super::{GROUP, prelude::*};
use std::collections::BTreeSet;

async fn becomes(ctx: &Context, id: &str, status: HealthStatus) -> Verdict {
    ctx.eventually(status.as_str(), || async {
        let health = ctx.inspect(id).await?.health;
        Ok(health.is_some_and(|health| health.status == status))
    })
    .await
}

pub(super) const CASES: &[Case] = &[
    case!("C8", the_environment_is_added_to_the_images, |ctx| {
        let env = [("COLOUR", "blue"), ("EMPTY", ""), ("SPACED", "a b=c")];
        let config = ctx.config(r#"echo "$COLOUR,$EMPTY,$SPACED"; test -n "$PATH" && echo path"#);
        let (id, _) = ctx.finished(config.with_env(env)).await?;
        let output = text(
            &ctx.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        );
        same("output", output, "blue,,a b=c\npath\n")?;
        let config = ctx.inspect(&id).await?.config;
        for (name, value) in env {
            same(name, config.env.get(name).map(String::as_str), Some(value))?;
        }
        some("PATH, which the image has", config.env.get("PATH"))?;
    }),
    case!("C9", labels_are_kept, |ctx| {
        let mut config = ctx.config(IDLE);
        config.labels.extend([
            ("a.b/c".into(), "x=y z".into()),
            ("empty".into(), String::new()),
        ]);
        let id = ctx.create(config.clone()).await?;
        let labels = ctx.inspect(&id).await?.config.labels;
        for (key, value) in &config.labels {
            same(key, labels.get(key), Some(value))?;
        }
    }),
    case!("C10", the_working_dir_is_made_and_entered, |ctx| {
        let config = ctx.config("pwd").with_working_dir("/deep/new");
        same("output", ctx.output(config.clone()).await?, "/deep/new\n")?;
        let id = ctx.create(config).await?;
        same(
            "field",
            ctx.inspect(&id).await?.config.working_dir.as_deref(),
            Some("/deep/new"),
        )?;
    }),
    case!("C10", a_working_dir_that_is_a_file_is_refused, |ctx| {
        let config = ctx.config(IDLE).with_working_dir("/etc/passwd");
        let created = ctx.rt.create_container(config).await;
        refused(created, ErrorKind::InvalidInput)?;
        none("containers", ctx.list(Filters::new()).await?)?;
    }),
    case!(
        "C10",
        a_create_that_fails_by_its_working_dir_leaves_the_named_volume,
        [Need::Volumes],
        |ctx| {
            let name = ctx.volume_name();
            let config = ctx.config(IDLE).with_working_dir("/etc/passwd/sub");
            let config = config.with_mounts([Mount::volume(&name, "/data")]);
            let created = ctx.rt.create_container(config).await;
            refused(created, ErrorKind::InvalidInput)?;
            let volumes = some("volumes", ctx.rt.volumes())?;
            same("volume", volumes.inspect_volume(&name).await?.name, name)?;
        }
    ),
    case!(
        "C10",
        a_create_that_fails_by_its_working_dir_leaves_no_anonymous_volume,
        [Need::Volumes, Need::Exclusive],
        |ctx| {
            let volumes = some("volumes", ctx.rt.volumes())?;
            let before = volumes.list_volumes(ListVolumesOptions::default()).await?;
            let config = ctx.config(IDLE).with_working_dir("/etc/passwd");
            let config = config.with_mounts([Mount::anonymous("/data")]);
            let created = ctx.rt.create_container(config).await;
            refused(created, ErrorKind::InvalidInput)?;
            let after = volumes.list_volumes(ListVolumesOptions::default()).await?;
            same("volumes", after, before)?;
        }
    ),
    case!("C11", the_user_is_taken, |ctx| {
        let config = ctx.config("id -u; id -g").with_user("123:456");
        same("output", ctx.output(config.clone()).await?, "123\n456\n")?;
        let id = ctx.create(config).await?;
        same(
            "field",
            ctx.inspect(&id).await?.config.user.as_deref(),
            Some("123:456"),
        )?;
    }),
    case!("C12", the_hostname_is_taken, |ctx| {
        let config = ctx.config("hostname").with_hostname("pier-9");
        same("output", ctx.output(config).await?, "pier-9\n")?;
    }),
    case!("C12", without_a_hostname_it_is_the_short_id, |ctx| {
        let (id, _) = ctx.finished(ctx.config("hostname")).await?;
        let output = text(
            &ctx.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        );
        same("output", output.trim_end(), id.short())?;
    }),
    case!("C13", a_terminal_makes_one_of_both_streams, |ctx| {
        let (id, _) = ctx
            .finished(ctx.config("echo out; echo err >&2").with_tty(true))
            .await?;
        holds("the field is kept", ctx.inspect(&id).await?.config.tty)?;
        let log = ctx.logs(&id, LogsOptions::default()).await?;
        same("console", text(&log, &LogSource::Console), "out\r\nerr\r\n")?;
        same("everything", all_text(&log), "out\r\nerr\r\n")?;
    }),
    case!("C14", open_stdin_is_kept, |ctx| {
        let id = ctx.create(ctx.config("cat").with_open_stdin(true)).await?;
        holds("stdin is open", ctx.inspect(&id).await?.config.open_stdin)?;
        let other = ctx.created("cat").await?;
        holds(
            "stdin is not open",
            !ctx.inspect(&other).await?.config.open_stdin,
        )?;
        same(
            "exit without stdin",
            ctx.finished(ctx.config("cat")).await?.1.code,
            0,
        )?;
    }),
    case!("C17", limits_are_kept, |ctx| {
        let config = ctx
            .config(IDLE)
            .with_cpus(0.5)
            .with_memory(64 << 20)
            .with_pids_limit(50);
        let config = ctx.inspect(&ctx.create(config).await?).await?.config;
        same("cpus", config.cpus, Some(0.5))?;
        same("memory", config.memory, Some(64 << 20))?;
        same("pids limit", config.pids_limit, Some(50))?;
        let free = ctx.inspect(&ctx.created(IDLE).await?).await?.config;
        same("without limits", (free.cpus, free.memory), (None, None))?;
    }),
    case!("C18", privileges_are_kept, |ctx| {
        let config = ctx
            .inspect(&ctx.create(ctx.config(IDLE).with_privileged(true)).await?)
            .await?;
        holds("it is privileged", config.config.privileged)?;
        let config = ctx
            .config(IDLE)
            .with_cap_add(["NET_ADMIN"])
            .with_cap_drop(["KILL", "CHOWN"]);
        let config = ctx.inspect(&ctx.create(config).await?).await?.config;
        holds("it is not privileged", !config.privileged)?;
        let bare = |names: Vec<String>| {
            let names = names
                .iter()
                .map(|name| name.trim_start_matches("CAP_").to_owned());
            names.collect::<BTreeSet<_>>()
        };
        same(
            "added",
            bare(config.cap_add),
            ["NET_ADMIN".to_owned()].into(),
        )?;
        same(
            "dropped",
            bare(config.cap_drop),
            ["CHOWN".to_owned(), "KILL".to_owned()].into(),
        )?;
    }),
    case!("C19", a_read_only_root_refuses_writes, |ctx| {
        let config = ctx
            .config("echo x > /x || exit 9")
            .with_read_only_root(true);
        let (id, exit) = ctx.finished(config).await?;
        same("exit code", exit.code, 9)?;
        holds(
            "the field is kept",
            ctx.inspect(&id).await?.config.read_only_root,
        )?;
    }),
    case!("C20", auto_remove_removes_at_the_exit, |ctx| {
        let id = ctx
            .create(ctx.config("exit 5").with_auto_remove(true))
            .await?;
        holds(
            "the field is kept",
            ctx.inspect(&id).await?.config.auto_remove,
        )?;
        let gone = ctx.wait(&id, WaitCondition::Removed).await?;
        ctx.start(&id).await?;
        same("exit code", gone.await?.code, 5)?;
        let inspected = ctx
            .rt
            .inspect_container(&id, InspectOptions::default())
            .await;
        refused(inspected, ContainerNotFound)?;
    }),
    case!("C20", auto_remove_removes_after_a_failed_start, |ctx| {
        let config = ctx
            .bare()
            .with_command(["/no/such/program"])
            .with_auto_remove(true);
        let id = ctx.create(config).await?;
        let started = ctx.rt.start_container(&id, StartOptions::default()).await;
        refused(started, ErrorKind::InvalidInput)?;
        ctx.eventually("it is gone", || async {
            Ok(ctx.list(Filters::new()).await?.is_empty())
        })
        .await?;
    }),
    case!("C21", init_is_kept, |ctx| {
        let id = ctx.create(ctx.config(IDLE).with_init(true)).await?;
        holds("init is wished", ctx.inspect(&id).await?.config.init)?;
        let other = ctx.created(IDLE).await?;
        holds(
            "init is not wished",
            !ctx.inspect(&other).await?.config.init,
        )?;
    }),
    case!(
        "C21",
        with_init_a_missing_program_is_the_inits_to_tell,
        |ctx| {
            let programs = [
                ("no-such-program", 127, "No such file or directory"),
                ("/etc", 126, "Permission denied"),
            ];
            for (program, code, why) in programs {
                let config = ctx.bare().with_command([program]).with_init(true);
                let (id, exit) = ctx.finished(config).await?;
                same("exit code", exit.code, code)?;
                let log = ctx.logs(&id, LogsOptions::default()).await?;
                let told = text(&log, &LogSource::Stderr);
                let expected = format!("exec {program} failed: {why}");
                holds(
                    format_args!("{expected:?} is in {told:?}"),
                    told.contains(&expected),
                )?;
            }
        }
    ),
    case!(
        "C24",
        the_images_own_platform_is_taken,
        [Need::Option("create_container.platform")],
        |ctx| {
            let image = ctx.image_info(ctx.image()).await?;
            let own = some("a platform", image.platform)?;
            let id = ctx.create(ctx.config(IDLE).with_platform(own)).await?;
            same("state", ctx.state(&id).await?, ContainerState::Created)?;
        }
    ),
    case!(
        "C24",
        another_platform_is_image_not_found,
        [Need::Option("create_container.platform")],
        |ctx| {
            let config = ctx
                .config(IDLE)
                .with_platform(Platform::new("linux", "s390x"));
            refused(ctx.rt.create_container(config).await, ImageNotFound)?;
            none("containers", ctx.list(Filters::new()).await?)?;
        }
    ),
    case!(
        "C25",
        a_restart_policy_is_kept,
        [Need::Option("create_container.restart")],
        |ctx| {
            for policy in [
                RestartPolicy::Always,
                RestartPolicy::UnlessStopped,
                RestartPolicy::on_failure(0),
                RestartPolicy::on_failure(3),
            ] {
                let id = ctx
                    .create(ctx.config(IDLE).with_restart(policy.clone()))
                    .await?;
                same("policy", ctx.inspect(&id).await?.config.restart, policy)?;
            }
            let none = ctx.created(IDLE).await?;
            same(
                "policy",
                ctx.inspect(&none).await?.config.restart,
                RestartPolicy::No,
            )?;
        }
    ),
    case!(
        "C25",
        a_failure_is_started_again,
        [Need::Option("create_container.restart")],
        |ctx| {
            let config = ctx
                .config("echo run; exit 1")
                .with_restart(RestartPolicy::on_failure(2));
            let id = ctx.started(config).await?;
            ctx.eventually("two restarts and the end", || async {
                let info = ctx.inspect(&id).await?;
                Ok(info.restart_count == 2 && info.state == ContainerState::Exited)
            })
            .await?;
            same("log", ctx.rt.logs_text(&id).await?, "run\nrun\nrun\n")?;
        }
    ),
    case!(
        "C25",
        a_stop_ends_the_restarts,
        [Need::Option("create_container.restart")],
        |ctx| {
            let id = ctx
                .started(ctx.config(IDLE).with_restart(RestartPolicy::Always))
                .await?;
            ctx.stop(&id).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            same("state", ctx.state(&id).await?, ContainerState::Exited)?;
        }
    ),
    case!(
        "C26",
        a_health_check_is_kept,
        [Need::Option("create_container.health_check")],
        |ctx| {
            let check = HealthCheck::new(HealthTest::Shell("test -e /ready".into()))
                .with_interval(Duration::from_secs(2))
                .with_timeout(Duration::from_millis(1500))
                .with_retries(4)
                .with_start_period(Duration::from_secs(5));
            let id = ctx
                .create(ctx.config(IDLE).with_health_check(check.clone()))
                .await?;
            same(
                "check",
                ctx.inspect(&id).await?.config.health_check,
                Some(check),
            )?;
        }
    ),
    case!(
        "C26",
        health_follows_its_check,
        [Need::Option("create_container.health_check")],
        |ctx| {
            let check = HealthCheck::new(HealthTest::Shell("test -e /ready".into()))
                .with_interval(Duration::from_secs(1))
                .with_retries(1);
            let id = ctx
                .started(ctx.config(IDLE).with_health_check(check))
                .await?;
            becomes(ctx, &id, HealthStatus::Unhealthy).await?;
            ctx.exec(&id, "touch /ready").await?;
            becomes(ctx, &id, HealthStatus::Healthy).await?;
        }
    ),
];
