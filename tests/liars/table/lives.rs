//! Lies about what the engine itself takes care of: restarts.

use super::{Row, edit};
use crate::lie::{
    Fate::{Kept, Lost},
    Lie::{Answer, Hear, Item, Pretend},
};
use std::any::Any;
use wharf_core::{
    Operation::{KillContainer, StopContainer},
    *,
};

pub(super) const LIES: &[Row] = &[
    (
        "what waits for its next run is said to run",
        "between_two_runs_it_is_restarting",
        Answer(edit!(
            |info: ContainerInfo| if info.state == ContainerState::Restarting {
                info.state = ContainerState::Running;
            }
        )),
    ),
    (
        "restarts are not counted",
        "a_failure_is_started_again",
        Answer(edit!(|info: ContainerInfo| info.restart_count = 0)),
    ),
    (
        "a restart policy is kept and not followed",
        "a_start_by_hand_counts_anew",
        Hear(edit!(
            |config: ContainerConfig| config.restart = RestartPolicy::No
        )),
    ),
    (
        "every restart policy is always",
        "only_some_policies_restart_what_ended_well",
        Hear(edit!(
            |config: ContainerConfig| if config.restart != RestartPolicy::No {
                config.restart = RestartPolicy::Always;
            }
        )),
    ),
    (
        "the number of retries is ignored",
        "a_failure_is_started_again",
        Hear(edit!(
            |config: ContainerConfig| if config.restart != RestartPolicy::No {
                config.restart = RestartPolicy::on_failure(0);
            }
        )),
    ),
    (
        "a stop between two runs stops nothing",
        "a_stop_between_two_runs_is_the_end",
        Pretend(StopContainer),
    ),
    (
        "a kill between two runs ends nothing",
        "a_kill_between_two_runs_is_the_end",
        Pretend(KillContainer),
    ),
    (
        "a stop signal is forgotten",
        "another_signal_than_its_own_is_no_stop",
        Hear(edit!(|config: ContainerConfig| config.stop_signal = None)),
    ),
    (
        "the end of a run that goes on is not told",
        "each_run_of_a_policy_is_told",
        Item(|item: &mut dyn Any| match item.downcast_ref::<Event>() {
            Some(event) if event.action == EventAction::Die => Lost,
            _ => Kept,
        }),
    ),
];
