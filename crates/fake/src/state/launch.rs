//! Starting a container: everything up to the moment at which its program runs.

use super::{
    State,
    container::{Active, Container, Key, RunId, Source},
    etc::Etc,
    network::{Endpoint, network_name},
};
use crate::{
    clock::EngineClock,
    fs::{self, Files, Owner, Tree},
    outside::Outside,
    process::{self, Descriptors, Kernel, Limits, Process, Program},
    program::Role,
    run::{Gate, LogSink},
};
use std::{collections::BTreeMap, sync::Arc};
use wharf_core::{
    ContainerConfig, ContainerState, Env, Error, ErrorKind, EventAction, NetworkMode,
    PublishedPort, Result,
};

/// A pid on the pretended host is one more than the last, or a few more: others run there too.
const PID_STEP: u32 = 40;
const STDIN_BUFFER: usize = process::PIPE_CAPACITY;

/// A program that is ready to run as a container's main process.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) run: RunId,
    pub(crate) program: Program,
    pub(crate) process: Process,
    pub(crate) gate: Gate,
}

/// Why a start failed: what the caller is told, and what the container exits with.
pub(super) struct Refused {
    pub(super) error: Error,
    pub(super) code: i64,
}

/// What a program needs, found before anything is changed.
struct Ready {
    hostname: String,
    etc: Etc,
    files: Files,
    owner: Owner,
    cwd: String,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    program: Program,
}

impl State {
    /// Starts a container for somebody. None: it runs already, or will by its policy.
    pub(crate) fn start(&mut self, key: Key) -> Result<Option<Launch>> {
        let container = self.container(key)?;
        let conflict = |why: &str| Err(Error::new(ErrorKind::Conflict, why));
        match container.state {
            ContainerState::Running | ContainerState::Restarting => return Ok(None),
            ContainerState::Paused => {
                return conflict("cannot start a paused container, try unpause instead");
            }
            ContainerState::Removing => {
                return conflict("container is marked for removal and cannot be started");
            }
            _ => {}
        }
        let config = Arc::clone(&container.config);
        self.container_mut(key)?.forget_restarts();
        match self.launch(key, &config) {
            Ok(launch) => Ok(Some(launch)),
            Err(Refused { error, code }) => {
                let container = self.container_mut(key)?;
                container.exit_code = Some(code);
                container.error = Some(error.message().to_owned());
                if config.auto_remove {
                    self.destroy(key, true);
                }
                Err(error)
            }
        }
    }

    /// In the order of the engine: a shared network, mounts, program, its own network. Where it fails, what was done
    /// is told as undone.
    pub(super) fn launch(
        &mut self,
        key: Key,
        config: &Arc<ContainerConfig>,
    ) -> Result<Launch, Refused> {
        if let Err(error) = self.check_shared(key, config) {
            self.tell_unmounted(key);
            return Err(Refused { error, code: 128 });
        }
        let config = &self.share_hostname(key, config)?;
        let outcome = self.prepare(key, config).and_then(|ready| {
            let failed = |error| Refused { error, code: 128 };
            let endpoint = self.join_network(key, config).map_err(failed)?;
            match ready.etc.fill(config, &ready.hostname, &endpoint, self.now) {
                Ok(()) => Ok((ready, endpoint)),
                Err(error) => {
                    self.networks.leave(&endpoint);
                    Err(no_files(format!(
                        "failed to write the container's /etc: {error}"
                    )))
                }
            }
        });
        let network = network_name(config);
        self.tell_mounted(key);
        let (ready, endpoint) = match outcome {
            Ok(all) => all,
            Err(refused) => {
                self.tell_network(key, network.as_deref(), EventAction::Disconnect);
                self.tell_unmounted(key);
                return Err(refused);
            }
        };
        self.tell_network(key, network.as_deref(), EventAction::Connect);
        let launch = self.begin_run(key, config, ready, endpoint)?;
        self.tell_container(key, EventAction::Start, []);
        self.begin_health(key);
        Ok(launch)
    }

