//! The whole state once more, for a snapshot and for what is made from one.
//!
//! Running programs are futures, which cannot be copied: in a copy a running container waits to be launched anew.

use super::{
    State,
    container::{Active, Container, Mounted, Source},
};
use crate::{
    clock::EngineClock,
    fs,
    program::{Programs, Rules},
    run::Gate,
};
use std::{collections::BTreeMap, sync::Arc};
use wharf_core::ContainerState;

/// What all parts of a copy have in common.
pub(super) struct Copying {
    trees: fs::Copies,
    clock: Arc<dyn fs::Clock>,
}

impl Copying {
    pub(super) fn tree(&mut self, tree: &fs::Tree) -> fs::Tree {
        tree.copy(&mut self.trees)
    }
}

impl State {
    /// A state that has everything that this one has, and shares nothing with it that either could change. It runs on
    /// another clock.
    pub(crate) fn copy(&self, clock: &Arc<EngineClock>) -> Self {
        let mut copying = Copying {
            trees: fs::Copies::default(),
            clock: Arc::clone(clock) as Arc<dyn fs::Clock>,
        };
        let rules = self.rules.copy();
        Self {
            now: self.now,
            // Between two transitions there is nothing that was not carried out.
            happened: Vec::new(),
            effects: Vec::new(),
            clock: Arc::clone(clock),
            seed: self.seed,
            random: self.random.clone(),
            host: self.host,
            disk: copying.tree(&self.disk),
            id: self.id.clone(),
            containers: self
                .containers
                .copy(|container| container.copy(&rules, &mut copying)),
            images: self.images.clone(),
            volumes: self.volumes.copy(&mut copying),
            networks: self.networks.clone(),
            last_pid: self.last_pid,
            last_exec: self.last_exec,
            stopping: false,
            exec_seed: self.exec_seed,
            rules,
        }
    }
}

impl Container {
    fn copy(&self, rules: &Rules, copying: &mut Copying) -> Self {
        let paused = self.state == ContainerState::Paused;
        let programs = Arc::new(self.programs.copy(rules.clone()));
        let active = self.active.as_ref();
        Self {
            id: self.id.clone(),
            name: self.name.clone(),
            created: self.created,
            image: Arc::clone(&self.image),
            config: Arc::clone(&self.config),
            glance: self.glance,
            state: self.state.clone(),
            exit_code: self.exit_code,
            oom_killed: self.oom_killed,
            error: self.error.clone(),
            started_at: self.started_at,
            finished_at: self.finished_at,
            runs: self.runs,
            root: copying.tree(&self.root),
            log: Arc::new(self.log.copy()),
            mounts: self.mounts.iter().map(|m| m.copy(copying)).collect(),
            restarts: self.restarts.clone(),
            active: active.map(|active| Box::new(active.copy(paused, &programs, copying))),
            programs,
            health: self.health.as_ref().map(|health| Box::new(health.copy())),
        }
    }
}

impl Mounted {
    fn copy(&self, copying: &mut Copying) -> Self {
        let mut copy = self.clone();
        if let Source::Bind { tree, .. } = &mut copy.source {
            *tree = copying.tree(tree);
        }
        copy
    }
}

impl Active {
    /// A run that is to begin anew. Who stops it, and what is run beside it, belongs to the original.
    fn copy(&self, paused: bool, programs: &Arc<Programs>, copying: &mut Copying) -> Self {
        let gate = Gate::default();
        if paused {
            gate.shut();
        }
        Self {
            program: self.program.clone(),
            argv: Arc::clone(&self.argv),
            owner: self.owner,
            kernel: self.kernel.anew(Arc::clone(programs)),
            main: self.main,
            host_pid: self.host_pid,
            files: self.files.copy(&mut copying.trees, &copying.clock),
            env: self.env.clone(),
            cwd: self.cwd.clone(),
            gate,
            endpoint: self.endpoint.clone(),
            stops: 0,
            restarts: false,
            execs: BTreeMap::new(),
            stdin: None,
        }
    }
}
