//! A small program that shows the same difference.

use super::program::Program;
use serde_json::Value;

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
    let Ok(value) = serde_json::to_value(program) else {
        return Vec::new();
    };
    let whole = value.to_string();
    let mut places = Vec::new();
    fields(&value, &mut Vec::new(), &mut places);
    let without = |place: &Vec<Value>| {
        let mut value = value.clone();
        leave_out(&mut value, place);
        let simpler: Program = serde_json::from_value(value).ok()?;
        // What is left out of a file may come back as what it is by itself.
        let differs = serde_json::to_string(&simpler).is_ok_and(|text| text != whole);
        differs.then_some(simpler)
    };
    places.iter().filter_map(without).collect()
}

/// The ways to all fields of objects.
fn fields(value: &Value, way: &mut Vec<Value>, places: &mut Vec<Vec<Value>>) {
    match value {
        Value::Object(all) => {
            for (key, value) in all {
                way.push(key.clone().into());
                places.push(way.clone());
                fields(value, way, places);
                way.pop();
            }
        }
        Value::Array(all) => {
            for (at, value) in all.iter().enumerate() {
                way.push(at.into());
                fields(value, way, places);
                way.pop();
            }
        }
        _ => {}
    }
}

fn leave_out(value: &mut Value, way: &[Value]) {
    let Some((first, rest)) = way.split_first() else {
        return;
    };
    match (value, first) {
        (Value::Object(all), Value::String(key)) if rest.is_empty() => {
            all.remove(key);
        }
        (Value::Object(all), Value::String(key)) => {
            if let Some(value) = all.get_mut(key) {
                leave_out(value, rest);
            }
        }
        (Value::Array(all), Value::Number(at)) => {
            let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
            if let Some(value) = at.and_then(|at| all.get_mut(at)) {
                leave_out(value, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::Step;
    use wharf_core::ContainerConfig;

    #[test]
    fn what_does_not_matter_goes() {
        let config = ContainerConfig::new("busybox")
            .with_name("@a")
            .with_tty(true)
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
        let least = ContainerConfig::new("busybox").with_tty(true);
        assert_eq!(
            small.0,
            [
                Step::CreateContainer(least),
                Step::PauseContainer("7".into())
            ]
        );
    }
}
