//! Cases on input that cannot be right: refused alike by every backend, by the field's name, with nothing made.

use super::prelude::*;
use std::collections::BTreeMap;

const GROUP: &str = "input";

/// The configuration is refused for that field, and nothing is made.
async fn bad(ctx: &Context, field: &str, config: ContainerConfig) -> Verdict {
    invalid(ctx.rt.create_container(config).await, field)?;
    same(
        "containers",
        ctx.list(Filters::new()).await?,
        [] as [ContainerId; 0],
    )
}

/// A configuration after one change.
fn with(ctx: &Context, change: impl FnOnce(&mut ContainerConfig)) -> ContainerConfig {
    let mut config = ctx.config(IDLE);
    change(&mut config);
    config
}

async fn list(ctx: &Context, key: &str, value: &str) -> Result<Vec<ContainerSummary>> {
    let filters = Filters::new().with(key, value);
    ctx.rt
        .list_containers(ListOptions::default().with_filters(filters))
        .await
}

pub(super) const CASES: &[Case] = &[
    case!("N1", create_refuses_an_empty_image, |ctx| {
        bad(ctx, "image", with(ctx, |config| config.image.clear())).await?;
    }),
    case!("N1", create_refuses_a_bad_reference, |ctx| {
        for image in [
            "Upper/Case",
            "a b",
            "../etc",
            "a//b",
            "busybox:",
            "busybox@sha256:12",
        ] {
            bad(
                ctx,
                "reference",
                with(ctx, |config| config.image = image.into()),
            )
            .await?;
        }
    }),
    case!("N2", create_refuses_an_empty_command, |ctx| {
        bad(
            ctx,
            "command",
            with(ctx, |config| config.command = Some(Vec::new())),
        )
        .await?;
        let nul = Some(vec!["echo".into(), "a\0b".into()]);
        bad(ctx, "command", with(ctx, |config| config.command = nul)).await?;
    }),
    case!("N3", create_refuses_a_bad_name, |ctx| {
        for name in [
            "", "a", "a/b", "/ab", "..", "../etc", "a b", "-ab", ".ab", "é",
        ] {
            bad(ctx, "name", ctx.config(IDLE).with_name(name)).await?;
        }
    }),
    case!("N4", create_refuses_absurd_limits, |ctx| {
        for cpus in [0.0, -1.0, 0.001, 1e9, f64::NAN, f64::INFINITY] {
            bad(ctx, "cpus", ctx.config(IDLE).with_cpus(cpus)).await?;
        }
        for memory in [0, 1, (6 << 20) - 1, u64::MAX] {
            bad(ctx, "memory", ctx.config(IDLE).with_memory(memory)).await?;
        }
        for pids in [0, u64::MAX] {
            bad(ctx, "pids_limit", ctx.config(IDLE).with_pids_limit(pids)).await?;
        }
    }),
    case!("N4", create_refuses_more_cpus_than_there_are, |ctx| {
        let cpus = some("a number of CPUs", ctx.rt.info().await?.cpus)?;
        let config = ctx.config(IDLE).with_cpus(f64::from(cpus) + 1.0);
        refused(
            ctx.rt.create_container(config).await,
            ErrorKind::InvalidInput,
        )?;
        none("containers", ctx.list(Filters::new()).await?)?;
    }),
    case!("N5", create_refuses_a_bad_mount, |ctx| {
        let mounts = [
            vec![Mount::tmpfs("relative")],
            vec![Mount::tmpfs("")],
            vec![Mount::tmpfs("/")],
            vec![Mount::tmpfs("/a/..")],
            vec![Mount::bind("relative", "/data")],
            vec![Mount::volume("a/b", "/data")],
            vec![Mount::tmpfs("/data"), Mount::anonymous("/data")],
            vec![Mount::tmpfs("/data"), Mount::tmpfs("//data/./")],
        ];
        for mounts in mounts {
            bad(ctx, "mounts", ctx.config(IDLE).with_mounts(mounts)).await?;
        }
    }),
    case!("N6", create_refuses_a_bad_environment_or_label, |ctx| {
        for env in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0")] {
            bad(ctx, "env", ctx.config(IDLE).with_env([env])).await?;
        }
        let nameless = BTreeMap::from([(String::new(), "x".to_owned())]);
        bad(
            ctx,
            "labels",
            with(ctx, |config| config.labels.extend(nameless)),
        )
        .await?;
    }),
    case!("N6", create_refuses_a_bad_place, |ctx| {
        for dir in ["", "relative", "/a\0b"] {
            bad(ctx, "working_dir", ctx.config(IDLE).with_working_dir(dir)).await?;
        }
        for hostname in ["", "-a", "a/b", "a b", &"a".repeat(64)] {
            bad(ctx, "hostname", ctx.config(IDLE).with_hostname(hostname)).await?;
        }
    }),
    case!("N7", create_refuses_a_restart_after_auto_remove, |ctx| {
        let config = ctx.config(IDLE).with_auto_remove(true);
        bad(
            ctx,
            "auto_remove",
            config.with_restart(RestartPolicy::Always),
        )
        .await?;
        let unknown = RestartPolicy::Other("sometimes".into());
        bad(ctx, "restart", ctx.config(IDLE).with_restart(unknown)).await?;
    }),
    case!(
        "N7",
        create_refuses_what_belongs_to_a_shared_network,
        |ctx| {
            let sharing = |change: fn(ContainerConfig) -> ContainerConfig| {
                let network = NetworkMode::Container("other".into());
                change(ctx.config(IDLE).with_network(network))
            };
            bad(ctx, "hostname", sharing(|c| c.with_hostname("own"))).await?;
            let port =
                |c: ContainerConfig| c.with_ports([PortMapping::new(std::num::NonZeroU16::MIN)]);
            bad(ctx, "ports", sharing(port)).await?;
            let host = |c: ContainerConfig| c.with_extra_hosts([ExtraHost::gateway("gate")]);
            bad(ctx, "extra_hosts", sharing(host)).await?;
        }
    ),
    case!("N7", create_refuses_an_unknown_capability, |ctx| {
        bad(ctx, "cap_add", ctx.config(IDLE).with_cap_add(["CAP_FLY"])).await?;
        bad(ctx, "cap_drop", ctx.config(IDLE).with_cap_drop([""])).await?;
    }),
    case!("N7", create_refuses_an_unknown_protocol, |ctx| {
        let port = PortMapping::new(std::num::NonZeroU16::MIN).with_protocol("smoke");
        bad(ctx, "ports", ctx.config(IDLE).with_ports([port])).await?;
    }),
    case!("N7", create_refuses_an_empty_health_check, |ctx| {
        for test in [
            HealthTest::Command(Vec::new()),
            HealthTest::Shell(String::new()),
        ] {
            let check = HealthCheck::new(test);
            bad(
                ctx,
                "health_check",
                ctx.config(IDLE).with_health_check(check),
            )
            .await?;
        }
    }),
    case!("N8", an_id_that_can_be_none_is_refused_everywhere, |ctx| {
        for id in [
            "", "a/b", "../x", ".", "a b", "a?b", "a%2fb", "a#b", "-a", "é", "a\nb",
        ] {
            let rt = &ctx.rt;
            invalid(rt.start_container(id, StartOptions::default()).await, "id")?;
            invalid(rt.stop_container(id, StopOptions::default()).await, "id")?;
            invalid(
                rt.remove_container(id, RemoveOptions::default()).await,
                "id",
            )?;
            invalid(
                rt.inspect_container(id, InspectOptions::default()).await,
                "id",
            )?;
            invalid(rt.wait_container(id, WaitOptions::default()).await, "id")?;
            invalid(rt.exec_container(id, ExecConfig::new(["true"])).await, "id")?;
            invalid(rt.container_logs(id, LogsOptions::default()).await, "id")?;
        }
    }),
    case!("N9", logs_of_no_stream_are_refused, |ctx| {
        let id = ctx.created(IDLE).await?;
        let neither = LogsOptions::default().with_stdout(false).with_stderr(false);
        invalid(ctx.rt.container_logs(&id, neither).await, "stdout")?;
    }),
    case!("N9", a_tail_or_size_that_is_no_number_is_refused, |_ctx| {
        for tail in ["", "abc", "-1", "+2", "2.5", "99999999999999999999", "All"] {
            invalid(tail.parse::<Tail>(), "tail")?;
        }
        same("all", "all".parse::<Tail>()?, Tail::All)?;
        same("20", "20".parse::<Tail>()?, Tail::Last(20))?;
    }),
    case!("N10", an_unknown_filter_key_is_refused_everywhere, |ctx| {
        let nope = || Filters::new().with("nope", "x");
        let rt = &ctx.rt;
        invalid(list(ctx, "nope", "x").await, "filters")?;
        let images = ListImagesOptions::default().with_filters(nope());
        invalid(rt.list_images(images).await, "filters")?;
        let images = PruneImagesOptions::default().with_filters(nope());
        invalid(rt.prune_images(images).await, "filters")?;
        let events = EventsOptions::default().with_filters(nope());
        invalid(rt.events(events).await, "filters")?;
    }),
    case!("N10", a_filter_value_that_cannot_be_is_refused, |ctx| {
        for (key, value) in [
            ("status", "stopped"),
            ("status", "RUNNING"),
            ("exited", "abc"),
            ("health", "fine"),
            ("label", ""),
            ("publish", "abc"),
        ] {
            invalid(list(ctx, key, value).await, "filters")?;
        }
        for (key, value) in [("dangling", "maybe"), ("reference", "busybo[x")] {
            let filters = Filters::new().with(key, value);
            let images = ListImagesOptions::default().with_filters(filters);
            invalid(ctx.rt.list_images(images).await, "filters")?;
        }
        let events = EventsOptions::default().with_filters(Filters::new().kind("weather"));
        invalid(ctx.rt.events(events).await, "filters")?;
    }),
    case!("N11", an_exec_without_a_program_is_refused, |ctx| {
        let id = ctx.running(IDLE).await?;
        let exec = |config| ctx.rt.exec_container(&id, config);
        let none: [&str; 0] = [];
        invalid(exec(ExecConfig::new(none)).await, "command")?;
        invalid(exec(ExecConfig::new([""])).await, "command")?;
        invalid(exec(ExecConfig::new(["echo", "a\0b"])).await, "command")?;
        let env = Env::from([("A=B", "x")]);
        invalid(exec(ExecConfig::new(["true"]).with_env(env)).await, "env")?;
        invalid(
            exec(ExecConfig::new(["true"]).with_working_dir("rel")).await,
            "working_dir",
        )?;
    }),
    case!("N12", an_unknown_wait_condition_is_refused, |ctx| {
        let id = ctx.created(IDLE).await?;
        let options = WaitOptions::default().with_condition("bogus");
        invalid(ctx.rt.wait_container(&id, options).await, "condition")?;
    }),
    case!("N12", a_grace_beyond_all_bounds_is_refused, |ctx| {
        let id = ctx.running(IDLE).await?;
        let grace = Grace::After(Duration::from_secs(u64::MAX));
        let options = StopOptions::default().with_grace(grace);
        invalid(ctx.rt.stop_container(&id, options).await, "grace")?;
        same("state", ctx.state(&id).await?, ContainerState::Running)?;
    }),
    case!("N13", since_after_until_is_refused, |ctx| {
        let until = Timestamp::UNIX_EPOCH;
        let options = EventsOptions::default().with_since(until + chrono::TimeDelta::seconds(1));
        invalid(ctx.rt.events(options.with_until(until)).await, "since")?;
    }),
    case!("N14", a_bad_image_name_is_refused_everywhere, |ctx| {
        for image in ["", "Upper/Case", "a b", "../etc", "a//b", "busybox:"] {
            let inspected = ctx
                .rt
                .inspect_image(image, InspectImageOptions::default())
                .await;
            invalid(inspected, "reference")?;
            let removed = ctx
                .rt
                .remove_image(image, RemoveImageOptions::default())
                .await;
            invalid(removed, "reference")?;
            invalid(image.parse::<ImageRef>(), "reference")?;
        }
    }),
    case!("N15", a_login_without_a_name_is_refused, |ctx| {
        invalid(
            ctx.rt.login(Credentials::new("", "secret")).await,
            "username",
        )?;
        let nowhere = Credentials::new("alice", "secret").with_registry("");
        invalid(ctx.rt.login(nowhere).await, "registry")?;
    }),
    case!(
        "N16",
        a_rename_to_no_name_is_refused,
        [Need::Operation(Operation::RenameContainer)],
        |ctx| {
            let id = ctx.created(IDLE).await?;
            for name in ["", "a", "a/b", "..", "a b"] {
                invalid(ctx.rt.rename_container(&id, name).await, "name")?;
            }
        }
    ),
    case!("N16", a_signal_that_is_none_is_refused, |_ctx| {
        for signal in ["", "0", "65", "-1", "NOPE", "SIG", "TERM "] {
            invalid(signal.parse::<Signal>(), "signal")?;
        }
    }),
    case!(
        "N17",
        a_bad_volume_name_is_refused,
        [Need::Volumes],
        |ctx| {
            let volumes = some("volumes", ctx.rt.volumes())?;
            for name in ["", "a", "a/b", "..", "a b"] {
                invalid(
                    volumes.create_volume(VolumeConfig::new(name)).await,
                    "volume",
                )?;
                invalid(volumes.inspect_volume(name).await, "volume")?;
            }
        }
    ),
];
