//! Inodes: an immutable image below, a container's own writes above.
//!
//! Layering is done by inode, not by path: a write copies one inode up, a removal leaves a
//! whiteout. Hard links and files that are open while they are removed then work as on a disk,
//! and a container that writes nothing owns two empty maps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::FsError;
use crate::random::Random;

/// Number of an inode within its tree.
pub(super) type Ino = u64;

/// The root directory of every tree.
pub(super) const ROOT: Ino = 1;

/// What an inode costs of a tree's budget besides its bytes, so that a million empty files have
/// a price too.
const INODE_COST: u64 = 256;

/// A node that is no ordinary file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    /// `/dev/null`: swallows writes, reads are at their end.
    Null,
    /// `/dev/zero`: endless zero bytes.
    Zero,
    /// `/dev/full`: every write fails with [`FsError::NoSpace`].
    Full,
    /// `/dev/urandom`: endless bytes, by the seed of the tree.
    Random,
    /// `/dev/stdin` and its like: the opener's own descriptor of this number.
    Descriptor(u32),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    File(Vec<u8>),
    Directory(BTreeMap<String, Ino>),
    Symlink(String),
    Device(Device),
}

#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) kind: Kind,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: DateTime<Utc>,
    pub(super) links: u32,
}

impl Inode {
    pub(super) fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(bytes) => bytes.len() as u64,
            Kind::Symlink(target) => target.len() as u64,
            Kind::Directory(_) => 4096,
            Kind::Device(_) => 0,
        }
    }

    fn cost(&self) -> u64 {
        match &self.kind {
            Kind::File(bytes) => INODE_COST + bytes.len() as u64,
            _ => INODE_COST,
        }
    }
}

/// An immutable file tree, shared by all containers over it.
#[derive(Debug, Clone)]
pub(crate) struct Image(Arc<Frozen>);

#[derive(Debug)]
struct Frozen {
    nodes: BTreeMap<Ino, Arc<Inode>>,
    next: Ino,
}

impl Image {
    /// A tree of nothing but its root directory, made at `time`.
    #[must_use]
    pub(crate) fn empty(time: DateTime<Utc>) -> Self {
        Self::of(Kind::Directory(BTreeMap::new()), 0o755, 2, time)
    }

    /// Nothing but an empty file, to be mounted over one.
    #[must_use]
    pub(crate) fn file(time: DateTime<Utc>) -> Self {
        Self::of(Kind::File(Vec::new()), 0o644, 1, time)
    }

    fn of(kind: Kind, mode: u32, links: u32, time: DateTime<Utc>) -> Self {
        let root = Inode {
            kind,
            mode,
            uid: 0,
            gid: 0,
            mtime: time,
            links,
        };
        Self(Arc::new(Frozen {
            nodes: BTreeMap::from([(ROOT, Arc::new(root))]),
            next: ROOT + 1,
        }))
    }
}

/// A writable tree over an [`Image`]: a container's root, a volume, a tmpfs.
///
/// A clone is another handle to the same tree. A handle may also begin at one node in it, which is then its root.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) root: Ino,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    image: Image,
    /// What differs from the image; `None` is a whiteout.
    pub(super) own: BTreeMap<Ino, Option<Arc<Inode>>>,
    /// Descriptors per inode: the bytes of a removed file live until the last one is closed.
    pub(super) open: BTreeMap<Ino, u32>,
    next: Ino,
    used: u64,
    budget: u64,
    random: Random,
}

impl Tree {
    /// A tree over `image` that may hold `budget` bytes of its own.
    #[must_use]
    pub(crate) fn over(image: &Image, budget: u64) -> Self {
        Self::of(State {
            image: image.clone(),
            own: BTreeMap::new(),
            open: BTreeMap::new(),
            next: image.0.next,
            used: 0,
            budget,
            random: Random::new(0),
        })
    }

