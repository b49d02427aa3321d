//! Trees once more: what shares a tree shares its copy.

use super::{Clock, Files, Mount, Namespace, Tree, tree::State};
use std::{collections::HashMap, sync::Arc};

/// Which trees have been copied already, and where to.
#[derive(Debug, Default)]
pub(crate) struct Copies(HashMap<usize, Tree>);

impl Tree {
    /// The tree as it is now, apart from this one. Files are shared until one side writes; no file is open in the copy,
    /// and so those that were removed while they were open are gone.
    pub(crate) fn copy(&self, copies: &mut Copies) -> Self {
        let copy = || Self::of(self.lock().copy());
        let whole = copies.0.entry(self.address()).or_insert_with(copy);
        Self {
            root: self.root,
            ..whole.clone()
        }
    }
}

impl State {
    fn copy(&self) -> Self {
        let mut copy = self.clone();
        let open = std::mem::take(&mut copy.open);
        for ino in open.into_keys() {
            copy.reap(ino);
        }
        copy
    }
}

impl Files {
    /// The same view of copies of the trees.
    pub(crate) fn copy(&self, copies: &mut Copies, clock: &Arc<dyn Clock>) -> Self {
        let Namespace {
            root,
            read_only,
            mounts,
            ..
        } = &*self.space;
        let mounts = mounts.iter().map(|mount| Mount {
            target: mount.target.clone(),
            tree: mount.tree.copy(copies),
            read_only: mount.read_only,
        });
        let mounts = mounts.collect();
        let space = Namespace {
            root: root.copy(copies),
            read_only: *read_only,
            mounts,
            clock: Arc::clone(clock),
        };
        Self {
            space: Arc::new(space),
            owner: self.owner,
        }
    }
}
