//! A descriptor: a file that has been opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::tree::{Device, Ino, Kind, Tree};
use super::{Clock, FsError};

/// How to open a file.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "these are the flags of open(2)"
)]
pub(crate) struct OpenOptions {
    /// For reading.
    pub(crate) read: bool,
    /// For writing.
    pub(crate) write: bool,
    /// Every write goes to the end.
    pub(crate) append: bool,
    /// Make the file if it is missing.
    pub(crate) create: bool,
    /// Fail if it is there (with `create`).
    pub(crate) exclusive: bool,
    /// Cut it to nothing.
    pub(crate) truncate: bool,
    /// Mode of a file that is made.
    pub(crate) mode: u32,
}

impl OpenOptions {
    /// Reading what is there.
    #[must_use]
    pub(crate) fn reading() -> Self {
        Self {
            read: true,
            ..Self::default()
        }
    }

    /// Writing from the start: made with `mode` if missing, else cut to nothing.
    #[must_use]
    pub(crate) fn writing(mode: u32) -> Self {
        Self {
            write: true,
            create: true,
            truncate: true,
            mode,
            ..Self::default()
        }
    }

    /// Writing at the end, made with `mode` if missing.
    #[must_use]
    pub(crate) fn appending(mode: u32) -> Self {
        Self {
            write: true,
            create: true,
            append: true,
            mode,
            ..Self::default()
        }
    }
}

/// An open file. A clone shares the offset, as a duplicated descriptor does.
#[derive(Debug, Clone)]
pub(crate) struct OpenFile(Arc<Description>);

#[derive(Debug)]
struct Description {
    tree: Tree,
    ino: Ino,
    device: Option<Device>,
    offset: AtomicU64,
    options: OpenOptions,
    clock: Arc<dyn Clock>,
}

impl Drop for Description {
    fn drop(&mut self) {
        self.tree.lock().closed(self.ino);
    }
}

impl OpenFile {
    pub(super) fn new(
        tree: Tree,
        ino: Ino,
        options: OpenOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FsError> {
        let device = {
            let mut state = tree.lock();
            let device = match state.node(ino)?.kind {
                Kind::Device(device) => Some(device),
                _ => None,
            };
            state.opened(ino);
            device
        };
        Ok(Self(Arc::new(Description {
            tree,
            ino,
            device,
            offset: AtomicU64::new(0),
            options,
            clock,
        })))
    }

    /// What kind of special node it is, if it is one.
    #[must_use]
    pub(crate) fn device(&self) -> Option<Device> {
        self.0.device
    }

    /// Whether both stand for one file, however they were opened.
    #[must_use]
    pub(crate) fn same_file(&self, other: &Self) -> bool {
        self.0.tree.same(&other.0.tree) && self.0.ino == other.0.ino
    }

    /// At most `limit` bytes from the current offset; none at the end.
    ///
    /// # Errors
    /// [`FsError::BadDescriptor`] if it was not opened for reading, [`FsError::IsADirectory`].
    pub(crate) fn read(&self, limit: usize) -> Result<Bytes, FsError> {
        if !self.0.options.read {
            return Err(FsError::BadDescriptor);
        }
        let mut state = self.0.tree.lock();
        match self.0.device {
            Some(Device::Zero | Device::Full) => return Ok(Bytes::from(vec![0; limit])),
            Some(Device::Random) => return Ok(Bytes::from(state.random(limit))),
            Some(Device::Null | Device::Descriptor(_)) => return Ok(Bytes::new()),
            None => {}
        }
        let bytes = state.file(self.0.ino)?;
        let offset = usize::try_from(self.0.offset.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let start = offset.min(bytes.len());
        let end = start.saturating_add(limit).min(bytes.len());
        let read = Bytes::copy_from_slice(&bytes[start..end]);
        self.0
            .offset
            .fetch_add(read.len() as u64, Ordering::Relaxed);
        Ok(read)
    }

    /// Writes what fits and answers how much that was: less than all when space runs out.
    ///
    /// # Errors
    /// [`FsError::BadDescriptor`] if it was not opened for writing, [`FsError::NoSpace`].
    pub(crate) fn write(&self, data: &[u8]) -> Result<usize, FsError> {
        if !self.0.options.write {
            return Err(FsError::BadDescriptor);
        }
        match self.0.device {
            Some(Device::Full) => return Err(FsError::NoSpace),
            Some(_) => return Ok(data.len()),
            None => {}
        }
        let time = self.0.clock.now();
        let mut state = self.0.tree.lock();
        let offset = if self.0.options.append {
            state.file(self.0.ino)?.len() as u64
        } else {
            self.0.offset.load(Ordering::Relaxed)
        };
        let written = state.write(self.0.ino, offset, data, time)?;
        self.0
            .offset
            .store(offset + written as u64, Ordering::Relaxed);
        Ok(written)
    }
}