    pub(super) fn of(state: State) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
            root: ROOT,
        }
    }

    /// What looks random to those whose root it is comes from that seed.
    pub(crate) fn seed(&self, seed: u64) {
        self.lock().random = Random::new(seed);
    }

    /// Bytes that it holds beyond its image.
    #[must_use]
    pub(crate) fn used(&self) -> u64 {
        self.lock().used
    }

    /// Bytes of the files that it holds beyond its image, as an engine tells them: folders and names are free.
    #[must_use]
    pub(crate) fn written(&self) -> u64 {
        let state = self.lock();
        let files = state.own.values().flatten().map(|node| match &node.kind {
            Kind::File(bytes) => bytes.len() as u64,
            _ => 0,
        });
        files.sum()
    }

    /// Replaces what is in a tree that is one file.
    ///
    /// # Errors
    /// [`FsError::NoSpace`], and [`FsError::IsADirectory`] for any other tree.
    pub(crate) fn fill(&self, content: &[u8], time: DateTime<Utc>) -> Result<(), FsError> {
        let mut state = self.lock();
        state.truncate(self.root, 0, time)?;
        if state.write(self.root, 0, content, time)? < content.len() {
            return Err(FsError::NoSpace);
        }
        Ok(())
    }

    /// Whether it is one file, not a folder with others.
    pub(crate) fn is_file(&self) -> bool {
        self.lock().file(self.root).is_ok()
    }

    /// What the tree holds now, as an image that others can build on.
    #[must_use]
    pub(crate) fn freeze(&self) -> Image {
        let state = self.lock();
        let mut nodes = state.image.0.nodes.clone();
        for (ino, node) in &state.own {
            match node {
                Some(node) if node.links > 0 => nodes.insert(*ino, Arc::clone(node)),
                _ => nodes.remove(ino),
            };
        }
        Image(Arc::new(Frozen {
            nodes,
            next: state.next,
        }))
    }

    /// What tells this tree from all others that there are now.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.state).addr()
    }

    /// Whether both are handles to one tree.
    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// A panic of another holder leaves at worst a half-done write of its own: go on.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn node(&self, ino: Ino) -> Result<&Inode, FsError> {
        match self.own.get(&ino) {
            Some(own) => own.as_deref(),
            None => self.image.0.nodes.get(&ino).map(Arc::as_ref),
        }
        .ok_or(FsError::NotFound)
    }

    /// The inode as the image has it.
    pub(super) fn below(&self, ino: Ino) -> Option<&Inode> {
        self.image.0.nodes.get(&ino).map(Arc::as_ref)
    }

    pub(super) fn entries(&self, ino: Ino) -> Result<&BTreeMap<String, Ino>, FsError> {
        match &self.node(ino)?.kind {
            Kind::Directory(entries) => Ok(entries),
            _ => Err(FsError::NotADirectory),
        }
    }

    /// The inode for writing, copied up from the image if it is still there.
    pub(super) fn node_mut(&mut self, ino: Ino) -> Result<&mut Inode, FsError> {
        if !self.own.contains_key(&ino) {
            let below = Arc::clone(self.image.0.nodes.get(&ino).ok_or(FsError::NotFound)?);
            self.charge(below.cost())?;
            self.own.insert(ino, Some(below));
        }
        let own = self
            .own
            .get_mut(&ino)
            .and_then(Option::as_mut)
            .ok_or(FsError::NotFound)?;
        Ok(Arc::make_mut(own))
    }

    pub(super) fn entries_mut(&mut self, ino: Ino) -> Result<&mut BTreeMap<String, Ino>, FsError> {
        match &mut self.node_mut(ino)?.kind {
            Kind::Directory(entries) => Ok(entries),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn charge(&mut self, bytes: u64) -> Result<(), FsError> {
        let used = self.used.saturating_add(bytes);
        if used > self.budget {
            return Err(FsError::NoSpace);
        }
        self.used = used;
        Ok(())
    }

    /// Adds `node` to directory `parent` as `name`, which must be free.
    pub(super) fn insert(&mut self, parent: Ino, name: &str, node: Inode) -> Result<Ino, FsError> {
        if self.entries(parent)?.contains_key(name) {
            return Err(FsError::Exists);
        }
        let (ino, time) = (self.next, node.mtime);
        self.charge(node.cost())?;
        self.entries_mut(parent)?.insert(name.to_owned(), ino);
        self.node_mut(parent)?.mtime = time;
        self.next += 1;
        self.own.insert(ino, Some(Arc::new(node)));
        Ok(ino)
    }

    /// Takes `name` out of directory `parent`; the inode goes with its last link and descriptor.
    pub(super) fn unlink(
        &mut self,
        parent: Ino,
        name: &str,
        time: DateTime<Utc>,
    ) -> Result<(), FsError> {
        let ino = *self.entries(parent)?.get(name).ok_or(FsError::NotFound)?;
        self.entries_mut(parent)?.remove(name);
        self.node_mut(parent)?.mtime = time;
        let node = self.node_mut(ino)?;
        let directory = matches!(node.kind, Kind::Directory(_));
        node.links = if directory {
            0
        } else {
            node.links.saturating_sub(1)
        };
        self.reap(ino);
        Ok(())
    }

    pub(super) fn reap(&mut self, ino: Ino) {
        let Some(Some(node)) = self.own.get(&ino) else {
            return;
        };
        if node.links > 0 || self.open.contains_key(&ino) {
            return;
        }
        self.used = self.used.saturating_sub(node.cost());
        if self.image.0.nodes.contains_key(&ino) {
            self.own.insert(ino, None);
        } else {
            self.own.remove(&ino);
        }
    }

    pub(super) fn opened(&mut self, ino: Ino) {
        *self.open.entry(ino).or_insert(0) += 1;
    }

    pub(super) fn closed(&mut self, ino: Ino) {
        if let Some(count) = self.open.get_mut(&ino) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&ino);
                self.reap(ino);
            }
        }
    }

    /// Sets the length of a file; what it grows by is zeros.
    pub(super) fn truncate(
        &mut self,
        ino: Ino,
        length: u64,
        time: DateTime<Utc>,
    ) -> Result<(), FsError> {
        let grown = length.saturating_sub(self.file(ino)?.len() as u64);
        self.node_mut(ino)?.mtime = time;
        self.charge(grown)?;
        let length = usize::try_from(length).map_err(|_| FsError::NoSpace)?;
        let Kind::File(bytes) = &mut self.node_mut(ino)?.kind else {
            return Err(FsError::InvalidPath);
        };
        let before = bytes.len();
        bytes.resize(length, 0);
        self.used = self
            .used
            .saturating_sub(before.saturating_sub(length) as u64);
        Ok(())
    }

    /// Writes at `offset` as much as the budget allows and answers how much that was.
    pub(super) fn write(
        &mut self,
        ino: Ino,
        offset: u64,
        data: &[u8],
        time: DateTime<Utc>,
    ) -> Result<usize, FsError> {
        let length = self.file(ino)?.len() as u64;
        if offset > length {
            self.truncate(ino, offset, time)?;
        }
        self.node_mut(ino)?.mtime = time;
        let room = length.max(offset) - offset + (self.budget - self.used.min(self.budget));
        let take = data.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if take == 0 && !data.is_empty() {
            return Err(FsError::NoSpace);
        }
        let end = offset + take as u64;
        self.charge(end.saturating_sub(length.max(offset)))?;
        let (start, end) = (to_index(offset)?, to_index(end)?);
        let Kind::File(bytes) = &mut self.node_mut(ino)?.kind else {
            return Err(FsError::InvalidPath);
        };
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(&data[..take]);
        Ok(take)
    }

    pub(super) fn file(&self, ino: Ino) -> Result<&[u8], FsError> {
        match &self.node(ino)?.kind {
            Kind::File(bytes) => Ok(bytes),
            Kind::Directory(_) => Err(FsError::IsADirectory),
            Kind::Symlink(_) | Kind::Device(_) => Err(FsError::InvalidPath),
        }
    }

    pub(super) fn next_random(&mut self) -> u64 {
        self.random.next()
    }

    /// The next bytes of `/dev/urandom`.
    pub(super) fn random(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next_random().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

fn to_index(offset: u64) -> Result<usize, FsError> {
    usize::try_from(offset).map_err(|_| FsError::NoSpace)
}
