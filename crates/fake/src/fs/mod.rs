//! Files in memory: what the programs of the fake's containers see.
//!
//! [`Image`] is an immutable tree, [`Tree`] a writable one over it (a container's root, a volume,
//! a tmpfs), and [`Files`] what a process holds: a root with mounts on it, seen with the rights of
//! one user. All are handles, cheap to clone. No lock is ever held over an await, since nothing
//! here waits.

mod changes;
mod copy;
mod error;
mod image;
mod open;
mod tree;
mod types;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub(crate) use copy::Copies;
pub(crate) use error::FsError;
pub(crate) use image::{BUSYBOX, busybox};
pub(crate) use open::{OpenFile, OpenOptions};
pub(crate) use tree::{Device, Image, Tree};
use tree::{Ino, Inode, Kind, ROOT};
pub(crate) use types::{Access, Clock, FileType, Mount, Owner, Stat};
use walk::Found;

/// The files of one container as one user sees them. Paths are absolute; `a/b` means `/a/b`.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    space: Arc<Namespace>,
    owner: Owner,
}

#[derive(Debug)]
struct Namespace {
    root: Tree,
    read_only: bool,
    mounts: Box<[Mount]>,
    clock: Arc<dyn Clock>,
}

impl Files {
    /// The files under `root`, seen by root.
    #[must_use]
    pub(crate) fn new(root: Tree, clock: Arc<dyn Clock>) -> Self {
        let space = Namespace {
            root,
            read_only: false,
            mounts: Box::default(),
            clock,
        };
        Self {
            space: Arc::new(space),
            owner: Owner::default(),
        }
    }

    /// The same root with `mounts` on it, read-only itself if asked. Mount points that are missing
    /// are made, as an engine does.
    ///
    /// # Errors
    /// Those of making a directory: a parent that is a file, no space.
    pub(crate) fn with_mounts(self, mounts: Vec<Mount>, read_only: bool) -> Result<Self, FsError> {
        for mount in &mounts {
            if mount.tree.is_file() {
                self.make_file(&mount.target)?;
            } else {
                self.mkdir_all(&mount.target, 0o755)?;
            }
        }
        let mut mounts = mounts;
        for mount in &mut mounts {
            mount.target = self.canonical(&mount.target)?;
        }
        let space = Namespace {
            root: self.space.root.clone(),
            read_only,
            mounts: mounts.into_boxed_slice(),
            clock: Arc::clone(&self.space.clock),
        };
        Ok(Self {
            space: Arc::new(space),
            owner: self.owner,
        })
    }

    /// The same files with the rights of `owner`; what it makes belongs to it.
    #[must_use]
    pub(crate) fn as_owner(&self, owner: Owner) -> Self {
        Self {
            space: Arc::clone(&self.space),
            owner,
        }
    }

