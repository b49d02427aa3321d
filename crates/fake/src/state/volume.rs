//! Volumes: trees that outlive the containers that mount them.

use super::{
    State,
    container::{Container, Key, Mounted, Source},
    copy::Copying,
    event::has_label,
};
use crate::{
    fs::{self, FileType, Files, FsError, Tree},
    image::EPOCH,
};
use std::{collections::BTreeMap, sync::Arc};
use wharf_core::{
    DriverOptions, Error, ErrorKind, EventAction, EventKind, Filters, Pruned, Result, Timestamp,
    VolumeConfig, VolumeInfo,
};

pub(super) const DRIVER: &str = "local";
/// Where dockerd keeps them.
const FOLDER: &str = "/var/lib/docker/volumes";

#[derive(Debug, Default)]
pub(super) struct Volumes {
    all: BTreeMap<String, Volume>,
}

#[derive(Debug)]
struct Volume {
    created: Timestamp,
    labels: BTreeMap<String, String>,
    options: DriverOptions,
    anonymous: bool,
    tree: Tree,
}

impl Volume {
    fn info(&self, name: &str) -> VolumeInfo {
        let mut info = VolumeInfo::new(name)
            .with_driver(DRIVER)
            .with_mountpoint(mountpoint(name))
            .with_created(self.created)
            .with_scope("local");
        info.labels.clone_from(&self.labels);
        info.options.clone_from(&self.options);
        info
    }
}

impl Volumes {
    pub(super) fn copy(&self, copying: &mut Copying) -> Self {
        let all = self.all.iter().map(|(name, volume)| {
            let copy = Volume {
                created: volume.created,
                labels: volume.labels.clone(),
                options: volume.options.clone(),
                anonymous: volume.anonymous,
                tree: copying.tree(&volume.tree),
            };
            (name.clone(), copy)
        });
        Self { all: all.collect() }
    }

    /// All volumes by name: what an inspection shows, whether it is anonymous, and what is in it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (VolumeInfo, bool, &Tree)> {
        let all = self.all.iter();
        all.map(|(name, volume)| (volume.info(name), volume.anonymous, &volume.tree))
    }
}

pub(super) fn mountpoint(name: &str) -> String {
    format!("{FOLDER}/{name}/_data")
}

/// The options of a volume in memory: its size, in bytes or with `k`, `m` or `g`. Others are not honoured, and so not
/// taken.
fn check_memory_options(config: &VolumeConfig) -> Result<()> {
    let option = |key: &str| config.driver_opts.get(key).map_or("", String::as_str);
    if option("type") != "tmpfs" {
        return Ok(());
    }
    let honoured = |word: &&str| matches!(*word, "" | "rw") || size(word).is_some();
    match option("o").split(',').find(|word| !honoured(word)) {
        None => Ok(()),
        Some(word) => {
            let why = format_args!("of a tmpfs the fake takes size=BYTES, not {word:?}");
            Err(Error::unsupported_option("create_volume.driver_opts", why))
        }
    }
}

