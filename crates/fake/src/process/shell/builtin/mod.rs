//! Commands that the shell does itself.

mod names;
mod read;
mod variables;

use futures::future::BoxFuture;
use wharf_core::Signal;

use super::{Shell, Stop};
use crate::process::applets::{format, system, test};
use crate::process::program::DEFAULT_PATH;

pub(super) type Builtin =
    for<'a> fn(&'a mut Shell, &'a [String]) -> BoxFuture<'a, Result<u8, Stop>>;

/// Builtins whose assignments stay and whose mistakes end the shell.
const SPECIAL: [&str; 14] = [
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
    "shift", "trap", "unset",
];

const BUILTINS: &[(&str, Builtin)] = &[
    (".", |shell, words| Box::pin(shell.source(words))),
    (":", |_, _| Box::pin(async { Ok(0) })),
    ("[", |shell, words| Box::pin(shell.test(words))),
    ("[[", |shell, words| Box::pin(shell.test(words))),
    ("break", |shell, words| Box::pin(shell.leave(words))),
    ("cd", |shell, words| Box::pin(shell.cd(words))),
    ("chdir", |shell, words| Box::pin(shell.cd(words))),
    ("command", |shell, words| Box::pin(shell.command(words))),
    ("continue", |shell, words| Box::pin(shell.leave(words))),
    ("echo", |shell, words| {
        Box::pin(async move { shell.print(format::echo(&words[1..])).await })
    }),
    ("eval", |shell, words| Box::pin(shell.eval(words))),
    ("exec", |shell, words| Box::pin(shell.exec(words))),
    ("exit", |shell, words| Box::pin(shell.exit(words))),
    ("export", |shell, words| Box::pin(shell.mark(words))),
    ("false", |_, _| Box::pin(async { Ok(1) })),
    ("kill", |shell, words| Box::pin(shell.kill(words))),
    ("local", |shell, words| Box::pin(shell.local(words))),
    ("printf", |shell, words| Box::pin(shell.printf(words))),
    ("pwd", |shell, words| Box::pin(shell.pwd(words))),
    ("read", |shell, words| Box::pin(shell.read(words))),
    ("readonly", |shell, words| Box::pin(shell.mark(words))),
    ("return", |shell, words| {
        Box::pin(shell.leave_function(words))
    }),
    ("set", |shell, words| Box::pin(shell.set(words))),
    ("shift", |shell, words| Box::pin(shell.shift(words))),
    ("source", |shell, words| Box::pin(shell.source(words))),
    ("test", |shell, words| Box::pin(shell.test(words))),
    ("trap", |shell, words| {
        Box::pin(async move { shell.trap(&words[1..]).await })
    }),
    ("true", |_, _| Box::pin(async { Ok(0) })),
    ("type", |shell, words| Box::pin(shell.describe(words))),
    ("umask", |shell, words| Box::pin(shell.umask(words))),
    ("unset", |shell, words| Box::pin(shell.unset(words))),
    ("wait", |shell, words| Box::pin(shell.wait(words))),
    ("alias", |shell, words| Box::pin(shell.unsupported(words))),
    ("bg", |shell, words| Box::pin(shell.unsupported(words))),
    ("fg", |shell, words| Box::pin(shell.unsupported(words))),
    ("getopts", |shell, words| Box::pin(shell.unsupported(words))),
    ("jobs", |shell, words| Box::pin(shell.unsupported(words))),
    ("let", |shell, words| Box::pin(shell.unsupported(words))),
    ("ulimit", |shell, words| Box::pin(shell.unsupported(words))),
    ("unalias", |shell, words| Box::pin(shell.unsupported(words))),
];

pub(super) fn find(name: &str) -> Option<Builtin> {
    BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, run)| *run)
}

pub(super) fn is_special(name: &str) -> bool {
    SPECIAL.contains(&name)
}

