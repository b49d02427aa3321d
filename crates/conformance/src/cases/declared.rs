//! A case for each operation that backends may lack: what is declared does not answer `Unsupported`, what is not does.

use super::prelude::*;

const GROUP: &str = "capabilities";

/// Holds an outcome to what is declared of its operation.
fn as_declared<T>(ctx: &Context, operation: Operation, outcome: Result<T>) -> Verdict {
    let unsupported = match outcome {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::Unsupported,
    };
    let declared = ctx.rt.capabilities().supports(operation);
    same(
        "declared, and not unsupported",
        (declared, !unsupported),
        (declared, declared),
    )
}

/// A case an operation: called so that nothing comes of it, mostly on what is not there; a prune after what makes it
/// safe.
macro_rules! declared {
    ($name:ident, $Op:ident $(, after $guard:ident)?, |$ctx:ident| $call:expr) => {
        case!("R6", $name, |$ctx| {
            $($ctx.$guard().await?;)?
            let outcome = $call.await;
            as_declared($ctx, Operation::$Op, outcome)?;
        })
    };
    ($name:ident, $Op:ident, $group:ident $(, after $guard:ident)?, |$ctx:ident, $ops:ident| $call:expr) => {
        case!("R6", $name, |$ctx| {
            $($ctx.$guard().await?;)?
            let outcome = match $ctx.rt.$group() {
                Some($ops) => $call.await.map(drop),
                None => Err(Error::unsupported(Operation::$Op)),
            };
            as_declared($ctx, Operation::$Op, outcome)?;
        })
    };
}

/// What no container, volume or network is called.
const NOBODY: &str = "wharf-conformance-nobody";

fn nothing(ctx: &Context) -> Result<ImageRef> {
    format!("127.0.0.1:1/{}:none", ctx.name()).parse()
}

