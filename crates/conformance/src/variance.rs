//! Where engines truly differ from the contract, and cannot be brought to it.

/// A known departure of an engine from a row of the contract. A case that fails under one is reported as unsupported,
/// with the reason, never as passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variance {
    /// The engine, as [`Info::engine`](wharf_core::Info::engine) names it, and optionally the beginning of its version
    /// after a space: `podman`, `podman 4.`.
    pub engine: &'static str,
    /// The case that shows it.
    pub case: &'static str,
    /// What the case's failure then says, so that no other failure hides behind this one.
    pub shows: &'static str,
    /// What the engine does instead.
    pub what: &'static str,
}

impl Variance {
    /// Whether it explains how a case has failed.
    pub(crate) fn explains(&self, case: &str, failure: &str) -> bool {
        self.case == case && failure.contains(self.shows)
    }

    /// Whether it is that engine's.
    pub(crate) fn is_of(&self, engine: &str, version: &str) -> bool {
        let (name, beginning) = self.engine.split_once(' ').unwrap_or((self.engine, ""));
        name == engine && version.starts_with(beginning)
    }
}

/// The departures that are known; the contract lists them with its rows.
pub const VARIANCES: &[Variance] = &[
    podman(
        "a_published_port_is_free_and_the_hosts",
        "ports wished: expected",
        "It chooses the free port when the container is made, and tells it as if it had been wished.",
    ),
    podman(
        "a_bind_of_a_missing_folder_is_invalid_input",
        "expected InvalidInput, got Ok(",
        "It makes the missing folder on the host.",
    ),
    podman(
        "health_follows_its_check",
        "in vain: unhealthy",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_new_run_starts_and_remembers_the_probes",
        "in vain: five probes",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "lists_show_health_and_choose_by_it",
        "in vain: healthy",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_probe_is_told_and_what_it_changes",
        "not done within",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "the_end_of_a_run_tells_of_no_health",
        "not done within",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "failures_in_a_row_make_it_unhealthy",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "probes_come_in_their_interval",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_probe_is_run_as_an_exec_would_be",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "what_a_probe_writes_is_shown_in_part",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_probe_that_takes_too_long_has_failed",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_probe_that_cannot_be_run_has_failed",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "while_it_starts_failures_do_not_count",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "a_paused_one_is_not_probed",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "with_the_run_the_probing_ends",
        "in vain: a probe",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "exec_knows_its_own_terminal_only",
        "TERM: expected \"none\\n\", got \"xterm\\n\"",
        "It sets `TERM` for an exec without a terminal.",
    ),
    podman(
        "an_image_without_a_tag_stands_as_it_was_given",
        "image: expected",
        "It keeps the full reference only.",
    ),
    podman(
        "a_stop_is_told_as_kill_die_and_stop",
        "signal: expected Some(\"15\"), got None",
        "Its events tell of no signal.",
    ),
    podman(
        "a_stop_that_kills_tells_both_signals",
        "signals: expected [\"15\", \"9\"], got []",
        "Its events tell of no signal.",
    ),
    podman(
        "a_remove_by_force_is_told_as_kill_die_and_destroy",
        "signal: expected Some(\"9\"), got None",
        "Its events tell of no signal.",
    ),
    podman(
        "an_exec_is_told_in_three_steps",
        "got [\"exec_start\", \"exec_die\"]",
        "It does not tell that an exec was made, only that it began and ended.",
    ),
    podman(
        "a_kill_is_told_with_its_signal",
        "signal: expected Some(\"9\"), got None",
        "Its events tell of no signal.",
    ),
    podman(
        "a_rename_is_told_with_both_names",
        "old name: expected",
        "It tells the new name only.",
    ),
    podman(
        "a_restart_is_told_after_the_start",
        "got [\"restart\"]",
        "It tells of the restart first.",
    ),
    podman(
        "since_and_until_in_the_past_give_what_was",
        "actions: expected",
        "It compares whole seconds: what was within the same second is told too, or not.",
    ),
    podman(
        "since_gives_what_was_and_what_comes",
        "action: expected Create",
        "It compares whole seconds: what was within the same second is told too, or not.",
    ),
    podman(
        "create_volume_takes_driver_options",
        "SIZE",
        "It adds options of its own to those it was given.",
    ),
    podman(
        "between_two_runs_it_is_restarting",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_wait_between_two_runs_is_for_the_next",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "start_between_two_runs_changes_nothing",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_stop_between_two_runs_is_the_end",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_kill_between_two_runs_is_the_end",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "between_two_runs_nothing_can_be_frozen_or_run",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "between_two_runs_only_force_removes",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_restart_by_hand_counts_anew",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_stop_between_two_runs_tells_no_signal",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "a_kill_between_two_runs_is_not_told",
        "there are waits between its runs",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "the_waits_between_runs_grow",
        "waits of 100, 200, 400 and 800 ms",
        "It starts again at once, and tells of no wait.",
    ),
    podman(
        "what_cannot_run_again_is_not_tried_again",
        "in vain: a start that fails",
        "It tells of no start that fails, and tries again.",
    ),
    podman(
        "another_signal_than_its_own_is_no_stop",
        "in vain: its policy starts it again",
        "It takes any signal for a stop.",
    ),
    podman(
        "kill_by_another_signal_than_its_own_leaves_a_paused_one",
        "state: expected Paused, got Running",
        "Any signal lets it go.",
    ),
    podman(
        "each_run_of_a_policy_is_told",
        "\"die\", \"restart\", \"start\"",
        "It tells each start by a policy as a restart too.",
    ),
    podman(
        "memory_that_is_used_up_is_told_before_the_end",
        "got [\"create\", \"start\", \"die\"]",
        "It tells of no memory that is used up.",
    ),
    podman(
        "a_volumes_life_is_told",
        "driver: expected",
        "It does not tell the driver.",
    ),
    podman(
        "next_exit_answers_when_it_is_removed_instead",
        "not done within",
        "Such a wait never answers.",
    ),
    podman(
        "pull_tells_of_each_layer_and_brings_the_image",
        "layers that are here",
        "It does not tell when a layer is complete.",
    ),
    podman(
        "remove_by_force_takes_what_a_stopped_one_uses",
        "would go with it",
        "It would remove the container with the image, so the backend refuses.",
    ),
    podman(
        "create_refuses_more_cpus_than_there_are",
        "expected InvalidInput, got Ok(",
        "It takes any number of CPUs.",
    ),
    podman(
        "a_working_dir_that_is_a_file_is_refused",
        "expected InvalidInput, got Ok(",
        "It looks for the working dir at the start.",
    ),
    podman(
        "a_create_that_fails_by_its_working_dir_leaves_the_named_volume",
        "expected InvalidInput, got Ok(",
        "It looks for the working dir at the start.",
    ),
    podman(
        "a_create_that_fails_by_its_working_dir_leaves_no_anonymous_volume",
        "expected InvalidInput, got Ok(",
        "It looks for the working dir at the start.",
    ),
    podman(
        "a_create_that_fails_late_is_told_as_the_end",
        "expected InvalidInput, got Ok(",
        "It looks for the working dir at the start.",
    ),
    podman(
        "with_init_a_missing_program_is_the_inits_to_tell",
        "exit code: expected 127, got 1",
        "Its init ends with 1.",
    ),
    podman(
        "a_shared_network_is_held_by_id",
        "has dependent containers",
        "What shares a network goes first.",
    ),
    podman(
        "a_shared_network_is_looked_for_before_the_program",
        "has dependent containers",
        "What shares a network goes first.",
    ),
    podman(
        "without_the_shared_network_nothing_is_mounted",
        "has dependent containers",
        "What shares a network goes first.",
    ),
    podman(
        "start_beside_one_that_does_not_run_conflicts",
        "expected Conflict, got Ok(",
        "It starts the other one too.",
    ),
    podman(
        "start_in_its_own_network_is_invalid_input",
        "no container with name or ID",
        "It looks for the other one at the create.",
    ),
    podman(
        "restart_of_what_cannot_be_run_is_invalid_input",
        "exit code: expected Some(127), got None",
        "A restart that fails leaves no exit code.",
    ),
    podman(
        "prune_removes_the_newest_first",
        "removed: expected",
        "It removes them in any order.",
    ),
    podman(
        "mounts_are_told_with_their_container",
        "actions: expected",
        "It does not tell who mounts.",
    ),
    podman(
        "exec_has_the_home_of_its_user",
        "of a number without a home: expected",
        "It gives a user without a home none.",
    ),
    podman(
        "in_a_shared_network_the_hostname_is_the_others",
        "field: expected",
        "It tells a hostname of the container's own.",
    ),
];

