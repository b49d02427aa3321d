//! `rename_container`.

use super::{GROUP, prelude::*};

const RENAME: Need = Need::Operation(Operation::RenameContainer);

pub(super) const CASES: &[Case] = &[
    case!("C160", rename_gives_another_name, [RENAME], |ctx| {
        let (old, new) = (ctx.name(), ctx.name());
        let id = ctx.create(ctx.config(IDLE).with_name(&old)).await?;
        ctx.rt.rename_container(&id, &new).await?;
        same("by the new name", ctx.inspect(&new).await?.id, id.clone())?;
        same("name", ctx.inspect(&id).await?.name, new)?;
        let inspected = ctx
            .rt
            .inspect_container(&old, InspectOptions::default())
            .await;
        refused(inspected, ContainerNotFound)?;
        ctx.create(ctx.config(IDLE).with_name(&old)).await?;
    }),
    case!("C160", rename_takes_a_running_one, [RENAME], |ctx| {
        let (id, new) = (ctx.running(IDLE).await?, ctx.name());
        ctx.rt.rename_container(&id, &new).await?;
        let info = ctx.inspect(&new).await?;
        same(
            "name and state",
            (info.name, info.state),
            (new, ContainerState::Running),
        )?;
    }),
    case!(
        "C161",
        rename_to_a_taken_name_already_exists,
        [RENAME],
        |ctx| {
            let taken = ctx.name();
            ctx.create(ctx.config(IDLE).with_name(&taken)).await?;
            let id = ctx.created(IDLE).await?;
            let name = ctx.inspect(&id).await?.name;
            refused(ctx.rt.rename_container(&id, &taken).await, AlreadyExists)?;
            same("name", ctx.inspect(&id).await?.name, name)?;
        }
    ),
    case!(
        "C162",
        rename_to_its_own_name_is_invalid_input,
        [RENAME],
        |ctx| {
            let name = ctx.name();
            let id = ctx.create(ctx.config(IDLE).with_name(&name)).await?;
            refused(
                ctx.rt.rename_container(&id, &name).await,
                ErrorKind::InvalidInput,
            )?;
        }
    ),
    case!(
        "C163",
        rename_missing_container_is_not_found,
        [RENAME],
        |ctx| {
            refused(
                ctx.rt.rename_container(&ctx.name(), &ctx.name()).await,
                ContainerNotFound,
            )?;
        }
    ),
];
