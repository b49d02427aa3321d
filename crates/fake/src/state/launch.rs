//! Starting a container: everything up to the moment at which its program runs.

use super::{
    State,
    container::{Active, Container, Key, Mounted, RunId, Source},
    network::{Endpoint, network_name, network_type},
    volume::DRIVER,
};
use crate::{
    fs::{self, Files, FsError, Tree},
    process::{self, Descriptors, Kernel, Process, Program},
    run::{Gate, LogSink},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};
use wharf_core::{
    ContainerConfig, ContainerState, Env, Error, ErrorKind, EventAction, EventKind, NetworkMode,
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
struct Refused {
    error: Error,
    code: i64,
}

impl State {
    /// Starts a container. None: it runs already.
    pub(crate) fn start(&mut self, key: Key) -> Result<Option<Launch>> {
        let container = self.container(key)?;
        let conflict = |why: &str| Err(Error::new(ErrorKind::Conflict, why));
        match container.state {
            ContainerState::Running => return Ok(None),
            ContainerState::Paused => {
                return conflict("cannot start a paused container, try unpause instead");
            }
            ContainerState::Removing => {
                return conflict("container is marked for removal and cannot be started");
            }
            _ => {}
        }
        let config = Arc::clone(&container.config);
        match self.launch(key, &config) {
            Ok(launch) => Ok(Some(launch)),
            Err(Refused { error, code }) => {
                let now = self.now;
                let container = self.container_mut(key)?;
                container.exit_code = Some(code);
                container.error = Some(error.message().to_owned());
                if container.started_at.is_some() {
                    container.finished_at = Some(now);
                }
                if config.auto_remove {
                    self.destroy(key, true);
                }
                Err(error)
            }
        }
    }

    fn launch(&mut self, key: Key, config: &Arc<ContainerConfig>) -> Result<Launch, Refused> {
        let place = self
            .join_network(config)
            .map_err(|error| self.refused_network(key, &error));
        let mut endpoint = place?;
        let network = network_name(config);
        self.tell_network(key, network.as_deref(), EventAction::Connect);
        let outcome = self.prepare(key, config, &mut endpoint);
        if outcome.is_err() {
            self.networks.leave(&endpoint);
            self.tell_network(key, network.as_deref(), EventAction::Disconnect);
        }
        let (mut active, program, process) = outcome?;
        active.endpoint = endpoint;
        self.tell_mounted(key);
        let now = self.now;
        let gate = active.gate.clone();
        let container = self.containers.get_mut(key).ok_or_else(vanished)?;
        container.state = ContainerState::Running;
        container.exit_code = None;
        container.error = None;
        container.started_at = Some(now);
        container.runs += 1;
        container.log.begin_run(config.tty);
        container.active = Some(Box::new(active));
        let run = container.run();
        self.tell_container(key, EventAction::Start, []);
        Ok(Launch {
            run,
            program,
            process,
            gate,
        })
    }

    fn refused_network(&self, key: Key, error: &Error) -> Refused {
        let (name, id) = match self.containers.get(key) {
            Some(container) => (container.name.as_str(), container.id.as_str()),
            None => ("", ""),
        };
        let error = if error.kind() == ErrorKind::Conflict && error.message().starts_with("Bind") {
            let message = format!(
                "failed to set up container networking: driver failed programming external connectivity on endpoint \
                 {name} ({id}): {}",
                error.message()
            );
            Error::new(ErrorKind::Conflict, message)
        } else {
            Error::new(error.kind(), error.message())
        };
        Refused { error, code: 128 }
    }

    /// The container's files, environment and program.
    fn prepare(
        &mut self,
        key: Key,
        config: &ContainerConfig,
        endpoint: &mut Endpoint,
    ) -> Result<(Active, Program, Process), Refused> {
        let hostname = self.hostname(config);
        let container = self.containers.get(key).ok_or_else(vanished)?;
        let files = self
            .mounted(container, config, &hostname, endpoint)
            .map_err(no_files)?;
        for port in &container.image.config.exposed_ports {
            let known = |p: &PublishedPort| p.container == port.port && p.protocol == port.protocol;
            if !endpoint.ports.iter().any(known) {
                let exposed = PublishedPort::new(port.port, port.protocol.clone());
                endpoint.ports.push(exposed);
            }
        }
        let account = process::find_account(&files, config.user.as_deref().unwrap_or_default())
            .map_err(|why| refused(why, 128))?;
        let cwd = config.working_dir.clone().unwrap_or_else(|| "/".to_owned());
        files.mkdir_all(&cwd, 0o755).map_err(|error| {
            let why = format_args!("mkdir {cwd}: {}", error.to_string().to_lowercase());
            refused(
                format!("failed to create the working directory: {why}"),
                128,
            )
        })?;
        let argv: Vec<String> = config
            .entrypoint
            .iter()
            .chain(&config.command)
            .flatten()
            .cloned()
            .collect();
        let env = environment(&config.env, &hostname, &account.home, config.tty);
        let own = files.as_owner(account.owner);
        let program = process::resolve(&argv, &env, &cwd, &own).map_err(|error| {
            let code = error.exit_code().into();
            let message = format!(
                "failed to create task for container: failed to create shim task: OCI runtime create failed: runc \
                 create failed: unable to start container process: error during container init: {error}"
            );
            refused(message, code)
        })?;
        let limit = config
            .pids_limit
            .and_then(|limit| usize::try_from(limit).ok());
        let kernel = Kernel::new(&hostname, config.init, limit);
        let pid = kernel.register(argv.clone().into());
        let sink = LogSink::new(Arc::clone(&container.log), Arc::clone(&self.clock));
        let (descriptors, stdin) = open_descriptors(config, sink);
        let main = pid.number();
        let mut process = Process::new(argv, env.clone(), own, descriptors, pid);
        process.cwd.clone_from(&cwd);
        process.tty = config.tty;
        let active = Active {
            kernel,
            main,
            host_pid: self.next_host_pid(),
            files,
            env,
            cwd,
            gate: Gate::default(),
            endpoint: Endpoint::default(),
            stops: 0,
            restarts: false,
            execs: BTreeSet::new(),
            _stdin: stdin,
        };
        Ok((active, program, process))
    }

    fn hostname(&self, config: &ContainerConfig) -> String {
        let own = config.hostname.clone().unwrap_or_default();
        match &config.network {
            Some(NetworkMode::Host) => super::system::HOST_NAME.to_owned(),
            // Who shares another's network also shares its name.
            Some(NetworkMode::Container(other)) => {
                let other = self
                    .find(other)
                    .ok()
                    .and_then(|key| self.containers.get(key));
                let name = other.and_then(|other| other.config.hostname.clone());
                name.unwrap_or(own)
            }
            _ => own,
        }
    }

    fn next_host_pid(&mut self) -> u32 {
        let step = 1 + self.random.below(PID_STEP);
        self.last_pid = self.last_pid.checked_add(step).unwrap_or(super::FIRST_PID);
        self.last_pid
    }

    /// The root with what is mounted on it, and the files that an engine puts into `/etc`.
    fn mounted(
        &self,
        container: &Container,
        config: &ContainerConfig,
        hostname: &str,
        endpoint: &Endpoint,
    ) -> Result<Files, String> {
        let clock: Arc<dyn fs::Clock> = self.clock.clone();
        let files = Files::new(container.root.clone(), clock);
        let failed = |error: FsError| format!("failed to mount the container's files: {error}");
        write_etc(&files, config, hostname, endpoint).map_err(failed)?;
        let mut mounts = Vec::with_capacity(container.mounts.len());
        for mount in &container.mounts {
            let tree = match &mount.source {
                Source::Volume { name, .. } => self.volume_tree(name, &files, &mount.target)?,
                Source::Bind { tree, .. } => tree.clone(),
                Source::Tmpfs { size } => {
                    let budget = size.unwrap_or(self.host.memory / 2);
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
            .map_err(failed)
    }

    pub(super) fn tell_network(&mut self, key: Key, network: Option<&str>, action: EventAction) {
        let Some(network) = network else { return };
        let Some(id) = self.networks.id(network).map(str::to_owned) else {
            return;
        };
        let container = self.id_of(key);
        let kind = network_type(network).to_owned();
        let attributes = [
            ("container", container),
            ("name", network.to_owned()),
            ("type", kind),
        ];
        self.tell(EventKind::Network, action, &id, attributes);
    }

    pub(super) fn tell_mounted(&mut self, key: Key) {
        for (name, target, writable) in self.mounted_volumes(key) {
            let attributes = [
                ("container", self.id_of(key)),
                ("destination", target),
                ("driver", DRIVER.to_owned()),
                ("propagation", String::new()),
                ("read/write", writable.to_string()),
            ];
            self.tell(EventKind::Volume, EventAction::Mount, &name, attributes);
        }
    }

    pub(super) fn tell_unmounted(&mut self, key: Key) {
        for (name, ..) in self.mounted_volumes(key) {
            let attributes = [
                ("container", self.id_of(key)),
                ("driver", DRIVER.to_owned()),
            ];
            self.tell(EventKind::Volume, EventAction::Unmount, &name, attributes);
        }
    }

    /// A container's volumes: their names, where they are mounted, and whether they can be written to.
    fn mounted_volumes(&self, key: Key) -> Vec<(String, String, bool)> {
        let mounts = self
            .containers
            .get(key)
            .map_or(&[][..], |container| &container.mounts);
        let volume = |mount: &Mounted| match &mount.source {
            Source::Volume { name, .. } => {
                Some((name.clone(), mount.target.clone(), !mount.read_only))
            }
            _ => None,
        };
        mounts.iter().filter_map(volume).collect()
    }

    fn id_of(&self, key: Key) -> String {
        self.containers
            .get(key)
            .map_or_else(String::new, |container| container.id.to_string())
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

fn vanished() -> Refused {
    let error = Error::new(
        ErrorKind::ContainerNotFound,
        "the container was removed meanwhile",
    );
    Refused { error, code: 128 }
}

/// What the engine adds to the variables that were asked for, where they do not say otherwise.
fn environment(env: &Env, hostname: &str, home: &str, tty: bool) -> BTreeMap<String, String> {
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

fn write_etc(
    files: &Files,
    config: &ContainerConfig,
    hostname: &str,
    endpoint: &Endpoint,
) -> Result<(), FsError> {
    let mut hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n".to_owned();
    for host in &config.extra_hosts {
        let gateway = endpoint.attachment.gateway;
        if let Some(address) = host.address.or(gateway) {
            // Writing to a `String` cannot fail.
            let _ = writeln!(hosts, "{address}\t{}", host.name);
        }
    }
    if let Some(address) = endpoint.attachment.ip_address {
        let _ = writeln!(hosts, "{address}\t{hostname}");
    }
    files.mkdir_all("/etc", 0o755)?;
    files.write("/etc/hostname", format!("{hostname}\n").as_bytes(), 0o644)?;
    files.write("/etc/hosts", hosts.as_bytes(), 0o644)
}
