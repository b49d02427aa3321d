//! Lies in what is done: errors for others, and things that are not done.

use super::Row;
use crate::lie::{
    Lie::{Forgive, Hang, Panic, Pretend, Refuse, Trust, Twist},
    told_as,
};
use wharf_core::{
    ErrorKind::{
        AlreadyExists, Conflict, ContainerNotFound, ImageNotFound, Internal, InvalidInput, NotFound,
    },
    Operation::{
        Close, InspectContainer, KillContainer, RemoveContainer, RenameContainer, RestartContainer,
        StartContainer, StopContainer, TagImage,
    },
    *,
};

/// The error, of that kind if it was of this one.
fn instead(error: Error, kind: ErrorKind, other: ErrorKind) -> Error {
    if error.kind() == kind {
        return told_as(&error, other);
    }
    error
}

pub(super) const LIES: &[Row] = &[
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
        Twist(|error| instead(error, Conflict, Internal)),
    ),
    (
        "a taken name is a conflict",
        "create_with_a_taken_name_already_exists",
        Twist(|error| instead(error, AlreadyExists, Conflict)),
    ),
    (
        "a missing image is a taken name",
        "the_image_is_looked_for_before_the_name",
        Twist(|error| instead(error, ImageNotFound, AlreadyExists)),
    ),
    (
        "a restart that fails is Ok",
        "restart_of_what_cannot_be_run_is_invalid_input",
        Forgive(RestartContainer, InvalidInput),
    ),
    (
        "a network of its own is a conflict",
        "start_in_its_own_network_is_invalid_input",
        Twist(|error| instead(error, InvalidInput, Conflict)),
    ),
    (
        "what is gone is what does not run",
        "a_shared_network_is_looked_for_before_the_program",
        Twist(|error| instead(error, ContainerNotFound, Conflict)),
    ),
    (
        "a bad working dir is the engine's fault",
        "a_working_dir_that_is_a_file_is_refused",
        Twist(|error| instead(error, InvalidInput, Internal)),
    ),
    (
        "a missing image is a missing anything",
        "inspect_missing_image_is_not_found",
        Twist(|error| instead(error, ImageNotFound, NotFound)),
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
    (
        "ids are not looked at",
        "an_id_that_can_be_none_is_refused_everywhere",
        Trust,
    ),
    (
        "filters are not looked at",
        "an_unknown_filter_key_is_refused_everywhere",
        Trust,
    ),
    (
        "references are not looked at",
        "a_bad_image_name_is_refused_everywhere",
        Trust,
    ),
    (
        "a stop never answers",
        "stop_of_an_exited_one_is_ok",
        Hang(StopContainer),
    ),
    (
        "a stop panics",
        "stop_missing_container_is_not_found",
        Panic(StopContainer),
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