impl Shell {
    /// What a real shell has and this one lacks is said, never passed over.
    async fn unsupported(&mut self, words: &[String]) -> Result<u8, Stop> {
        self.complain_in(&words[0], "not supported by the built-in shell")
            .await;
        Ok(2)
    }

    /// Complains about a special builtin; that ends the shell.
    async fn misuse(&self, builtin: &str, message: &str) -> Stop {
        self.complain_in(builtin, message).await;
        Stop::Exit(2)
    }

    async fn number(&self, builtin: &str, text: &str) -> Result<u32, Stop> {
        match text.parse::<u32>() {
            Ok(number) if !text.starts_with('+') => Ok(number),
            _ => Err(self
                .misuse(builtin, &format!("Illegal number: {text}"))
                .await),
        }
    }

    async fn status_argument(&self, words: &[String]) -> Result<u8, Stop> {
        match words.get(1) {
            None => Ok(self.status),
            Some(text) => Ok((self.number(&words[0], text).await? & 0xff) as u8),
        }
    }

    async fn exit(&mut self, words: &[String]) -> Result<u8, Stop> {
        Err(Stop::Exit(self.status_argument(words).await?))
    }

    async fn leave_function(&mut self, words: &[String]) -> Result<u8, Stop> {
        let status = self.status_argument(words).await?;
        let inside = !self.locals.is_empty() || self.sourced > 0;
        Err(if inside {
            Stop::Return(status)
        } else {
            Stop::Exit(status)
        })
    }

    /// `break` and `continue`; outside a loop they do nothing.
    async fn leave(&mut self, words: &[String]) -> Result<u8, Stop> {
        let levels = match words.get(1) {
            Some(text) => self.number(&words[0], text).await?,
            None => 1,
        };
        if levels == 0 {
            return Err(self.misuse(&words[0], "Illegal number: 0").await);
        }
        let levels = levels.min(self.loops);
        match (levels, words[0].as_str()) {
            (0, _) => Ok(0),
            (_, "break") => Err(Stop::Break(levels)),
            _ => Err(Stop::Continue(levels)),
        }
    }

    async fn eval(&mut self, words: &[String]) -> Result<u8, Stop> {
        let text = words[1..].join(" ");
        self.run_text(&text, self.line, false).await
    }

    async fn source(&mut self, words: &[String]) -> Result<u8, Stop> {
        let Some(name) = words.get(1) else {
            return Ok(2);
        };
        let path = self
            .variable("PATH")
            .unwrap_or_else(|| DEFAULT_PATH.to_owned());
        let in_path = path
            .split(':')
            .map(|directory| format!("{directory}/{name}"))
            .find(|file| !name.contains('/') && self.process.files.exists(file));
        let text = match self.read_script(in_path.as_ref().unwrap_or(name)) {
            Ok(text) => text,
            Err(error) => {
                return Err(self
                    .misuse(".", &format!("can't open '{name}': {error}"))
                    .await);
            }
        };
        self.sourced += 1;
        let result = self.run_text(&text, 1, false).await;
        self.sourced -= 1;
        match result {
            Err(Stop::Return(status)) => Ok(status),
            other => other,
        }
    }

    async fn exec(&mut self, words: &[String]) -> Result<u8, Stop> {
        if words.len() == 1 {
            return Ok(0);
        }
        let mut arguments = words[1..].to_vec();
        match self.find_program(&mut arguments) {
            Ok(program) => Err(self.replace_with(program, arguments).await),
            Err((code, reason)) => {
                self.complain_in("exec", &format!("{}: {reason}", words[1]))
                    .await;
                Err(Stop::Exit(code))
            }
        }
    }