fn size(word: &str) -> Option<u64> {
    let text = word.strip_prefix("size=")?;
    let (digits, unit) = match text.to_ascii_lowercase().chars().last()? {
        'k' => (&text[..text.len() - 1], 1 << 10),
        'm' => (&text[..text.len() - 1], 1 << 20),
        'g' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// An empty tree, as large as the options say and the host has room.
fn empty_tree(options: &DriverOptions, limit: u64) -> Tree {
    let words = options.get("o").map_or("", String::as_str).split(',');
    let budget = words
        .filter_map(size)
        .next_back()
        .map_or(limit, |size| size.min(limit));
    Tree::over(&fs::Image::empty(EPOCH), budget)
}

pub(super) fn no_such_volume(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("get {name}: no such volume"))
}

impl State {
    pub(crate) fn create_volume(&mut self, config: VolumeConfig) -> Result<VolumeInfo> {
        if let Some(driver) = config.driver.as_deref().filter(|driver| *driver != DRIVER) {
            let why = format!(
                "error looking up volume plugin {driver}: plugin {driver:?} not found; the fake has {DRIVER:?}"
            );
            return Err(Error::new(ErrorKind::NotFound, why));
        }
        let known = |option: &&String| ["type", "o", "device"].contains(&option.as_str());
        if let Some(option) = config.driver_opts.keys().find(|option| !known(option)) {
            let why = format_args!(
                "create {}: invalid option: {option:?}; use type, o, device",
                config.name
            );
            return Err(Error::invalid("driver_opts", why));
        }
        check_memory_options(&config)?;
        let name = config.name.clone();
        if !self.volumes.all.contains_key(&name) {
            self.add_volume(config, false);
        }
        self.inspect_volume(&name)
    }

    fn add_volume(&mut self, config: VolumeConfig, anonymous: bool) {
        let VolumeConfig {
            name,
            labels,
            driver_opts,
            ..
        } = config;
        let tree = empty_tree(&driver_opts, self.host.disk_limit);
        let volume = Volume {
            created: self.now,
            labels,
            options: driver_opts,
            anonymous,
            tree,
        };
        let driver = [("driver", DRIVER.to_owned())];
        self.tell(EventKind::Volume, EventAction::Create, &name, driver);
        self.volumes.all.insert(name, volume);
    }

    /// A container names a volume: it is made where it is missing.
    pub(super) fn ensure_volume(&mut self, name: &str) {
        if !self.volumes.all.contains_key(name) {
            self.add_volume(VolumeConfig::new(name), false);
        }
    }

    pub(super) fn new_anonymous_volume(&mut self) -> Source {
        let name = self.random.id();
        self.add_volume(VolumeConfig::new(name.as_str()), true);
        Source::Volume {
            name,
            anonymous: true,
        }
    }

    /// The tree of a volume that a container is about to mount at `target`. While there is nothing in it, it gets what
    /// the image has there, where there is one to fill it from. A volume with options is a mount of its own on the
    /// pretended host, which has memory and the folders that it was given, and nothing else. The error is what the
    /// engine says.
    pub(super) fn volume_tree(
        &self,
        name: &str,
        image: Option<&Files>,
        target: &str,
    ) -> Result<Tree, String> {
        let volume = self
            .volumes
            .all
            .get(name)
            .ok_or_else(|| format!("get {name}: no such volume"))?;
        let option = |key: &str| volume.options.get(key).map_or("", String::as_str);
        let bound = option("o")
            .split(',')
            .any(|word| matches!(word, "bind" | "rbind"));
        match option("type") {
            "" | "tmpfs" if !bound => {}
            _ => {
                let device = option("device");
                // The mount is made by the kernel, to which a relative path is one of the daemon's own folder.
                let source = Some(device).filter(|device| bound && device.starts_with('/'));
                let why = match source.and_then(|device| self.on_host(device)) {
                    Some(folder) if !folder.is_file() => return Ok(folder),
                    Some(_) => "not a directory",
                    None => "no such file or directory",
                };
                return Err(format!(
                    "error while mounting volume '{0}': failed to mount local volume: mount {device}:{0}: {why}",
                    mountpoint(name)
                ));
            }
        }
        let Some(image) = image else {
            return Ok(volume.tree.clone());
        };
        let clock: Arc<dyn fs::Clock> = self.clock.clone();
        let files = Files::new(volume.tree.clone(), clock);
        let fill = || -> Result<(), FsError> {
            if files.list("/")?.is_empty() && image.stat(target).is_ok_and(|stat| stat.is_dir()) {
                copy(image, target, &files, "")?;
            }
            Ok(())
        };
        fill().map_err(|error| format!("failed to fill volume {name}: {error}"))?;
        Ok(volume.tree.clone())
    }

    /// A container has stopped: what was in memory only is gone, where nobody else has it mounted.
    pub(super) fn forget_memory(&mut self, key: Key) {
        let Some(container) = self.containers.get(key) else {
            return;
        };
        let in_memory = |mount: &Mounted| match &mount.source {
            Source::Volume { name, .. } => {
                let volume = self.volumes.all.get(name)?;
                (volume.options.get("type")? == "tmpfs").then(|| name.clone())
            }
            _ => None,
        };
        let names: Vec<String> = container.mounts.iter().filter_map(in_memory).collect();
        if names.is_empty() {
            return;
        }
        let users = self.volumes_in_use();
        for name in names {
            let running = |key: &Key| self.containers.get(*key).is_some_and(Container::is_running);
            let mounted = users
                .get(&name)
                .is_some_and(|keys| keys.iter().any(running));
            if let Some(volume) = self.volumes.all.get_mut(&name).filter(|_| !mounted) {
                volume.tree = empty_tree(&volume.options, self.host.disk_limit);
            }
        }
    }

    pub(crate) fn inspect_volume(&self, name: &str) -> Result<VolumeInfo> {
        let volume = self
            .volumes
            .all
            .get(name)
            .ok_or_else(|| no_such_volume(name))?;
        Ok(volume.info(name))
    }

    pub(crate) fn list_volumes(&self, filters: &Filters) -> Vec<VolumeInfo> {
        let in_use = self.volumes_in_use();
        let any = |key: &str, fits: &dyn Fn(&str) -> bool| {
            let values = filters.values(key);
            values.is_empty() || values.iter().any(|value| fits(value))
        };
        let listed = self.volumes.all.iter().filter(|(name, volume)| {
            any("name", &|part| name.contains(part))
                && any("driver", &|driver| driver == DRIVER)
                && any("dangling", &|dangling| {
                    (dangling == "true") != in_use.contains_key(name.as_str())
                })
                && filters
                    .values("label")
                    .iter()
                    .all(|label| has_label(&volume.labels, label))
        });
        listed.map(|(name, volume)| volume.info(name)).collect()
    }

    pub(crate) fn remove_volume(&mut self, name: &str, force: bool) -> Result<()> {
        if !self.volumes.all.contains_key(name) {
            return if force {
                Ok(())
            } else {
                Err(no_such_volume(name))
            };
        }
        if let Some(users) = self.volumes_in_use().get(name) {
            let ids: Vec<_> = users
                .iter()
                .filter_map(|key| self.containers.get(*key))
                .map(|c| &*c.id)
                .collect();
            let why = format!("remove {name}: volume is in use - [{}]", ids.join(", "));
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        self.destroy_volume(name);
        Ok(())
    }

    pub(crate) fn prune_volumes(&mut self, all: bool, filters: &Filters) -> Pruned {
        let in_use = self.volumes_in_use();
        let wanted = |name: &str, volume: &Volume| {
            let label = |label: &String| has_label(&volume.labels, label);
            (all || volume.anonymous)
                && !in_use.contains_key(name)
                && filters.values("label").iter().all(label)
                && !filters.values("label!").iter().any(label)
        };
        let unused: Vec<(String, u64)> = self
            .volumes
            .all
            .iter()
            .filter(|(name, volume)| wanted(name, volume))
            .map(|(name, volume)| (name.clone(), volume.tree.used()))
            .collect();
        let mut pruned = Pruned::default();
        for (name, bytes) in unused {
            self.destroy_volume(&name);
            pruned.reclaimed += bytes;
            pruned.removed.push(name);
        }
        self.tell_pruned(EventKind::Volume, pruned.reclaimed);
        pruned
    }

    fn destroy_volume(&mut self, name: &str) {
        if self.volumes.all.remove(name).is_some() {
            let driver = [("driver", DRIVER.to_owned())];
            self.tell(EventKind::Volume, EventAction::Destroy, name, driver);
        }
    }

    /// Removes a container's anonymous volumes, but for those that another one mounts by name.
    pub(super) fn destroy_anonymous_volumes(&mut self, key: Key) {
        let Some(container) = self.containers.get(key) else {
            return;
        };
        let own: Vec<String> = container
            .mounts
            .iter()
            .filter_map(|mount| match &mount.source {
                Source::Volume {
                    name,
                    anonymous: true,
                } => Some(name.clone()),
                _ => None,
            })
            .collect();
        if own.is_empty() {
            return;
        }
        let users = self.volumes_in_use();
        let alone = |name: &str| {
            users
                .get(name)
                .is_none_or(|keys| keys.iter().all(|k| *k == key))
        };
        let own: Vec<String> = own.iter().filter(|name| alone(name)).cloned().collect();
        for name in &own {
            self.destroy_volume(name);
        }
    }

    /// Which containers mount each volume, running or not.
    pub(super) fn volumes_in_use(&self) -> BTreeMap<String, Vec<Key>> {
        let mut users: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        for (key, container) in self.containers.iter() {
            for mount in &container.mounts {
                if let Source::Volume { name, .. } = &mount.source {
                    users.entry(name.clone()).or_default().push(key);
                }
            }
        }
        users
    }

    /// Bytes that all volumes hold.
    pub(super) fn volumes_size(&self) -> u64 {
        self.volumes
            .all
            .values()
            .map(|volume| volume.tree.used())
            .sum()
    }
}

/// Copies what is in the folder `from` into the folder `to`, with modes and owners.
fn copy(source: &Files, from: &str, target: &Files, to: &str) -> Result<(), FsError> {
    for name in source.list(from)? {
        let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
        let stat = source.lstat(&from)?;
        match stat.file_type {
            FileType::Directory => {
                target.mkdir(&to, stat.mode)?;
                copy(source, &from, target, &to)?;
            }
            FileType::File => target.write(&to, &source.read(&from)?, stat.mode)?,
            FileType::Symlink => target.symlink(&source.read_link(&from)?, &to)?,
            FileType::Device(device) => target.make_device(device, &to, stat.mode)?,
        }
        if stat.file_type != FileType::Symlink {
            target.set_owner(&to, stat.owner)?;
        }
    }
    Ok(())
}
