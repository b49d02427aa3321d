//! Small lies about all but containers, that say by themselves what they are.

use super::{Small, small};
use crate::lie::Lie::{
    Careless, Endless, Fail, Misdeclare, Mistaken, Once, Pretend, Trust, Unheard, Unsaid, Untold,
    Wrong,
};
use wharf_core::{
    ErrorKind::{
        Conflict, ConnectionFailed, ContainerNotFound, ImageNotFound, InvalidInput, NotFound,
    },
    Operation::{
        AttachContainer, Close, CommitContainer, ConnectNetwork, ContainerChanges, ContainerStats,
        ContainerTop, CreateContainer, CreateNetwork, CreateVolume, DisconnectNetwork, DiskUsage,
        DownloadArchive, Events, ExportContainer, ImageHistory, ImportImage, InspectImage,
        InspectNetwork, InspectVolume, ListContainers, ListImages, ListNetworks, ListVolumes,
        LoadImages, Login, PauseContainer, Ping, PruneContainers, PruneNetworks, PruneVolumes,
        PullImage, PushImage, RemoveImage, RemoveNetwork, RemoveVolume, RenameContainer,
        RestartContainer, SaveImages, SearchImages, StartContainer, StartExec, TagImage,
        UnpauseContainer, UpdateContainer, UploadArchive, Version,
    },
};

