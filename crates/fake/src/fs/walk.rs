//! From a path to a node: links, dots and mounts.

use super::tree::{Ino, Inode, Kind, ROOT, Tree};
use super::{Access, FileType, Files, FsError, Owner, Stat};

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

impl Files {
    /// The node at `path`, which must be there.
    pub(super) fn find(&self, path: &str, follow: bool) -> Result<Found, FsError> {
        self.walk(path, follow)?.node.ok_or(FsError::NotFound)
    }

    /// Walks to the last component of `path`, which may be missing; a link there is followed if
    /// `follow` says so or a slash comes after it.
    pub(super) fn walk(&self, path: &str, follow: bool) -> Result<Slot, FsError> {
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
        let mut links = 0;
        let mut stack: Vec<Found> = Vec::new();
        let mut here = self.top();
        let mut last = String::new();
        let mut todo: Vec<String> = Vec::new();
        push_components(&mut todo, path);
        while let Some(name) = todo.pop() {
            let is_dir_and_open = here.with_node(|node| match node.kind {
                Kind::Directory(_) => Some(self.permits(node, Access::Execute)),
                _ => None,
            })?;
            match is_dir_and_open {
                None => return Err(FsError::NotADirectory),
                Some(false) => return Err(FsError::Permission),
                Some(true) => {}
            }
            if name == "." {
                last.clear();
                continue;
            }
            if name == ".." {
                last.clear();
                here = stack.pop().unwrap_or(here);
                continue;
            }
            if name.len() > NAME_LIMIT {
                return Err(FsError::NameTooLong);
            }
            let Some((next, link)) = self.step(&here, &name)? else {
                if todo.is_empty() {
                    return Ok(Slot {
                        parent: here,
                        name,
                        node: None,
                        must_be_dir,
                    });
                }
                return Err(FsError::NotFound);
            };
            match link {
                Some(target) if follow || !todo.is_empty() => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Err(FsError::Loop);
                    }
                    if target.starts_with('/') {
                        stack.clear();
                        here = self.top();
                    }
                    push_components(&mut todo, &target);
                }
                _ => {
                    stack.push(std::mem::replace(&mut here, next));
                    last = name;
                }
            }
        }
        if must_be_dir && !here.stat()?.is_dir() {
            return Err(FsError::NotADirectory);
        }
        let parent = if last.is_empty() {
            here.clone()
        } else {
            stack.pop().unwrap_or(here.clone())
        };
        Ok(Slot {
            parent,
            name: last,
            node: Some(here),
            must_be_dir,
        })
    }

    fn top(&self) -> Found {
        let tree = self.space.root.clone();
        Found {
            tree,
            ino: ROOT,
            read_only: self.space.read_only,
            path: "/".to_owned(),
        }
    }

    /// The entry `name` of directory `here`, and where it points if it is a link.
    fn step(&self, here: &Found, name: &str) -> Result<Option<(Found, Option<String>)>, FsError> {
        let slash = if here.path == "/" { "" } else { "/" };
        let path = format!("{}{slash}{name}", here.path);
        // The mount made last covers those made before it at the same place.
        if let Some(mount) = self.space.mounts.iter().rfind(|mount| mount.target == path) {
            let tree = mount.tree.clone();
            return Ok(Some((
                Found {
                    tree,
                    ino: ROOT,
                    read_only: mount.read_only,
                    path,
                },
                None,
            )));
        }
        let state = here.tree.lock();
        let Some(&ino) = state.entries(here.ino)?.get(name) else {
            return Ok(None);
        };
        let link = match &state.node(ino)?.kind {
            Kind::Symlink(target) => Some(target.clone()),
            _ => None,
        };
        let tree = here.tree.clone();
        Ok(Some((
            Found {
                tree,
                ino,
                read_only: here.read_only,
                path,
            },
            link,
        )))
    }
}

/// Pushes the components of `path` so that the first one is popped first.
fn push_components(todo: &mut Vec<String>, path: &str) {
    todo.extend(
        path.split('/')
            .rev()
            .filter(|part| !part.is_empty())
            .map(str::to_owned),
    );
}
