//! `create_container`.

use super::{GROUP, prelude::*};
use std::collections::BTreeMap;

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
];
