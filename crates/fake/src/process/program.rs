//! From a command to what runs it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use wharf_core::Signal;

use super::applets::{self, Applet, Fail};
use super::{ExitStatus, IoError, Process, shell};
use crate::fs::{Access, BUSYBOX, Files, FsError};
use crate::program::{Programs, Role, Rule, Start};

/// Where commands are looked for when the environment has no `PATH`.
pub(super) const DEFAULT_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// So many interpreters may lead from one to the next.
const INTERPRETER_LIMIT: usize = 4;

/// A program that was found, ready to [`run`](super::run).
#[derive(Debug, Clone)]
pub(crate) struct Program(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Applet(&'static Applet),
    Shell,
    /// `/bin/busybox` under a name that is no applet.
    UnknownApplet,
    /// What a test has put in the place of a program, and which start of it this is once that is known.
    Chosen(Arc<Rule>, Option<Start>),
    /// A script: its interpreter, and the arguments that go before the script's own.
    Script(Box<Program>, Vec<String>),
    /// `#!` leads nowhere.
    NoInterpreter,
    /// Neither a known program nor a script.
    UnknownFormat,
    /// The container's init runs, and finds that it cannot run what it was given.
    NotFoundByInit(ResolveError),
}

/// Why a command cannot be started; in the words of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResolveError {
    /// The command as given.
    pub(crate) command: String,
    /// What is wrong with it.
    pub(crate) reason: FsError,
    /// What is to be said of it besides: see [`lacking`].
    note: String,
}

impl ResolveError {
    /// The exit code that an engine gives: 127 if there is no such program, 126 if it may not run.
    #[must_use]
    pub(crate) fn exit_code(&self) -> u8 {
        Self::code(self.reason)
    }

    fn code(reason: FsError) -> u8 {
        match reason {
            FsError::NotFound | FsError::NotADirectory => 127,
            _ => 126,
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            reason,
            note,
        } = self;
        match reason {
            FsError::NotFound if !command.contains('/') => {
                write!(
                    f,
                    "exec: {command:?}: executable file not found in $PATH{note}"
                )
            }
            FsError::NotFound | FsError::NotADirectory => {
                let words = reason.to_string().to_lowercase();
                write!(f, "exec: {command:?}: stat {command}: {words}{note}")
            }
            _ => write!(
                f,
                "exec: {command:?}: {}",
                reason.to_string().to_lowercase()
            ),
        }
    }
}

impl std::error::Error for ResolveError {}

/// Finds what the engine starts as `argv`: what a test has chosen for it, or the program that it names by path, seen
/// from `cwd`, or in the `PATH` of `env`.
///
/// # Errors
/// No such program (127), or it may not be executed (126).
pub(crate) fn resolve(
    argv: &[String],
    env: &BTreeMap<String, String>,
    cwd: &str,
    files: &Files,
    programs: &Programs,
    role: Role,
) -> Result<Program, ResolveError> {
    let path = env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
    choose(argv, path, cwd, files, programs, Some(role)).map_err(|reason| {
        let command = argv.first().cloned().unwrap_or_default();
        let note = lacking(&command, files);
        ResolveError {
            command,
            reason,
            note,
        }
    })
}

/// What a process of the container starts as `argv` where `path` is the list of directories to look in.
pub(super) fn find(argv: &[String], path: &str, process: &Process) -> Result<Program, FsError> {
    let programs = process.pid.kernel().programs();
    choose(argv, path, &process.cwd, &process.files, programs, None)
}

/// What is to be said besides of a command that was not found, where it is the fake's busybox that lacks it and a real
/// one has it; else nothing.
pub(super) fn lacking(command: &str, files: &Files) -> String {
    let (folder, name) = command.rsplit_once('/').unwrap_or(("/bin", command));
    let is_busybox = || {
        let start = files.read_start("/bin/busybox", BUSYBOX.len());
        start.is_ok_and(|start| start == BUSYBOX)
    };
    if folder == "/bin" && applets::is_lacking(name) && is_busybox() {
        format!(
            " (busybox has it, the engine in memory does not: give the test a program for it, Fake::add_program({name:?}, …))"
        )
    } else {
        String::new()
    }
}

