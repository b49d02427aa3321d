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
    /// What the engine does instead.
    pub what: &'static str,
}

impl Variance {
    pub(crate) fn applies(&self, engine: &str, version: &str, case: &str) -> bool {
        let (name, since) = self.engine.split_once(' ').unwrap_or((self.engine, ""));
        self.case == case && name == engine && version.starts_with(since)
    }
}

/// The departures that are known; the contract lists them with its rows.
pub const VARIANCES: &[Variance] = &[
    podman(
        "a_published_port_is_free_and_the_hosts",
        "It chooses the free port when the container is made, and tells it as if it had been wished.",
    ),
    podman(
        "a_bind_of_a_missing_folder_is_invalid_input",
        "It makes the missing folder on the host.",
    ),
    podman(
        "health_follows_its_check",
        "Probes are run by systemd; without it none is.",
    ),
    podman(
        "an_image_without_a_tag_stands_as_it_was_given",
        "It keeps the full reference only.",
    ),
    podman(
        "a_stop_is_told_as_kill_die_and_stop",
        "Its events tell of no signal.",
    ),
    podman(
        "a_stop_that_kills_tells_both_signals",
        "Its events tell of no signal.",
    ),
    podman(
        "a_remove_by_force_is_told_as_kill_die_and_destroy",
        "Its events tell of no signal.",
    ),
    podman(
        "an_exec_is_told_in_three_steps",
        "It does not tell that an exec was made, only that it began and ended.",
    ),
    podman(
        "a_kill_is_told_with_its_signal",
        "Its events tell of no signal.",
    ),
    podman(
        "a_rename_is_told_with_both_names",
        "It tells the new name only.",
    ),
    podman(
        "a_restart_is_told_after_the_start",
        "It tells of the restart first.",
    ),
    podman(
        "since_and_until_in_the_past_give_what_was",
        "It compares whole seconds: what was within the same second is told too, or not.",
    ),
    podman(
        "since_gives_what_was_and_what_comes",
        "It compares whole seconds: what was within the same second is told too, or not.",
    ),
    podman(
        "create_volume_takes_driver_options",
        "It adds options of its own to those it was given.",
    ),
    podman("a_volumes_life_is_told", "It does not tell the driver."),
];

const fn podman(case: &'static str, what: &'static str) -> Variance {
    Variance {
        engine: "podman",
        case,
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
        let known = VARIANCES.iter().map(|Variance { engine, case, what }| {
            format!("| {} | {engine} | `{case}` | {what} |", row(*case))
        });
        assert_eq!(listed, known.collect::<Vec<_>>());
    }

    #[test]
    fn a_variance_may_be_of_some_versions_only() {
        let all = podman("it_is_so", "");
        let some = Variance {
            engine: "podman 4.",
            ..all
        };
        assert!(all.applies("podman", "5.8.6", "it_is_so"));
        assert!(some.applies("podman", "4.3.1", "it_is_so"));
        assert!(!some.applies("podman", "5.8.6", "it_is_so"));
        assert!(!all.applies("docker", "28.5.2", "it_is_so"));
        assert!(!all.applies("podman", "5.8.6", "it_is_not"));
    }
}
