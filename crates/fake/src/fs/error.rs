//! Why an operation on files failed.

use std::fmt;

/// The refusals of a file system, one per errno that the fake can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum FsError {
    /// ENOENT.
    NotFound,
    /// ENOTDIR.
    NotADirectory,
    /// EISDIR.
    IsADirectory,
    /// EEXIST.
    Exists,
    /// ENOTEMPTY.
    NotEmpty,
    /// EROFS.
    ReadOnly,
    /// EACCES: the mode bits forbid it.
    Permission,
    /// EPERM: only the owner or root may.
    NotPermitted,
    /// ELOOP: too many symbolic links.
    Loop,
    /// ENOSPC: the budget of the tree is used up.
    NoSpace,
    /// EINVAL: a NUL in a path, or a directory moved into itself.
    InvalidPath,
    /// ENAMETOOLONG.
    NameTooLong,
    /// EXDEV: a rename or hard link from one mount to another.
    CrossDevice,
    /// EBUSY: a mount point or the root.
    Busy,
    /// EBADF: the file was not opened for this.
    BadDescriptor,
}

impl fmt::Display for FsError {
    /// The words of the C library, as every program in a container prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "No such file or directory",
            Self::NotADirectory => "Not a directory",
            Self::IsADirectory => "Is a directory",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::ReadOnly => "Read-only file system",
            Self::Permission => "Permission denied",
            Self::NotPermitted => "Operation not permitted",
            Self::Loop => "Too many levels of symbolic links",
            Self::NoSpace => "No space left on device",
            Self::InvalidPath => "Invalid argument",
            Self::NameTooLong => "File name too long",
            Self::CrossDevice => "Cross-device link",
            Self::Busy => "Device or resource busy",
            Self::BadDescriptor => "Bad file descriptor",
        })
    }
}

impl std::error::Error for FsError {}
