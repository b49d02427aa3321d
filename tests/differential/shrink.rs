//! A small program that shows the same difference.

use super::{
    place::Place,
    program::{Program, Step},
};

/// Makes a program smaller for as long as `shows` says that what is left still shows the difference: first it leaves
/// steps out, large pieces before small ones, then arguments. It asks at most `budget` times.
pub fn shrink(
    program: &Program,
    budget: usize,
    mut shows: impl FnMut(&Program) -> bool,
) -> Program {
    let mut small = program.clone();
    let mut left = budget;
    let mut try_it = |candidate: &Program| {
        if left == 0 {
            return false;
        }
        left -= 1;
        shows(candidate)
    };
    let mut piece = small.0.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < small.0.len() {
            let mut candidate = small.clone();
            candidate.0.drain(at..(at + piece).min(small.0.len()));
            if try_it(&candidate) {
                small = candidate;
            } else {
                at += piece;
            }
        }
        if piece == 1 {
            break;
        }
        piece = piece.div_ceil(2);
    }
    while let Some(simpler) = simpler(&small)
        .into_iter()
        .find(|candidate| try_it(candidate))
    {
        small = simpler;
    }
    small
}

/// The program with one argument less, in every way.
fn simpler(program: &Program) -> Vec<Program> {
    let Ok(whole) = serde_json::to_value(program) else {
        return Vec::new();
    };
    let simpler = |place: &Place| {
        let simpler: Program = serde_json::from_value(place.left_out_of(&whole)).ok()?;
        if !simpler.0.iter().all(Step::stays_in_its_world) {
            return None;
        }
        // What is left out may come back as what it is by itself.
        let differs = serde_json::to_value(&simpler).is_ok_and(|value| value != whole);
        differs.then_some(simpler)
    };
    Place::all(&whole).iter().filter_map(simpler).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::program::{LABEL, WORLD};
    use wharf_core::ContainerConfig;

    #[test]
    fn what_does_not_matter_goes() {
        let config = ContainerConfig::new("busybox")
            .with_name("@a")
            .with_tty(true)
            .with_labels([(LABEL, WORLD)])
            .with_hostname("h");
        let mut steps: Vec<_> = (0..9)
            .map(|n| Step::PauseContainer(n.to_string()))
            .collect();
        steps.insert(4, Step::CreateContainer(config));
        let shows = |program: &Program| {
            let is_it = |step: &Step| matches!(step, Step::CreateContainer(config) if config.tty);
            program.0.iter().any(is_it) && program.0.contains(&Step::PauseContainer("7".into()))
        };
        let small = shrink(&Program(steps), 1000, shows);
        let least = ContainerConfig::new("busybox")
            .with_labels([(LABEL, WORLD)])
            .with_tty(true);
        assert_eq!(
            small.0,
            [
                Step::CreateContainer(least),
                Step::PauseContainer("7".into())
            ]
        );
    }
}
