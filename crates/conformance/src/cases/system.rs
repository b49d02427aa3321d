//! Cases on the engine itself.

use super::prelude::*;

const GROUP: &str = "system";

pub(super) const CASES: &[Case] = &[
    case!("S1", info_tells_engine_and_version, |ctx| {
        let info = ctx.rt.info().await?;
        holds("the engine is one word", {
            !info.engine.is_empty() && info.engine.bytes().all(|b| b.is_ascii_lowercase())
        })?;
        holds("the version begins with a number", {
            info.version.starts_with(|c: char| c.is_ascii_digit())
        })?;
        same("system", info.os.as_deref(), Some("linux"))?;
        some("an architecture", info.architecture)?;
        holds("there is a CPU", info.cpus.is_some_and(|cpus| cpus > 0))?;
        holds(
            "there is memory",
            info.memory.is_some_and(|memory| memory > 0),
        )?;
    }),
    case!(
        "S1",
        info_counts_containers_by_state,
        [Need::Exclusive],
        |ctx| {
            let before = ctx.rt.info().await?;
            ctx.created(IDLE).await?;
            ctx.exited("exit 0").await?;
            ctx.running(IDLE).await?;
            let after = ctx.rt.info().await?;
            same("containers", after.containers, before.containers + 3)?;
            same(
                "running",
                after.containers_running,
                before.containers_running + 1,
            )?;
            same(
                "stopped",
                after.containers_stopped,
                before.containers_stopped + 2,
            )?;
            same("paused", after.containers_paused, before.containers_paused)?;
            let images = ctx.rt.list_images(ListImagesOptions::default()).await?;
            same("images", after.images, images.len() as u64)?;
        }
    ),
    case!(
        "S2",
        ping_is_answered,
        [Need::Operation(Operation::Ping)],
        |ctx| {
            ctx.rt.ping().await?;
        }
    ),
    case!(
        "S2",
        ping_tells_the_version_that_version_tells,
        [
            Need::Operation(Operation::Ping),
            Need::Operation(Operation::Version),
        ],
        |ctx| {
            let (ping, version) = (ctx.rt.ping().await?, ctx.rt.version().await?);
            if let (Some(newest), Some(told)) = (ping.api_version, version.api_version) {
                same("API version", newest, told)?;
            }
        }
    ),
    case!(
        "S3",
        version_tells_what_info_tells,
        [Need::Operation(Operation::Version)],
        |ctx| {
            let (info, version) = (ctx.rt.info().await?, ctx.rt.version().await?);
            same("engine", version.engine, info.engine)?;
            same("version", version.version, info.version)?;
            same(
                "system",
                version.platform.map(|platform| platform.os),
                info.os,
            )?;
        }
    ),
    case!("S4", login_at_a_dead_registry_is_connection_failed, |ctx| {
        let credentials = Credentials::new("alice", "secret").with_registry("127.0.0.1:1");
        refused(ctx.rt.login(credentials).await, ErrorKind::ConnectionFailed)?;
    }),
    case!("S4", a_password_is_in_no_error, |ctx| {
        let credentials = Credentials::new("alice", "s3cr3t-w0rd").with_registry("127.0.0.1:1");
        let error = refused(ctx.rt.login(credentials).await, ErrorKind::ConnectionFailed)?;
        let shown = format!("{error} {error:?}");
        holds(
            format_args!("it is not in {shown}"),
            !shown.contains("s3cr3t-w0rd"),
        )?;
    }),
    case!("S5", close_is_ok_twice, |ctx| {
        let runtime = ctx.harness.connect().await?;
        runtime.close().await?;
        runtime.close().await?;
    }),
    case!("S5", what_is_closed_answers_connection_failed, |ctx| {
        let runtime = ctx.harness.connect().await?;
        let clone = runtime.clone();
        runtime.close().await?;
        let kind = ErrorKind::ConnectionFailed;
        refused(runtime.info().await, kind)?;
        refused(clone.list_containers(ListOptions::default()).await, kind)?;
        refused(
            clone
                .inspect_container(&ctx.name(), InspectOptions::default())
                .await,
            kind,
        )?;
        refused(runtime.create_container(ctx.config(IDLE)).await, kind)?;
        refused(runtime.events(EventsOptions::default()).await, kind)?;
    }),
    case!("S5", a_stream_that_is_open_ends_with_the_close, |ctx| {
        let runtime = ctx.harness.connect().await?;
        let mut feed = runtime
            .events(EventsOptions::default().with_filters(ctx.mine()))
            .await?;
        runtime.close().await?;
        refused(
            some("an error", feed.next().await)?,
            ErrorKind::ConnectionFailed,
        )?;
        holds("it ends after its error", feed.next().await.is_none())?;
    }),
    case!(
        "S5",
        a_close_leaves_the_engine_and_other_handles_alone,
        |ctx| {
            let id = ctx.running(IDLE).await?;
            ctx.harness.connect().await?.close().await?;
            same("state", ctx.state(&id).await?, ContainerState::Running)?;
        }
    ),
    case!(
        "S6",
        disk_usage_counts_images,
        [Need::Operation(Operation::DiskUsage)],
        |ctx| {
            let usage = ctx.rt.disk_usage(DiskUsageOptions::default()).await?;
            let image = ctx.image_info(ctx.image()).await?;
            holds(
                format_args!("{usage:?} has the image under test"),
                usage.images >= image.size,
            )?;
        }
    ),
];