pub(super) const LIES: &[Small] = small! {
    ping_is_as_declared: Misdeclare(Ping);
    version_is_as_declared: Misdeclare(Version);
    disk_usage_is_as_declared: Misdeclare(DiskUsage);
    pause_is_as_declared: Misdeclare(PauseContainer);
    unpause_is_as_declared: Misdeclare(UnpauseContainer);
    restart_is_as_declared: Misdeclare(RestartContainer);
    rename_is_as_declared: Misdeclare(RenameContainer);
    update_is_as_declared: Misdeclare(UpdateContainer);
    start_exec_is_as_declared: Misdeclare(StartExec);
    attach_is_as_declared: Misdeclare(AttachContainer);
    stats_are_as_declared: Misdeclare(ContainerStats);
    top_is_as_declared: Misdeclare(ContainerTop);
    changes_are_as_declared: Misdeclare(ContainerChanges);
    upload_is_as_declared: Misdeclare(UploadArchive);
    download_is_as_declared: Misdeclare(DownloadArchive);
    export_is_as_declared: Misdeclare(ExportContainer);
    commit_is_as_declared: Misdeclare(CommitContainer);
    prune_containers_is_as_declared: Misdeclare(PruneContainers);
    tag_is_as_declared: Misdeclare(TagImage);
    push_is_as_declared: Misdeclare(PushImage);
    history_is_as_declared: Misdeclare(ImageHistory);
    load_is_as_declared: Misdeclare(LoadImages);
    save_is_as_declared: Misdeclare(SaveImages);
    import_is_as_declared: Misdeclare(ImportImage);
    search_is_as_declared: Misdeclare(SearchImages);
    create_volume_is_as_declared: Misdeclare(CreateVolume);
    inspect_volume_is_as_declared: Misdeclare(InspectVolume);
    list_volumes_is_as_declared: Misdeclare(ListVolumes);
    remove_volume_is_as_declared: Misdeclare(RemoveVolume);
    prune_volumes_is_as_declared: Misdeclare(PruneVolumes);
    create_network_is_as_declared: Misdeclare(CreateNetwork);
    inspect_network_is_as_declared: Misdeclare(InspectNetwork);
    list_networks_is_as_declared: Misdeclare(ListNetworks);
    remove_network_is_as_declared: Misdeclare(RemoveNetwork);
    prune_networks_is_as_declared: Misdeclare(PruneNetworks);
    connect_network_is_as_declared: Misdeclare(ConnectNetwork);
    disconnect_network_is_as_declared: Misdeclare(DisconnectNetwork);
    events_of_two_containers_keep_their_order: Untold("die");
    a_stop_is_told_as_kill_die_and_stop:
        Untold("stop"), Wrong("Event.attributes.signal"), Wrong("Event.attributes.exitCode");
    a_stop_that_kills_tells_both_signals: Wrong("Event.attributes.signal"), Untold("kill");
    a_remove_by_force_is_told_as_kill_die_and_destroy:
        Wrong("Event.attributes.signal"), Wrong("Event.attributes.exitCode"), Untold("kill");
    an_auto_remove_is_told_after_the_end: Unheard("ContainerConfig.auto_remove"), Untold("destroy");
    a_failed_start_is_no_start: Mistaken(StartContainer, InvalidInput), Untold("create");
    without_the_shared_network_nothing_is_mounted:
        Untold("unmount"), Mistaken(StartContainer, ContainerNotFound);
    a_kill_is_told_with_its_signal: Wrong("Event.attributes.signal"), Untold("kill");
    pause_and_unpause_are_told: Untold("pause"), Untold("unpause");
    a_rename_is_told_with_both_names:
        Unsaid("Event.attributes.name"), Unsaid("Event.attributes.oldName"), Untold("rename");
    a_restart_is_told_after_the_start: Untold("restart"), Untold("start");
    a_pull_and_a_delete_are_told: Untold("pull"), Untold("untag"), Untold("delete");
    a_stop_between_two_runs_tells_no_signal: Untold("stop");
    a_container_filter_takes_name_and_id: Unheard("EventsOptions.filters.container");
    a_container_filter_takes_a_whole_name: Unheard("EventsOptions.filters.container");
    an_image_filter_takes_the_name: Unheard("EventsOptions.filters.image");
    a_volume_filter_of_events_takes_the_name: Unheard("EventsOptions.filters.volume");
    a_label_filter_of_events_takes_a_value: Unheard("EventsOptions.filters.label");
    a_type_filter_leaves_other_kinds_out: Unheard("EventsOptions.filters.type");
    since_and_until_in_the_past_give_what_was:
        Unheard("EventsOptions.since"), Unheard("EventsOptions.until"), Endless;
    every_feed_gets_every_event: Once(Events), Untold("die");
    a_feed_that_is_dropped_leaves_the_others: Careless;
    a_reference_filter_takes_names_and_patterns:
        Unheard("ListImagesOptions.filters.reference"), Unsaid("ImageSummary.tags");
    a_dangling_filter_tells_the_named_apart: Unheard("ListImagesOptions.filters.dangling");
    before_and_since_leave_the_image_out:
        Mistaken(ListImages, ImageNotFound), Unheard("ListImagesOptions.filters.before"),
        Unheard("ListImagesOptions.filters.since");
    pull_again_finds_it_here: Wrong("PullProgress.phase");
    pull_takes_the_platform: Unsaid("ImageInfo.platform");
    pull_of_a_missing_image_is_not_found: Mistaken(PullImage, ImageNotFound);
    pull_from_a_dead_registry_is_connection_failed: Mistaken(PullImage, ConnectionFailed);
    a_pull_that_is_dropped_leaves_a_whole_image_or_none: Unsaid("ImageInfo.layers");
    ensure_image_fetches_what_is_missing: Once(PullImage), Mistaken(InspectImage, ImageNotFound);
    remove_may_leave_the_parents: Unsaid("RemovedImages.untagged");
    remove_of_a_name_leaves_containers_alone: Unsaid("RemovedImages.untagged");
    remove_of_the_last_name_takes_the_image:
        Unsaid("RemovedImages.untagged"), Unsaid("RemovedImages.deleted");
    remove_by_id_takes_the_image: Unsaid("RemovedImages.deleted");
    remove_missing_image_is_not_found: Mistaken(RemoveImage, ImageNotFound);
    remove_of_an_image_in_use_conflicts: Mistaken(RemoveImage, Conflict);
    remove_by_force_leaves_what_a_running_one_uses: Mistaken(RemoveImage, Conflict);
    remove_by_id_with_names_in_several_repositories_conflicts:
        Mistaken(RemoveImage, Conflict), Unheard("RemoveImageOptions.force");
    tag_takes_an_id: Pretend(TagImage);
    tag_takes_the_name_from_another: Once(TagImage), Pretend(TagImage);
    tag_missing_image_is_not_found: Mistaken(TagImage, ImageNotFound);
    prune_of_images_goes_by_its_filters:
        Unheard("PruneImagesOptions.filters.label"), Unheard("ListImagesOptions.filters.label");
    prune_of_images_takes_the_nameless: Unsaid("Pruned.removed");
    prune_leaves_images_in_use: Unheard("PruneImagesOptions.filters.dangling");
    create_refuses_an_empty_image: Trust;
    create_refuses_a_bad_reference: Trust;
    create_refuses_an_empty_command: Trust;
    create_refuses_a_bad_name: Trust;
    create_refuses_absurd_limits: Trust;
    create_refuses_more_cpus_than_there_are:
        Unheard("ContainerConfig.cpus"), Mistaken(CreateContainer, InvalidInput);
    create_refuses_a_bad_environment_or_label: Trust;
    create_refuses_a_bad_place: Trust;
    create_refuses_a_restart_after_auto_remove: Trust;
    create_refuses_what_belongs_to_a_shared_network: Trust;
    create_refuses_an_unknown_capability: Trust;
    create_refuses_an_unknown_protocol: Trust;
    create_refuses_an_empty_health_check: Trust;
    logs_of_no_stream_are_refused: Trust;
    a_filter_value_that_cannot_be_is_refused: Trust;
    an_exec_without_a_program_is_refused: Trust;
    an_unknown_wait_condition_is_refused: Trust;
    a_grace_beyond_all_bounds_is_refused: Trust;
    since_after_until_is_refused: Trust;
    a_login_without_a_name_is_refused: Trust;
    a_rename_to_no_name_is_refused: Trust;
    a_bad_volume_name_is_refused: Trust;
    groups_are_there_as_declared: Misdeclare(CreateNetwork);
    required_operations_are_declared: Misdeclare(ListContainers);
    info_tells_engine_and_version:
        Wrong("Info.engine"), Wrong("Info.os"), Unsaid("Info.cpus"), Unsaid("Info.memory"),
        Unsaid("Info.architecture");
    info_counts_containers_by_state:
        Unsaid("Info.containers"), Unsaid("Info.containers_running"),
        Unsaid("Info.containers_stopped"), Unsaid("Info.images");
    ping_is_answered: Fail(Ping);
    login_at_a_dead_registry_is_connection_failed: Mistaken(Login, ConnectionFailed);
    close_is_ok_twice: Once(Close);
    a_stream_that_is_open_ends_with_the_close: Pretend(Close), Endless;
    a_close_leaves_the_engine_and_other_handles_alone: Careless;
    disk_usage_counts_images: Unsaid("DiskUsage.images");
    create_volume_makes_one:
        Wrong("VolumeInfo.driver"), Unsaid("VolumeInfo.created"), Unsaid("VolumeInfo.labels"),
        Unsaid("VolumeInfo.mountpoint"), Unsaid("VolumeInfo.scope");
    create_volume_again_gives_it_as_it_is: Once(CreateVolume);
    create_volume_takes_driver_options:
        Unheard("VolumeConfig.driver_opts"), Unsaid("VolumeInfo.options");
    inspect_missing_volume_is_not_found: Mistaken(InspectVolume, NotFound);
    filters_choose_volumes:
        Unheard("ListVolumesOptions.filters.name"), Unheard("ListVolumesOptions.filters.dangling"),
        Unheard("ListVolumesOptions.filters.driver"), Unheard("ListVolumesOptions.filters.label");
    remove_volume_removes_it: Pretend(RemoveVolume);
    remove_missing_volume_is_not_found: Mistaken(RemoveVolume, NotFound), Pretend(RemoveVolume);
    remove_missing_volume_by_force_is_ok: Unheard("RemoveVolumeOptions.force");
    remove_of_a_volume_in_use_conflicts: Mistaken(RemoveVolume, Conflict);
    prune_of_volumes_takes_the_named_when_asked:
        Unheard("PruneVolumesOptions.all"), Unsaid("Pruned.removed");
    a_volumes_life_is_told: Wrong("Event.attributes.driver"), Untold("create");
    // Keys of filters whose cases have other liars too.
    filters_choose_events: Unheard("EventsOptions.filters.event");
    a_label_filter_of_images_takes_labels: Unheard("ListImagesOptions.filters.label");
    prune_of_images_leaves_what_does_not_match:
        Unheard("PruneImagesOptions.filters.label!"), Unheard("PruneImagesOptions.filters.until");
    prune_of_volumes_goes_by_its_label_filters:
        Unheard("PruneVolumesOptions.filters.label"),
        Unheard("PruneVolumesOptions.filters.label!");
};
