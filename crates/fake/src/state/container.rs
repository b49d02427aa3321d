//! The containers, and how one is found.

use super::{
    State,
    exec::{Exec, ExecKey},
    glance::Glance,
    health::Checkup,
    image::Image,
    network::Endpoint,
    restart::Restarts,
};
use crate::{fs, log::Log, outside::Outside, process, program::Programs, run::Gate};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};
use wharf_core::{
    ContainerConfig, ContainerId, ContainerState, Error, ErrorKind, Exit, Result, Timestamp,
};

/// A container for as long as it exists, counted up: the order of the keys is that of their making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(super) u64);

/// One run of a container, so that what comes late from an earlier one is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunId(pub(super) u32);

/// What is known of one container.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) id: ContainerId,
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) image: Arc<Image>,
    /// With the image's defaults merged in. Its name is not kept up to date: that is `name`.
    pub(super) config: Arc<ContainerConfig>,
    /// Of the labels in it.
    pub(super) glance: Glance,
    pub(super) state: ContainerState,
    pub(super) exit_code: Option<i64>,
    /// A process of the last run was killed for want of memory.
    pub(super) oom_killed: bool,
    pub(super) error: Option<String>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) runs: u32,
    pub(super) root: fs::Tree,
    pub(super) log: Arc<Log>,
    pub(super) mounts: Vec<Mounted>,
    /// Where it has a restart policy.
    pub(super) restarts: Option<Box<Restarts>>,
    /// What runs in it instead of what its files hold.
    pub(super) programs: Arc<Programs>,
    /// Where it has a health check and was started.
    pub(super) health: Option<Box<Checkup>>,
    /// What there is only while it runs.
    pub(super) active: Option<Box<Active>>,
}

/// A mount, with what is behind it.
#[derive(Debug, Clone)]
pub(super) struct Mounted {
    pub(super) target: String,
    pub(super) read_only: bool,
    pub(super) source: Source,
}

#[derive(Debug, Clone)]
pub(super) enum Source {
    Volume { name: String, anonymous: bool },
    Bind { path: String, tree: fs::Tree },
    Tmpfs { size: Option<u64> },
}

/// A running container.
#[derive(Debug)]
pub(super) struct Active {
    /// What it runs, as it was found, with its arguments and its user: enough to begin anew.
    pub(super) program: process::Program,
    pub(super) argv: Arc<[String]>,
    pub(super) owner: fs::Owner,
    pub(super) kernel: process::Kernel,
    /// Of its main process, inside.
    pub(super) main: u32,
    /// Of its main process, on the pretended host.
    pub(super) host_pid: u32,
    pub(super) files: fs::Files,
    /// The rest of the environment of its processes.
    pub(super) env: BTreeMap<String, String>,
    pub(super) cwd: String,
    pub(super) gate: Gate,
    pub(super) endpoint: Endpoint,
    /// How many stops wait for its end.
    pub(super) stops: u32,
    /// Somebody restarts it: its end does not remove it.
    pub(super) restarts: bool,
    /// The programs beside its own.
    pub(super) execs: BTreeMap<ExecKey, Exec>,
    /// The writing end of its stdin, where that is kept open: held, so that there is no end to read.
    pub(super) stdin: Option<Outside<process::PipeWriter>>,
}

impl Container {
    /// How its last run ended, as a wait tells it.
    pub(super) fn exit(&self) -> Exit {
        let mut exit = Exit::new(self.exit_code.unwrap_or_default());
        exit.error.clone_from(&self.error);
        exit
    }

    pub(super) fn run(&self) -> RunId {
        RunId(self.runs)
    }

    pub(super) fn is_running(&self) -> bool {
        self.state.is_running()
    }

    /// The first twelve characters, as people are shown it.
    pub(super) fn short(&self) -> &str {
        self.id.short()
    }
}

/// All containers, found by key, id, the beginning of an id, and name.
#[derive(Debug, Default)]
pub(super) struct Containers {
    last: u64,
    all: BTreeMap<Key, Box<Container>>,
    ids: BTreeMap<ContainerId, Key>,
    names: HashMap<String, Key>,
}

