//! What every operation refuses that takes it: an id, a filter, a reference.

use super::{GROUP, prelude::*};
use futures::{FutureExt, TryFutureExt, future::BoxFuture};

/// Calls, each with its operation.
type Calls<'a> = Vec<(Operation, BoxFuture<'a, Result<()>>)>;

macro_rules! calls { ($($Op:ident: $call:expr;)*) => {
    vec![$((Operation::$Op, $call.map_ok(drop).boxed())),*]
} }

/// Every call whose operation is declared is refused for that field.
async fn all_refuse(ctx: &Context, field: &str, calls: Calls<'_>) -> Verdict {
    let capabilities = ctx.rt.capabilities();
    for (operation, call) in calls {
        if capabilities.supports(operation) {
            let refused = invalid(call.await, field);
            refused.map_err(|failure| Failure::new(format_args!("{operation}: {failure}")))?;
        }
    }
    Ok(())
}

/// All that takes the id of a container.
fn on_containers<'a>(rt: &'a dyn Runtime, id: &'a str) -> Calls<'a> {
    let command = || ExecConfig::new(["true"]);
    let mut calls: Calls<'a> = calls! {
        StartContainer: rt.start_container(id, StartOptions::default());
        StopContainer: rt.stop_container(id, StopOptions::default());
        RemoveContainer: rt.remove_container(id, RemoveOptions::default());
        InspectContainer: rt.inspect_container(id, InspectOptions::default());
        WaitContainer: rt.wait_container(id, WaitOptions::default());
        ExecContainer: rt.exec_container(id, command());
        ContainerLogs: rt.container_logs(id, LogsOptions::default());
        PauseContainer: rt.pause_container(id);
        UnpauseContainer: rt.unpause_container(id);
        RestartContainer: rt.restart_container(id, RestartOptions::default());
        KillContainer: rt.kill_container(id, KillOptions::default());
        RenameContainer: rt.rename_container(id, "another");
        UpdateContainer: rt.update_container(id, UpdateOptions::default());
        StartExec: rt.start_exec(id, command());
        AttachContainer: rt.attach_container(id, AttachOptions::default());
        ContainerStats: rt.container_stats(id, StatsOptions::default());
        ContainerTop: rt.container_top(id, TopOptions::default());
        ContainerChanges: rt.container_changes(id);
        UploadArchive: rt.upload_archive(id, "/", Body::from(""), UploadOptions::default());
        DownloadArchive: rt.download_archive(id, "/", DownloadOptions::default());
        ExportContainer: rt.export_container(id);
        CommitContainer: rt.commit_container(id, CommitOptions::default());
    };
    if let Some(networks) = rt.networks() {
        calls.extend::<Calls<'a>>(calls! {
            ConnectNetwork: networks.connect_network("none", id, ConnectOptions::default());
            DisconnectNetwork: networks.disconnect_network("none", id, DisconnectOptions::default());
        });
    }
    calls
}

/// All that takes filters.
fn with_filters<'a>(rt: &'a dyn Runtime, filters: &Filters) -> Calls<'a> {
    macro_rules! filtered { ($($Op:ident: $on:ident.$name:ident($Options:ident);)*) => {
        calls! { $($Op: $on.$name($Options::default().with_filters(filters.clone()));)* }
    } }
    let mut calls: Calls<'a> = filtered! {
        ListContainers: rt.list_containers(ListOptions);
        PruneContainers: rt.prune_containers(PruneContainersOptions);
        ListImages: rt.list_images(ListImagesOptions);
        PruneImages: rt.prune_images(PruneImagesOptions);
        Events: rt.events(EventsOptions);
    };
    if let Some(volumes) = rt.volumes() {
        calls.extend::<Calls<'a>>(filtered! {
            ListVolumes: volumes.list_volumes(ListVolumesOptions);
            PruneVolumes: volumes.prune_volumes(PruneVolumesOptions);
        });
    }
    if let Some(networks) = rt.networks() {
        calls.extend::<Calls<'a>>(filtered! {
            ListNetworks: networks.list_networks(ListNetworksOptions);
            PruneNetworks: networks.prune_networks(PruneNetworksOptions);
        });
    }
    calls
}

/// All that takes a reference or an id of an image as text.
fn on_images<'a>(
    rt: &'a dyn Runtime,
    image: &'a str,
    target: &'a ImageRef,
    images: &'a [String],
) -> Calls<'a> {
    calls! {
        InspectImage: rt.inspect_image(image, InspectImageOptions::default());
        RemoveImage: rt.remove_image(image, RemoveImageOptions::default());
        TagImage: rt.tag_image(image, target);
        ImageHistory: rt.image_history(image);
        SaveImages: rt.save_images(images);
    }
}

pub(super) const CASES: &[Case] = &[
    case!("N8", an_id_that_can_be_none_is_refused_everywhere, |ctx| {
        for id in [
            "", "a/b", "../x", ".", "a b", "a?b", "a%2fb", "a#b", "-a", "é", "a\nb",
        ] {
            all_refuse(ctx, "id", on_containers(&*ctx.rt, id)).await?;
        }
    }),
    case!("N10", an_unknown_filter_key_is_refused_everywhere, |ctx| {
        // What does not mind the key is to take nothing of others.
        ctx.containers_mind_labels().await?;
        ctx.images_mind_labels().await?;
        ctx.volumes_mind_labels().await?;
        ctx.networks_mind_labels().await?;
        let unknown = ctx.mine().with("nope", "x");
        all_refuse(ctx, "filters", with_filters(&*ctx.rt, &unknown)).await?;
        let search = SearchOptions::default().with_filters(Filters::new().with("nope", "x"));
        let search = calls! { SearchImages: ctx.rt.search_images("no-such-image", search); };
        all_refuse(ctx, "filters", search).await?;
    }),
    case!("N14", a_bad_image_name_is_refused_everywhere, |ctx| {
        let target = ctx.image_name()?;
        for image in ["", "Upper/Case", "a b", "../etc", "a//b", "busybox:"] {
            let images = [image.to_owned()];
            let calls = on_images(&*ctx.rt, image, &target, &images);
            all_refuse(ctx, "reference", calls).await?;
        }
    }),
];
