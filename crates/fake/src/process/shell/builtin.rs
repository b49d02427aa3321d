//! Commands that the shell does itself.

use std::fmt::Write;

use futures::future::BoxFuture;
use wharf_core::Signal;

use super::lexer::is_name;
use super::{Shell, Stop};
use crate::process::applets::{format, system, test, time};
use crate::process::program::{self, DEFAULT_PATH};

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

const KEYWORDS: [&str; 15] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "then",
    "until", "while",
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

    /// `export` and `readonly`.
    async fn mark(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn local(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn unset(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn set(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn shift(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn umask(&mut self, words: &[String]) -> Result<u8, Stop> {
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
            match self.wait_for(&mut child).await {
                Some(ended) => status = self.mourn(ended).await,
                None => {
                    self.children.push(child);
                    return self.interrupted().await;
                }
            }
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

    async fn read(&mut self, words: &[String]) -> Result<u8, Stop> {
        let mut raw = false;
        let mut count = usize::MAX;
        let mut timeout = None;
        let mut names = words[1..].iter().peekable();
        while let Some(flag) = names.next_if(|word| word.starts_with('-') && word.len() > 1) {
            let letter = flag.as_bytes()[1];
            let inline = Some(flag[2..].to_owned()).filter(|text| !text.is_empty());
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| names.next().cloned())
                    .unwrap_or_default()
            };
            match letter {
                b'r' => raw = true,
                b's' => {}
                b'p' => self.process.complain_raw(value()).await,
                b'n' => count = value().parse().unwrap_or(usize::MAX),
                b't' => match value().parse() {
                    Ok(seconds) => timeout = time::seconds(seconds),
                    Err(_) => {
                        self.process
                            .complain_raw("sh: read: invalid timeout\n".to_owned())
                            .await;
                        return Ok(1);
                    }
                },
                _ => {
                    return Err(self.misuse("read", &format!("illegal option {flag}")).await);
                }
            }
        }
        let names: Vec<&str> = names.map(String::as_str).collect();
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            self.process
                .complain_raw(format!("sh: read: '{bad}': bad variable name\n"))
                .await;
            return Ok(1);
        }
        let line = self.read_line(raw, count);
        let read = match timeout {
            Some(limit) => tokio::time::timeout(limit, line).await.unwrap_or(Err(1)),
            None => line.await,
        };
        let (line, ended) = match read {
            Ok(read) => read,
            Err(status) => return Ok(status),
        };
        self.assign_fields(&names, &line).await?;
        Ok(u8::from(ended))
    }

    /// Reads a line byte by byte, so that the next program finds the rest. `Err` is the status if
    /// a caught signal or an error ends it.
    async fn read_line(&self, raw: bool, count: usize) -> Result<(Vec<(char, bool)>, bool), u8> {
        let input = self.process.descriptors.get(0).clone();
        let signals = self.process.pid.signals().clone();
        let mut bytes = Vec::new();
        let mut escapes = Vec::new();
        let mut escaped = false;
        let ended = loop {
            if bytes.len() >= count {
                break false;
            }
            let read = std::pin::pin!(input.read(1));
            let arrival = std::pin::pin!(signals.arrival());
            let byte = match futures::future::select(read, arrival).await {
                futures::future::Either::Left((Ok(read), _)) => read.first().copied(),
                futures::future::Either::Left((Err(_), _)) => return Err(1),
                futures::future::Either::Right(_) => return Err(1),
            };
            match byte {
                None | Some(b'\0') => break true,
                Some(b'\n') if escaped => escaped = false,
                Some(b'\n') => break false,
                Some(b'\\') if !raw && !escaped => escaped = true,
                Some(byte) => {
                    escapes.push(escaped);
                    bytes.push(byte);
                    escaped = false;
                }
            }
            self.process.spend(1).await;
        };
        let text = String::from_utf8_lossy(&bytes);
        let marked = text
            .char_indices()
            .map(|(at, character)| (character, escapes.get(at).copied().unwrap_or(false)));
        Ok((marked.collect(), ended))
    }

    /// Splits a line among variables; the last one takes the rest.
    async fn assign_fields(&mut self, names: &[&str], line: &[(char, bool)]) -> Result<(), Stop> {
        let ifs = self.variable("IFS").unwrap_or_default();
        let is_blank = |&(character, escaped): &(char, bool)| {
            !escaped && character.is_ascii_whitespace() && ifs.contains(character)
        };
        let separates = |&(character, escaped): &(char, bool)| !escaped && ifs.contains(character);
        let mut rest = line;
        while rest.first().is_some_and(is_blank) {
            rest = &rest[1..];
        }
        let names = if names.is_empty() { &["REPLY"] } else { names };
        for (index, name) in names.iter().enumerate() {
            let field;
            if index + 1 == names.len() {
                let mut last = rest;
                while last.last().is_some_and(is_blank) {
                    last = &last[..last.len() - 1];
                }
                field = last;
            } else {
                let end = rest.iter().position(separates).unwrap_or(rest.len());
                field = &rest[..end];
                rest = &rest[end..];
                let blanks =
                    |rest: &[(char, bool)]| rest.iter().take_while(|at| is_blank(at)).count();
                rest = &rest[blanks(rest)..];
                if rest
                    .first()
                    .is_some_and(|at| separates(at) && !is_blank(at))
                {
                    rest = &rest[1..];
                    rest = &rest[blanks(rest)..];
                }
            }
            let value = field.iter().map(|(character, _)| character).collect();
            self.assign(name, value).await?;
        }
        Ok(())
    }

    async fn command(&mut self, words: &[String]) -> Result<u8, Stop> {
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

    async fn describe(&mut self, words: &[String]) -> Result<u8, Stop> {
        let mut status = 0;
        for name in &words[1..] {
            match self.what_is(name) {
                Some((long, _)) => self.print(format!("{name} {long}\n")).await?,
                None => {
                    self.print(format!("{name}: not found\n")).await?;
                    status = 127;
                    0
                }
            };
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
        let path = self
            .variable("PATH")
            .unwrap_or_else(|| DEFAULT_PATH.to_owned());
        let file = program::locate(name, &path, &self.process.cwd, &self.process.files).ok()?;
        Some((format!("is {file}"), file))
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
