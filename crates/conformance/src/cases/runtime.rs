//! Cases on what holds for every operation: errors, pointers and layers, streams, the escape hatch.

use super::prelude::*;
use std::sync::Arc;

const GROUP: &str = "runtime";

/// A layer that does nothing.
#[derive(Debug)]
struct Nothing;

impl Layer for Nothing {
    async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        next().await
    }
}

/// A small life over any runtime: results, errors and streams.
async fn same_over(ctx: &Context, runtime: &dyn Runtime, id: &str) -> Verdict {
    let info = runtime
        .inspect_container(id, InspectOptions::default())
        .await?;
    same("inspected", info, ctx.inspect(id).await?)?;
    let log = runtime.container_logs(id, LogsOptions::default()).await?;
    let log: Vec<LogChunk> = log.try_collect().await?;
    same("log", all_text(&log), "hi\n")?;
    let exit = runtime.wait_container(id, WaitOptions::default()).await?;
    same("exit code", exit.await?.code, 3)?;
    let error = refused(
        runtime
            .stop_container(&ctx.name(), StopOptions::default())
            .await,
        ContainerNotFound,
    )?;
    same(
        "operation",
        error.operation(),
        Some(Operation::StopContainer),
    )?;
    same(
        "capabilities",
        runtime.capabilities(),
        ctx.rt.capabilities(),
    )?;
    same(
        "volumes",
        runtime.volumes().is_some(),
        ctx.rt.volumes().is_some(),
    )?;
    same(
        "networks",
        runtime.networks().is_some(),
        ctx.rt.networks().is_some(),
    )?;
    same(
        "a backend",
        runtime.backend().is_some(),
        ctx.rt.backend().is_some(),
    )
}

/// The error says where it happened and to what.
fn tells(error: &Error, operation: Operation, kind: ResourceKind, id: &str) -> Verdict {
    same("operation", error.operation(), Some(operation))?;
    let resource = some("a resource", error.resource())?;
    same("resource", resource, &Resource::new(kind, id))?;
    holds("there is a message", !error.message().is_empty())
}