impl Containers {
    pub(super) fn copy(&self, mut copy: impl FnMut(&Container) -> Container) -> Self {
        let all = self.all.iter();
        Self {
            last: self.last,
            all: all.map(|(key, c)| (*key, Box::new(copy(c)))).collect(),
            ids: self.ids.clone(),
            names: self.names.clone(),
        }
    }

    pub(super) fn insert(&mut self, container: Container) -> Key {
        self.last += 1;
        let key = Key(self.last);
        self.ids.insert(container.id.clone(), key);
        self.names.insert(container.name.clone(), key);
        self.all.insert(key, Box::new(container));
        key
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Box<Container>> {
        let container = self.all.remove(&key)?;
        self.ids.remove(&container.id);
        self.names.remove(&container.name);
        Some(container)
    }

    pub(super) fn rename(&mut self, key: Key, name: &str) -> Option<String> {
        let container = self.all.get_mut(&key)?;
        let old = std::mem::replace(&mut container.name, name.to_owned());
        self.names.remove(&old);
        self.names.insert(name.to_owned(), key);
        Some(old)
    }

    pub(super) fn get(&self, key: Key) -> Option<&Container> {
        self.all.get(&key).map(AsRef::as_ref)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Container> {
        self.all.get_mut(&key).map(AsMut::as_mut)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<Key> {
        self.names.get(name).copied()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Key> {
        self.ids.get(id).copied()
    }

    /// Those whose id begins so, in no order that matters.
    fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Key> + 'a {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let range = self.ids.range::<str, _>(from);
        range
            .take_while(move |(id, _)| id.starts_with(prefix))
            .map(|(_, key)| *key)
    }

    /// All, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (Key, &Container)> {
        self.all
            .iter()
            .rev()
            .map(|(key, container)| (*key, container.as_ref()))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut Container)> {
        let all = self.all.iter_mut();
        all.map(|(key, container)| (*key, container.as_mut()))
    }

    /// All, in the order of their making.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &Container)> {
        self.all
            .iter()
            .map(|(key, container)| (*key, container.as_ref()))
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl State {
    /// The container that a full id, a name or a unique prefix of an id means, in this order.
    pub(crate) fn find(&self, id: &str) -> Result<Key> {
        let containers = &self.containers;
        if let Some(key) = containers.by_id(id).or_else(|| containers.by_name(id)) {
            return Ok(key);
        }
        let mut candidates = containers.with_prefix(id);
        match (candidates.next(), candidates.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(no_such_container(id)),
            (Some(_), Some(_)) => Err(Error::invalid(
                "id",
                format_args!("multiple IDs found with provided prefix: {id}; give more of it"),
            )),
        }
    }

    pub(super) fn container(&self, key: Key) -> Result<&Container> {
        self.containers.get(key).ok_or_else(gone)
    }

    pub(super) fn container_mut(&mut self, key: Key) -> Result<&mut Container> {
        self.containers.get_mut(key).ok_or_else(gone)
    }

    /// There is no engine any more: no run comes to its end.
    pub(crate) fn abandon_logs(&self) {
        let all = self.containers.iter();
        all.for_each(|(_, container)| container.log.abandon());
    }

    /// The log of a container.
    pub(crate) fn log(&self, key: Key) -> Result<Arc<Log>> {
        let container = self.container(key)?;
        if container.state == ContainerState::Removing {
            let why = "can not get logs from container which is dead or marked for removal";
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        Ok(Arc::clone(&container.log))
    }
}

pub(super) fn no_such_container(id: &str) -> Error {
    Error::new(
        ErrorKind::ContainerNotFound,
        format!("No such container: {id}"),
    )
}

/// It was found a moment ago and somebody removed it since.
fn gone() -> Error {
    Error::new(
        ErrorKind::ContainerNotFound,
        "the container was removed meanwhile",
    )
}
