//! Where a shell gets its commands from: an argument, a file, standard input.

use super::ast::List;
use super::parser::{Parser, SyntaxError};
use super::{Evaluating, Shell, Stop};
use crate::fs::FsError;
use crate::process::{ExitStatus, IoError, Process};

/// As the real shell: a read takes what is there, up to so much.
const READ_SIZE: usize = 1023;

/// What a shell says first to who sits at its terminal.
const BANNER: &str = "\n\nBusyBox v1.36.1 (2023-11-07 18:53:09 UTC) built-in shell (ash)\n\
                      Enter 'help' for a list of built-in commands.\n\n";

/// A script on standard input may not hold more than this in one command.
const COMMAND_LIMIT: usize = 16 * 1024 * 1024;

pub(super) async fn start(process: Process) -> ExitStatus {
    let mut shell = Shell::new(process);
    let result = shell.run_arguments().await;
    shell.finish(result).await
}

impl Shell {
    async fn run_arguments(&mut self) -> Result<u8, Stop> {
        let mut arguments = self.process.argv.clone().into_iter().skip(1).peekable();
        let (mut command, mut input) = (false, false);
        while let Some(flags) =
            arguments.next_if(|word| word.len() > 1 && word.starts_with(['-', '+']))
        {
            if flags == "--" {
                break;
            }
            let on = flags.starts_with('-');
            for letter in flags.chars().skip(1) {
                match letter {
                    'c' => command = true,
                    's' => input = true,
                    'i' | 'l' | 'm' => {}
                    'o' => {
                        let name = arguments.next().unwrap_or_default();
                        if !self.options.set_name(&name, on) {
                            return Err(self.fatal(&format!("illegal option -o {name}")).await);
                        }
                    }
                    _ if self.options.set_letter(letter, on) => {}
                    _ => return Err(self.fatal(&format!("illegal option -{letter}")).await),
                }
            }
        }
        if command {
            let Some(text) = arguments.next() else {
                return Err(self.fatal("-c requires an argument").await);
            };
            if let Some(name) = arguments.next() {
                self.name = name;
                self.script = true;
            }
            self.positional = arguments.collect();
            self.mind_interrupts();
            return self.run_text(&text, 0, true).await;
        }
        let Some(file) = arguments.next_if(|_| !input) else {
            self.positional = arguments.collect();
            return Box::pin(self.run_stdin()).await;
        };
        self.positional = arguments.collect();
        let script = match self.read_script(&file) {
            // It can be opened, and there is nothing to read in it.
            Err(FsError::IsADirectory) => Ok(String::new()),
            script => script,
        };
        match script {
            Ok(text) => {
                self.name = file;
                self.script = true;
                self.mind_interrupts();
                self.run_text(&text, 1, false).await
            }
            Err(error) => {
                let message = format!("can't open '{file}': {error}");
                self.complain(&message).await;
                Err(Stop::Exit(2))
            }
        }
    }

    pub(super) fn read_script(&self, file: &str) -> Result<String, FsError> {
        let content = self.process.files.read(&self.process.path(file))?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    /// Runs `text` line by line, so that what comes before a mistake is done. With `tail` it is
    /// all that the shell has to do.
    pub(super) fn run_text<'a>(
        &'a mut self,
        text: &'a str,
        line: u32,
        tail: bool,
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let mut parser = Parser::new(text, line);
            let mut status = 0;
            loop {
                match parser.next_line() {
                    Ok(None) => return Ok(status),
                    Ok(Some(list)) => {
                        let final_line = tail && parser.rest().trim().is_empty();
                        status = self.run_line(&list, final_line).await?;
                    }
                    Err(error) => return Err(self.syntax_error(&error).await),
                }
            }
        })
    }

    async fn run_line(&mut self, list: &List, tail: bool) -> Result<u8, Stop> {
        self.tail = tail && self.traps.0.is_empty();
        self.eval_list(list).await
    }

    pub(super) async fn syntax_error(&mut self, error: &SyntaxError) -> Stop {
        self.line = error.line;
        self.fatal(&format!("syntax error: {}", error.message))
            .await
    }

    /// Reads commands from standard input as they come, and leaves what it has not yet read to
    /// the programs that it runs.
    async fn run_stdin(&mut self) -> Result<u8, Stop> {
        if self.process.tty {
            self.process.complain_raw(BANNER.to_owned()).await;
        }
        let mut buffer = String::new();
        let mut undecoded = Vec::new();
        let mut ended = false;
        let mut line = 1;
        loop {
            let complete = ended || buffer.contains('\n');
            if complete {
                let mut parser = Parser::new(&buffer, line);
                match parser.next_line() {
                    Ok(Some(_)) if parser.unfinished && !ended => {}
                    Ok(Some(list)) => {
                        let used = parser.position;
                        line = parser.line;
                        buffer.drain(..used);
                        self.line = line;
                        self.run_line(&list, false).await?;
                        continue;
                    }
                    Ok(None) if ended => return Ok(self.status),
                    Ok(None) => buffer.clear(),
                    Err(error) if error.incomplete && !ended => {}
                    Err(error) => return Err(self.syntax_error(&error).await),
                }
            }
            if buffer.len() > COMMAND_LIMIT {
                return Err(self.fatal("out of memory").await);
            }
            self.prompt(!buffer.is_empty()).await;
            match self.process.read_stdin(READ_SIZE).await {
                Ok(bytes) if bytes.is_empty() => ended = true,
                Ok(bytes) => {
                    undecoded.extend_from_slice(&bytes);
                    decode(&mut undecoded, &mut buffer);
                }
                Err(IoError::BrokenPipe | IoError::File(_)) => ended = true,
            }
        }
    }

    async fn prompt(&self, continued: bool) {
        if self.process.tty {
            let home = self
                .variable("HOME")
                .filter(|home| *home == self.process.cwd);
            let place = home.map_or(self.process.cwd.as_str(), |_| "~");
            let mark = if self.process.owner().uid == 0 {
                '#'
            } else {
                '$'
            };
            let prompt = if continued {
                "> ".to_owned()
            } else {
                format!("{place} {mark} ")
            };
            self.process.complain_raw(prompt).await;
        }
    }

    /// The end of a shell: its EXIT trap, then its status.
    pub(super) async fn finish(&mut self, result: Result<u8, Stop>) -> ExitStatus {
        let mut status = match result {
            Ok(status) | Err(Stop::Exit(status) | Stop::Return(status)) => status,
            Err(Stop::Break(_) | Stop::Continue(_)) => self.status,
            Err(Stop::Killed(signal)) => return ExitStatus::Signal(signal),
        };
        if let Some(action) = self.traps.0.remove(&0).filter(|action| !action.is_empty()) {
            self.status = status;
            match self.run_text(&action, self.line, false).await {
                Err(Stop::Exit(code)) => status = code,
                Err(Stop::Killed(signal)) => return ExitStatus::Signal(signal),
                _ => {}
            }
        }
        ExitStatus::Code(status)
    }
}

/// Moves all but an unfinished character at the end into `text`.
fn decode(bytes: &mut Vec<u8>, text: &mut String) {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(valid) => {
                text.push_str(valid);
                bytes.clear();
                return;
            }
            Err(error) => {
                let valid = error.valid_up_to();
                text.push_str(&String::from_utf8_lossy(&bytes[..valid]));
                let Some(bad) = error.error_len() else {
                    bytes.drain(..valid);
                    return;
                };
                text.push(char::REPLACEMENT_CHARACTER);
                bytes.drain(..valid + bad);
            }
        }
    }
}
