//! `create_container` and `start_container`: the network of another container.

use super::{GROUP, prelude::*};

const NETWORK: Need = Need::Option("create_container.network");

/// In the network of that container.
fn beside(ctx: &Context, other: &str) -> ContainerConfig {
    let mode = NetworkMode::Container(other.to_owned());
    ctx.config(IDLE).with_network(mode)
}

/// Sees that its start is refused so, and told in its exit code.
async fn fails_to_join(ctx: &Context, id: &str, kind: ErrorKind) -> Verdict {
    let started = ctx.rt.start_container(id, StartOptions::default()).await;
    refused(started, kind)?;
    let info = ctx.inspect(id).await?;
    same("state", info.state, ContainerState::Created)?;
    same("exit code", info.exit_code, Some(128))?;
    some("the error's text", info.error).map(drop)
}

pub(super) const CASES: &[Case] = &[
    case!(
        "C22",
        a_network_of_another_container_is_shared,
        [NETWORK],
        |ctx| {
            let first = ctx.running(IDLE).await?;
            let id = ctx.started(beside(ctx, &first)).await?;
            let info = ctx.inspect(&id).await?;
            let mode = NetworkMode::Container(first.to_string());
            same("field", info.config.network, Some(mode))?;
            same("state", info.state, ContainerState::Running)?;
        }
    ),
    case!(
        "C12",
        in_a_shared_network_the_hostname_is_the_others,
        [NETWORK],
        |ctx| {
            let named = ctx.config(IDLE).with_hostname("pier-9");
            let first = ctx.started(named).await?;
            let id = ctx.started(beside(ctx, &first)).await?;
            let hostname = async || Ok::<_, Failure>(ctx.inspect(&id).await?.config.hostname);
            same("field", hostname().await?.as_deref(), Some("pier-9"))?;
            let told = ctx.exec(&id, "hostname").await?.stdout_text();
            same("told inside", told, "pier-9\n")?;
            ctx.stop(&id).await?;
            same("field after", hostname().await?.as_deref(), Some("pier-9"))?;
        }
    ),
    case!("C38", a_shared_network_is_held_by_id, [NETWORK], |ctx| {
        let name = ctx.name();
        let first = ctx.started(ctx.config(IDLE).with_name(&name)).await?;
        let id = ctx.create(beside(ctx, &name)).await?;
        let mode = NetworkMode::Container(first.to_string());
        same("field", ctx.inspect(&id).await?.config.network, Some(mode))?;
        // So another that has taken its name is nobody to it.
        ctx.remove(&first).await?;
        ctx.started(ctx.config(IDLE).with_name(&name)).await?;
        fails_to_join(ctx, &id, ContainerNotFound).await?;
    }),
    case!(
        "C38",
        start_beside_one_that_does_not_run_conflicts,
        [NETWORK],
        |ctx| {
            let first = ctx.running(IDLE).await?;
            let id = ctx.create(beside(ctx, &first)).await?;
            ctx.stop(&first).await?;
            fails_to_join(ctx, &id, Conflict).await?;
            ctx.start(&first).await?;
            ctx.start(&id).await?;
            same("state", ctx.state(&id).await?, ContainerState::Running)?;
        }
    ),
    case!(
        "C38",
        start_in_its_own_network_is_invalid_input,
        [NETWORK],
        |ctx| {
            let name = ctx.name();
            let id = ctx.create(beside(ctx, &name).with_name(&name)).await?;
            fails_to_join(ctx, &id, ErrorKind::InvalidInput).await?;
        }
    ),
    case!(
        "C38",
        a_shared_network_is_looked_for_before_the_program,
        [NETWORK],
        |ctx| {
            let first = ctx.running(IDLE).await?;
            let config = beside(ctx, &first).with_command(["no-such-program"]);
            let id = ctx.create(config).await?;
            ctx.remove(&first).await?;
            fails_to_join(ctx, &id, ContainerNotFound).await?;
        }
    ),
];
