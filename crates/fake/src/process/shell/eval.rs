//! Evaluation of commands.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tokio::time::Sleep;
use wharf_core::Signal;

use super::ast::{AndOr, Assignment, Command, CommandKind, Connector, Item, List, Pipeline, Word};
use super::job::Child;
use super::{Evaluating, Shell, Stop, builtin, trap};
use crate::fs::FsError;
use crate::process::program::{self, DEFAULT_PATH, Program, Refusal};
use crate::process::signal::supervise;
use crate::process::{DEPTH_LIMIT, ExitStatus, PIPE_CAPACITY, Stream, pipe};

/// After so many commands a shell has used a virtual millisecond: endless loops take time.
const COMMANDS_PER_MILLISECOND: u32 = 1024;

/// A command substitution may yield no more than this.
const SUBSTITUTION_LIMIT: usize = 64 * 1024 * 1024;

/// What a subshell is to do.
enum Task {
    AndOr(Arc<AndOr>),
    List(List),
}

impl Shell {
    pub(super) fn eval_list<'a>(&'a mut self, list: &'a [Item]) -> Evaluating<'a, u8> {
        Box::pin(async move {
            if self.process.depth >= DEPTH_LIMIT {
                return Err(self.fatal("nested too deeply").await);
            }
            self.process.depth += 1;
            let result = self.eval_items(list).await;
            self.process.depth -= 1;
            result
        })
    }

