//! What is said of files and of those who use them.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Device, Tree};

/// Where modification times come from: the wall clock of the fake.
pub(crate) trait Clock: fmt::Debug + Send + Sync {
    /// The time of day.
    fn now(&self) -> DateTime<Utc>;
}

/// Whose rights count. `0` is root, which may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Owner {
    /// User id.
    pub(crate) uid: u32,
    /// Primary group id.
    pub(crate) gid: u32,
}

/// A tree that appears at a path of another.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    /// Absolute path of the mount point.
    pub(crate) target: String,
    /// What appears there.
    pub(crate) tree: Tree,
    /// Writes through this mount fail with [`FsError::ReadOnly`].
    pub(crate) read_only: bool,
}

/// What kind of node a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileType {
    /// An ordinary file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A special node.
    Device(Device),
}

/// What is known of a node without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    /// What kind of node it is.
    pub(crate) file_type: FileType,
    /// Permission bits, with setuid, setgid and sticky.
    pub(crate) mode: u32,
    /// Whose it is.
    pub(crate) owner: Owner,
    /// Length in bytes.
    pub(crate) size: u64,
    /// Number of hard links.
    pub(crate) links: u32,
    /// Number of the inode, unique within its tree.
    pub(crate) inode: u64,
    /// Last modification.
    pub(crate) modified: DateTime<Utc>,
}

impl Stat {
    /// Whether it is a directory.
    #[must_use]
    pub(crate) fn is_dir(&self) -> bool {
        self.file_type == FileType::Directory
    }

    /// Whether it is an ordinary file.
    #[must_use]
    pub(crate) fn is_file(&self) -> bool {
        self.file_type == FileType::File
    }
}

/// The right that an access asks for, as a bit of a mode triplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// `r`
    Read = 4,
    /// `w`
    Write = 2,
    /// `x`
    Execute = 1,
}
