//! What single operations refuse.

use super::{GROUP, prelude::*};

async fn list(ctx: &Context, key: &str, value: &str) -> Result<Vec<ContainerSummary>> {
    let filters = Filters::new().with(key, value);
    ctx.rt
        .list_containers(ListOptions::default().with_filters(filters))
        .await
}

pub(super) const CASES: &[Case] = &[
    case!("N9", logs_of_no_stream_are_refused, |ctx| {
        let id = ctx.created(IDLE).await?;
        let neither = LogsOptions::default().with_stdout(false).with_stderr(false);
        invalid(ctx.rt.container_logs(&id, neither).await, "stdout")?;
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