const fn podman(case: &'static str, shows: &'static str, what: &'static str) -> Variance {
    Variance {
        engine: "podman",
        case,
        shows,
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    #[test]
    fn the_contract_lists_every_variance_with_its_row() {
        let contract = include_str!("../../../docs/contract.md");
        let (_, listed) = contract.split_once("## Known variances").unwrap();
        let listed: Vec<_> = listed
            .lines()
            .filter(|line| line.starts_with("| "))
            .skip(1)
            .collect();
        let row = |case| cases().iter().find(|known| known.name == case).unwrap().row;
        let line = |known: &Variance| {
            let (row, engine) = (row(known.case), known.engine);
            format!("| {row} | {engine} | `{}` | {} |", known.case, known.what)
        };
        let known: Vec<_> = VARIANCES.iter().map(line).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn a_variance_is_of_an_engine_and_perhaps_of_some_versions() {
        let all = podman("it_is_so", "got None", "");
        let some = Variance {
            engine: "podman 4.",
            ..all
        };
        assert!(all.is_of("podman", "5.8.6"));
        assert!(some.is_of("podman", "4.3.1"));
        assert!(!some.is_of("podman", "5.8.6"));
        assert!(!all.is_of("docker", "28.5.2"));
    }

    #[test]
    fn a_variance_explains_one_failure_of_one_case() {
        let variance = podman("it_is_so", "got None", "");
        assert!(variance.explains("it_is_so", "expected Some(1), got None"));
        assert!(!variance.explains("it_is_so", "expected Some(1), got Some(2)"));
        assert!(!variance.explains("it_is_not", "expected Some(1), got None"));
    }
}