pub(super) const CASES: &[Case] = &[
    declared!(ping_is_as_declared, Ping, |ctx| ctx.rt.ping()),
    declared!(version_is_as_declared, Version, |ctx| ctx.rt.version()),
    declared!(disk_usage_is_as_declared, DiskUsage, |ctx| {
        ctx.rt.disk_usage(DiskUsageOptions::default())
    }),
    declared!(pause_is_as_declared, PauseContainer, |ctx| {
        ctx.rt.pause_container(NOBODY)
    }),
    declared!(unpause_is_as_declared, UnpauseContainer, |ctx| {
        ctx.rt.unpause_container(NOBODY)
    }),
    declared!(restart_is_as_declared, RestartContainer, |ctx| {
        ctx.rt.restart_container(NOBODY, RestartOptions::default())
    }),
    declared!(kill_is_as_declared, KillContainer, |ctx| {
        ctx.rt.kill_container(NOBODY, KillOptions::default())
    }),
    declared!(rename_is_as_declared, RenameContainer, |ctx| {
        ctx.rt.rename_container(NOBODY, NOBODY)
    }),
    declared!(update_is_as_declared, UpdateContainer, |ctx| {
        ctx.rt.update_container(NOBODY, UpdateOptions::default())
    }),
    declared!(start_exec_is_as_declared, StartExec, |ctx| {
        ctx.rt.start_exec(NOBODY, ExecConfig::new(["true"]))
    }),
    declared!(attach_is_as_declared, AttachContainer, |ctx| {
        ctx.rt.attach_container(NOBODY, AttachOptions::default())
    }),
    declared!(stats_are_as_declared, ContainerStats, |ctx| {
        ctx.rt.container_stats(NOBODY, StatsOptions::default())
    }),
    declared!(top_is_as_declared, ContainerTop, |ctx| {
        ctx.rt.container_top(NOBODY, TopOptions::default())
    }),
    declared!(changes_are_as_declared, ContainerChanges, |ctx| {
        ctx.rt.container_changes(NOBODY)
    }),
    declared!(upload_is_as_declared, UploadArchive, |ctx| {
        ctx.rt
            .upload_archive(NOBODY, "/", Body::from(""), UploadOptions::default())
    }),
    declared!(download_is_as_declared, DownloadArchive, |ctx| {
        ctx.rt
            .download_archive(NOBODY, "/", DownloadOptions::default())
    }),
    declared!(export_is_as_declared, ExportContainer, |ctx| {
        ctx.rt.export_container(NOBODY)
    }),
    declared!(commit_is_as_declared, CommitContainer, |ctx| {
        ctx.rt.commit_container(NOBODY, CommitOptions::default())
    }),
    declared!(
        prune_containers_is_as_declared,
        PruneContainers,
        after containers_mind_labels,
        |ctx| {
            ctx.rt
                .prune_containers(PruneContainersOptions::default().with_filters(ctx.mine()))
        }
    ),
    declared!(tag_is_as_declared, TagImage, |ctx| {
        async { ctx.rt.tag_image("no-such-image:none", &nothing(ctx)?).await }
    }),
    declared!(push_is_as_declared, PushImage, |ctx| {
        async {
            ctx.rt
                .push_image(&nothing(ctx)?, PushOptions::default())
                .await
        }
    }),
    declared!(build_is_as_declared, BuildImage, |ctx| {
        ctx.rt.build_image(Body::from(""), BuildOptions::default())
    }),
    declared!(history_is_as_declared, ImageHistory, |ctx| {
        ctx.rt.image_history("no-such-image:none")
    }),
    declared!(load_is_as_declared, LoadImages, |ctx| {
        ctx.rt
            .load_images(Body::from("no archive"), LoadOptions::default())
    }),
    declared!(save_is_as_declared, SaveImages, |ctx| {
        async {
            let references = ["no-such-image:none".to_owned()];
            ctx.rt.save_images(&references).await
        }
    }),
    declared!(import_is_as_declared, ImportImage, |ctx| {
        async {
            // Should a backend take it, it is removed when the case is over.
            let (image, body) = (ctx.own_image()?, Body::from("no archive"));
            ctx.rt
                .import_image(&image, body, ImportOptions::default())
                .await
        }
    }),
    declared!(search_is_as_declared, SearchImages, |ctx| {
        ctx.rt
            .search_images("no-such-image", SearchOptions::default())
    }),
    declared!(
        create_volume_is_as_declared,
        CreateVolume,
        volumes,
        |ctx, volumes| {
            volumes.create_volume(VolumeConfig::new(ctx.volume_name()).with_labels(ctx.labels()))
        }
    ),
    declared!(
        inspect_volume_is_as_declared,
        InspectVolume,
        volumes,
        |ctx, volumes| { volumes.inspect_volume(NOBODY) }
    ),
    declared!(
        list_volumes_is_as_declared,
        ListVolumes,
        volumes,
        |ctx, volumes| {
            volumes.list_volumes(ListVolumesOptions::default().with_filters(ctx.mine()))
        }
    ),
    declared!(
        remove_volume_is_as_declared,
        RemoveVolume,
        volumes,
        |ctx, volumes| { volumes.remove_volume(NOBODY, RemoveVolumeOptions::default()) }
    ),
    declared!(
        prune_volumes_is_as_declared,
        PruneVolumes,
        volumes,
        after volumes_mind_labels,
        |ctx, volumes| {
            volumes.prune_volumes(PruneVolumesOptions::default().with_filters(ctx.mine()))
        }
    ),
    declared!(
        create_network_is_as_declared,
        CreateNetwork,
        networks,
        |ctx, networks| {
            // A subnet that cannot be: refused by every backend that has the operation.
            let subnet = Subnet::new("no subnet");
            let config = NetworkConfig::new(ctx.network_name()).with_labels(ctx.labels());
            networks.create_network(config.with_subnets([subnet]))
        }
    ),
    declared!(
        inspect_network_is_as_declared,
        InspectNetwork,
        networks,
        |ctx, networks| { networks.inspect_network(NOBODY) }
    ),
    declared!(
        list_networks_is_as_declared,
        ListNetworks,
        networks,
        |ctx, networks| {
            networks.list_networks(ListNetworksOptions::default().with_filters(ctx.mine()))
        }
    ),
    declared!(
        remove_network_is_as_declared,
        RemoveNetwork,
        networks,
        |ctx, networks| { networks.remove_network(NOBODY) }
    ),
    declared!(
        prune_networks_is_as_declared,
        PruneNetworks,
        networks,
        after networks_mind_labels,
        |ctx, networks| {
            networks.prune_networks(PruneNetworksOptions::default().with_filters(ctx.mine()))
        }
    ),
    declared!(
        connect_network_is_as_declared,
        ConnectNetwork,
        networks,
        |ctx, networks| { networks.connect_network(NOBODY, NOBODY, ConnectOptions::default()) }
    ),
    declared!(
        disconnect_network_is_as_declared,
        DisconnectNetwork,
        networks,
        |ctx, networks| {
            networks.disconnect_network(NOBODY, NOBODY, DisconnectOptions::default())
        }
    ),
];
