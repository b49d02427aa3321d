//! Builtins that change the shell itself: its variables, options and parameters.

use std::fmt::Write;

use super::single_quoted;
use crate::process::shell::lexer::is_name;
use crate::process::shell::{Shell, Stop};

impl Shell {
    /// `export` and `readonly`.
    pub(super) async fn mark(&mut self, words: &[String]) -> Result<u8, Stop> {
        let export = words[0] == "export";
        let names: Vec<&String> = words[1..].iter().filter(|word| *word != "--").collect();
        let listing = names.iter().all(|word| *word == "-p");
        if listing {
            let mut text = String::new();
            for (name, variable) in self.variables.iter() {
                if (export && variable.exported) || (!export && variable.read_only) {
                    let value = variable
                        .value
                        .as_deref()
                        .map(|value| format!("={}", single_quoted(value)));
                    let _ = writeln!(text, "{} {name}{}", words[0], value.unwrap_or_default());
                }
            }
            return self.print(text).await;
        }
        let unexport = names.first().is_some_and(|word| *word == "-n");
        for word in names
            .into_iter()
            .filter(|word| *word != "-p" && *word != "-n")
        {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !is_name(name) {
                return Err(self
                    .misuse(&words[0], &format!("{name}: bad variable name"))
                    .await);
            }
            if let Some(value) = value {
                self.assign(name, value.to_owned()).await?;
            }
            if export {
                self.variables.export(name, !unexport);
            } else {
                self.variables.protect(name);
            }
        }
        Ok(0)
    }

    pub(super) async fn local(&mut self, words: &[String]) -> Result<u8, Stop> {
        if self.locals.is_empty() {
            return Err(self.misuse("local", "not in a function").await);
        }
        for word in &words[1..] {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !is_name(name) {
                return Err(self
                    .misuse("local", &format!("{name}: bad variable name"))
                    .await);
            }
            let saved = self.variables.save(name);
            if let Some(scope) = self.locals.last_mut() {
                scope.entry(name.to_owned()).or_insert(saved);
            }
            if let Some(value) = value {
                self.assign(name, value.to_owned()).await?;
            }
        }
        Ok(0)
    }

    pub(super) async fn unset(&mut self, words: &[String]) -> Result<u8, Stop> {
        let functions = words.get(1).is_some_and(|word| word == "-f");
        for name in words[1..].iter().filter(|word| !word.starts_with('-')) {
            if functions {
                self.functions.remove(name);
            } else if self.variables.unset(name).is_err() {
                return Err(self.misuse("unset", &format!("{name}: is read only")).await);
            }
        }
        Ok(0)
    }

    pub(super) async fn set(&mut self, words: &[String]) -> Result<u8, Stop> {
        if words.len() == 1 {
            let mut text = String::new();
            for (name, variable) in self.variables.iter() {
                if let Some(value) = &variable.value {
                    let _ = writeln!(text, "{name}={}", single_quoted(value));
                }
            }
            return self.print(text).await;
        }
        let mut rest = words[1..].iter();
        while let Some(word) = rest.as_slice().first() {
            let Some(on) = sign(word) else { break };
            rest.next();
            if word == "--" || word == "-" {
                self.positional = rest.cloned().collect();
                return Ok(0);
            }
            for letter in word.chars().skip(1) {
                let known = if letter == 'o' {
                    let Some(name) = rest.next() else {
                        return self.show_options().await;
                    };
                    self.options.set_name(name, on)
                } else {
                    self.options.set_letter(letter, on)
                };
                if !known {
                    return Err(self.misuse("set", &format!("illegal option {word}")).await);
                }
            }
        }
        if !rest.as_slice().is_empty() {
            self.positional = rest.cloned().collect();
        }
        Ok(0)
    }

    async fn show_options(&mut self) -> Result<u8, Stop> {
        let mut text = String::new();
        for (name, on) in self.options.states() {
            let _ = writeln!(text, "{name:<16}{}", if on { "on" } else { "off" });
        }
        self.print(text).await
    }

    pub(super) async fn shift(&mut self, words: &[String]) -> Result<u8, Stop> {
        let count = match words.get(1) {
            Some(text) => self.number("shift", text).await? as usize,
            None => 1,
        };
        if count > self.positional.len() {
            return Ok(1);
        }
        self.positional.drain(..count);
        Ok(0)
    }

    pub(super) async fn umask(&mut self, words: &[String]) -> Result<u8, Stop> {
        let Some(text) = words.get(1) else {
            return self.print(format!("{:04o}\n", self.process.umask)).await;
        };
        match u32::from_str_radix(text, 8) {
            Ok(mask) if mask <= 0o777 => {
                self.process.umask = mask;
                Ok(0)
            }
            _ => Err(self.misuse("umask", &format!("Illegal mode: {text}")).await),
        }
    }
}

/// Whether a word switches options on or off; `None` if it is no flag.
fn sign(word: &str) -> Option<bool> {
    match word.as_bytes() {
        [b'-', ..] => Some(true),
        [b'+', _, ..] => Some(false),
        _ => None,
    }
}