    /// The container's files, environment and program.
    fn prepare(&mut self, key: Key, config: &ContainerConfig) -> Result<Ready, Refused> {
        let hostname = config.hostname.clone().unwrap_or_default();
        let container = self.containers.get(key).ok_or_else(vanished)?;
        let etc = Etc::new(self.now);
        let files = self.mounted(container, config, &etc).map_err(no_files)?;
        let account = process::find_account(&files, config.user.as_deref().unwrap_or_default())
            .map_err(|why| refused(why, 128))?;
        let cwd = config.working_dir.clone().unwrap_or_else(|| "/".to_owned());
        make_working_dir(&files, &cwd).map_err(|why| refused(why, 128))?;
        let words = config.entrypoint.iter().chain(&config.command).flatten();
        let argv: Vec<String> = words.cloned().collect();
        let env = environment(&config.env, &hostname, &account.home, config.tty);
        let own = files.as_owner(account.owner);
        let found = match process::resolve(&argv, &env, &cwd, &own, &container.programs, Role::Main)
        {
            // It is the init that is started, which is there.
            Err(error) if config.init => Ok(Program::not_found_by_init(error)),
            found => found,
        };
        let program = found.map_err(|error| {
            let message = format!(
                "failed to create task for container: failed to create shim task: OCI runtime create failed: runc \
                 create failed: unable to start container process: error during container init: {error}"
            );
            refused(message, error.exit_code().into())
        })?;
        Ok(Ready {
            hostname,
            etc,
            files,
            owner: account.owner,
            cwd,
            argv,
            env,
            program,
        })
    }

    /// From here on nothing fails but what was removed.
    fn begin_run(
        &mut self,
        key: Key,
        config: &ContainerConfig,
        ready: Ready,
        mut endpoint: Endpoint,
    ) -> Result<Launch, Refused> {
        let Ready {
            hostname,
            files,
            owner,
            cwd,
            argv,
            env,
            mut program,
            ..
        } = ready;
        let host_pid = self.next_host_pid();
        let (now, clock) = (self.now, Arc::clone(&self.clock));
        let container = self.containers.get_mut(key).ok_or_else(vanished)?;
        for port in &container.image.config.exposed_ports {
            let known = |p: &PublishedPort| p.container == port.port && p.protocol == port.protocol;
            if !endpoint.ports.iter().any(known) {
                let exposed = PublishedPort::new(port.port, port.protocol.clone());
                endpoint.ports.push(exposed);
            }
        }
        endpoint.ports.sort_by_key(PublishedPort::sort_key);
        let number = |limit: Option<u64>| limit.and_then(|limit| usize::try_from(limit).ok());
        let limits = Limits {
            processes: number(config.pids_limit),
            memory: number(config.memory),
        };
        let programs = Arc::clone(&container.programs);
        program.begin(&programs);
        let kernel = Kernel::new(&hostname, config.init, limits, self.host.cpus, programs);
        container.state = ContainerState::Running;
        container.exit_code = None;
        container.oom_killed = false;
        container.error = None;
        container.started_at = Some(now);
        container.runs += 1;
        container.log.begin_run(config.tty);
        container.active = Some(Box::new(Active {
            program,
            argv: argv.into(),
            owner,
            kernel,
            main: 0,
            host_pid,
            files,
            env,
            cwd,
            gate: Gate::default(),
            endpoint,
            stops: 0,
            restarts: false,
            execs: BTreeMap::new(),
            stdin: None,
        }));
        container.launch(clock).ok_or_else(vanished)
    }

    /// Everything that has to be begun anew in a copy: the programs of running containers, the oldest first.
    pub(crate) fn relaunch(&mut self) -> Vec<(Key, Launch)> {
        let clock = &self.clock;
        let launches = self.containers.iter_mut().filter_map(|(key, container)| {
            let launch = container.launch(Arc::clone(clock))?;
            Some((key, launch))
        });
        launches.collect()
    }

    /// The containers that have exited and are to be removed for it.
    pub(crate) fn to_reap(&self) -> Vec<Key> {
        let removing = |container: &Container| container.state == ContainerState::Removing;
        let all = self.containers.iter();
        all.filter(|(_, container)| removing(container))
            .map(|(key, _)| key)
            .collect()
    }

    /// Who shares another's network also takes its name, for good.
    fn share_hostname(
        &mut self,
        key: Key,
        config: &Arc<ContainerConfig>,
    ) -> Result<Arc<ContainerConfig>, Refused> {
        let Some(NetworkMode::Container(other)) = &config.network else {
            return Ok(Arc::clone(config));
        };
        let other = self.find(other).ok();
        let other = other.and_then(|other| self.containers.get(other));
        let name = other.and_then(|other| other.config.hostname.clone());
        let container = self.containers.get_mut(key).ok_or_else(vanished)?;
        Arc::make_mut(&mut container.config).hostname = name;
        Ok(Arc::clone(&container.config))
    }