pub(super) const CASES: &[Case] = &[
    case!("R1", an_error_tells_operation_and_container, |ctx| {
        let (rt, id) = (&ctx.rt, ctx.name());
        let gone = ContainerNotFound;
        let container =
            |error: Error, operation| tells(&error, operation, ResourceKind::Container, &id);
        let outcome = rt.start_container(&id, StartOptions::default()).await;
        container(refused(outcome, gone)?, Operation::StartContainer)?;
        let outcome = rt.stop_container(&id, StopOptions::default()).await;
        container(refused(outcome, gone)?, Operation::StopContainer)?;
        let outcome = rt.remove_container(&id, RemoveOptions::default()).await;
        container(refused(outcome, gone)?, Operation::RemoveContainer)?;
        let outcome = rt.inspect_container(&id, InspectOptions::default()).await;
        container(refused(outcome, gone)?, Operation::InspectContainer)?;
        let outcome = rt.wait_container(&id, WaitOptions::default()).await;
        container(refused(outcome, gone)?, Operation::WaitContainer)?;
        let outcome = rt.exec_container(&id, ExecConfig::new(["true"])).await;
        container(refused(outcome, gone)?, Operation::ExecContainer)?;
        let outcome = rt.container_logs(&id, LogsOptions::default()).await;
        container(refused(outcome, gone)?, Operation::ContainerLogs)?;
    }),
    case!("R1", an_error_tells_operation_and_image, |ctx| {
        let reference = format!("{}:none", ctx.name());
        let image =
            |error: Error, operation| tells(&error, operation, ResourceKind::Image, &reference);
        let outcome = ctx
            .rt
            .inspect_image(&reference, InspectImageOptions::default())
            .await;
        image(refused(outcome, ImageNotFound)?, Operation::InspectImage)?;
        let outcome = ctx
            .rt
            .remove_image(&reference, RemoveImageOptions::default())
            .await;
        image(refused(outcome, ImageNotFound)?, Operation::RemoveImage)?;
    }),
    case!("R1", an_error_from_the_engine_was_sent, |ctx| {
        let id = ctx.running(IDLE).await?;
        let outcome = ctx.rt.remove_container(&id, RemoveOptions::default()).await;
        let error = refused(outcome, Conflict)?;
        holds("it was sent", error.was_sent())?;
        holds("the same call fails again", !error.is_transient())?;
    }),
    case!("R2", pointers_are_what_they_point_to, |ctx| {
        let id = ctx.exited("echo hi; exit 3").await?;
        let arc: Arc<dyn Runtime> = ctx.rt.clone();
        same_over(ctx, &arc, &id).await?;
        let boxed: Box<dyn Runtime> = Box::new(arc.clone());
        same_over(ctx, &boxed, &id).await?;
        same_over(ctx, &&*arc, &id).await?;
    }),
    case!("R2", a_layer_that_does_nothing_changes_nothing, |ctx| {
        let id = ctx.exited("echo hi; exit 3").await?;
        let layered = ctx.rt.clone().layer(Nothing).layer(Nothing);
        same_over(ctx, &layered, &id).await?;
        let shared: Arc<dyn Runtime> = Arc::new(layered);
        same_over(ctx, &shared, &id).await?;
    }),
    case!(
        "R3",
        streams_and_waits_outlive_handle_and_arguments,
        |ctx| {
            let id = ctx.running("echo hi; sleep 1; echo bye; exit 3").await?;
            let (log, exit, feed) = {
                let (handle, id) = (ctx.rt.clone().layer(Nothing), id.to_string());
                let follow = LogsOptions::default().with_follow(true);
                let events = EventsOptions::default().with_filters(ctx.mine());
                (
                    handle.container_logs(&id, follow).await?,
                    handle.wait_container(&id, WaitOptions::default()).await?,
                    handle.events(events).await?,
                )
            };
            same(
                "log",
                all_text(&log.try_collect::<Vec<_>>().await?),
                "hi\nbye\n",
            )?;
            same("exit code", exit.await?.code, 3)?;
            Watch(feed).until(EventAction::Die).await?;
        }
    ),
    case!("R4", the_escape_hatch_refuses_another_type, |ctx| {
        holds(
            "no backend is a String",
            ctx.rt.backend_as::<String>().is_none(),
        )?;
    }),
    case!("R5", groups_are_there_as_declared, |ctx| {
        let has = ctx.rt.capabilities();
        for (group, there) in [
            ("VolumeOps", ctx.rt.volumes().is_some()),
            ("NetworkOps", ctx.rt.networks().is_some()),
        ] {
            let of_group = Operation::ALL
                .iter()
                .filter(|operation| operation.group() == group);
            for operation in of_group {
                holds(
                    format_args!("{operation} is declared only where its group is there"),
                    there || !has.supports(*operation),
                )?;
            }
        }
    }),
    case!("R5", required_operations_are_declared, |ctx| {
        let has = ctx.rt.capabilities();
        for operation in REQUIRED {
            holds(
                format_args!("{operation} is declared"),
                has.supports(*operation),
            )?;
        }
    }),
];

/// What every backend has.
const REQUIRED: &[Operation] = &[
    Operation::Info,
    Operation::Login,
    Operation::Close,
    Operation::CreateContainer,
    Operation::StartContainer,
    Operation::StopContainer,
    Operation::RemoveContainer,
    Operation::InspectContainer,
    Operation::ListContainers,
    Operation::WaitContainer,
    Operation::ExecContainer,
    Operation::ContainerLogs,
    Operation::PullImage,
    Operation::InspectImage,
    Operation::ListImages,
    Operation::RemoveImage,
    Operation::PruneImages,
    Operation::Events,
];
