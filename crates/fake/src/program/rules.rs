//! The rules by which programs are chosen, and how often each has run.

use super::{Commands, Program, commands::Role};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wharf_core::{ContainerConfig, Result};

/// One program, and the commands that it stands for.
#[derive(Debug)]
pub(crate) struct Rule {
    commands: Commands,
    pub(super) program: Program,
}

impl Rule {
    /// Fails where it could never run.
    pub(crate) fn new(commands: Commands, program: Program) -> Result<Arc<Self>> {
        commands.check()?;
        program.check()?;
        Ok(Arc::new(Self { commands, program }))
    }

    pub(crate) fn is_for_the_same(&self, other: &Self) -> bool {
        self.commands == other.commands
    }

    /// What tells images apart that have such a program.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{:?}{:?}", self.commands, self.program)
    }
}

/// Which start of a program this is, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// In its container.
    pub(super) here: u64,
    /// In all containers of the fake.
    pub(super) anywhere: u64,
}

/// How often each program was started. One that was replaced is not kept for it.
#[derive(Debug, Clone, Default)]
struct Starts(Vec<(Weak<Rule>, u64)>);

impl Starts {
    fn of(&self, rule: &Arc<Rule>) -> u64 {
        let known = self.0.iter().find(|(known, _)| is(known, rule));
        known.map_or(0, |(_, count)| *count)
    }

    fn count(&mut self, rule: &Arc<Rule>) -> u64 {
        let known = self.0.iter_mut().find(|(known, _)| is(known, rule));
        if let Some((_, count)) = known {
            *count += 1;
            return *count;
        }
        // Where one comes, those go that were replaced and run no more.
        self.0.retain(|(rule, _)| rule.strong_count() > 0);
        self.0.push((Arc::downgrade(rule), 1));
        1
    }
}

fn is(known: &Weak<Rule>, rule: &Arc<Rule>) -> bool {
    std::ptr::eq(known.as_ptr(), Arc::as_ptr(rule))
}

/// The rules of one fake: the test adds to them while containers run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules(Arc<Mutex<Table>>);

#[derive(Debug, Clone, Default)]
struct Table {
    rules: Vec<Arc<Rule>>,
    starts: Starts,
}

impl Rules {
    /// Adds one; another for exactly these commands goes, and is handed out: what its closure holds may do anything
    /// when it is dropped.
    pub(crate) fn add(&self, rule: Arc<Rule>) -> Option<Arc<Rule>> {
        let rules = &mut self.lock().rules;
        let same = rules.iter().position(|old| old.is_for_the_same(&rule));
        let old = same.map(|at| rules.remove(at));
        rules.push(rule);
        old
    }

    /// What the rules are about that never ran.
    pub(crate) fn never_started(&self) -> Vec<Commands> {
        let table = self.lock();
        let never = table.rules.iter().filter(|rule| table.starts.of(rule) == 0);
        never.map(|rule| rule.commands.clone()).collect()
    }

    /// The same for another fake, which goes on counting for itself.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What runs in one container instead of what its files hold.
#[derive(Debug)]
pub(crate) struct Programs {
    rules: Rules,
    /// What the image brings.
    own: Arc<[Arc<Rule>]>,
    config: Arc<ContainerConfig>,
    starts: Mutex<Starts>,
}

impl Programs {
    pub(crate) fn new(rules: Rules, own: Arc<[Arc<Rule>]>, config: Arc<ContainerConfig>) -> Self {
        Self {
            rules,
            own,
            config,
            starts: Mutex::default(),
        }
    }

    /// The same for the container's copy in another fake, whose rules these are.
    pub(crate) fn copy(&self, rules: Rules) -> Self {
        let (own, config) = (Arc::clone(&self.own), Arc::clone(&self.config));
        Self {
            starts: Mutex::new(self.starts().clone()),
            ..Self::new(rules, own, config)
        }
    }

    /// What runs as `argv`. The `unknown` ones are asked for only where there is nothing else.
    pub(crate) fn find(
        &self,
        argv: &[String],
        role: Option<Role>,
        unknown: bool,
    ) -> Option<Arc<Rule>> {
        let of = |rules: &[Arc<Rule>]| {
            let fit = |rule: &&Arc<Rule>| {
                let commands = &rule.commands;
                commands.fit(argv, &self.config.image, role, unknown)
            };
            // Among equals the last.
            let best = rules.iter().filter(fit);
            best.max_by_key(|rule| rule.commands.specificity()).cloned()
        };
        of(&self.rules.lock().rules).or_else(|| of(&self.own))
    }

    /// Counts a start.
    pub(crate) fn begin(&self, rule: &Arc<Rule>) -> Start {
        Start {
            here: self.starts().count(rule),
            anywhere: self.rules.lock().starts.count(rule),
        }
    }

    fn starts(&self) -> MutexGuard<'_, Starts> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Script;

    #[test]
    fn what_was_replaced_is_not_counted_for_ever() {
        let rule = || Rule::new("app".into(), Script::new().into()).unwrap();
        let mut starts = Starts::default();
        let kept = rule();
        assert_eq!(starts.count(&kept), 1);
        for _ in 0..100 {
            assert_eq!(starts.count(&rule()), 1);
        }
        assert_eq!(starts.count(&kept), 2);
        assert_eq!(starts.0.len(), 2);
    }
}
