//! Variables of a shell, and the environment that they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lexer::is_name;

#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    /// `None` if it is only marked, as by `export x`.
    pub(super) value: Option<String>,
    pub(super) exported: bool,
    pub(super) read_only: bool,
}

/// The variable may not be changed.
#[derive(Debug)]
pub(super) struct ReadOnlyVariable;

#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    map: BTreeMap<String, Variable>,
    /// What the exported ones make, until one of them changes.
    environment: Option<Arc<BTreeMap<String, String>>>,
}

impl Variables {
    fn from_environment(env: &Arc<BTreeMap<String, String>>) -> Self {
        let names = env.iter().filter(|(name, _)| is_name(name));
        let map = names.map(|(name, value)| {
            let value = Some(value.clone());
            (
                name.clone(),
                Variable {
                    value,
                    exported: true,
                    read_only: false,
                },
            )
        });
        Self {
            map: map.collect(),
            environment: Some(Arc::clone(env)),
        }
    }

    /// Those of a new shell, which tells its children where it is and how many shells deep they are.
    pub(super) fn of_shell(env: &Arc<BTreeMap<String, String>>, cwd: &str) -> Self {
        let mut variables = Self::from_environment(env);
        let level = variables.get("SHLVL").and_then(|level| level.parse().ok());
        let level = level.unwrap_or(0_u32).saturating_add(1);
        for (name, value) in [("PWD", cwd.to_owned()), ("SHLVL", level.to_string())] {
            let variable = Variable {
                value: Some(value),
                exported: true,
                read_only: false,
            };
            variables.map.insert(name.to_owned(), variable);
        }
        variables.environment = None;
        variables
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name)?.value.as_deref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Variable)> {
        self.map.iter()
    }

    pub(super) fn set(&mut self, name: &str, value: String) -> Result<(), ReadOnlyVariable> {
        let variable = self.writable(name)?;
        variable.value = Some(value);
        if variable.exported {
            self.environment = None;
        }
        Ok(())
    }

    pub(super) fn export(&mut self, name: &str, exported: bool) {
        self.map.entry(name.to_owned()).or_default().exported = exported;
        self.environment = None;
    }

    pub(super) fn protect(&mut self, name: &str) {
        self.map.entry(name.to_owned()).or_default().read_only = true;
    }

    pub(super) fn unset(&mut self, name: &str) -> Result<(), ReadOnlyVariable> {
        if self
            .map
            .get(name)
            .is_some_and(|variable| variable.read_only)
        {
            return Err(ReadOnlyVariable);
        }
        self.map.remove(name);
        self.environment = None;
        Ok(())
    }

    /// Takes a variable out to put it back later.
    pub(super) fn save(&self, name: &str) -> Option<Variable> {
        self.map.get(name).cloned()
    }

    pub(super) fn restore(&mut self, name: &str, saved: Option<Variable>) {
        match saved {
            Some(variable) => self.map.insert(name.to_owned(), variable),
            None => self.map.remove(name),
        };
        self.environment = None;
    }

    pub(super) fn environment(&mut self) -> Arc<BTreeMap<String, String>> {
        let map = &self.map;
        let made = self.environment.get_or_insert_with(|| {
            let exported = map.iter().filter(|(_, variable)| variable.exported);
            let pairs = exported
                .filter_map(|(name, variable)| Some((name.clone(), variable.value.clone()?)));
            Arc::new(pairs.collect())
        });
        Arc::clone(made)
    }

    fn writable(&mut self, name: &str) -> Result<&mut Variable, ReadOnlyVariable> {
        let variable = self.map.entry(name.to_owned()).or_default();
        if variable.read_only {
            Err(ReadOnlyVariable)
        } else {
            Ok(variable)
        }
    }
}
