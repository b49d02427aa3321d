//! From a path to a node: links, dots and mounts.

use super::tree::{Ino, Inode, Kind, Tree};
use super::{Access, FileType, Files, FsError, Namespace, Owner, Stat};
use std::borrow::Cow;

/// As Linux: so many links are followed on one walk.
const LINK_LIMIT: u32 = 40;
/// As Linux: the longest name of one entry.
const NAME_LIMIT: usize = 255;
/// As Linux: the longest path.
const PATH_LIMIT: usize = 4096;

/// A node that a walk reached.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) tree: Tree,
    pub(super) ino: Ino,
    pub(super) read_only: bool,
    /// Which mount it was reached by.
    pub(super) mount: MountId,
    /// Canonical path.
    pub(super) path: String,
}

impl Found {
    pub(super) fn with_node<T>(&self, read: impl FnOnce(&Inode) -> T) -> Result<T, FsError> {
        self.tree.lock().node(self.ino).map(read)
    }

    pub(super) fn stat(&self) -> Result<Stat, FsError> {
        self.with_node(|node| Stat {
            file_type: match &node.kind {
                Kind::File(_) => FileType::File,
                Kind::Directory(_) => FileType::Directory,
                Kind::Symlink(_) => FileType::Symlink,
                Kind::Device(device) => FileType::Device(*device),
            },
            mode: node.mode,
            owner: Owner {
                uid: node.uid,
                gid: node.gid,
            },
            size: node.size(),
            links: node.links,
            inode: self.ino,
            modified: node.mtime,
        })
    }
}

/// The root or one of the mounts: nothing is moved or linked from one to another, though both may show one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MountId(Option<usize>);

/// The end of a path: a name in a directory, and what is there, if anything.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) parent: Found,
    /// Empty if the path ends in the root, `.` or `..`.
    pub(super) name: String,
    pub(super) node: Option<Found>,
    /// The path ends in a slash.
    pub(super) must_be_dir: bool,
}

/// How far a walk has come. Most walks look for a program through the `PATH`: a step of one allocates nothing.
struct Way<'a> {
    above: Vec<Place<'a>>,
    here: Place<'a>,
    /// Canonical path of `here`; empty for the root.
    path: String,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    tree: &'a Tree,
    ino: Ino,
    read_only: bool,
    mount: MountId,
    /// So much of the way's path is its own.
    path_len: usize,
}

/// What a component of a path does to the way.
enum Step {
    /// `.` or `..`, or nothing yet.
    Dots,
    /// It has gone on to what has the name.
    Named,
    /// It stays: there is a link, which leads there.
    Link(String),
    /// It stays: nothing has this name.
    Missing(String),
}

impl<'a> Way<'a> {
    fn new(space: &'a Namespace, expected: usize) -> Self {
        Self {
            above: Vec::new(),
            here: Place {
                tree: &space.root,
                ino: space.root.root,
                read_only: space.read_only,
                mount: MountId(None),
                path_len: 0,
            },
            path: String::with_capacity(expected + 1),
        }
    }

    /// The parent of the root is the root.
    fn back(&mut self) {
        if let Some(above) = self.above.pop() {
            self.here = above;
            self.path.truncate(above.path_len);
        }
    }

    fn back_to_top(&mut self) {
        self.above.truncate(1);
        self.back();
    }

    fn found(&self, place: &Place<'a>) -> Found {
        let path = &self.path[..place.path_len];
        Found {
            tree: place.tree.clone(),
            ino: place.ino,
            read_only: place.read_only,
            mount: place.mount,
            path: if path.is_empty() { "/" } else { path }.to_owned(),
        }
    }
}

impl Files {
    /// The node at `path`, which must be there.
    pub(super) fn find(&self, path: &str, follow: bool) -> Result<Found, FsError> {
        match self.go(path, follow)? {
            (_, Step::Missing(_)) => Err(FsError::NotFound),
            (way, _) => Ok(way.found(&way.here)),
        }
    }

