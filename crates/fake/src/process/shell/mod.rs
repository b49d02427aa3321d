//! The shell: `sh`, `ash`.
//!
//! A script is parsed and run line by line. Everything that a shell starts lives inside its own
//! future, so that dropping the shell drops it all.

mod arith;
mod ast;
mod builtin;
mod compound;
mod eval;
mod expand;
mod job;
mod lexer;
mod parser;
mod pattern;
mod redirect;
mod script;
mod simple;
mod state;
mod task;
mod trap;
mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use wharf_core::Signal;

pub(super) use arith::parse_number;
use ast::Command;
pub(super) use job::JobQueue;
use job::{Child, Root};
pub(super) use pattern::named_class;
use state::{Options, Traps};
pub(super) use trap::short_name;
use variables::Variables;

use super::{ExitStatus, Process, program};

/// Why evaluation does not go on with the next command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Out of so many loops.
    Break(u32),
    /// On with the next round, so many loops up.
    Continue(u32),
    /// Out of a function or a sourced file.
    Return(u8),
    /// Out of the shell.
    Exit(u8),
    /// A signal that the shell brought upon itself.
    Killed(Signal),
}

/// A step of evaluation. Steps nest as deep as scripts do: each is made on the heap, in a call of
/// its own, so that the stack holds little more than a pointer for a step that waits for another.
type Evaluating<'a, T> = BoxFuture<'a, Result<T, Stop>>;

#[derive(Debug)]
pub(super) struct Shell {
    process: Process,
    /// `$0`
    name: String,
    positional: Vec<String>,
    variables: Variables,
    functions: BTreeMap<String, Arc<Command>>,
    options: Options,
    traps: Traps,
    /// `$?`
    status: u8,
    /// `$$`: a subshell keeps that of its shell.
    main_pid: u32,
    /// `$!`
    last_background: Option<u32>,
    children: Vec<Child>,
    /// What `local` saved, one map for each function that runs.
    locals: Vec<BTreeMap<String, Option<variables::Variable>>>,
    loops: u32,
    sourced: u32,
    /// Within a condition, where `set -e` does not count.
    conditions: u32,
    /// Runs a script file: complaints then name the line.
    script: bool,
    minds_interrupts: bool,
    line: u32,
    /// The next command is the last thing that this process does.
    tail: bool,
    /// Exit status of the last command substitution in the current command.
    substituted: Option<u8>,
    steps: u32,
}

/// Runs a shell as its process to its end.
pub(super) fn main(mut process: Process) -> BoxFuture<'static, ExitStatus> {
    if process.jobs.is_some() {
        return Box::pin(script::start(process));
    }
    let root = Root::default();
    process.jobs = Some(root.queue());
    Box::pin(root.drive(Box::pin(script::start(process))))
}

impl Shell {
    fn new(process: Process) -> Self {
        let variables = Variables::of_shell(&process.env, &process.cwd);
        let name = process.argv.first().cloned().unwrap_or_default();
        let main_pid = process.pid.number();
        Self {
            name,
            positional: Vec::new(),
            variables,
            functions: BTreeMap::new(),
            options: Options::default(),
            traps: Traps::default(),
            status: 0,
            main_pid,
            last_background: None,
            children: Vec::new(),
            locals: Vec::new(),
            loops: 0,
            sourced: 0,
            conditions: 0,
            script: false,
            minds_interrupts: false,
            line: 0,
            tail: false,
            substituted: None,
            steps: 0,
            process,
        }
    }

    /// A copy of this shell in a process of its own. It remembers traps only to show them, and
    /// waits for none of its parent's children.
    async fn subshell(&mut self) -> Result<Self, Stop> {
        let argv = self.process.argv.clone();
        let env = Arc::clone(&self.process.env);
        let Some(process) = self.process.fork(argv, env) else {
            return Err(self
                .fatal("can't fork: Resource temporarily unavailable")
                .await);
        };
        Ok(Self {
            process,
            name: self.name.clone(),
            positional: self.positional.clone(),
            variables: self.variables.clone(),
            functions: self.functions.clone(),
            options: self.options,
            traps: self.traps.ignored_only(),
            children: Vec::new(),
            locals: self.locals.clone(),
            tail: false,
            substituted: None,
            ..*self
        })
    }

    /// Prints a complaint of the shell itself.
    fn complain(&self, message: &str) -> BoxFuture<'_, ()> {
        let name = &self.name;
        let text = if self.script {
            format!("{name}: line {}: {message}\n", self.line)
        } else {
            format!("{name}: {message}\n")
        };
        Box::pin(self.process.complain_raw(text))
    }

    /// Prints a complaint of a builtin.
    async fn complain_in(&self, builtin: &str, message: &str) {
        let text = format!("{}: {builtin}: line {}: {message}\n", self.name, self.line);
        self.process.complain_raw(text).await;
    }

    /// Prints a complaint after which the shell ends.
    async fn fatal(&self, message: &str) -> Stop {
        self.complain(message).await;
        Stop::Exit(2)
    }

    /// Output of a builtin. Nobody reading it ends the shell as SIGPIPE does.
    async fn print(&self, text: impl Into<bytes::Bytes>) -> Result<u8, Stop> {
        match self.process.print(text).await {
            Ok(()) => Ok(0),
            Err(super::IoError::BrokenPipe) if program::dies_of_pipe(&self.process) => {
                Err(Stop::Killed(Signal::PIPE))
            }
            Err(error) => {
                self.process
                    .complain(&format!("write error: {error}"))
                    .await;
                Ok(1)
            }
        }
    }
}