    /// Whose rights count here.
    #[must_use]
    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    /// The clock that stamps files.
    #[must_use]
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.space.clock
    }

    /// What `path` leads to, links followed.
    ///
    /// # Errors
    /// [`FsError::NotFound`] and the other ways in which a walk fails.
    pub(crate) fn stat(&self, path: &str) -> Result<Stat, FsError> {
        self.find(path, true)?.stat()
    }

    /// What is at `path`, a final link not followed.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub(crate) fn lstat(&self, path: &str) -> Result<Stat, FsError> {
        self.find(path, false)?.stat()
    }

    /// Whether `path` leads to something.
    #[must_use]
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.stat(path).is_ok()
    }

    /// Whether this user has the right to `access` what `path` leads to.
    #[must_use]
    pub(crate) fn allows(&self, path: &str, access: Access) -> bool {
        let Ok(found) = self.find(path, true) else {
            return false;
        };
        let writable = access != Access::Write || !found.read_only;
        writable
            && found
                .with_node(|node| self.permits(node, access))
                .unwrap_or(false)
    }

    /// The path without links, `.` and `..`.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub(crate) fn canonical(&self, path: &str) -> Result<String, FsError> {
        Ok(self.find(path, true)?.path)
    }

    /// Where a symbolic link points.
    ///
    /// # Errors
    /// [`FsError::InvalidPath`] if it is no link.
    pub(crate) fn read_link(&self, path: &str) -> Result<String, FsError> {
        self.find(path, false)?.with_node(|node| match &node.kind {
            Kind::Symlink(target) => Ok(target.clone()),
            _ => Err(FsError::InvalidPath),
        })?
    }

    /// The names in a directory, sorted, without `.` and `..`.
    ///
    /// # Errors
    /// [`FsError::NotADirectory`], [`FsError::Permission`].
    pub(crate) fn list(&self, path: &str) -> Result<Vec<String>, FsError> {
        let found = self.find(path, true)?;
        found.with_node(|node| match &node.kind {
            Kind::Directory(_) if !self.permits(node, Access::Read) => Err(FsError::Permission),
            Kind::Directory(entries) => Ok(entries.keys().cloned().collect()),
            _ => Err(FsError::NotADirectory),
        })?
    }

    /// Opens a file.
    ///
    /// # Errors
    /// Those of open(2): missing, a directory for writing, no right, read-only, there already.
    pub(crate) fn open(&self, path: &str, options: OpenOptions) -> Result<OpenFile, FsError> {
        let slot = self.walk(path, !options.exclusive)?;
        let found = match slot.node {
            Some(_) if options.create && options.exclusive => return Err(FsError::Exists),
            Some(found) => found,
            None if !options.create => return Err(FsError::NotFound),
            None if slot.must_be_dir => return Err(FsError::IsADirectory),
            None => {
                let node = self.inode(Kind::File(Vec::new()), options.mode);
                let ino = self.add(&slot.parent, &slot.name, node)?;
                let clock = Arc::clone(&self.space.clock);
                return OpenFile::new(slot.parent.tree, ino, options, clock);
            }
        };
        let (device, directory, allowed) = found.with_node(|node| {
            let allowed = (!options.read || self.permits(node, Access::Read))
                && (!options.write || self.permits(node, Access::Write));
            let directory = matches!(node.kind, Kind::Directory(_));
            (matches!(node.kind, Kind::Device(_)), directory, allowed)
        })?;
        if options.write && directory {
            return Err(FsError::IsADirectory);
        }
        if !allowed {
            return Err(FsError::Permission);
        }
        if options.write && found.read_only && !device {
            return Err(FsError::ReadOnly);
        }
        if options.truncate && !device {
            found
                .tree
                .lock()
                .truncate(found.ino, 0, self.space.clock.now())?;
        }
        OpenFile::new(
            found.tree,
            found.ino,
            options,
            Arc::clone(&self.space.clock),
        )
    }

    /// The whole of a file.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), [`FsError::IsADirectory`].
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, FsError> {
        let found = self.find(path, true)?;
        if !found.with_node(|node| self.permits(node, Access::Read))? {
            return Err(FsError::Permission);
        }
        let state = found.tree.lock();
        state.file(found.ino).map(<[u8]>::to_vec)
    }

    /// At most the first `limit` bytes of a file: enough to tell what it is.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_start(&self, path: &str, limit: usize) -> Result<Vec<u8>, FsError> {
        let found = self.find(path, true)?;
        let state = found.tree.lock();
        state
            .file(found.ino)
            .map(|bytes| bytes[..limit.min(bytes.len())].to_vec())
    }

    /// Makes a file of `content`, or replaces what was in it.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), [`FsError::NoSpace`].
    pub(crate) fn write(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FsError> {
        let file = self.open(path, OpenOptions::writing(mode))?;
        if file.write(content)? < content.len() {
            return Err(FsError::NoSpace);
        }
        Ok(())
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// [`FsError::Exists`], [`FsError::NotFound`] without its parent, no right, read-only.
    pub(crate) fn mkdir(&self, path: &str, mode: u32) -> Result<(), FsError> {
        self.create(path, Kind::Directory(BTreeMap::new()), mode)
    }

    /// Makes a directory and those above it that are missing.
    ///
    /// # Errors
    /// [`FsError::NotADirectory`] where a file is in the way; those of [`mkdir`](Self::mkdir).
    pub(crate) fn mkdir_all(&self, path: &str, mode: u32) -> Result<(), FsError> {
        for (index, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
            let ancestor = &path[..index];
            match self.stat(ancestor) {
                Ok(stat) if stat.is_dir() => {}
                Ok(_) => return Err(FsError::NotADirectory),
                Err(FsError::NotFound) => self.mkdir(ancestor, mode)?,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Makes an empty file, with the folders above it, unless it is there.
    fn make_file(&self, path: &str) -> Result<(), FsError> {
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
        if !slot.parent.tree.same(&found.tree) {
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
        if !source.parent.tree.same(&target.parent.tree) {
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

    fn add(&self, parent: &Found, name: &str, node: Inode) -> Result<Ino, FsError> {
        self.check_writable(parent)?;
        parent.tree.lock().insert(parent.ino, name, node)
    }

    fn inode(&self, kind: Kind, mode: u32) -> Inode {
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
        if !parent.tree.same(&found.tree) || self.is_mount_point(&found.path) {
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

    fn permits(&self, node: &Inode, access: Access) -> bool {
        if self.owner.uid == 0 {
            let directory = matches!(node.kind, Kind::Directory(_));
            return access != Access::Execute || directory || node.mode & 0o111 != 0;
        }
        let shift = if node.uid == self.owner.uid {
            6
        } else if node.gid == self.owner.gid {
            3
        } else {
            0
        };
        node.mode >> shift & access as u32 != 0
    }
}

#[cfg(test)]
mod tests;
