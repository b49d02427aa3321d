//! Lies in what comes out: answers and items.

use super::{Row, edit, fate, when};
use crate::lie::{
    Fate::{Doubled, Kept, Late, Lost},
    Lie::{Answer, Delay, Hasten, Item, Misdeclare},
};
use std::{any::Any, mem};
use wharf_core::{
    Operation::{BuildImage, KillContainer},
    *,
};

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
        "a list has the ports of a start that failed",
        "a_start_that_fails_publishes_nothing",
        Answer(edit!(|list: Vec<ContainerSummary>| for container in list {
            if container.ports.is_empty() {
                container
                    .ports
                    .push(PublishedPort::new(80_u16, Protocol::Tcp));
            }
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
        "mounts are told as they were asked for",
        "mounts_are_told_by_their_targets",
        Answer(edit!(|info: ContainerInfo| info.mounts.reverse())),
    ),
    (
        "a list has mounts in another order",
        "mounts_are_told_by_their_targets",
        Answer(edit!(|list: Vec<ContainerSummary>| for known in list {
            known.mounts.reverse();
        })),
    ),
    (
        "a list has ports in another order",
        "ports_are_told_by_number_and_protocol",
        Answer(edit!(|list: Vec<ContainerSummary>| for known in list {
            known.ports.reverse();
        })),
    ),
    (
        "wished ports are told as they were asked for",
        "ports_are_told_by_number_and_protocol",
        Answer(edit!(|info: ContainerInfo| info.config.ports.reverse())),
    ),
    (
        "a platform is claimed",
        "inspect_tells_no_platform",
        Answer(edit!(
            |info: ContainerInfo| info.platform = Some(Platform::new("linux", "amd64"))
        )),
    ),
    (
        "a network is known before the first start",
        "the_networks_id_is_told_from_the_first_start_on",
        Answer(edit!(
            |info: ContainerInfo| for network in info.networks.values_mut() {
                network.network_id.get_or_insert("0".repeat(64));
            }
        )),
    ),
    (
        "a network is forgotten with the run",
        "the_networks_id_is_told_from_the_first_start_on",
        Answer(edit!(|info: ContainerInfo| if info.pid.is_none() {
            for network in info.networks.values_mut() {
                network.network_id = None;
            }
        })),
    ),
    (
        "a shared network is held by less than an id",
        "a_shared_network_is_held_by_id",
        Answer(edit!(
            |info: ContainerInfo| if let Some(NetworkMode::Container(id)) = &mut info.config.network
            {
                id.truncate(12);
            }
        )),
    ),
    (
        "a prune is told oldest first",
        "prune_removes_the_newest_first",
        Answer(edit!(|pruned: Pruned| pruned.removed.reverse())),
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
        "a mount is not told",
        "mounts_are_told_with_their_container",
        Item(fate!(|event: Event| when(event, &"mount".into(), Lost))),
    ),
    (
        "a create is told of what never was",
        "a_create_that_fails_late_is_told_as_the_end",
        Item(fate!(|event: Event| {
            if event.action == EventAction::Destroy {
                event.action = EventAction::Create;
            }
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
        "ports are told in another order",
        "a_port_is_told_by_its_host_addresses",
        Answer(edit!(|info: ContainerInfo| info.ports.reverse())),
    ),
    (
        "a hostname is its own in a shared network",
        "in_a_shared_network_the_hostname_is_the_others",
        Answer(edit!(
            |info: ContainerInfo| info.config.hostname = Some(info.id.short().to_owned())
        )),
    ),
    (
        "all names of an image in use are told as gone",
        "prune_leaves_an_image_in_use_its_last_name",
        Answer(edit!(|info: ImageInfo| info.tags.clear())),
    ),
    (
        "images are listed oldest first",
        "images_are_listed_newest_first",
        Answer(edit!(|list: Vec<ImageSummary>| list.reverse())),
    ),
    (
        "the names of images are not listed",
        "images_are_listed",
        Answer(edit!(|list: Vec<ImageSummary>| for image in list {
            image.tags.clear();
        })),
    ),
    (
        "nothing is older or younger",
        "before_and_since_tell_the_older_from_the_younger",
        Answer(edit!(|list: Vec<ImageSummary>| list.clear())),
    ),
    (
        "an image stands with its tag",
        "an_image_without_a_tag_stands_as_it_was_given",
        Answer(edit!(|info: ContainerInfo| info
            .config
            .image
            .push_str(":latest"))),
    ),
    (
        "no start has a time",
        "stop_lets_the_program_end_as_it_likes",
        Answer(edit!(|info: ContainerInfo| info.started_at = None)),
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
        Misdeclare(BuildImage),
    ),
    (
        "what is there is not declared",
        "kill_is_as_declared",
        Misdeclare(KillContainer),
    ),
];
