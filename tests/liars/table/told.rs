//! Lies in what comes out: answers, items, errors, and things that are not done.

use super::{Row, edit};
use crate::lie::{
    Fate::{self, Doubled, Kept, Late, Lost},
    Lie::{Answer, Declare, Delay, Forgive, Hang, Hasten, Item, Pretend, Refuse, Trust, Twist},
};
use std::{any::Any, mem};
use wharf_core::{
    ErrorKind::{AlreadyExists, Conflict, ContainerNotFound, ImageNotFound, Internal, NotFound},
    Operation::{
        BuildImage, Close, InspectContainer, KillContainer, RemoveContainer, RenameContainer,
        StartContainer, StopContainer, TagImage,
    },
    *,
};

/// What becomes of an item, where it is of that type.
macro_rules! fate {
    (|$item:ident: $Type:ty| $fate:expr) => {
        |item: &mut dyn Any| match item.downcast_mut::<$Type>() {
            Some($item) => $fate,
            None => Kept,
        }
    };
}

/// That fate for events that say this, none for others.
fn when(event: &Event, action: &EventAction, fate: Fate) -> Fate {
    if event.action == *action { fate } else { Kept }
}

fn told_as(error: Error, kind: ErrorKind, other: ErrorKind) -> Error {
    if error.kind() != kind {
        return error;
    }
    let told = Error::new(other, error.message());
    match (error.operation(), error.resource()) {
        (Some(operation), Some(resource)) => told
            .with_operation(operation)
            .with_resource(resource.clone()),
        _ => told,
    }
}

