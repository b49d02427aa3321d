//! Simple commands: assignments, functions, builtins, programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::ast::{Assignment, Command, Word};
use super::variables::Variable;
use super::{Evaluating, Shell, Stop, builtin, trap};
use crate::fs::FsError;
use crate::process::ExitStatus;
use crate::process::program::{self, DEFAULT_PATH, Program, Refusal};

impl Shell {
    pub(super) fn eval_simple<'a>(
        &'a mut self,
        assignments: &'a [Assignment],
        words: &'a [Word],
        command: &'a Command,
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let tail = std::mem::take(&mut self.tail);
            self.substituted = None;
            let arguments = self.expand_words(words).await?;
            let mut values = Vec::with_capacity(assignments.len());
            for assignment in assignments {
                values.push((
                    assignment.name.as_str(),
                    self.expand_text(&assignment.value).await?,
                ));
            }
            if self.options.xtrace {
                self.trace(&values, &arguments).await;
            }
            let saved = match self.redirect(&command.redirects).await? {
                Ok(saved) => saved,
                Err(saved) => {
                    self.restore(saved);
                    let special = arguments
                        .first()
                        .is_some_and(|name| builtin::is_special(name));
                    return if special { Err(Stop::Exit(1)) } else { Ok(1) };
                }
            };
            let Some(name) = arguments.first() else {
                self.restore(saved);
                for (name, value) in values {
                    self.assign(name, value).await?;
                }
                return Ok(self.substituted.unwrap_or(0));
            };
            let keep = builtin::is_special(name);
            let before = if keep { Vec::new() } else { self.save(&values) };
            for (name, value) in values {
                self.assign(name, value).await?;
                self.variables.export(name, true);
            }
            let permanent = name == "exec" && arguments.len() == 1;
            let result = self.call(arguments, tail).await;
            if permanent {
                drop(saved);
            } else {
                self.restore(saved);
            }
            for (name, value) in before {
                self.variables.restore(&name, value);
            }
            result
        })
    }

    fn save(&self, values: &[(&str, String)]) -> Vec<(String, Option<Variable>)> {
        values
            .iter()
            .map(|(name, _)| ((*name).to_owned(), self.variables.save(name)))
            .collect()
    }

    /// Runs a function, a builtin or a program.
    fn call(&mut self, arguments: Vec<String>, tail: bool) -> Evaluating<'_, u8> {
        Box::pin(async move {
            let name = arguments[0].as_str();
            if let Some(body) = self.functions.get(name).cloned() {
                return self.call_function(&body, arguments).await;
            }
            if let Some(run) = builtin::find(name) {
                return run(self, &arguments).await;
            }
            self.run_program(arguments, tail).await
        })
    }

    fn call_function<'a>(
        &'a mut self,
        body: &'a Arc<Command>,
        arguments: Vec<String>,
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let outer = std::mem::replace(&mut self.positional, arguments[1..].to_vec());
            let loops = std::mem::take(&mut self.loops);
            self.locals.push(BTreeMap::new());
            let result = self.eval_command(body).await;
            for (name, value) in self.locals.pop().unwrap_or_default() {
                self.variables.restore(&name, value);
            }
            self.loops = loops;
            self.positional = outer;
            match result {
                Err(Stop::Return(status)) => Ok(status),
                other => other,
            }
        })
    }

    /// Runs a program as a child, or in place of the shell if that has nothing left to do.
    pub(super) fn run_program(
        &mut self,
        mut arguments: Vec<String>,
        tail: bool,
    ) -> Evaluating<'_, u8> {
        Box::pin(async move {
            let program = match self.find_program(&mut arguments) {
                Ok(program) => program,
                Err((code, reason)) => {
                    self.complain(&format!("{}: {reason}", arguments[0])).await;
                    return Ok(code);
                }
            };
            if tail {
                return Err(self.replace_with(program, arguments).await);
            }
            let env = self.variables.environment();
            let Some(child) = self.process.fork(arguments, env) else {
                return Err(self
                    .fatal("can't fork: Resource temporarily unavailable")
                    .await);
            };
            let status = Box::pin(crate::process::run(program, child)).await;
            Ok(self.mourn(status).await)
        })
    }

    /// exec(3): the shell's process goes on as `program`.
    pub(super) async fn replace_with(&mut self, program: Program, arguments: Vec<String>) -> Stop {
        let env = self.variables.environment();
        let mut process = self.process.replaced(arguments, env);
        process.pid.signals().release();
        if process.is_too_deep() {
            return self.fatal("Resource temporarily unavailable").await;
        }
        // The program holds the only copy of the descriptors, or a reader would wait for ever.
        process.descriptors = std::mem::take(&mut self.process.descriptors);
        match program::execute(program, process).await {
            ExitStatus::Code(code) => {
                self.traps.0.clear();
                Stop::Exit(code)
            }
            ExitStatus::Signal(signal) => Stop::Killed(signal),
        }
    }

    /// The program to run; a file of unknown format is taken for a script of this shell.
    pub(super) fn find_program(
        &self,
        arguments: &mut Vec<String>,
    ) -> Result<Program, (u8, String)> {
        let process = &self.process;
        let path = self
            .variable("PATH")
            .unwrap_or_else(|| DEFAULT_PATH.to_owned());
        let program = match program::find(arguments, &path, process) {
            Ok(program) => program,
            Err(FsError::NotFound | FsError::NotADirectory) => {
                let note = program::lacking(&arguments[0], &process.files);
                return Err((127, format!("not found{note}")));
            }
            Err(reason) => return Err((126, reason.to_string())),
        };
        match program.refusal() {
            None => Ok(program),
            Some(Refusal::NoInterpreter) => Err((127, "not found".to_owned())),
            Some(Refusal::UnknownFormat) => {
                let file = program::locate(&arguments[0], &path, &process.cwd, &process.files);
                arguments[0] = file.map_err(|reason| (126, reason.to_string()))?;
                arguments.insert(0, "sh".to_owned());
                Ok(Program::shell())
            }
        }
    }

    /// The code of a child that has ended, with a word about one that was killed.
    pub(super) async fn mourn(&self, status: ExitStatus) -> u8 {
        if let ExitStatus::Signal(signal) = status
            && let Some(words) = trap::obituary(signal)
        {
            self.process.complain_raw(format!("{words}\n")).await;
        }
        status.code()
    }

    /// Sets a variable; a read-only one ends the shell.
    pub(super) async fn assign(&mut self, name: &str, value: String) -> Result<(), Stop> {
        if self.variables.set(name, value).is_err() {
            return Err(self.fatal(&format!("{name}: is read only")).await);
        }
        if self.options.allexport {
            self.variables.export(name, true);
        }
        Ok(())
    }

    fn trace(&self, values: &[(&str, String)], arguments: &[String]) -> BoxFuture<'_, ()> {
        let assignments = values
            .iter()
            .map(|(name, value)| format!("{name}={}", builtin::quoted(value)));
        let words = arguments.iter().map(|word| builtin::quoted(word));
        let line: Vec<String> = assignments.chain(words).collect();
        let prefix = self.variable("PS4").unwrap_or_else(|| "+ ".to_owned());
        Box::pin(
            self.process
                .complain_raw(format!("{prefix}{}\n", line.join(" "))),
        )
    }
}