    fn next_host_pid(&mut self) -> u32 {
        let step = 1 + self.random.below(PID_STEP);
        self.last_pid = self.last_pid.checked_add(step).unwrap_or(super::FIRST_PID);
        self.last_pid
    }

    /// The root with what is mounted on it, what was asked for last: it covers the engine's own.
    fn mounted(
        &self,
        container: &Container,
        config: &ContainerConfig,
        etc: &Etc,
    ) -> Result<Files, String> {
        let files = Files::new(container.root.clone(), self.clock.clone());
        let mut mounts = Vec::from(etc.mounts());
        for mount in &container.mounts {
            let tree = match &mount.source {
                Source::Volume { name, .. } => {
                    // What a container's first start has brought, a program may have taken out again on purpose.
                    let image = container.started_at.is_none().then_some(&files);
                    self.volume_tree(name, image, &mount.target)?
                }
                Source::Bind { tree, .. } => tree.clone(),
                Source::Tmpfs { size } => {
                    let budget = size.unwrap_or(self.host.memory / 2);
                    let budget = budget.min(self.host.disk_limit);
                    Tree::over(&fs::Image::empty(self.now), budget)
                }
            };
            let target = mount.target.clone();
            mounts.push(fs::Mount {
                target,
                tree,
                read_only: mount.read_only,
            });
        }
        files
            .with_mounts(mounts, config.read_only_root)
            .map_err(|error| format!("failed to mount the container's files: {error}"))
    }
}

impl Container {
    /// The main process of a run, at its beginning; none where it does not run.
    fn launch(&mut self, clock: Arc<EngineClock>) -> Option<Launch> {
        let run = self.run();
        let active = self.active.as_mut()?;
        let pid = active.kernel.register(Arc::clone(&active.argv));
        active.main = pid.number();
        let sink = LogSink::new(Arc::clone(&self.log), clock);
        let (descriptors, stdin) = open_descriptors(&self.config, sink);
        active.stdin = stdin.map(Outside::new);
        let files = active.files.as_owner(active.owner);
        let (argv, env) = (active.argv.to_vec(), active.env.clone());
        let mut process = Process::new(argv, env, files, descriptors, pid);
        process.cwd.clone_from(&active.cwd);
        process.tty = self.config.tty;
        Some(Launch {
            run,
            program: active.program.clone(),
            process,
            gate: active.gate.clone(),
        })
    }
}

fn refused(message: String, code: i64) -> Refused {
    Refused {
        error: Error::new(ErrorKind::InvalidInput, message).with_sent(true),
        code,
    }
}

fn no_files(why: String) -> Refused {
    Refused {
        error: Error::new(ErrorKind::Internal, why),
        code: 128,
    }
}

/// Makes the working directory where it is missing.
pub(super) fn make_working_dir(files: &Files, path: &str) -> Result<(), String> {
    files
        .mkdir_all(path, 0o755)
        .map_err(|error| format!("Cannot mkdir: {path}: {}", error.to_string().to_lowercase()))
}

fn vanished() -> Refused {
    let error = Error::new(
        ErrorKind::ContainerNotFound,
        "the container was removed meanwhile",
    );
    Refused { error, code: 128 }
}

/// What the engine adds to the variables that were asked for, where they do not say otherwise.
pub(super) fn environment(
    env: &Env,
    hostname: &str,
    home: &str,
    tty: bool,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::clone(env);
    let terminal = tty.then_some(("TERM", "xterm"));
    let path = (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    for (name, value) in [path, ("HOSTNAME", hostname), ("HOME", home)]
        .into_iter()
        .chain(terminal)
    {
        all.entry(name.to_owned())
            .or_insert_with(|| value.to_owned());
    }
    all
}

/// A terminal never comes to its end, and neither does a stdin that is kept open.
fn open_descriptors(
    config: &ContainerConfig,
    sink: LogSink,
) -> (Descriptors, Option<process::PipeWriter>) {
    let (stdin, writer) = if config.open_stdin || config.tty {
        let (writer, reader) = process::pipe(STDIN_BUFFER);
        (process::Stream::Reader(reader), Some(writer))
    } else {
        (process::Stream::Null, None)
    };
    let [stdout, stderr] = sink.streams();
    (Descriptors::new(stdin, stdout, stderr), writer)
}