pub(super) const LIES: &[Row] = &[
    // What is said of containers.
    (
        "a name keeps its slash",
        "create_keeps_the_name_without_a_slash",
        Answer(edit!(|info: ContainerInfo| info.name.insert(0, '/'))),
    ),
    (
        "an exit code is always 0 to inspect",
        "inspect_tells_how_a_run_ended",
        Answer(edit!(
            |info: ContainerInfo| info.exit_code = info.exit_code.map(|_| 0)
        )),
    ),
    (
        "what has exited keeps its pid",
        "inspect_tells_how_a_run_ended",
        Answer(edit!(|info: ContainerInfo| info.pid = Some(1))),
    ),
    (
        "what was never started has exited with 0",
        "create_does_not_start",
        Answer(edit!(
            |info: ContainerInfo| info.exit_code = info.exit_code.or(Some(0))
        )),
    ),
    (
        "what is paused is said to run",
        "pause_freezes_it",
        Answer(edit!(
            |info: ContainerInfo| if info.state == ContainerState::Paused {
                info.state = ContainerState::Running;
            }
        )),
    ),
    (
        "labels are lost",
        "labels_are_kept",
        Answer(edit!(|info: ContainerInfo| info.config.labels.clear())),
    ),
    (
        "an image id has no algorithm",
        "inspect_tells_what_it_was_made_from",
        Answer(edit!(|info: ContainerInfo| {
            info.image_id = info.image_id.trim_start_matches("sha256:").into();
        })),
    ),
    (
        "an image stands with its registry",
        "inspect_tells_what_it_was_made_from",
        Answer(edit!(|info: ContainerInfo| info
            .config
            .image
            .insert_str(0, "docker.io/library/"))),
    ),
    (
        "ports are told of what does not run",
        "ports_are_published_while_it_runs",
        Answer(edit!(|info: ContainerInfo| {
            info.ports.push(PublishedPort::new(80_u16, Protocol::Tcp));
        })),
    ),
    (
        "a list is oldest first",
        "list_is_newest_first",
        Answer(edit!(|list: Vec<ContainerSummary>| list.reverse())),
    ),
    (
        "a list has short ids",
        "list_shows_those_that_run",
        Answer(edit!(|list: Vec<ContainerSummary>| for container in list {
            container.id = container.id.short().into();
        })),
    ),
    (
        "a list leaves paused ones out",
        "list_shows_a_paused_one",
        Answer(edit!(|list: Vec<ContainerSummary>| {
            list.retain(|container| container.state != ContainerState::Paused);
        })),
    ),
    (
        "what is pruned is not told",
        "prune_removes_what_does_not_run",
        Answer(edit!(|pruned: Pruned| pruned.removed.clear())),
    ),
    // What is said of waits and execs.
    ("a wait answers early", "wait_does_not_answer_early", Hasten),
    (
        "an exit code is always 0 to a wait",
        "wait_gives_the_exit_code",
        Answer(edit!(|exit: Exit| exit.code = 0)),
    ),
    (
        "a killed one has exited with the bare signal",
        "wait_tells_137_of_a_killed_one",
        Answer(edit!(|exit: Exit| exit.code %= 128)),
    ),
    (
        "a failed start tells no reason",
        "wait_after_a_failed_start_tells_why",
        Answer(edit!(|exit: Exit| exit.error = None)),
    ),
    (
        "a wait is armed late",
        "a_next_exit_armed_before_the_start_is_not_missed",
        Delay,
    ),
    (
        "an exec always succeeds",
        "exec_gives_output_and_exit_code",
        Answer(edit!(|output: ExecOutput| output.exit.code = 0)),
    ),
    (
        "an exec has one stream",
        "exec_gives_output_and_exit_code",
        Answer(edit!(|output: ExecOutput| {
            let both = [mem::take(&mut output.stdout), mem::take(&mut output.stderr)].concat();
            output.stdout = both.into();
        })),
    ),
    (
        "what is not found is what cannot be run",
        "exec_of_a_missing_program_is_127",
        Answer(edit!(|output: ExecOutput| if output.exit.code == 127 {
            output.exit.code = 126;
        })),
    ),
    // What is said in logs.
    (
        "stderr is marked as stdout",
        "logs_give_both_streams_each_marked",
        Item(fate!(|chunk: LogChunk| {
            chunk.source = LogSource::Stdout;
            Kept
        })),
    ),
    (
        "a log is told twice",
        "logs_are_in_the_order_of_writing",
        Item(fate!(|_chunk: LogChunk| Doubled)),
    ),
    (
        "a log is out of order",
        "logs_are_in_the_order_of_writing",
        Item(fate!(
            |chunk: LogChunk| if chunk.bytes.starts_with(b"one") {
                Late
            } else {
                Kept
            }
        )),
    ),
    (
        "empty lines are lost",
        "log_bytes_are_as_they_were_written",
        Item(fate!(|chunk: LogChunk| if chunk.bytes[..] == *b"\n" {
            Lost
        } else {
            Kept
        })),
    ),
    (
        "a terminal is marked as stdout",
        "a_terminal_makes_one_of_both_streams",
        Item(fate!(|chunk: LogChunk| {
            chunk.source = LogSource::Stdout;
            Kept
        })),
    ),
    (
        "timestamps are never told",
        "timestamps_tell_when_and_leave_the_bytes",
        Item(fate!(|chunk: LogChunk| {
            chunk.timestamp = None;
            Kept
        })),
    ),
    // What is said in events.
    (
        "an event is lost",
        "a_life_is_told_in_its_order",
        Item(fate!(|event: Event| when(event, &EventAction::Die, Lost))),
    ),
    (
        "two events are swapped",
        "a_life_is_told_in_its_order",
        Item(fate!(|event: Event| when(event, &EventAction::Start, Late))),
    ),
    (
        "an event is told twice",
        "a_life_is_told_in_its_order",
        Item(fate!(|event: Event| when(
            event,
            &EventAction::Start,
            Doubled
        ))),
    ),
    (
        "events have no attributes",
        "events_bear_name_image_and_labels",
        Item(fate!(|event: Event| {
            event.attributes.clear();
            Kept
        })),
    ),
    (
        "an untag is told as a delete",
        "a_tag_and_an_untag_are_told",
        Item(fate!(|event: Event| {
            if event.action == EventAction::Untag {
                event.action = EventAction::Delete;
            }
            Kept
        })),
    ),
    (
        "an exec tells no command line",
        "an_exec_is_told_in_three_steps",
        Item(fate!(|event: Event| {
            event.detail = None;
            Kept
        })),
    ),
    (
        "a feed is live late",
        "nothing_after_the_opening_is_missed",
        Delay,
    ),
    // What is said of images and the engine.
    (
        "tags have their registry",
        "inspect_tells_of_an_image",
        Answer(edit!(|info: ImageInfo| for tag in &mut info.tags {
            tag.insert_str(0, "docker.io/library/");
        })),
    ),
    (
        "untagged and deleted are swapped",
        "remove_of_one_of_several_names_takes_the_name",
        Answer(edit!(|removed: RemovedImages| {
            let deleted = mem::take(&mut removed.untagged)
                .into_iter()
                .map(ImageId::from)
                .collect();
            let untagged = mem::replace(&mut removed.deleted, deleted);
            removed.untagged = untagged.into_iter().map(String::from).collect();
        })),
    ),
    (
        "images are not listed",
        "images_are_listed",
        Answer(edit!(|list: Vec<ImageSummary>| list.clear())),
    ),
    (
        "a pull tells of no layer",
        "pull_tells_of_each_layer_and_brings_the_image",
        Item(fate!(|step: PullProgress| if step.layer.is_some() {
            Lost
        } else {
            Kept
        })),
    ),
    (
        "a pull does not tell its end",
        "pull_tells_of_each_layer_and_brings_the_image",
        Item(fate!(
            |step: PullProgress| if step.phase == PullPhase::Done {
                Lost
            } else {
                Kept
            }
        )),
    ),
    (
        "version and info disagree",
        "version_tells_what_info_tells",
        Answer(edit!(|version: Version| version.version.push('0'))),
    ),
    (
        "what is not there is declared",
        "build_is_as_declared",
        Declare(|below| Capabilities::of(below.operations().chain([BuildImage]))),
    ),
    (
        "what is there is not declared",
        "kill_is_as_declared",
        Declare(|below| below.without(KillContainer)),
    ),
    // Errors.
    (
        "a stop of a missing container is Ok",
        "stop_missing_container_is_not_found",
        Forgive(StopContainer, ContainerNotFound),
    ),
    (
        "a remove of a missing container is Ok",
        "remove_missing_container_is_not_found",
        Forgive(RemoveContainer, ContainerNotFound),
    ),
    (
        "a kill of what does not run is Ok",
        "kill_of_one_that_does_not_run_conflicts",
        Forgive(KillContainer, Conflict),
    ),
    (
        "a conflict is the engine's fault",
        "remove_of_a_running_one_conflicts",
        Twist(|error| told_as(error, Conflict, Internal)),
    ),
    (
        "a taken name is a conflict",
        "create_with_a_taken_name_already_exists",
        Twist(|error| told_as(error, AlreadyExists, Conflict)),
    ),
    (
        "a missing image is a missing anything",
        "inspect_missing_image_is_not_found",
        Twist(|error| told_as(error, ImageNotFound, NotFound)),
    ),
    (
        "an error does not say where",
        "an_error_tells_operation_and_container",
        Twist(|error| Error::new(error.kind(), error.message())),
    ),
    (
        "nothing was ever sent",
        "an_error_from_the_engine_was_sent",
        Twist(|error| error.with_sent(false)),
    ),
    (
        "prefixes of ids are not found",
        "a_container_is_found_by_id_prefix_and_name",
        Refuse(|call| {
            let id = call.target_id()?;
            let short = call.operation() == InspectContainer && id.len() == 12;
            short.then(|| Error::new(ContainerNotFound, "there is none"))
        }),
    ),
    (
        "input is not looked at",
        "create_refuses_a_bad_mount",
        Trust,
    ),
    // What is not done.
    (
        "a stop never answers",
        "stop_of_an_exited_one_is_ok",
        Hang(StopContainer),
    ),
    (
        "a stop panics",
        "stop_missing_container_is_not_found",
        Twist(|error| panic!("a backend's own fault: {error}")),
    ),
    (
        "a start starts nothing",
        "start_runs_it",
        Pretend(StartContainer),
    ),
    (
        "a stop stops nothing",
        "stop_lets_the_program_end_as_it_likes",
        Pretend(StopContainer),
    ),
    (
        "a remove leaves it",
        "remove_of_a_created_one_removes_it",
        Pretend(RemoveContainer),
    ),
    (
        "a rename changes no name",
        "rename_gives_another_name",
        Pretend(RenameContainer),
    ),
    (
        "a tag gives no name",
        "tag_gives_one_more_name",
        Pretend(TagImage),
    ),
    (
        "a close closes nothing",
        "what_is_closed_answers_connection_failed",
        Pretend(Close),
    ),
];
