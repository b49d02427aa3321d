//! Evaluation of commands.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Sleep;

use super::ast::{AndOr, Command, CommandKind, Connector, Item, Pipeline};
use super::task::Task;
use super::{Evaluating, Shell, Stop};
use crate::process::{DEPTH_LIMIT, PIPE_CAPACITY, Stream, pipe};

/// After so many commands a shell has used a virtual millisecond: endless loops take time.
const COMMANDS_PER_MILLISECOND: u32 = 100;

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

    pub(super) fn eval_and_or<'a>(&'a mut self, and_or: &'a AndOr) -> Evaluating<'a, u8> {
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

    /// Charges the shell for a command.
    fn spend(&mut self) -> Spending {
        self.steps = self.steps.wrapping_add(1);
        let due = self.steps.is_multiple_of(COMMANDS_PER_MILLISECOND);
        Spending(due.then(|| Box::pin(tokio::time::sleep(Duration::from_millis(1)))))
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
