//! The cases, by group.

mod container;
mod declared;
mod events;
mod image;
mod input;
mod runtime;
mod system;
mod volume;

use crate::case::Case;
use std::sync::LazyLock;

/// All cases, always in the same order.
pub fn cases() -> &'static [Case] {
    &CASES
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let groups = [
        container::CASES,
        image::CASES,
        events::CASES,
        input::CASES,
        &[
            system::CASES,
            volume::CASES,
            runtime::CASES,
            declared::CASES,
        ],
    ];
    groups.concat().concat()
});

/// A case: its row of the contract, its name, what it needs, and what must be so.
macro_rules! case {
    ($row:literal, $name:ident, |$ctx:ident| $body:block) => {
        case!($row, $name, [], |$ctx| $body)
    };
    ($row:literal, $name:ident, [$($need:expr),* $(,)?], |$ctx:ident| $body:block) => {
        $crate::case::Case {
            name: stringify!($name),
            group: GROUP,
            row: $row,
            needs: &[$($need),*],
            body: |$ctx| Box::pin(async move {
                $body
                Ok::<(), $crate::check::Failure>(())
            }),
        }
    };
}
use case;

/// What every file of cases is written with.
mod prelude {
    pub(super) use super::case;
    pub(super) use crate::{
        case::{Case, Need},
        check::*,
        context::*,
    };
    pub(super) use futures::{StreamExt, TryStreamExt};
    pub(super) use std::time::Duration;
    pub(super) use wharf_core::{
        ErrorKind::{AlreadyExists, Conflict, ContainerNotFound, ImageNotFound, NotFound},
        *,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const CONTRACT: &str = include_str!("../../../../docs/contract.md");

    /// The rows of the contract: the first cell of each line of a table, where it is a letter and a number.
    fn rows() -> Vec<&'static str> {
        let first_cell = |line: &'static str| Some(line.strip_prefix("| ")?.split_once(' ')?.0);
        let is_row = |cell: &&str| {
            cell.starts_with(|c: char| c.is_ascii_uppercase())
                && cell.len() > 1
                && cell.bytes().skip(1).all(|b| b.is_ascii_digit())
        };
        let rules = CONTRACT.split("\n## Known variances").next();
        rules
            .unwrap_or_default()
            .lines()
            .filter_map(first_cell)
            .filter(is_row)
            .collect()
    }

    #[test]
    fn every_row_of_the_contract_is_held_by_a_case_and_no_case_cites_another() {
        let cited: BTreeSet<_> = cases().iter().map(|case| case.row).collect();
        let rows: BTreeSet<_> = rows().into_iter().collect();
        assert_eq!(
            cited.difference(&rows).collect::<Vec<_>>(),
            [] as [&&str; 0],
            "no such row"
        );
        assert_eq!(
            rows.difference(&cited).collect::<Vec<_>>(),
            [] as [&&str; 0],
            "no case"
        );
    }

    #[test]
    fn no_two_rows_are_alike() {
        let mut seen = BTreeSet::new();
        let twice = rows().into_iter().filter(|row| !seen.insert(*row));
        assert_eq!(twice.collect::<Vec<_>>(), [] as [&str; 0]);
    }

    #[test]
    fn names_are_facts_and_no_two_alike() {
        let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases().len());
        assert!(
            names.iter().all(|name| name.split('_').count() > 2),
            "{names:?}"
        );
    }
}
