//! Lies about what the engine itself takes care of: restarts, health and memory.

use super::{Row, edit};
use crate::lie::{
    Fate::{Kept, Late, Lost},
    Lie::{Answer, Hear, Item, Pretend},
};
use std::{any::Any, time::Duration};
use wharf_core::{
    Operation::{KillContainer, StopContainer},
    *,
};

/// Takes a health check for another.
macro_rules! check {
    (|$check:ident| $change:expr) => {
        Hear(edit!(|config: ContainerConfig| {
            if let Some($check) = &mut config.health_check {
                $change;
            }
        }))
    };
}

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
    (
        "whatever has a check is healthy",
        "failures_in_a_row_make_it_unhealthy",
        Answer(edit!(
            |info: ContainerInfo| if let Some(health) = &mut info.health {
                health.status = HealthStatus::Healthy;
            }
        )),
    ),
    (
        "what a probe writes is lost",
        "a_probe_is_run_as_an_exec_would_be",
        Answer(edit!(|info: ContainerInfo| for probe in
            info.health.iter_mut().flat_map(|h| &mut h.log)
        {
            probe.output.clear();
        })),
    ),
    (
        "there is a health without a check",
        "no_test_is_no_check",
        Answer(edit!(|info: ContainerInfo| {
            info.health.get_or_insert(Health::new(HealthStatus::None));
        })),
    ),
    (
        "a list does not show health",
        "lists_show_health_and_choose_by_it",
        Answer(edit!(|list: Vec<ContainerSummary>| for known in list {
            known
                .status
                .truncate(known.status.find(" (").unwrap_or(known.status.len()));
        })),
    ),
    (
        "the interval of a check is ignored",
        "probes_come_in_their_interval",
        check!(|check| check.interval = Some(Duration::from_millis(10))),
    ),
    (
        "the retries of a check are ignored",
        "failures_in_a_row_make_it_unhealthy",
        check!(|check| check.retries = Some(100)),
    ),
    (
        "the timeout of a check is ignored",
        "a_probe_that_takes_too_long_has_failed",
        check!(|check| check.timeout = None),
    ),
    (
        "the start period of a check is ignored",
        "while_it_starts_failures_do_not_count",
        check!(|check| check.start_period = None),
    ),
    (
        "a change of health is not told",
        "a_probe_is_told_and_what_it_changes",
        Item(|item: &mut dyn Any| match item.downcast_ref::<Event>() {
            Some(event) if event.action == EventAction::HealthStatus => Lost,
            _ => Kept,
        }),
    ),
    (
        "a change of health is told without what it is",
        "a_probe_is_told_and_what_it_changes",
        Item(|item: &mut dyn Any| {
            if let Some(event) = item.downcast_mut::<Event>()
                && event.action == EventAction::HealthStatus
            {
                event.detail = None;
            }
            Kept
        }),
    ),
    (
        "memory that ran out is not told of what has ended",
        "what_holds_too_much_memory_is_killed",
        Answer(edit!(|info: ContainerInfo| info.oom_killed = false)),
    ),
    (
        "every end is for want of memory",
        "what_holds_too_much_memory_is_killed",
        Answer(edit!(
            |info: ContainerInfo| info.oom_killed = info.exit_code.is_some()
        )),
    ),
    (
        "that memory ran out is told after the end",
        "memory_that_is_used_up_is_told_before_the_end",
        Item(|item: &mut dyn Any| match item.downcast_ref::<Event>() {
            Some(event) if event.action == EventAction::Oom => Late,
            _ => Kept,
        }),
    ),
];
