//! What a tree has that its image has not, and the other way round.

use super::tree::{Ino, Inode, Kind, ROOT, State, Tree};
use std::collections::BTreeMap;
use wharf_core::ChangeKind;

/// A path at which a tree differs from its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Absolute within the tree.
    pub(crate) path: String,
    pub(crate) kind: ChangeKind,
    /// Bytes of the file that is there now; none of anything but a file.
    pub(crate) size: Option<u64>,
}

impl Tree {
    /// All changes, a folder before what is in it, the names in their order. Of a folder that was deleted only itself.
    pub(crate) fn changes(&self) -> Vec<Changed> {
        let state = self.lock();
        let mut changes = Vec::new();
        if !state.own.is_empty() {
            state.compare(ROOT, Some(ROOT), "", &mut changes);
        }
        changes
    }
}

impl State {
    /// Compares the folder `ino` with the one that the image has at this path, if any.
    fn compare(&self, ino: Ino, below: Option<Ino>, path: &str, changes: &mut Vec<Changed>) {
        let Ok(now) = self.entries(ino) else { return };
        let nothing = BTreeMap::new();
        let before = below.and_then(|ino| self.below(ino)).map(|node| &node.kind);
        let before = match before {
            Some(Kind::Directory(entries)) => entries,
            _ => &nothing,
        };
        let mut names: Vec<&String> = now.keys().chain(before.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let path = format!("{path}/{name}");
            let (ino, below) = (now.get(name).copied(), before.get(name).copied());
            let at = |kind| Changed {
                path: path.clone(),
                kind,
                size: ino.and_then(|ino| self.node(ino).ok()).and_then(length),
            };
            match (ino, below) {
                (None, _) => changes.push(at(ChangeKind::Deleted)),
                (Some(_), None) => changes.push(at(ChangeKind::Added)),
                (Some(ino), Some(below)) if ino != below || self.own.contains_key(&ino) => {
                    changes.push(at(ChangeKind::Modified));
                }
                _ => {}
            }
            if let Some(ino) = ino {
                self.compare(ino, below, &path, changes);
            }
        }
    }
}

fn length(node: &Inode) -> Option<u64> {
    matches!(node.kind, Kind::File(_)).then(|| node.size())
}