fn choose(
    argv: &[String],
    path: &str,
    cwd: &str,
    files: &Files,
    programs: &Programs,
    role: Option<Role>,
) -> Result<Program, FsError> {
    let by_rule = |unknown| {
        let chosen = programs.find(argv, role, unknown);
        chosen.map(|rule| Program(Kind::Chosen(rule, None)))
    };
    if let Some(program) = by_rule(false) {
        return Ok(program);
    }
    let command = argv.first().map_or("", String::as_str);
    match locate(command, path, cwd, files) {
        Ok(file) => load(command, &file, files, INTERPRETER_LIMIT),
        Err(reason @ (FsError::NotFound | FsError::NotADirectory)) => by_rule(true).ok_or(reason),
        Err(reason) => Err(reason),
    }
}

/// The path of the executable file that `command` means.
pub(super) fn locate(
    command: &str,
    path: &str,
    cwd: &str,
    files: &Files,
) -> Result<String, FsError> {
    let absolute = |name: &str| {
        if name.starts_with('/') {
            name.to_owned()
        } else {
            format!("{cwd}/{name}")
        }
    };
    if command.contains('/') {
        let file = absolute(command);
        return check(&file, files).map(|()| file);
    }
    if command.is_empty() {
        return Err(FsError::NotFound);
    }
    let mut reason = FsError::NotFound;
    for directory in path.split(':') {
        let file = absolute(&format!(
            "{}/{command}",
            if directory.is_empty() { "." } else { directory }
        ));
        match check(&file, files) {
            Ok(()) => return Ok(file),
            Err(FsError::Permission) => reason = FsError::Permission,
            Err(_) => {}
        }
    }
    Err(reason)
}

fn check(file: &str, files: &Files) -> Result<(), FsError> {
    if files.stat(file)?.is_file() && files.allows(file, Access::Execute) {
        Ok(())
    } else {
        Err(FsError::Permission)
    }
}

fn load(command: &str, file: &str, files: &Files, depth: usize) -> Result<Program, FsError> {
    let start = files.read_start(file, 256)?;
    if start.starts_with(BUSYBOX) {
        let name = command.rsplit('/').next().unwrap_or(command);
        return Ok(Program(match applets::find(name) {
            Some(applet) => Kind::Applet(applet),
            None if applets::SHELLS.contains(&name) => Kind::Shell,
            None => Kind::UnknownApplet,
        }));
    }
    let Some(line) = start.strip_prefix(b"#!") else {
        return Ok(Program(Kind::UnknownFormat));
    };
    let line = String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or(line));
    let (interpreter, argument) = match line.trim().split_once([' ', '\t']) {
        Some((interpreter, argument)) => (interpreter, Some(argument.trim().to_owned())),
        None => (line.trim(), None),
    };
    if depth == 0 || interpreter.is_empty() || check(interpreter, files).is_err() {
        return Ok(Program(Kind::NoInterpreter));
    }
    let program = load(interpreter, interpreter, files, depth - 1)?;
    let mut arguments = vec![interpreter.to_owned()];
    arguments.extend(argument);
    // A path is passed on as it was typed.
    arguments.push(if command.contains('/') {
        command.to_owned()
    } else {
        file.to_owned()
    });
    Ok(Program(Kind::Script(Box::new(program), arguments)))
}

impl Program {
    /// Why exec(3) refuses the file, if it does although it may be executed.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self.0 {
            Kind::NoInterpreter => Some(Refusal::NoInterpreter),
            Kind::UnknownFormat => Some(Refusal::UnknownFormat),
            _ => None,
        }
    }

    /// It is started: what a test has chosen is told how often it was.
    pub(crate) fn begin(&mut self, programs: &Programs) {
        if let Kind::Chosen(rule, start) = &mut self.0 {
            start.get_or_insert_with(|| programs.begin(rule));
        }
    }

    /// What a container's init does with a command that cannot be started: it says so, and ends.
    pub(crate) fn not_found_by_init(error: ResolveError) -> Self {
        Self(Kind::NotFoundByInit(error))
    }

    pub(super) fn shell() -> Self {
        Self(Kind::Shell)
    }
}

