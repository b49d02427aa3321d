//! Lies in what goes in: arguments that are not listened to.

use super::{Row, edit};
use crate::lie::Lie::Hear;
use std::any::Any;
use wharf_core::*;

pub(super) const LIES: &[Row] = &[
    (
        "force is ignored",
        "remove_by_force_kills_a_running_one",
        Hear(edit!(|options: RemoveOptions| options.force = false)),
    ),
    (
        "volumes are left behind",
        "remove_with_volumes_takes_the_anonymous_one",
        Hear(edit!(|options: RemoveOptions| options.volumes = false)),
    ),
    (
        "the grace is ignored",
        "stop_now_kills_at_once",
        Hear(edit!(|options: StopOptions| options.grace = Grace::Default)),
    ),
    (
        "a condition is ignored",
        "next_exit_waits_for_another_run",
        Hear(edit!(
            |options: WaitOptions| options.condition = WaitCondition::NotRunning
        )),
    ),
    (
        "tail is ignored",
        "tail_gives_the_last_lines",
        Hear(edit!(|options: LogsOptions| options.tail = Tail::All)),
    ),
    (
        "since is ignored in logs",
        "since_is_inclusive_and_until_ends",
        Hear(edit!(|options: LogsOptions| options.since = None)),
    ),
    (
        "until is ignored in logs",
        "since_is_inclusive_and_until_ends",
        Hear(edit!(|options: LogsOptions| options.until = None)),
    ),
    (
        "follow is ignored where there is an until",
        "follow_until_ends_then",
        Hear(edit!(
            |options: LogsOptions| options.follow &= options.until.is_none()
        )),
    ),
    (
        "until is ignored where it follows",
        "follow_until_ends_then",
        Hear(edit!(|options: LogsOptions| if options.follow {
            options.until = None;
        })),
    ),
    (
        "until is ignored in events",
        "until_in_the_future_ends_then",
        Hear(edit!(|options: EventsOptions| options.until = None)),
    ),
    (
        "follow is ignored",
        "follow_gives_everything_until_the_exit",
        Hear(edit!(|options: LogsOptions| options.follow = false)),
    ),
    (
        "one stream is given for both",
        "logs_give_one_stream_when_asked",
        Hear(edit!(|options: LogsOptions| options.stderr = true)),
    ),
    (
        "all is ignored",
        "list_of_all_shows_every_state",
        Hear(edit!(|options: ListOptions| options.all = false)),
    ),
    (
        "a limit is ignored",
        "a_limit_gives_the_newest_of_all_states",
        Hear(edit!(|options: ListOptions| {
            options.all |= options.limit.is_some();
            options.limit = None;
        })),
    ),
    (
        "filters of lists are ignored",
        "a_status_filter_implies_all",
        Hear(edit!(
            |options: ListOptions| options.filters = Filters::new()
        )),
    ),
    (
        "filters of lists of images are ignored",
        "a_label_filter_of_images_takes_labels",
        Hear(edit!(
            |options: ListImagesOptions| options.filters = Filters::new()
        )),
    ),
    (
        "filters of events are ignored",
        "filters_choose_events",
        Hear(edit!(
            |options: EventsOptions| options.filters = Filters::new()
        )),
    ),
    (
        "events of the past are told",
        "what_was_long_before_is_not_told",
        Hear(edit!(|options: EventsOptions| {
            options.since = options.since.or(Some(Timestamp::UNIX_EPOCH));
        })),
    ),
    (
        "since is ignored in events",
        "since_gives_what_was_and_what_comes",
        Hear(edit!(|options: EventsOptions| options.since = None)),
    ),
    (
        "filters of prunes are ignored",
        "prune_goes_by_its_label_filters",
        Hear(edit!(
            |options: PruneContainersOptions| options.filters = Filters::new()
        )),
    ),
    (
        "an auto-remove is forgotten",
        "auto_remove_removes_at_the_exit",
        Hear(edit!(|config: ContainerConfig| config.auto_remove = false)),
    ),
    (
        "the environment is dropped",
        "the_environment_is_added_to_the_images",
        Hear(edit!(|config: ContainerConfig| config.env = Env::default())),
    ),
    (
        "the working dir is dropped",
        "the_working_dir_is_made_and_entered",
        Hear(edit!(|config: ContainerConfig| config.working_dir = None)),
    ),
    (
        "a mount is writable though it should not be",
        "a_read_only_mount_refuses_writes",
        Hear(edit!(
            |config: ContainerConfig| for mount in &mut config.mounts {
                mount.read_only = false;
            }
        )),
    ),
    (
        "a stop signal is dropped",
        "stop_sends_the_containers_own_signal",
        Hear(edit!(|config: ContainerConfig| config.stop_signal = None)),
    ),
    (
        "an own stop signal is taken for another",
        "an_interrupt_ends_a_shell_with_130",
        Hear(edit!(|config: ContainerConfig| config.stop_signal = None)),
    ),
    (
        "an init is dropped",
        "with_init_a_missing_program_is_the_inits_to_tell",
        Hear(edit!(|config: ContainerConfig| config.init = false)),
    ),
    (
        "an entrypoint is dropped",
        "the_command_goes_to_the_entrypoint",
        Hear(edit!(|config: ContainerConfig| config.entrypoint = None)),
    ),
    (
        "the input of an exec is dropped",
        "exec_reads_its_input_to_the_end",
        Hear(edit!(|config: ExecConfig| config.input = Input::default())),
    ),
    (
        "the user of an exec is dropped",
        "exec_takes_a_user",
        Hear(edit!(|config: ExecConfig| config.user = None)),
    ),
    (
        "all are at home in one place",
        "exec_has_the_home_of_its_user",
        Hear(edit!(|config: ExecConfig| {
            config.env.insert("HOME".to_owned(), "/".to_owned());
        })),
    ),
    (
        "an exec is told of a terminal that is not its own",
        "exec_knows_its_own_terminal_only",
        Hear(edit!(|config: ExecConfig| {
            config.env.insert("TERM".to_owned(), "xterm".to_owned());
        })),
    ),
    (
        "the terminal of an exec is dropped",
        "exec_with_a_terminal_has_no_end_of_input",
        Hear(edit!(|config: ExecConfig| config.tty = false)),
    ),
    (
        "an output limit is ignored",
        "exec_beyond_its_output_limit_says_so",
        Hear(edit!(
            |config: ExecConfig| config.output_limit = OutputLimit::default()
        )),
    ),
    (
        "a signal is ignored",
        "kill_sends_the_signal_it_is_given",
        Hear(edit!(|options: KillOptions| options.signal = None)),
    ),
    (
        "a forced remove of an image is not forced",
        "remove_by_force_takes_what_a_stopped_one_uses",
        Hear(edit!(|options: RemoveImageOptions| options.force = false)),
    ),
];