    fn eval_items<'a>(&'a mut self, list: &'a [Item]) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let tail = std::mem::take(&mut self.tail);
            let mut status = 0;
            for (index, item) in list.iter().enumerate() {
                status = if item.background {
                    self.start_job(Arc::clone(&item.and_or)).await?
                } else {
                    self.tail = tail && index + 1 == list.len();
                    self.eval_and_or(&item.and_or).await?
                };
                self.status = status;
                self.run_traps().await?;
            }
            Ok(status)
        })
    }

    fn eval_and_or<'a>(&'a mut self, and_or: &'a AndOr) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let tail = std::mem::take(&mut self.tail);
            let last = and_or.rest.len();
            let mut status = self
                .eval_member(&and_or.first, tail && last == 0, last > 0)
                .await?;
            for (index, (connector, pipeline)) in and_or.rest.iter().enumerate() {
                if (status == 0) == (*connector == Connector::And) {
                    let more = index + 1 < last;
                    status = self.eval_member(pipeline, tail && !more, more).await?;
                }
            }
            Ok(status)
        })
    }

    /// One member of an and-or list; all but the last are conditions.
    fn eval_member<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        tail: bool,
        condition: bool,
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let condition = condition || pipeline.negated;
            self.tail = tail && !condition;
            self.conditions += u32::from(condition);
            let result = self.eval_pipeline(pipeline).await;
            self.conditions -= u32::from(condition);
            let status = result?;
            self.status = status;
            // What is inside a compound command has been judged there.
            let judged = match pipeline.commands.as_slice() {
                [only] => matches!(
                    only.kind,
                    CommandKind::Simple { .. } | CommandKind::Subshell(_)
                ),
                _ => true,
            };
            let judged = judged && !condition && self.conditions == 0;
            if status != 0 && self.options.errexit && judged {
                return Err(Stop::Exit(status));
            }
            Ok(if pipeline.negated {
                u8::from(status == 0)
            } else {
                status
            })
        })
    }

    fn eval_pipeline<'a>(&'a mut self, pipeline: &'a Pipeline) -> Evaluating<'a, u8> {
        Box::pin(async move {
            if let [only] = pipeline.commands.as_slice() {
                return self.eval_command(only).await;
            }
            self.tail = false;
            let mut members = Vec::with_capacity(pipeline.commands.len());
            let mut input: Option<Stream> = None;
            for (index, command) in pipeline.commands.iter().enumerate() {
                let mut member = self.subshell().await?;
                if let Some(reader) = input.take() {
                    member.process.descriptors.set(0, reader);
                }
                if index + 1 < pipeline.commands.len() {
                    let (writer, reader) = pipe(PIPE_CAPACITY);
                    member.process.descriptors.set(1, Stream::Writer(writer));
                    input = Some(Stream::Reader(reader));
                }
                members.push(Box::pin(member.run_child(
                    async move |shell: &mut Shell| {
                        shell.tail = true;
                        shell.eval_command(command).await
                    },
                )));
            }
            let statuses = join_all(members).await;
            let codes = || statuses.iter().map(|status| status.code());
            let last = codes().next_back().unwrap_or(0);
            let failed = codes().rfind(|code| *code != 0).unwrap_or(0);
            Ok(if self.options.pipefail { failed } else { last })
        })
    }

    /// Runs this subshell to its end under the rules for signals.
    async fn run_child<F>(mut self, body: F) -> ExitStatus
    where
        F: AsyncFnOnce(&mut Shell) -> Result<u8, Stop>,
    {
        let signals = self.process.pid.signals().clone();
        let run = async {
            let result = body(&mut self).await;
            self.finish(result).await
        };
        supervise(signals, false, run).await
    }

    fn run_task(self, task: Task) -> BoxFuture<'static, ExitStatus> {
        Box::pin(self.run_child(async move |shell: &mut Shell| {
            shell.tail = true;
            match &task {
                Task::AndOr(and_or) => shell.eval_and_or(and_or).await,
                Task::List(list) => shell.eval_list(list).await,
            }
        }))
    }

    fn start_job<'a>(&'a mut self, and_or: Arc<AndOr>) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let mut job = self.subshell().await?;
            // Without job control a job must not take the shell's input.
            job.process.descriptors.set(0, Stream::Null);
            let pid = job.process.pid.number();
            let Some(queue) = self.process.jobs.clone() else {
                return Err(self.fatal("can't fork").await);
            };
            self.children
                .push(queue.push(job.run_task(Task::AndOr(and_or)), pid));
            self.last_background = Some(pid);
            Ok(0)
        })
    }

    /// `$(…)`: what `list` prints, without the newlines at its end.
    pub(super) fn substitute<'a>(&'a mut self, list: List) -> Evaluating<'a, String> {
        Box::pin(async move {
            let mut shell = self.subshell().await?;
            let (writer, reader) = pipe(PIPE_CAPACITY);
            shell.process.descriptors.set(1, Stream::Writer(writer));
            let mut output = Vec::new();
            let collect = async {
                loop {
                    let bytes = reader.read(PIPE_CAPACITY).await;
                    if bytes.is_empty() {
                        return true;
                    }
                    output.extend_from_slice(&bytes);
                    if output.len() > SUBSTITUTION_LIMIT {
                        return false;
                    }
                }
            };
            let run = async { Ok(shell.run_task(Task::List(list)).await) };
            let collected = async { if collect.await { Ok(()) } else { Err(()) } };
            let Ok((status, ())) = futures::future::try_join(run, collected).await else {
                return Err(self.fatal("out of memory").await);
            };
            self.status = status.code();
            self.substituted = Some(status.code());
            let text = String::from_utf8_lossy(&output);
            Ok(text.trim_end_matches('\n').replace('\0', ""))
        })
    }

    pub(super) fn eval_command<'a>(&'a mut self, command: &'a Command) -> Evaluating<'a, u8> {
        Box::pin(async move {
            self.spend().await;
            self.line = command.line;
            if let CommandKind::Simple { assignments, words } = &command.kind {
                return self.eval_simple(assignments, words, command).await;
            }
            self.tail = false;
            if let CommandKind::Function { name, body } = &command.kind {
                self.functions.insert(name.clone(), Arc::clone(body));
                return Ok(0);
            }
            let saved = match self.redirect(&command.redirects).await? {
                Ok(saved) => saved,
                Err(saved) => {
                    self.restore(saved);
                    return Ok(1);
                }
            };
            let result = self.eval_compound(&command.kind).await;
            self.restore(saved);
            result
        })
    }

    fn eval_compound<'a>(&'a mut self, kind: &'a CommandKind) -> Evaluating<'a, u8> {
        Box::pin(async move {
            match kind {
                CommandKind::Group(list) => self.eval_list(list).await,
                CommandKind::Subshell(list) => {
                    let shell = self.subshell().await?;
                    let status = shell.run_task(Task::List(list.clone())).await;
                    Ok(self.mourn(status).await)
                }
                CommandKind::If {
                    branches,
                    otherwise,
                } => {
                    for (condition, body) in branches {
                        if self.eval_condition(condition).await? == 0 {
                            return self.eval_list(body).await;
                        }
                    }
                    match otherwise {
                        Some(body) => self.eval_list(body).await,
                        None => Ok(0),
                    }
                }
                CommandKind::While {
                    negated,
                    condition,
                    body,
                } => self.eval_while(*negated, condition, body).await,
                CommandKind::For { name, words, body } => {
                    let values = match words {
                        Some(words) => self.expand_words(words).await?,
                        None => self.positional.clone(),
                    };
                    self.eval_for(name, values, body).await
                }
                CommandKind::Case { subject, arms } => {
                    let subject = self.expand_text(subject).await?;
                    for (patterns, body) in arms {
                        for pattern in patterns {
                            if self.expand_pattern(pattern).await?.matches(&subject) {
                                return self.eval_list(body).await;
                            }
                        }
                    }
                    Ok(0)
                }
                CommandKind::Simple { .. } | CommandKind::Function { .. } => Ok(0),
            }
        })
    }

    async fn eval_condition(&mut self, condition: &[Item]) -> Result<u8, Stop> {
        self.conditions += 1;
        let result = self.eval_list(condition).await;
        self.conditions -= 1;
        result
    }

    fn eval_while<'a>(
        &'a mut self,
        negated: bool,
        condition: &'a [Item],
        body: &'a [Item],
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let mut status = 0;
            self.loops += 1;
            let result = loop {
                self.spend().await;
                let met = match self.eval_condition(condition).await {
                    Ok(code) => (code == 0) != negated,
                    Err(stop) => match leave_loop(stop) {
                        Round::Next => continue,
                        Round::Done => break Ok(0),
                        Round::Stop(stop) => break Err(stop),
                    },
                };
                if !met {
                    break Ok(status);
                }
                match self.eval_list(body).await {
                    Ok(code) => status = code,
                    Err(stop) => match leave_loop(stop) {
                        Round::Next => status = 0,
                        Round::Done => break Ok(0),
                        Round::Stop(stop) => break Err(stop),
                    },
                }
            };
            self.loops -= 1;
            result
        })
    }

    fn eval_for<'a>(
        &'a mut self,
        name: &'a str,
        values: Vec<String>,
        body: &'a [Item],
    ) -> Evaluating<'a, u8> {
        Box::pin(async move {
            let mut status = 0;
            self.loops += 1;
            let mut result = Ok(());
            for value in values {
                self.spend().await;
                self.assign(name, value).await?;
                match self.eval_list(body).await.map_err(leave_loop) {
                    Ok(code) => status = code,
                    Err(Round::Next) => status = 0,
                    Err(Round::Done) => {
                        status = 0;
                        break;
                    }
                    Err(Round::Stop(stop)) => {
                        result = Err(stop);
                        break;
                    }
                }
            }
            self.loops -= 1;
            result.map(|()| status)
        })
    }

    fn eval_simple<'a>(
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

    fn save(&self, values: &[(&str, String)]) -> Vec<(String, Option<super::variables::Variable>)> {
        values
            .iter()
            .map(|(name, _)| ((*name).to_owned(), self.variables.save(name)))
            .collect()
    }

    /// Runs a function, a builtin or a program.
    fn call<'a>(&'a mut self, arguments: Vec<String>, tail: bool) -> Evaluating<'a, u8> {
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
            self.locals.push(std::collections::BTreeMap::new());
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
    pub(super) fn run_program<'a>(
        &'a mut self,
        mut arguments: Vec<String>,
        tail: bool,
    ) -> Evaluating<'a, u8> {
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
        match Box::pin(program::execute(program, process)).await {
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
        let missing = || (127, "not found".to_owned());
        let program = match program::find(&arguments[0], &path, &process.cwd, &process.files) {
            Ok(program) => program,
            Err(FsError::NotFound | FsError::NotADirectory) => return Err(missing()),
            Err(reason) => return Err((126, reason.to_string())),
        };
        match program.refusal() {
            None => Ok(program),
            Some(Refusal::NoInterpreter) => Err(missing()),
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

    /// Charges the shell for a command.
    fn spend(&mut self) -> Spending {
        self.steps = self.steps.wrapping_add(1);
        let due = self.steps.is_multiple_of(COMMANDS_PER_MILLISECOND);
        Spending(due.then(|| Box::pin(tokio::time::sleep(Duration::from_millis(1)))))
    }

    /// Waits for `child`; `None` if a caught signal came first.
    pub(super) async fn wait_for(&mut self, child: &mut Child) -> Option<ExitStatus> {
        let signals = self.process.pid.signals().clone();
        let arrival = std::pin::pin!(signals.arrival());
        match futures::future::select(&mut child.ended, arrival).await {
            futures::future::Either::Left((Ok(status), _)) => Some(status),
            // Its future was dropped with the shell that held it.
            futures::future::Either::Left((Err(_), _)) => Some(ExitStatus::Signal(Signal::KILL)),
            futures::future::Either::Right(_) => None,
        }
    }
}

/// The time that a command takes: mostly none.
struct Spending(Option<Pin<Box<Sleep>>>);

impl Future for Spending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().poll(context),
            None => Poll::Ready(()),
        }
    }
}

/// What a `Stop` means to the innermost loop.
enum Round {
    Next,
    Done,
    Stop(Stop),
}

fn leave_loop(stop: Stop) -> Round {
    match stop {
        Stop::Break(0 | 1) => Round::Done,
        Stop::Break(levels) => Round::Stop(Stop::Break(levels - 1)),
        Stop::Continue(0 | 1) => Round::Next,
        Stop::Continue(levels) => Round::Stop(Stop::Continue(levels - 1)),
        other => Round::Stop(other),
    }
}
