//! Options, traps and the special parameters.

use std::collections::BTreeMap;

use super::Shell;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) errexit: bool,
    pub(super) noglob: bool,
    pub(super) nounset: bool,
    pub(super) xtrace: bool,
    pub(super) pipefail: bool,
    pub(super) allexport: bool,
}

/// Letter and name of each option, as `set` knows them. `pipefail` has no letter.
const OPTIONS: [(char, &str); 6] = [
    ('e', "errexit"),
    ('f', "noglob"),
    ('u', "nounset"),
    ('x', "xtrace"),
    ('a', "allexport"),
    ('\0', "pipefail"),
];

impl Options {
    fn slot(&mut self, index: usize) -> Option<&mut bool> {
        match index {
            0 => Some(&mut self.errexit),
            1 => Some(&mut self.noglob),
            2 => Some(&mut self.nounset),
            3 => Some(&mut self.xtrace),
            4 => Some(&mut self.allexport),
            5 => Some(&mut self.pipefail),
            _ => None,
        }
    }

    /// False if there is no such option.
    pub(super) fn set_letter(&mut self, letter: char, on: bool) -> bool {
        let index = OPTIONS
            .iter()
            .position(|(known, _)| *known == letter && letter != '\0');
        self.set_at(index, on)
    }

    /// False if there is no such option.
    pub(super) fn set_name(&mut self, name: &str, on: bool) -> bool {
        let index = OPTIONS.iter().position(|(_, known)| *known == name);
        self.set_at(index, on)
    }

    fn set_at(&mut self, index: Option<usize>, on: bool) -> bool {
        match index.and_then(|index| self.slot(index)) {
            Some(slot) => {
                *slot = on;
                true
            }
            None => false,
        }
    }

    /// Name and state of each.
    pub(super) fn states(mut self) -> Vec<(&'static str, bool)> {
        let names = OPTIONS.iter().enumerate();
        names
            .map(|(index, (_, name))| (*name, self.slot(index).is_some_and(|on| *on)))
            .collect()
    }

    fn letters(mut self) -> String {
        let letters = OPTIONS.iter().enumerate();
        let on = letters.filter(|(index, _)| self.slot(*index).is_some_and(|on| *on));
        on.map(|(_, (letter, _))| *letter)
            .filter(|letter| *letter != '\0')
            .collect()
    }
}

/// What to do on a signal, by number; 0 is the exit of the shell. Empty text ignores it.
#[derive(Debug, Clone, Default)]
pub(super) struct Traps(pub(super) BTreeMap<u8, String>);

impl Traps {
    pub(super) fn ignored_only(&self) -> Self {
        let ignored = self.0.iter().filter(|(_, action)| action.is_empty());
        Self(
            ignored
                .map(|(number, action)| (*number, action.clone()))
                .collect(),
        )
    }
}

impl Shell {
    /// The value of a variable or a special parameter; `None` if it is not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let special = match name {
            "?" => self.status.to_string(),
            "$" => self.main_pid.to_string(),
            "!" => return self.last_background.map(|pid| pid.to_string()),
            "#" => self.positional.len().to_string(),
            "@" | "*" if self.positional.is_empty() => return None,
            "@" | "*" => self.positional.join(" "),
            "-" => self.options.letters(),
            "0" => self.name.clone(),
            "PPID" => self.process.parent.to_string(),
            "LINENO" => self.line.to_string(),
            "RANDOM" => (self.process.files.random() & 0x7fff).to_string(),
            "IFS" => self.variables.get(name).unwrap_or(" \t\n").to_owned(),
            "PWD" => self
                .variables
                .get(name)
                .unwrap_or(&self.process.cwd)
                .to_owned(),
            _ => {
                if let Ok(position) = name.parse::<usize>() {
                    return self.positional.get(position.checked_sub(1)?).cloned();
                }
                return self.variables.get(name).map(str::to_owned);
            }
        };
        Some(special)
    }
}
