//! Builtins about names: what a command would run.

use super::{find, is_special};
use crate::process::program::{self, DEFAULT_PATH};
use crate::process::shell::{Shell, Stop};

const KEYWORDS: [&str; 15] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "then",
    "until", "while",
];

impl Shell {
    pub(super) async fn command(&mut self, words: &[String]) -> Result<u8, Stop> {
        let first = words.iter().position(|word| word != "command");
        let arguments = &words[first.unwrap_or(words.len())..];
        match arguments.first().map(String::as_str) {
            None => Ok(0),
            Some("-v") => {
                for name in &arguments[1..] {
                    match self.what_is(name) {
                        Some((_, short)) => self.print(format!("{short}\n")).await?,
                        None => return Ok(127),
                    };
                }
                Ok(0)
            }
            Some("-V") => self.describe(arguments).await,
            Some(name) => match find(name) {
                Some(run) => run(self, arguments).await,
                None => self.run_program(arguments.to_vec(), false).await,
            },
        }
    }

    pub(super) async fn describe(&mut self, words: &[String]) -> Result<u8, Stop> {
        let mut status = 0;
        for name in &words[1..] {
            let line = if let Some((long, _)) = self.what_is(name) {
                format!("{name} {long}\n")
            } else {
                status = 127;
                format!("{name}: not found\n")
            };
            self.print(line).await?;
        }
        Ok(status)
    }

    /// What `name` would run: in words, and in short.
    fn what_is(&self, name: &str) -> Option<(String, String)> {
        if KEYWORDS.contains(&name) {
            return Some(("is a shell keyword".to_owned(), name.to_owned()));
        }
        if self.functions.contains_key(name) {
            return Some(("is a function".to_owned(), name.to_owned()));
        }
        if find(name).is_some() {
            let kind = if is_special(name) {
                "special shell builtin"
            } else {
                "shell builtin"
            };
            return Some((format!("is a {kind}"), name.to_owned()));
        }
        // What a test has chosen has no file.
        let programs = self.process.pid.kernel().programs();
        if programs.find(&[name.to_owned()], None, false).is_some() {
            return Some((format!("is {name}"), name.to_owned()));
        }
        let path = self
            .variable("PATH")
            .unwrap_or_else(|| DEFAULT_PATH.to_owned());
        let file = program::locate(name, &path, &self.process.cwd, &self.process.files).ok()?;
        Some((format!("is {file}"), file))
    }
}
