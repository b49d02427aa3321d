//! Lies that are true but for one thing that few ask about.

use super::{Row, edit, fate, when};
use crate::lie::{
    Fate::{Doubled, Kept, Lost},
    Lie::{Answer, Hear, Item, Refuse, Twist},
};
use std::{
    any::Any,
    sync::atomic::{AtomicUsize, Ordering},
};
use wharf_core::*;

/// How often volumes were listed.
static LISTED: AtomicUsize = AtomicUsize::new(0);

pub(super) const LIES: &[Row] = &[
    // Containers.
    (
        "nobody invents a name",
        "create_without_a_name_is_given_one",
        Answer(edit!(|info: ContainerInfo| info.name.clear())),
    ),
    (
        "an image is not found by its id",
        "create_takes_an_image_by_id",
        Hear(edit!(|config: ContainerConfig| {
            if config.image.starts_with("sha256:") {
                config.image.push('0');
            }
        })),
    ),
    (
        "an empty entrypoint is a program",
        "an_empty_entrypoint_is_none",
        Hear(edit!(|config: ContainerConfig| {
            if config.entrypoint.as_ref().is_some_and(Vec::is_empty) {
                config.entrypoint = Some(vec!["true".to_owned()]);
            }
        })),
    ),
    (
        "every hostname is localhost",
        "without_a_hostname_it_is_the_short_id",
        Hear(edit!(|config: ContainerConfig| {
            config.hostname.get_or_insert("localhost".to_owned());
        })),
    ),
    (
        "a tmpfs is a volume",
        "a_tmpfs_is_empty_and_forgotten",
        Hear(edit!(
            |config: ContainerConfig| for mount in &mut config.mounts {
                mount.source = MountSource::Volume { name: None };
            }
        )),
    ),
    (
        "a create that fails leaves a volume",
        "a_create_that_fails_by_its_working_dir_leaves_no_anonymous_volume",
        Answer(edit!(|list: Vec<VolumeInfo>| {
            let left = LISTED.fetch_add(1, Ordering::Relaxed);
            list.push(VolumeInfo::new(left.to_string()));
        })),
    ),
    (
        "a paused one is killed",
        "stop_lets_a_paused_one_go_first",
        Hear(edit!(|options: StopOptions| options.grace = Grace::Now)),
    ),
    (
        "a restart kills",
        "restart_lets_the_program_end_as_it_likes",
        Hear(edit!(|options: RestartOptions| options.grace = Grace::Now)),
    ),
    (
        "a remove always takes volumes along",
        "remove_without_volumes_leaves_the_anonymous_one",
        Hear(edit!(|options: RemoveOptions| options.volumes = true)),
    ),
    (
        "a named volume goes with its container",
        "remove_with_volumes_leaves_the_named_one",
        Refuse(|call| {
            let asked = call.operation() == Operation::InspectVolume;
            asked.then(|| Error::new(ErrorKind::NotFound, "there is none"))
        }),
    ),
    (
        "a limit of zero is one",
        "a_limit_of_zero_is_none",
        Hear(edit!(|options: ListOptions| {
            options.limit = options.limit.map(|limit| limit.max(1));
        })),
    ),
    (
        "a wait for an end is for the next one",
        "wait_on_an_exited_one_answers_at_once",
        Hear(edit!(
            |options: WaitOptions| options.condition = WaitCondition::NextExit
        )),
    ),
    (
        "what was never started has yet to end",
        "wait_on_a_created_one_answers_at_once",
        Hear(edit!(
            |options: WaitOptions| options.condition = WaitCondition::NextExit
        )),
    ),
    (
        "a wait ends with the last of all runs",
        "a_wait_answers_at_the_first_exit",
        Hear(edit!(
            |options: WaitOptions| options.condition = WaitCondition::Removed
        )),
    ),
    (
        "what an exec writes is text",
        "exec_output_is_bytes_as_they_are",
        Answer(edit!(|output: ExecOutput| {
            output.stdout = output.stdout_text().into_bytes().into();
        })),
    ),
    (
        "a log is of the last run",
        "a_second_run_is_added_to_the_log",
        Hear(edit!(|options: LogsOptions| options.tail = Tail::Last(1))),
    ),
    (
        "a log is not kept whole",
        "many_lines_are_all_there",
        Hear(edit!(|options: LogsOptions| options.tail = Tail::Last(1000))),
    ),
    (
        "a line has an end at one KiB",
        "a_long_line_is_whole",
        Item(fate!(|chunk: LogChunk| {
            chunk.bytes.truncate(1 << 10);
            Kept
        })),
    ),
    (
        "there is never much in a log",
        "run_beyond_its_output_limit_says_so",
        Item(fate!(|chunk: LogChunk| {
            chunk.bytes.truncate(0);
            Kept
        })),
    ),
    (
        "stderr is left out",
        "logs_text_gives_both_streams",
        Item(fate!(|chunk: LogChunk| {
            if chunk.source == LogSource::Stderr {
                Lost
            } else {
                Kept
            }
        })),
    ),
    (
        "waits between runs are none",
        "the_waits_between_runs_grow",
        Item(fate!(|event: Event| {
            event.time = Timestamp::UNIX_EPOCH;
            Kept
        })),
    ),
    (
        "there is a health before the first start",
        "before_the_first_start_there_is_no_health",
        Answer(edit!(|info: ContainerInfo| {
            info.health
                .get_or_insert(Health::new(HealthStatus::Starting));
        })),
    ),
    (
        "a prune takes one more",
        "prune_leaves_a_paused_one",
        Answer(edit!(|pruned: Pruned| pruned
            .removed
            .push("one".to_owned()))),
    ),
    // Events.
    (
        "a stop of what is stopped is told as an end",
        "a_stop_of_a_stopped_one_is_not_told",
        Item(fate!(|event: Event| when(
            event,
            &EventAction::Die,
            Doubled
        ))),
    ),
    (
        "a start that failed is told",
        "a_failed_start_is_no_start",
        Item(fate!(|event: Event| {
            if event.action == EventAction::Create {
                event.action = EventAction::Start;
            }
            Kept
        })),
    ),
    (
        "what reads is told",
        "what_is_read_is_not_told",
        Item(fate!(|event: Event| when(
            event,
            &EventAction::Kill,
            Doubled
        ))),
    ),
    (
        "an end is told as a kill",
        "a_kill_between_two_runs_is_not_told",
        Item(fate!(|event: Event| {
            if event.action == EventAction::Die {
                event.action = EventAction::Kill;
            }
            Kept
        })),
    ),
    (
        "a health is told once more",
        "the_end_of_a_run_tells_of_no_health",
        Item(fate!(|event: Event| when(
            event,
            &EventAction::HealthStatus,
            Doubled
        ))),
    ),
    // Images, volumes, the engine.
    (
        "prefixes of ids of images are not found",
        "an_image_is_found_by_name_and_id",
        Refuse(|call| {
            let id = call.target_id()?;
            let short = call.operation() == Operation::InspectImage && id.len() == 12;
            short.then(|| Error::new(ErrorKind::ImageNotFound, "there is none"))
        }),
    ),
    (
        "a name without a tag chooses nothing",
        "a_reference_filter_takes_names_and_patterns",
        Hear(edit!(|options: ListImagesOptions| {
            let patterns = options.filters.values("reference");
            if patterns.iter().any(|pattern| !pattern.contains([':', '*'])) {
                options.filters = Filters::new();
            }
        })),
    ),
    (
        "an error does not say which image",
        "an_error_tells_operation_and_image",
        Twist(|error| Error::new(error.kind(), error.message())),
    ),
    (
        "volumes are in any order",
        "volumes_are_listed_by_name",
        Answer(edit!(|list: Vec<VolumeInfo>| list.reverse())),
    ),
    (
        "ping tells of another version",
        "ping_tells_the_version_that_version_tells",
        Answer(|answer| {
            if let Some(ping) = answer.downcast_mut::<Ping>() {
                ping.api_version = Some("1.40".to_owned());
            } else if let Some(version) = answer.downcast_mut::<Version>() {
                version.api_version = Some("1.41".to_owned());
            }
        }),
    ),
    (
        "an error repeats what was sent",
        "a_password_is_in_no_error",
        Twist(|error| Error::new(error.kind(), "alice:s3cr3t-w0rd was refused")),
    ),
];