    /// Walks to the last component of `path`, which may be missing; a link there is followed if
    /// `follow` says so or a slash comes after it.
    pub(super) fn walk(&self, path: &str, follow: bool) -> Result<Slot, FsError> {
        let (way, last) = self.go(path, follow)?;
        let there = || way.found(&way.here);
        let (parent, name, node) = match last {
            Step::Missing(name) => (there(), name, None),
            Step::Named => {
                let parent = way.above.last().unwrap_or(&way.here);
                let name = way.path[parent.path_len..].trim_start_matches('/');
                (way.found(parent), name.to_owned(), Some(there()))
            }
            Step::Dots | Step::Link(_) => (there(), String::new(), Some(there())),
        };
        Ok(Slot {
            parent,
            name,
            node,
            must_be_dir: path.ends_with('/'),
        })
    }

    /// The way to the end of `path`, and its last step.
    fn go(&self, path: &str, follow: bool) -> Result<(Way<'_>, Step), FsError> {
        if path.is_empty() {
            return Err(FsError::NotFound);
        }
        if path.contains('\0') {
            return Err(FsError::InvalidPath);
        }
        if path.len() >= PATH_LIMIT {
            return Err(FsError::NameTooLong);
        }
        let must_be_dir = path.ends_with('/');
        let follow = follow || must_be_dir;
        let mut way = Way::new(&self.space, path.len());
        let mut last = Step::Dots;
        let mut links = 0;
        let mut rest = Cow::Borrowed(path);
        let mut passed = 0;
        loop {
            let todo = rest[passed..].trim_start_matches('/');
            if todo.is_empty() {
                break;
            }
            let (name, after) = todo.split_at(todo.find('/').unwrap_or(todo.len()));
            let is_last = after.bytes().all(|byte| byte == b'/');
            passed = rest.len() - after.len();
            last = self.step(&mut way, name, follow || !is_last)?;
            match &last {
                Step::Missing(_) if is_last => return Ok((way, last)),
                Step::Missing(_) => return Err(FsError::NotFound),
                Step::Link(target) => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Err(FsError::Loop);
                    }
                    if target.starts_with('/') {
                        way.back_to_top();
                    }
                    rest = Cow::Owned(format!("{target}{after}"));
                    passed = 0;
                }
                Step::Dots | Step::Named => {}
            }
        }
        if must_be_dir && !way.found(&way.here).stat()?.is_dir() {
            return Err(FsError::NotADirectory);
        }
        Ok((way, last))
    }

    /// Goes on to `name`, unless it is missing, or a link that is to be followed.
    fn step<'a>(&'a self, way: &mut Way<'a>, name: &str, follow: bool) -> Result<Step, FsError> {
        let here = way.here;
        let state = here.tree.lock();
        let node = state.node(here.ino)?;
        let Kind::Directory(entries) = &node.kind else {
            return Err(FsError::NotADirectory);
        };
        if !self.permits(node, Access::Execute) {
            return Err(FsError::Permission);
        }
        if name == "." {
            return Ok(Step::Dots);
        }
        if name == ".." {
            way.back();
            return Ok(Step::Dots);
        }
        if name.len() > NAME_LIMIT {
            return Err(FsError::NameTooLong);
        }
        way.path.push('/');
        way.path.push_str(name);
        let path_len = way.path.len();
        // The mount made last covers those made before it at the same place.
        let mut mounts = self.space.mounts.iter().enumerate();
        let mount = mounts.rfind(|(_, mount)| mount.target == way.path);
        let next = if let Some((number, mount)) = mount {
            Place {
                tree: &mount.tree,
                ino: mount.tree.root,
                read_only: mount.read_only,
                mount: MountId(Some(number)),
                path_len,
            }
        } else {
            let Some(&ino) = entries.get(name) else {
                way.path.truncate(here.path_len);
                return Ok(Step::Missing(name.to_owned()));
            };
            if let Kind::Symlink(target) = &state.node(ino)?.kind
                && follow
            {
                way.path.truncate(here.path_len);
                return Ok(Step::Link(target.clone()));
            }
            Place {
                ino,
                path_len,
                ..here
            }
        };
        way.above.push(std::mem::replace(&mut way.here, next));
        Ok(Step::Named)
    }
}
