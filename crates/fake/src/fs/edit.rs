//! What changes the files of a container, but for what is written to an open one.

use super::{
    Access, Device, Files, FsError, Owner,
    tree::{Ino, Inode, Kind, ROOT},
    walk::Found,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

impl Files {
    /// Makes a directory.
    ///
    /// # Errors
    /// [`FsError::Exists`], [`FsError::NotFound`] without its parent, no right, read-only.
    pub(crate) fn mkdir(&self, path: &str, mode: u32) -> Result<(), FsError> {
        self.create(path, Kind::Directory(BTreeMap::new()), mode)
    }

    /// Makes a directory and those above it that are missing; the empty path is the root.
    ///
    /// # Errors
    /// [`FsError::NotADirectory`] where a file is in the way; those of [`mkdir`](Self::mkdir).
    pub(crate) fn mkdir_all(&self, path: &str, mode: u32) -> Result<(), FsError> {
        for (index, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
            let ancestor = &path[..index];
            match self.stat(ancestor) {
                _ if ancestor.is_empty() => {}
                Ok(stat) if stat.is_dir() => {}
                Ok(_) => return Err(FsError::NotADirectory),
                Err(FsError::NotFound) => self.mkdir(ancestor, mode)?,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Makes an empty file, with the folders above it, unless it is there.
    pub(super) fn make_file(&self, path: &str) -> Result<(), FsError> {
        match self.stat(path) {
            Ok(stat) if stat.is_dir() => Err(FsError::IsADirectory),
            Ok(_) => Ok(()),
            Err(FsError::NotFound) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                self.mkdir_all(folder, 0o755)?;
                self.write(path, b"", 0o644)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a symbolic link that points to `target`.
    ///
    /// # Errors
    /// As [`mkdir`](Self::mkdir).
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<(), FsError> {
        self.create(path, Kind::Symlink(target.to_owned()), 0o777)
    }

    /// Makes a special node.
    ///
    /// # Errors
    /// As [`mkdir`](Self::mkdir).
    pub(crate) fn make_device(&self, device: Device, path: &str, mode: u32) -> Result<(), FsError> {
        self.create(path, Kind::Device(device), mode)
    }

    /// Gives the file at `existing` one more name.
    ///
    /// # Errors
    /// [`FsError::NotPermitted`] for a directory, [`FsError::CrossDevice`], those of `mkdir`.
    pub(crate) fn hard_link(&self, existing: &str, path: &str) -> Result<(), FsError> {
        let found = self.find(existing, false)?;
        let slot = self.walk(path, false)?;
        if slot.node.is_some() {
            return Err(FsError::Exists);
        }
        if slot.parent.mount != found.mount {
            return Err(FsError::CrossDevice);
        }
        self.check_writable(&slot.parent)?;
        let mut state = found.tree.lock();
        if matches!(state.node(found.ino)?.kind, Kind::Directory(_)) {
            return Err(FsError::NotPermitted);
        }
        state.node_mut(found.ino)?.links += 1;
        state
            .entries_mut(slot.parent.ino)?
            .insert(slot.name, found.ino);
        Ok(())
    }

    /// Removes a file, a link or a special node.
    ///
    /// # Errors
    /// [`FsError::IsADirectory`], [`FsError::NotFound`], no right, read-only, a mount point.
    pub(crate) fn remove_file(&self, path: &str) -> Result<(), FsError> {
        self.remove(path, false)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// [`FsError::NotEmpty`], [`FsError::NotADirectory`], no right, read-only, a mount point.
    pub(crate) fn remove_dir(&self, path: &str) -> Result<(), FsError> {
        self.remove(path, true)
    }

    fn remove(&self, path: &str, directory: bool) -> Result<(), FsError> {
        let slot = self.walk(path, false)?;
        let found = slot.node.ok_or(FsError::NotFound)?;
        if found.ino == ROOT || slot.name.is_empty() {
            return Err(FsError::Busy);
        }
        self.check_removable(&slot.parent, &found)?;
        let mut state = found.tree.lock();
        match (&state.node(found.ino)?.kind, directory) {
            (Kind::Directory(_), false) => return Err(FsError::IsADirectory),
            (Kind::Directory(entries), true) if !entries.is_empty() => {
                return Err(FsError::NotEmpty);
            }
            (Kind::Directory(_), true) | (_, false) => {}
            (_, true) => return Err(FsError::NotADirectory),
        }
        state.unlink(slot.parent.ino, &slot.name, self.space.clock.now())
    }

    /// Renames within one tree; what was at `to` is replaced, if it is of the same kind.
    ///
    /// # Errors
    /// [`FsError::CrossDevice`], [`FsError::InvalidPath`] into itself, those of removing `to`.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), FsError> {
        let source = self.walk(from, false)?;
        let found = source.node.ok_or(FsError::NotFound)?;
        let target = self.walk(to, false)?;
        if found.ino == ROOT || source.name.is_empty() || target.name.is_empty() {
            return Err(FsError::Busy);
        }
        if source.parent.mount != target.parent.mount {
            return Err(FsError::CrossDevice);
        }
        if target.parent.path.starts_with(&format!("{}/", found.path))
            || target.parent.path == found.path
        {
            return Err(FsError::InvalidPath);
        }
        self.check_removable(&source.parent, &found)?;
        self.check_writable(&target.parent)?;
        let directory = found.stat()?.is_dir();
        if let Some(old) = &target.node {
            if old.ino == found.ino && old.tree.same(&found.tree) {
                return Ok(());
            }
            match (directory, old.stat()?.is_dir()) {
                (true, false) => return Err(FsError::NotADirectory),
                (false, true) => return Err(FsError::IsADirectory),
                _ => self.remove(&old.path, directory)?,
            }
        } else if target.must_be_dir && !directory {
            return Err(FsError::NotADirectory);
        }
        let mut state = found.tree.lock();
        state.entries_mut(source.parent.ino)?.remove(&source.name);
        state
            .entries_mut(target.parent.ino)?
            .insert(target.name, found.ino);
        Ok(())
    }

    /// Sets the permission bits.
    ///
    /// # Errors
    /// [`FsError::NotPermitted`] for another's file, read-only.
    pub(crate) fn set_mode(&self, path: &str, mode: u32) -> Result<(), FsError> {
        self.change(path, |node| node.mode = mode & 0o7777)
    }

    /// Gives the node to another owner; only root may.
    ///
    /// # Errors
    /// [`FsError::NotPermitted`], read-only.
    pub(crate) fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FsError> {
        if self.owner.uid != 0 {
            return Err(FsError::NotPermitted);
        }
        self.change(path, |node| (node.uid, node.gid) = (owner.uid, owner.gid))
    }

    /// Sets the time of modification.
    ///
    /// # Errors
    /// [`FsError::NotPermitted`] for another's file, read-only.
    pub(crate) fn set_modified(&self, path: &str, time: DateTime<Utc>) -> Result<(), FsError> {
        self.change(path, |node| node.mtime = time)
    }

    fn change(&self, path: &str, change: impl FnOnce(&mut Inode)) -> Result<(), FsError> {
        let found = self.find(path, true)?;
        if found.read_only {
            return Err(FsError::ReadOnly);
        }
        let mut state = found.tree.lock();
        if self.owner.uid != 0 && state.node(found.ino)?.uid != self.owner.uid {
            return Err(FsError::NotPermitted);
        }
        change(state.node_mut(found.ino)?);
        Ok(())
    }

    fn create(&self, path: &str, kind: Kind, mode: u32) -> Result<(), FsError> {
        let slot = self.walk(path, false)?;
        if slot.node.is_some() {
            return Err(FsError::Exists);
        }
        if slot.must_be_dir && !matches!(kind, Kind::Directory(_)) {
            return Err(FsError::NotFound);
        }
        self.add(&slot.parent, &slot.name, self.inode(kind, mode))?;
        Ok(())
    }

    pub(super) fn add(&self, parent: &Found, name: &str, node: Inode) -> Result<Ino, FsError> {
        self.check_writable(parent)?;
        parent.tree.lock().insert(parent.ino, name, node)
    }

    pub(super) fn inode(&self, kind: Kind, mode: u32) -> Inode {
        let links = if matches!(kind, Kind::Directory(_)) {
            2
        } else {
            1
        };
        let Owner { uid, gid } = self.owner;
        Inode {
            kind,
            mode: mode & 0o7777,
            uid,
            gid,
            mtime: self.space.clock.now(),
            links,
        }
    }

    fn check_writable(&self, directory: &Found) -> Result<(), FsError> {
        if directory.read_only {
            return Err(FsError::ReadOnly);
        }
        if !directory.with_node(|node| self.permits(node, Access::Write))? {
            return Err(FsError::Permission);
        }
        Ok(())
    }

    fn check_removable(&self, parent: &Found, found: &Found) -> Result<(), FsError> {
        if parent.mount != found.mount || self.is_mount_point(&found.path) {
            return Err(FsError::Busy);
        }
        self.check_writable(parent)?;
        let (sticky, holder) = parent.with_node(|node| (node.mode & 0o1000 != 0, node.uid))?;
        let uid = self.owner.uid;
        if sticky && uid != 0 && uid != holder && found.stat()?.owner.uid != uid {
            return Err(FsError::NotPermitted);
        }
        Ok(())
    }

    fn is_mount_point(&self, path: &str) -> bool {
        self.space.mounts.iter().any(|mount| mount.target == path)
    }
}
