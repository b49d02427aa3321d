//! Files in memory: what the programs of the fake's containers see.
//!
//! [`Image`] is an immutable tree, [`Tree`] a writable one over it (a container's root, a volume,
//! a tmpfs), and [`Files`] what a process holds: a root with mounts on it, seen with the rights of
//! one user. All are handles, cheap to clone. No lock is ever held over an await, since nothing
//! here waits.

mod changes;
mod copy;
mod edit;
mod error;
mod image;
mod open;
mod tree;
mod types;
mod walk;

use std::sync::Arc;

pub(crate) use copy::Copies;
pub(crate) use error::FsError;
pub(crate) use image::{BUSYBOX, busybox};
pub(crate) use open::{OpenFile, OpenOptions};
pub(crate) use tree::{Device, Image, Tree};
use tree::{Inode, Kind};
pub(crate) use types::{Access, Clock, FileType, Mount, Owner, Stat};

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

    /// A number that looks random, as `/dev/urandom` would give it.
    pub(crate) fn random(&self) -> u64 {
        self.space.root.lock().next_random()
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

    /// The tree that begins at what `path` leads to.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub(crate) fn tree_at(&self, path: &str) -> Result<Tree, FsError> {
        let found = self.find(path, true)?;
        Ok(Tree {
            root: found.ino,
            ..found.tree
        })
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
