//! Programs that are run in a running container beside its own.

use super::{State, container::Key, launch::environment, lifecycle::is_restarting};
use crate::{
    outside::Outside,
    process::{self, Descriptors, PipeWriter, Process, Program, Stream},
    program::Role,
    run::Gate,
};
use bytes::Bytes;
use futures::FutureExt;
use std::sync::Arc;
use wharf_core::{ContainerState, Error, ErrorKind, EventAction, ExecConfig, Result, Timestamp};

/// An exec by its number: the order of their making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ExecKey(u64);

impl ExecKey {
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// A program that runs in a container beside its own.
#[derive(Debug)]
pub(super) struct Exec {
    pub(super) argv: Arc<[String]>,
    pub(super) since: Timestamp,
    /// The writing end of its stdin where that is a terminal: held, so that there is no end to read.
    _terminal: Option<Outside<PipeWriter>>,
}

/// A program that is ready to run, or what the engine says where it cannot be.
#[derive(Debug)]
pub(crate) enum ExecLaunch {
    /// It runs, as this exec.
    Ready {
        exec: ExecKey,
        program: Program,
        process: Box<Process>,
        gate: Gate,
    },
    /// It cannot be run: an exit code, and what the engine writes to its output.
    Refused { code: u8, message: String },
}

impl State {
    /// Prepares a program in a running container, which writes to `output`.
    pub(crate) fn exec(
        &mut self,
        key: Key,
        config: &ExecConfig,
        output: [Stream; 2],
    ) -> Result<ExecLaunch> {
        let container = self.container(key)?;
        let conflict = |why: String| Err(Error::new(ErrorKind::Conflict, why));
        if container.state == ContainerState::Restarting {
            return Err(is_restarting(container));
        }
        let Some(active) = &container.active else {
            return conflict(format!("container {} is not running", container.id));
        };
        if container.state == ContainerState::Paused {
            let name = &container.name;
            return conflict(format!(
                "Container {name} is paused, unpause the container before exec"
            ));
        }
        let user = config.user.as_deref().or(container.config.user.as_deref());
        let account = process::find_account(&active.files, user.unwrap_or_default())
            .map_err(|why| Error::invalid("user", why))?;
        let hostname = container.config.hostname.as_deref().unwrap_or_default();
        // Its terminal is its own, and so is its home.
        let own = &container.config.env;
        let mut env = environment(own, hostname, &account.home, config.tty);
        env.extend(
            config
                .env
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let cwd = config
            .working_dir
            .clone()
            .unwrap_or_else(|| active.cwd.clone());
        let files = active.files.as_owner(account.owner);
        let argv: Vec<String> = config.command.to_vec();
        let found = if files.stat(&cwd).is_ok_and(|stat| stat.is_dir()) {
            process::resolve(&argv, &env, &cwd, &files, &container.programs, Role::Exec)
                .map_err(|error| (error.exit_code(), error.to_string()))
        } else {
            let why = "set in config.json failed: no such file or directory";
            Err((127, format!("chdir to cwd ({cwd:?}) {why}")))
        };
        let (kernel, gate) = (active.kernel.clone(), active.gate.clone());
        self.last_exec += 1;
        let exec = ExecKey(self.last_exec);
        let command = argv.join(" ").trim().to_owned();
        let id = self.exec_id(exec);
        self.tell_detail(
            key,
            EventAction::ExecCreate,
            &command,
            [("execID", id.clone())],
        );
        self.tell_detail(key, EventAction::ExecStart, &command, [("execID", id)]);
        let program = match found {
            Ok(mut program) => {
                program.begin(kernel.programs());
                program
            }
            Err((code, why)) => {
                let message = format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: {why}\r\n"
                );
                return Ok(ExecLaunch::Refused { code, message });
            }
        };
        let words: Arc<[String]> = argv.clone().into();
        let pid = kernel.register(Arc::clone(&words));
        let (descriptors, terminal) = open_descriptors(config, output);
        let runs = Exec {
            argv: words,
            since: self.now,
            _terminal: terminal,
        };
        let mut process = Process::new(argv, env, files, descriptors, pid);
        process.cwd = cwd;
        process.tty = config.tty;
        if let Some(active) = &mut self.container_mut(key)?.active {
            active.execs.insert(exec, runs);
        }
        Ok(ExecLaunch::Ready {
            exec,
            program,
            process: Box::new(process),
            gate,
        })
    }

    /// The program has ended. Where its container ended first, that has been told already.
    pub(crate) fn end_exec(&mut self, key: Key, exec: ExecKey, code: i64) {
        self.tell_out_of_memory(key);
        let active = self.containers.get_mut(key).and_then(|c| c.active.as_mut());
        if active.is_some_and(|active| active.execs.remove(&exec).is_some()) {
            self.tell_exec_died(key, exec, code);
        }
    }

    pub(super) fn tell_exec_died(&mut self, key: Key, exec: ExecKey, code: i64) {
        let attributes = [
            ("execID", self.exec_id(exec)),
            ("exitCode", code.to_string()),
        ];
        self.tell_container(key, EventAction::ExecDie, attributes);
    }

    /// An exec's id needs no memory: the seed and the number determine it.
    pub(super) fn exec_id(&self, exec: ExecKey) -> String {
        crate::random::Random::new(self.exec_seed ^ exec.0).id()
    }
}

/// Stdin is a file that has been read to its end after the input; only a terminal has no end, for as long as somebody
/// holds the writer that is given with it.
fn open_descriptors(
    config: &ExecConfig,
    [stdout, stderr]: [Stream; 2],
) -> (Descriptors, Option<Outside<PipeWriter>>) {
    if config.input.is_empty() && !config.tty {
        return (Descriptors::new(Stream::Null, stdout, stderr), None);
    }
    // The pipe has room for all of it, so that the write is done at once.
    let (writer, reader) = process::pipe(config.input.len().max(1));
    let written = writer.write(Bytes::clone(&config.input)).now_or_never();
    debug_assert!(written.is_some());
    let descriptors = Descriptors::new(Stream::Reader(reader), stdout, stderr);
    let terminal = config.tty.then(|| Outside::new(writer));
    (descriptors, terminal)
}