    async fn cd(&mut self, words: &[String]) -> Result<u8, Stop> {
        let named = words[1..]
            .iter()
            .find(|word| !matches!(word.as_str(), "-P" | "-L" | "--"));
        let back = named.is_some_and(|word| word == "-");
        let target = match named.map(String::as_str) {
            Some("-") => self.variable("OLDPWD").unwrap_or_default(),
            Some(path) => path.to_owned(),
            None => self.variable("HOME").unwrap_or_default(),
        };
        let path = normal(&self.process.path(&target));
        let files = &self.process.files;
        let entered = match files.stat(&path) {
            Ok(stat) if !stat.is_dir() => Err(crate::fs::FsError::NotADirectory),
            Ok(_) if files.allows(&path, crate::fs::Access::Execute) => Ok(()),
            Ok(_) => Err(crate::fs::FsError::Permission),
            Err(error) => Err(error),
        };
        if let Err(error) = entered {
            self.complain_in("cd", &format!("can't cd to {target}: {error}"))
                .await;
            return Ok(2);
        }
        let old = std::mem::replace(&mut self.process.cwd, path.clone());
        self.assign("OLDPWD", old).await?;
        self.assign("PWD", path.clone()).await?;
        if back {
            self.print(format!("{path}\n")).await
        } else {
            Ok(0)
        }
    }

    async fn pwd(&mut self, words: &[String]) -> Result<u8, Stop> {
        let physical = words.get(1).is_some_and(|word| word == "-P");
        let canonical = self.process.files.canonical(&self.process.cwd).ok();
        let path = canonical
            .filter(|_| physical)
            .unwrap_or_else(|| self.process.cwd.clone());
        self.print(format!("{path}\n")).await
    }

    async fn test(&mut self, words: &[String]) -> Result<u8, Stop> {
        match test::evaluate(words, &self.process) {
            Ok(met) => Ok(u8::from(!met)),
            Err(message) => {
                self.process.complain_raw(format!("sh: {message}\n")).await;
                Ok(2)
            }
        }
    }

    async fn printf(&mut self, words: &[String]) -> Result<u8, Stop> {
        let formatted = format::printf(&words[1..]);
        let status = self.print(formatted.output).await?;
        for error in &formatted.errors {
            self.process.complain_raw(format!("sh: {error}\n")).await;
        }
        Ok(match formatted.errors.len() {
            0 => status,
            _ if words.len() == 1 => 2,
            _ => 1,
        })
    }

    async fn kill(&mut self, words: &[String]) -> Result<u8, Stop> {
        let outcome = system::kill(&words[1..], &self.process);
        let status = self.print(outcome.output).await?;
        for error in &outcome.errors {
            self.process.complain_raw(format!("sh: {error}\n")).await;
        }
        // A signal to oneself is delivered before kill(2) returns.
        crate::process::yield_now().await;
        Ok(if outcome.errors.is_empty() { status } else { 1 })
    }

    async fn wait(&mut self, words: &[String]) -> Result<u8, Stop> {
        let mut pids = Vec::new();
        for word in &words[1..] {
            pids.push(self.number("wait", word.trim_start_matches('%')).await?);
        }
        if pids.is_empty() {
            while let Some(mut child) = self.children.pop() {
                if self.wait_for(&mut child).await.is_none() {
                    self.children.push(child);
                    return self.interrupted().await;
                }
            }
            return Ok(0);
        }
        let mut status = 0;
        for pid in pids {
            let Some(at) = self.children.iter().position(|child| child.pid == pid) else {
                status = 127;
                continue;
            };
            let mut child = self.children.swap_remove(at);
            let Some(ended) = self.wait_for(&mut child).await else {
                self.children.push(child);
                return self.interrupted().await;
            };
            status = self.mourn(ended).await;
        }
        Ok(status)
    }

    /// `wait` ends at once when a signal is caught, with a status that names it.
    async fn interrupted(&mut self) -> Result<u8, Stop> {
        let number = self
            .process
            .pid
            .signals()
            .peek_arrived()
            .map_or(0, Signal::number);
        self.status = 128 + number;
        self.run_traps().await?;
        Ok(128 + number)
    }
}

/// An absolute path without `.` and `..`, links left alone: as `cd` sees it.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `text` as the shell shows values: between single quotes.
pub(super) fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// `text` as a trace shows it: quoted if it has to be.
pub(super) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,+@%=[]".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        single_quoted(text)
    }
}