/// Why a file that may be executed is no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoInterpreter,
    UnknownFormat,
}

/// Runs the program without minding signals: see [`supervise`](super::signal::supervise).
///
/// Each kind has a future of its own, so that a process is no larger than its program needs.
pub(super) fn execute(
    mut program: Program,
    mut process: Process,
) -> BoxFuture<'static, ExitStatus> {
    while let Kind::Script(interpreter, mut arguments) = program.0 {
        arguments.extend(process.argv.into_iter().skip(1));
        process.argv = arguments;
        program = *interpreter;
    }
    let (message, code) = match program.0 {
        Kind::Applet(applet) => return run_applet(applet, process),
        Kind::Shell => return shell::main(process),
        Kind::Chosen(rule, start) => {
            let start = start.unwrap_or_else(|| process.pid.kernel().programs().begin(&rule));
            return crate::program::run(rule, process, start);
        }
        Kind::UnknownApplet => {
            let command = process.argv.first().map_or("", String::as_str);
            let note = lacking(command, &process.files);
            let message = format!("{}: applet not found{note}\n", process.name());
            (message, 127)
        }
        Kind::Script(..) | Kind::NoInterpreter => {
            (broken(&process, "no such file or directory"), 255)
        }
        Kind::UnknownFormat => (broken(&process, "exec format error"), 255),
        Kind::NotFoundByInit(ResolveError {
            command,
            reason,
            note,
        }) => {
            let pid = process.pid.number();
            let code = ResolveError::code(reason);
            (
                format!("[FATAL tini ({pid})] exec {command} failed: {reason}{note}\n"),
                code,
            )
        }
    };
    Box::pin(async move {
        process.complain_raw(message).await;
        ExitStatus::Code(code)
    })
}

fn run_applet(applet: &'static Applet, process: Process) -> BoxFuture<'static, ExitStatus> {
    Box::pin(async move {
        match (applet.run)(&process).await {
            Ok(code) => ExitStatus::Code(code),
            // Failures are rare: they do not make every process larger.
            Err(fail) => Box::pin(failed(fail, &process)).await,
        }
    })
}

/// What the engine's own starter says when exec fails after the container has started.
fn broken(process: &Process, why: &str) -> String {
    let command = process.argv.first().map_or("", String::as_str);
    format!("exec {command}: {why}\n")
}

/// What it means for a process that it could not write its output.
pub(crate) async fn failed_to_write(error: IoError, process: &Process) -> ExitStatus {
    failed(Fail::Io(error), process).await
}

/// What an applet's failure means for its process.
async fn failed(fail: Fail, process: &Process) -> ExitStatus {
    match fail {
        Fail::Io(IoError::BrokenPipe) if dies_of_pipe(process) => ExitStatus::Signal(Signal::PIPE),
        Fail::Io(error) => {
            process.complain(&format!("write error: {error}")).await;
            ExitStatus::Code(1)
        }
        Fail::Message(message) => {
            process.complain(&message).await;
            ExitStatus::Code(1)
        }
        Fail::OutOfMemory => {
            process.pid.kernel().run_out_of_memory();
            ExitStatus::Signal(Signal::KILL)
        }
        Fail::Usage(message) => {
            if !message.is_empty() {
                process.complain(&message).await;
            }
            let name = process.name();
            process
                .complain_raw(format!("Usage: {name} [OPTION]... [ARG]...\n"))
                .await;
            ExitStatus::Code(1)
        }
    }
}

/// PID 1 has no default actions, and SIGPIPE may be ignored: the write fails instead.
pub(super) fn dies_of_pipe(process: &Process) -> bool {
    process.pid.number() != 1 && !process.pid.signals().ignores(Signal::PIPE)
}
