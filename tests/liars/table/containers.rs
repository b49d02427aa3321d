//! Small lies about containers, that say by themselves what they are.

use super::{Small, small};
use crate::lie::Lie::{
    Careless, Delay, Endless, Fail, Hang, Hasten, Mistaken, Once, Pretend, Unheard, Unsaid, Wrong,
};
use wharf_core::{
    ErrorKind::{
        AlreadyExists, Conflict, ContainerNotFound, ImageNotFound, InvalidInput, NotFound,
    },
    Operation::{
        ContainerLogs, CreateContainer, ExecContainer, InspectContainer, InspectImage,
        InspectVolume, KillContainer, ListContainers, PauseContainer, RemoveContainer,
        RenameContainer, RestartContainer, StartContainer, StopContainer, UnpauseContainer,
        WaitContainer,
    },
};

pub(super) const LIES: &[Small] = small! {
    create_gives_a_full_id: Wrong("CreatedContainer.id"), Wrong("ContainerInfo.id");
    create_of_a_missing_image_is_image_not_found: Mistaken(CreateContainer, ImageNotFound);
    a_name_is_free_again_after_a_remove: Once(CreateContainer);
    create_does_not_pull:
        Mistaken(CreateContainer, ImageNotFound), Mistaken(InspectImage, ImageNotFound);
    create_without_a_command_runs_the_images: Unsaid("ContainerInfo.config.command");
    create_takes_an_image_by_id: Wrong("ContainerInfo.image_id");
    an_entrypoint_drops_the_images_command: Unheard("ContainerConfig.entrypoint");
    two_creates_at_once_make_two: Once(CreateContainer);
    of_two_creates_with_one_name_one_is_made:
        Mistaken(CreateContainer, AlreadyExists), Unheard("ContainerConfig.name");
    a_create_that_fails_by_its_working_dir_leaves_the_named_volume:
        Fail(InspectVolume), Mistaken(CreateContainer, InvalidInput);
    a_create_that_fails_by_its_working_dir_leaves_no_anonymous_volume:
        Mistaken(CreateContainer, InvalidInput);
    the_hostname_is_taken: Unheard("ContainerConfig.hostname");
    the_user_is_taken: Unheard("ContainerConfig.user"), Wrong("ContainerInfo.config.user");
    limits_are_kept:
        Unsaid("ContainerInfo.config.cpus"), Unsaid("ContainerInfo.config.memory"),
        Unsaid("ContainerInfo.config.pids_limit"), Unheard("ContainerConfig.pids_limit"),
        Unheard("ContainerConfig.cpus"), Unheard("ContainerConfig.memory");
    open_stdin_is_kept:
        Unheard("ContainerConfig.open_stdin"), Unsaid("ContainerInfo.config.open_stdin");
    privileges_are_kept:
        Unheard("ContainerConfig.privileged"), Unsaid("ContainerInfo.config.cap_add"),
        Unsaid("ContainerInfo.config.cap_drop"), Unsaid("ContainerInfo.config.privileged"),
        Unheard("ContainerConfig.cap_add"), Unheard("ContainerConfig.cap_drop");
    auto_remove_removes_after_a_failed_start: Unheard("ContainerConfig.auto_remove");
    a_read_only_root_refuses_writes:
        Unheard("ContainerConfig.read_only_root"), Unsaid("ContainerInfo.config.read_only_root");
    init_is_kept: Unheard("ContainerConfig.init"), Unsaid("ContainerInfo.config.init");
    another_platform_is_image_not_found:
        Unheard("ContainerConfig.platform"), Mistaken(CreateContainer, ImageNotFound);
    the_images_own_platform_is_taken: Unsaid("ImageInfo.platform");
    a_restart_policy_is_kept: Unsaid("ContainerInfo.config.restart");
    a_stop_ends_the_restarts: Pretend(StopContainer);
    a_health_check_is_kept:
        Unheard("ContainerConfig.health_check.retries"),
        Unheard("ContainerConfig.health_check.start_period"),
        Unheard("ContainerConfig.health_check.timeout"),
        Unsaid("ContainerInfo.config.health_check.interval"),
        Unsaid("ContainerInfo.config.health_check.retries"),
        Unsaid("ContainerInfo.config.health_check.start_period"),
        Unsaid("ContainerInfo.config.health_check.timeout"),
        Wrong("ContainerInfo.config.health_check.test.shell");
    a_published_port_is_free_and_the_hosts:
        Unsaid("ContainerInfo.config.ports"), Wrong("ContainerInfo.config.ports.container"),
        Wrong("ContainerInfo.config.ports.protocol"), Wrong("ContainerInfo.ports.container"),
        Wrong("ContainerInfo.ports.protocol");
    a_port_is_published_where_it_was_wished:
        Unheard("ContainerConfig.ports.host_ip"), Unsaid("ContainerInfo.config.ports.host_ip"),
        Unsaid("ContainerInfo.config.ports.host_port"),
        Unsaid("ContainerInfo.config.ports.protocol"), Unheard("ContainerConfig.ports.host_port"),
        Unheard("ContainerConfig.ports.protocol"), Unsaid("ContainerInfo.config.ports"),
        Wrong("ContainerInfo.config.ports.container"), Wrong("ContainerInfo.ports.container"),
        Wrong("ContainerInfo.ports.protocol");
    a_volume_is_made_mounted_and_shared:
        Unsaid("ContainerInfo.config.mounts.source.name"),
        Wrong("ContainerInfo.config.mounts.read_only"), Wrong("ContainerInfo.config.mounts.target"),
        Wrong("ContainerInfo.mounts.read_only"), Unsaid("ContainerInfo.mounts.name"),
        Wrong("ContainerInfo.mounts.kind");
    health_follows_its_check:
        Wrong("ContainerInfo.health.status"), Unheard("ContainerConfig.health_check.interval");
    a_mounts_target_is_shown_without_detours: Wrong("ContainerInfo.mounts.target");
    a_bind_of_a_missing_folder_is_invalid_input: Mistaken(CreateContainer, InvalidInput);
    without_a_network_it_has_no_address: Unheard("ContainerConfig.network");
    a_bind_is_the_hosts_folder:
        Unsaid("ContainerInfo.mounts.source"), Wrong("ContainerInfo.mounts.kind");
    it_has_an_address_in_its_network_while_it_runs:
        Unsaid("ContainerInfo.networks.bridge.ip_address");
    the_hosts_network_is_kept:
        Unheard("ContainerConfig.network"), Wrong("ContainerInfo.config.network");
    a_network_of_another_container_is_shared:
        Unheard("ContainerConfig.network"), Wrong("ContainerInfo.config.network");
    extra_hosts_are_in_the_hosts_file:
        Unsaid("ContainerInfo.config.extra_hosts"), Unheard("ContainerConfig.extra_hosts");
    a_shell_that_interrupts_itself_ends_with_130: Wrong("Exit.code");
    other_signals_do_not_end_a_shell_that_minds_none: Wrong("Exit.code");
    start_beside_one_that_does_not_run_conflicts:
        Mistaken(StartContainer, Conflict), Unsaid("ContainerInfo.error"),
        Wrong("ContainerInfo.exit_code");
    a_folder_is_an_empty_script: Wrong("Exit.code");
    a_shell_says_where_it_is_and_how_deep: Unheard("ContainerConfig.working_dir");
    start_of_a_missing_one_is_not_found: Mistaken(StartContainer, ContainerNotFound);
    start_of_a_running_one_is_ok: Once(StartContainer);
    an_exited_one_starts_again:
        Unsaid("ContainerInfo.finished_at"), Unsaid("ContainerInfo.started_at"),
        Wrong("ContainerInfo.restart_count");
    a_program_that_is_not_found_is_127:
        Mistaken(StartContainer, InvalidInput), Unsaid("ContainerInfo.error"),
        Wrong("ContainerInfo.exit_code");
    a_program_that_cannot_be_run_is_126:
        Mistaken(StartContainer, InvalidInput), Unsaid("ContainerInfo.error"),
        Wrong("ContainerInfo.exit_code");
    start_of_a_paused_one_conflicts: Mistaken(StartContainer, Conflict);
    a_network_that_is_missing_is_not_found: Mistaken(StartContainer, NotFound);
    a_user_that_is_unknown_is_invalid_input:
        Mistaken(StartContainer, InvalidInput), Unheard("ContainerConfig.user"),
        Wrong("ContainerInfo.exit_code");
    a_port_that_is_taken_conflicts:
        Mistaken(StartContainer, Conflict), Unheard("ContainerConfig.ports.host_port");
    stop_kills_after_the_grace: Unheard("StopOptions.grace"), Wrong("ContainerInfo.exit_code");
    stop_forever_never_kills: Unheard("StopOptions.grace"), Wrong("ContainerInfo.exit_code");
    stop_goes_by_the_containers_own_timeout:
        Unheard("ContainerConfig.stop_timeout"), Unsaid("ContainerInfo.config.stop_timeout");
    stop_with_a_signal_works_or_says_that_it_cannot: Pretend(StopContainer);
    stop_sends_the_signal_it_is_given: Unheard("StopOptions.signal");
    stop_of_a_created_one_is_ok: Fail(StopContainer);
    two_stops_at_once_are_both_ok: Once(StopContainer);
    remove_of_an_exited_one_removes_it_and_its_log:
        Mistaken(ContainerLogs, ContainerNotFound), Pretend(RemoveContainer);
    remove_by_name_removes_it: Pretend(RemoveContainer);
    stop_returns_when_it_has_exited: Pretend(StopContainer);
    remove_by_force_takes_a_paused_one: Unheard("RemoveOptions.force");
    remove_of_a_paused_one_conflicts: Mistaken(RemoveContainer, Conflict);
    remove_again_is_not_found: Mistaken(RemoveContainer, ContainerNotFound);
    of_two_removes_at_once_one_removes:
        Mistaken(RemoveContainer, ContainerNotFound), Pretend(RemoveContainer);
    a_name_goes_before_a_prefix: Wrong("ContainerInfo.id");
    inspect_missing_container_is_not_found: Mistaken(InspectContainer, ContainerNotFound);
    a_prefix_of_several_ids_is_invalid_input: Mistaken(InspectContainer, InvalidInput);
    a_label_filter_takes_a_key_or_a_value: Unheard("ListOptions.filters.label");
    inspect_measures_the_size_when_asked:
        Unheard("InspectOptions.size"), Unsaid("ContainerInfo.size_root"),
        Unsaid("ContainerInfo.size_rw");
    an_exited_filter_takes_the_code: Unheard("ListOptions.filters.exited");
    an_id_filter_takes_the_beginning: Unheard("ListOptions.filters.id");
    a_name_filter_is_found_anywhere_in_the_name: Unheard("ListOptions.filters.name");
    an_ancestor_filter_takes_the_image: Unheard("ListOptions.filters.ancestor");
    before_and_since_a_missing_one_is_not_found:
        Mistaken(ListContainers, ContainerNotFound), Unheard("ListOptions.filters.before"),
        Unheard("ListOptions.filters.since");
    a_volume_filter_takes_name_or_target: Unheard("ListOptions.filters.volume");
    before_and_since_stand_around_a_container:
        Unheard("ListOptions.filters.before"), Unheard("ListOptions.filters.since"),
        Wrong("ContainerInfo.name");
    a_network_filter_takes_the_name: Unheard("ListOptions.filters.network");
    a_health_filter_of_none_takes_those_without_a_check: Unheard("ListOptions.filters.health");
    a_publish_filter_takes_port_and_range: Unheard("ListOptions.filters.publish");
    filters_of_several_keys_all_hold:
        Unheard("ListOptions.filters.id"), Unheard("ListOptions.filters.status");
    a_summary_says_what_inspect_says:
        Unsaid("ContainerInfo.created"), Unsaid("ContainerSummary.command"),
        Unsaid("ContainerSummary.created"), Wrong("ContainerSummary.image"),
        Wrong("ContainerSummary.image_id"), Wrong("ContainerSummary.name"),
        Wrong("ContainerSummary.state"), Unsaid("ContainerSummary.status"),
        Wrong("ContainerInfo.image_id");
    a_status_is_for_people: Unsaid("ContainerSummary.status");
    a_list_measures_sizes_when_asked:
        Unheard("ListOptions.size"), Unsaid("ContainerSummary.size_root"),
        Unsaid("ContainerSummary.size_rw");
    next_exit_answers_when_it_is_removed_instead: Hang(WaitContainer);
    removed_waits_for_the_remove: Unheard("WaitOptions.condition");
    wait_missing_container_is_not_found: Mistaken(WaitContainer, ContainerNotFound);
    removed_waits_beyond_the_exit: Unheard("WaitOptions.condition");
    wait_tells_the_code_of_an_auto_removed_one: Wrong("Exit.code");
    many_waits_all_get_the_exit: Once(WaitContainer), Wrong("Exit.code");
    wait_on_a_paused_one_waits: Hasten;
    exec_without_output_is_empty: Wrong("ExecOutput.stdout"), Wrong("ExecOutput.stderr");
    a_wait_that_is_dropped_changes_nothing: Careless;
    exec_takes_environment_and_working_dir:
        Unheard("ExecConfig.env"), Unheard("ExecConfig.working_dir"),
        Unheard("ContainerConfig.env");
    exec_goes_by_the_containers_own_settings:
        Unheard("ContainerConfig.user"), Unheard("ContainerConfig.working_dir");
    exec_of_an_unknown_user_is_invalid_input:
        Unheard("ExecConfig.user"), Mistaken(ExecContainer, InvalidInput);
    exec_shares_the_containers_files: Wrong("ExecOutput.stdout");
    exec_with_a_terminal_has_one_stream: Unheard("ExecConfig.tty");
    exec_of_what_cannot_be_run_is_126: Wrong("ExecOutput.exit.code");
    exec_tells_137_and_143_of_signals: Wrong("ExecOutput.exit.code");
    exec_in_one_that_does_not_run_conflicts: Mistaken(ExecContainer, Conflict);
    exec_in_a_paused_one_conflicts: Mistaken(ExecContainer, Conflict);
    exec_in_a_missing_container_is_not_found: Mistaken(ExecContainer, ContainerNotFound);
    exec_ends_with_its_container: Wrong("ExecOutput.exit.code");
    two_execs_at_once_do_not_mix: Wrong("ExecOutput.stdout");
    logs_of_a_created_one_are_empty: Fail(ContainerLogs);
    logs_of_a_missing_container_are_not_found: Mistaken(ContainerLogs, ContainerNotFound);
    exec_carries_much_both_ways_at_once: Unheard("ExecConfig.input");
    tail_and_follow_give_what_comes: Unheard("LogsOptions.tail"), Unheard("LogsOptions.follow");
    tail_counts_before_a_stream_is_left_out:
        Unheard("LogsOptions.tail"), Unheard("LogsOptions.stderr");
    follow_gives_a_line_when_it_is_written: Unheard("LogsOptions.follow");
    follow_ends_when_it_is_removed: Endless;
    follow_of_an_exited_one_ends: Endless;
    a_long_line_is_whole: Wrong("LogChunk.bytes");
    a_log_that_is_dropped_changes_nothing: Careless;
    kill_ends_it_with_137: Pretend(KillContainer), Wrong("ContainerInfo.exit_code");
    kill_with_a_signal_that_is_caught_leaves_it_running:
        Unheard("KillOptions.signal"), Pretend(KillContainer);
    kill_missing_container_is_not_found: Mistaken(KillContainer, ContainerNotFound);
    kill_ends_a_paused_one: Pretend(KillContainer);
    kill_lets_a_paused_one_go: Unheard("KillOptions.signal"), Pretend(KillContainer);
    kill_by_another_signal_than_its_own_leaves_a_paused_one:
        Unheard("ContainerConfig.stop_signal"), Unheard("KillOptions.signal");
    kill_ends_the_restarts: Pretend(KillContainer);
    what_is_paused_writes_nothing: Pretend(PauseContainer);
    pause_of_a_paused_one_conflicts: Mistaken(PauseContainer, Conflict);
    pause_of_one_that_does_not_run_conflicts: Mistaken(PauseContainer, Conflict);
    unpause_lets_it_go_on: Pretend(UnpauseContainer);
    pause_missing_container_is_not_found: Mistaken(PauseContainer, ContainerNotFound);
    unpause_missing_container_is_not_found: Mistaken(UnpauseContainer, ContainerNotFound);
    unpause_of_one_that_is_not_paused_conflicts: Mistaken(UnpauseContainer, Conflict);
    restart_lets_the_program_end_as_it_likes: Pretend(RestartContainer);
    restart_of_a_running_one_runs_it_anew:
        Pretend(RestartContainer), Wrong("ContainerInfo.restart_count");
    restart_missing_container_is_not_found: Mistaken(RestartContainer, ContainerNotFound);
    restart_starts_one_that_does_not_run: Pretend(RestartContainer), Once(RestartContainer);
    restart_takes_a_paused_one: Pretend(RestartContainer);
    restart_sends_the_signal_it_is_given: Unheard("RestartOptions.signal");
    the_waits_between_runs_grow: Unheard("ContainerConfig.restart");
    a_wait_answers_at_the_first_exit: Wrong("Exit.code");
    start_between_two_runs_changes_nothing: Once(StartContainer);
    a_wait_between_two_runs_is_for_the_next: Hasten;
    between_two_runs_only_force_removes: Mistaken(RemoveContainer, Conflict);
    between_two_runs_nothing_can_be_frozen_or_run:
        Mistaken(PauseContainer, Conflict), Mistaken(UnpauseContainer, Conflict),
        Mistaken(ExecContainer, Conflict);
    what_cannot_run_again_is_not_tried_again:
        Unsaid("ContainerInfo.error"), Wrong("ContainerInfo.restart_count");
    a_restart_by_hand_counts_anew: Pretend(RestartContainer);
    any_signal_is_taken_for_a_stop: Unheard("KillOptions.signal"), Pretend(KillContainer);
    before_the_first_start_there_is_no_health: Wrong("ContainerInfo.health.status");
    what_a_probe_writes_is_shown_in_part: Wrong("ContainerInfo.health.log.output");
    a_probe_that_cannot_be_run_has_failed: Wrong("ContainerInfo.health.log.exit_code");
    a_new_run_starts_and_remembers_the_probes: Unsaid("ContainerInfo.health.failing_streak");
    with_the_run_the_probing_ends: Wrong("ContainerInfo.health.status");
    a_paused_one_is_not_probed: Pretend(PauseContainer), Wrong("ContainerInfo.health.status");
    rename_takes_a_running_one: Pretend(RenameContainer);
    rename_to_a_taken_name_already_exists: Mistaken(RenameContainer, AlreadyExists);
    rename_to_its_own_name_is_invalid_input: Mistaken(RenameContainer, InvalidInput);
    rename_missing_container_is_not_found: Mistaken(RenameContainer, ContainerNotFound);
    prune_of_nothing_is_ok: Wrong("Pruned.reclaimed");
    prune_until_leaves_what_is_younger: Unheard("PruneContainersOptions.filters.until");
    prune_without_filters_takes_all_that_do_not_run: Unsaid("Pruned.removed");
    run_gives_output_and_code_and_leaves_nothing: Wrong("Exit.code"), Pretend(RemoveContainer);
    run_misses_nothing_of_a_short_one: Delay;
    run_leaves_nothing_of_a_failed_start:
        Pretend(RemoveContainer), Mistaken(StartContainer, InvalidInput);
    run_beyond_its_output_limit_says_so: Pretend(RemoveContainer);
    remove_if_exists_tells_whether_it_did: Mistaken(RemoveContainer, ContainerNotFound);
    what_holds_too_much_memory_is_started_again:
        Unheard("ContainerConfig.memory"), Wrong("ContainerInfo.oom_killed"),
        Wrong("ContainerInfo.restart_count");
    // Keys of filters whose cases have other liars too.
    a_status_filter_implies_all: Unheard("ListOptions.filters.status");
    a_publish_filter_takes_port_and_range: Unheard("ListOptions.filters.expose");
    prune_goes_by_its_label_filters:
        Unheard("PruneContainersOptions.filters.label"),
        Unheard("PruneContainersOptions.filters.label!");
};
