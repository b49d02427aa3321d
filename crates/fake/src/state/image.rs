//! The images that are here: by id, by name, and how they go.

use super::{State, etc::with_mount_points, event::has_label, glob, prune::PruneFilter};
use crate::{
    fs,
    image::{ImageFixture, Layer, suits, total},
    program::Rule,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};
use wharf_core::{
    Error, ErrorKind, EventAction, EventKind, Filters, ImageConfig, ImageId, ImageInfo, ImageRef,
    ImageSummary, ListImagesOptions, Platform, Pruned, RemoveImageOptions, RemovedImages, Result,
    Timestamp,
};

/// An image that is here.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) id: ImageId,
    pub(super) created: Timestamp,
    pub(super) config: ImageConfig,
    pub(super) platform: Platform,
    pub(super) parent: Option<ImageId>,
    pub(super) layers: Vec<Layer>,
    pub(super) files: fs::Image,
    /// What it brings in place of programs among its files.
    pub(super) programs: Arc<[Arc<Rule>]>,
}

impl Image {
    pub(super) fn size(&self) -> u64 {
        total(self.layers.iter().map(|layer| layer.size))
    }

    pub(super) fn runs_on(&self, wanted: &Platform) -> bool {
        suits(&self.platform, wanted)
    }
}

/// All images. A name, in its full form with a tag or a digest, leads to one of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Images {
    all: BTreeMap<ImageId, Arc<Image>>,
    names: BTreeMap<ImageRef, ImageId>,
}

impl Images {
    /// The image that a reference, an id or the unique beginning of an id means.
    pub(super) fn resolve(&self, text: &str) -> Result<Arc<Image>> {
        let named = text
            .parse::<ImageRef>()
            .ok()
            .and_then(|name| self.named(&name));
        if let Some(image) = named {
            return Ok(image);
        }
        let prefix = match text.strip_prefix("sha256:") {
            Some(_) => text.to_owned(),
            None => format!("sha256:{text}"),
        };
        let from = (Bound::Included(prefix.as_str()), Bound::Unbounded);
        let mut found = self
            .all
            .range::<str, _>(from)
            .take_while(|(id, _)| id.starts_with(&prefix));
        match (found.next(), found.next()) {
            (Some((_, image)), None) => Ok(Arc::clone(image)),
            (None, _) => Err(no_such_image(text)),
            (Some(_), Some(_)) => Err(Error::invalid(
                "reference",
                format_args!("several images have an id that begins with {text}; give more of it"),
            )),
        }
    }

    /// A digest decides where there is one; the tag beside it is only for people.
    fn named(&self, name: &ImageRef) -> Option<Arc<Image>> {
        let id = match (name.tag(), name.digest()) {
            (Some(_), Some(digest)) => {
                let canonical = format!("{}/{}@{digest}", name.registry(), name.repository());
                self.names.get(&canonical.parse().ok()?)?
            }
            _ => self.names.get(name)?,
        };
        self.all.get(id).cloned()
    }

    pub(super) fn get(&self, id: &ImageId) -> Option<&Arc<Image>> {
        self.all.get(id)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &ImageId> {
        self.all.keys()
    }

    fn names_of<'a>(&'a self, id: &'a ImageId) -> impl Iterator<Item = &'a ImageRef> + 'a {
        self.names
            .iter()
            .filter(move |(_, named)| *named == id)
            .map(|(name, _)| name)
    }

    /// Names of all images, by id: for lists, which need each.
    fn names_by_id(&self) -> HashMap<&ImageId, Vec<&ImageRef>> {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for (name, id) in &self.names {
            names.entry(id).or_default().push(name);
        }
        names
    }

    fn has_children(&self, id: &ImageId) -> bool {
        self.all
            .values()
            .any(|image| image.parent.as_ref() == Some(id))
    }

    fn newest_first(&self) -> Vec<&Arc<Image>> {
        let mut images: Vec<_> = self.all.values().collect();
        images.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
        images
    }

    /// Bytes of all layers, each counted once.
    pub(super) fn size(&self) -> u64 {
        let layers: BTreeMap<_, _> = self
            .all
            .values()
            .flat_map(|image| &image.layers)
            .map(|layer| (&layer.digest, layer.size))
            .collect();
        total(layers.into_values())
    }

    /// Whether `id` is `ancestor`, or was made from it.
    pub(super) fn descends(&self, id: &ImageId, ancestor: &ImageId) -> bool {
        let mut current = Some(id);
        while let Some(id) = current {
            if id == ancestor {
                return true;
            }
            current = self.all.get(id).and_then(|image| image.parent.as_ref());
        }
        false
    }
}

pub(super) fn no_such_image(text: &str) -> Error {
    let name = text
        .parse::<ImageRef>()
        .map_or_else(|_| text.to_owned(), |name| name.familiar());
    let message = format!("No such image: {name}; pull it first");
    Error::new(ErrorKind::ImageNotFound, message)
}

impl State {
    /// Puts an image in, under that name. Whether it was new, or new under that name.
    pub(crate) fn install(&mut self, fixture: &ImageFixture, name: &ImageRef) -> bool {
        let id = fixture.id();
        let new = !self.images.all.contains_key(&id);
        // Where there can be no such file the image is of no use to an engine: a start says so.
        let files = || {
            with_mount_points(&fixture.files, self.clock.clone())
                .unwrap_or_else(|_| fixture.files.clone())
        };
        self.images.all.entry(id.clone()).or_insert_with(|| {
            Arc::new(Image {
                id: id.clone(),
                created: fixture.created,
                config: fixture.config.clone(),
                platform: fixture.platform.clone(),
                parent: None,
                layers: fixture.layers.clone(),
                files: files(),
                programs: fixture.programs.iter().cloned().collect(),
            })
        });
        let canonical = format!(
            "{}/{}@{}",
            name.registry(),
            name.repository(),
            fixture.manifest()
        );
        if let Ok(canonical) = canonical.parse() {
            self.images.names.insert(canonical, id.clone());
        }
        let renamed = name.digest().is_none()
            && self.images.names.insert(name.clone(), id.clone()) != Some(id);
        new || renamed
    }

    /// Tells that a pull is done.
    pub(crate) fn tell_pulled(&mut self, name: &ImageRef) {
        let attributes = [("name", name.familiar_name())];
        self.tell(
            EventKind::Image,
            EventAction::Pull,
            &name.familiar(),
            attributes,
        );
        if let Ok(image) = self.images.resolve(name.as_str()) {
            self.add_labels(&image);
        }
    }

    /// The last event is about an image: its labels are told with it.
    fn add_labels(&mut self, image: &Image) {
        if let Some(event) = self.happened.last_mut() {
            for (key, value) in &image.config.labels {
                let entry = event.attributes.entry(key.clone());
                entry.or_insert_with(|| value.clone());
            }
        }
    }

    /// Whether a layer is here, so that a pull need not fetch it.
    pub(crate) fn has_layer(&self, digest: &str) -> bool {
        let mut layers = self.images.all.values().flat_map(|image| &image.layers);
        layers.any(|layer| layer.digest == digest)
    }

    pub(crate) fn tag(&mut self, source: &str, target: &ImageRef) -> Result<()> {
        let image = self.images.resolve(source)?;
        self.images.names.insert(target.clone(), image.id.clone());
        self.tell_image(&image, EventAction::Tag, target.familiar());
        Ok(())
    }

    fn tell_image(&mut self, image: &Image, action: EventAction, name: String) {
        self.tell(EventKind::Image, action, &image.id, [("name", name)]);
        self.add_labels(image);
    }

    pub(crate) fn inspect_image(&self, text: &str) -> Result<ImageInfo> {
        let image = self.images.resolve(text)?;
        let (digests, tags) = split(self.images.names_of(&image.id));
        let mut info = ImageInfo::new(image.id.clone())
            .with_tags(tags)
            .with_digests(digests)
            .with_created(image.created)
            .with_size(image.size())
            .with_platform(image.platform.clone())
            .with_config(image.config.clone())
            .with_layers(image.layers.iter().map(|layer| layer.digest.as_str()));
        info.parent.clone_from(&image.parent);
        Ok(info)
    }

    pub(crate) fn list_images(&self, options: &ListImagesOptions) -> Result<Vec<ImageSummary>> {
        let filters = &options.filters;
        let created = |key: &str| -> Result<Option<Timestamp>> {
            let values = filters.values(key).first();
            values
                .map(|text| self.images.resolve(text).map(|image| image.created))
                .transpose()
        };
        let (before, since) = (created("before")?, created("since")?);
        let patterns = filters.values("reference");
        let dangling = filters
            .values("dangling")
            .first()
            .map(|value| value == "true");
        let names = self.images.names_by_id();
        let users = self.users_of_images();
        let mut summaries = Vec::new();
        for image in self.images.newest_first() {
            let (digests, mut tags) = split(names.get(&image.id).into_iter().flatten().copied());
            if !patterns.is_empty() {
                tags.retain(|tag| patterns.iter().any(|pattern| fits_reference(pattern, tag)));
            }
            let intermediate = tags.is_empty() && self.images.has_children(&image.id);
            let listed = (patterns.is_empty() || !tags.is_empty())
                && (options.all || !intermediate)
                && dangling.is_none_or(|dangling| dangling == tags.is_empty())
                && before.is_none_or(|time| image.created < time)
                && since.is_none_or(|time| image.created > time)
                && filters
                    .values("label")
                    .iter()
                    .all(|l| has_label(&image.config.labels, l));
            if !listed {
                continue;
            }
            let containers = users.get(&image.id).map_or(0, Vec::len);
            let mut summary = ImageSummary::new(image.id.clone())
                .with_tags(tags)
                .with_digests(digests)
                .with_created(image.created)
                .with_size(image.size())
                .with_containers(containers as u64);
            summary.labels.clone_from(&image.config.labels);
            summary.parent.clone_from(&image.parent);
            summaries.push(summary);
        }
        Ok(summaries)
    }

    /// The containers of each image: whether they run, and their short ids.
    fn users_of_images(&self) -> HashMap<ImageId, Vec<(bool, String)>> {
        let mut users: HashMap<_, Vec<_>> = HashMap::new();
        for (_, container) in self.containers.iter() {
            let user = (container.is_up(), container.short().to_owned());
            users
                .entry(container.image.id.clone())
                .or_default()
                .push(user);
        }
        users
    }

    pub(crate) fn remove_image(
        &mut self,
        text: &str,
        options: &RemoveImageOptions,
    ) -> Result<RemovedImages> {
        let image = self.images.resolve(text)?;
        let users = self.users_of_images().remove(&image.id).unwrap_or_default();
        let mut removed = RemovedImages::default();
        let name = text.parse::<ImageRef>().ok();
        let name = name.filter(|name| self.images.named(name).is_some());
        let names: Vec<ImageRef> = self.images.names_of(&image.id).cloned().collect();
        let Some(name) = name else {
            self.check_removable(&image, &users, options.force, tags(&names) > 1)?;
            self.delete_image(&image, !options.no_prune, &mut removed);
            return Ok(removed);
        };
        if let [(_, id), ..] = &users[..]
            && tags(&names) == 1
            && !options.force
        {
            let why = format!(
                "conflict: unable to remove repository reference \"{text}\" (must force) - container {id} is using \
                 its referenced image {}",
                image.id.short()
            );
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        self.untag(&image, &name, &mut removed);
        // With the last tag of a repository the digests under which it was pulled from there go too.
        let left = |n: &&ImageRef| same_repository(n, &name) && **n != name;
        if !names.iter().filter(left).any(|n| n.tag().is_some()) {
            names
                .iter()
                .filter(left)
                .for_each(|n| self.untag(&image, n, &mut removed));
        }
        let nameless = self.images.names_of(&image.id).next().is_none();
        // Without its name it is still there for those who run it or build on it.
        if nameless
            && self
                .check_removable(&image, &users, options.force, false)
                .is_ok()
        {
            self.delete_image(&image, !options.no_prune, &mut removed);
        }
        Ok(removed)
    }

    fn check_removable(
        &self,
        image: &Image,
        users: &[(bool, String)],
        force: bool,
        many_names: bool,
    ) -> Result<()> {
        let conflict = |how: &str, why: String| {
            let id = image.id.short();
            let message = format!("conflict: unable to delete {id} ({how}) - {why}");
            Err(Error::new(ErrorKind::Conflict, message))
        };
        if self.images.has_children(&image.id) {
            let why = "image has dependent child images";
            return conflict("cannot be forced", why.to_owned());
        }
        if let Some((_, id)) = users.iter().find(|(running, _)| *running) {
            let why = format!("image is being used by running container {id}");
            return conflict("cannot be forced", why);
        }
        if force {
            return Ok(());
        }
        if many_names {
            let why = "image is referenced in multiple repositories";
            return conflict("must be forced", why.to_owned());
        }
        if let Some((_, id)) = users.first() {
            let why = format!("image is being used by stopped container {id}");
            return conflict("must be forced", why);
        }
        Ok(())
    }

    fn untag(&mut self, image: &Image, name: &ImageRef, removed: &mut RemovedImages) {
        if self.images.names.remove(name).is_some() {
            removed.untagged.push(name.familiar());
            self.tell_image(image, EventAction::Untag, image.id.to_string());
        }
    }

    /// Takes an image out with all its names, and with `prune` its parents that have none.
    fn delete_image(&mut self, image: &Image, prune: bool, removed: &mut RemovedImages) {
        let names: Vec<ImageRef> = self.images.names_of(&image.id).cloned().collect();
        for name in &names {
            self.untag(image, name, removed);
        }
        self.images.all.remove(&image.id);
        self.tell_image(image, EventAction::Delete, image.id.to_string());
        removed.deleted.push(image.id.clone());
        for layer in image.layers.iter().rev() {
            if !self.has_layer(&layer.digest) {
                removed.deleted.push(layer.digest.as_str().into());
            }
        }
        let parent = image.parent.as_ref().filter(|_| prune);
        let Some(parent) = parent.and_then(|id| self.images.get(id)).cloned() else {
            return;
        };
        let unused = self.images.names_of(&parent.id).next().is_none()
            && !self.images.has_children(&parent.id)
            && !self.users_of_images().contains_key(&parent.id);
        if unused {
            self.delete_image(&parent, true, removed);
        }
    }

    pub(crate) fn prune_images(&mut self, filters: &Filters) -> Result<Pruned> {
        let filter = PruneFilter::new(filters, self.now)?;
        let tagged_too = filters
            .values("dangling")
            .iter()
            .any(|value| value == "false");
        let users = self.users_of_images();
        let unused: Vec<Arc<Image>> = self
            .images
            .newest_first()
            .into_iter()
            .filter(|image| {
                let tagged = self
                    .images
                    .names_of(&image.id)
                    .any(|name| name.tag().is_some());
                (tagged_too || !tagged)
                    && !users.contains_key(&image.id)
                    && !self.images.has_children(&image.id)
                    && filter.lets_through(&image.config.labels, image.created)
            })
            .cloned()
            .collect();
        let before = self.images.size();
        let mut removed = RemovedImages::default();
        for image in unused {
            self.delete_image(&image, true, &mut removed);
        }
        let reclaimed = before - self.images.size();
        self.tell_pruned(EventKind::Image, reclaimed);
        let deleted = removed.deleted.into_iter().map(String::from);
        let removed = removed.untagged.into_iter().chain(deleted);
        Ok(Pruned::default()
            .with_removed(removed)
            .with_reclaimed(reclaimed))
    }
}

fn tags(names: &[ImageRef]) -> usize {
    names.iter().filter(|name| name.tag().is_some()).count()
}

fn same_repository(a: &ImageRef, b: &ImageRef) -> bool {
    (a.registry(), a.repository()) == (b.registry(), b.repository())
}

/// Names with digests, and names with tags, as people write them.
fn split<'a>(names: impl Iterator<Item = &'a ImageRef>) -> (Vec<String>, Vec<String>) {
    let (digests, tags): (BTreeSet<_>, BTreeSet<_>) = names
        .map(ImageRef::familiar)
        .partition(|name| name.contains('@'));
    (digests.into_iter().collect(), tags.into_iter().collect())
}

/// `web` fits `web:1`, `we*` and `we*:1` do; a star does not go over a slash.
fn fits_reference(pattern: &str, name: &str) -> bool {
    let repository = name
        .rsplit_once(':')
        .map_or(name, |(repository, _)| repository);
    glob::fits(pattern, name) || glob::fits(pattern, repository)
}

#[cfg(test)]
mod tests {
    use super::fits_reference;

    #[test]
    fn a_reference_is_a_glob_on_the_familiar_name() {
        for pattern in ["web", "web:1", "we*", "web:*", "w?b", "*"] {
            assert!(fits_reference(pattern, "web:1"), "{pattern}");
        }
        for pattern in ["we", "web:2", "docker.io/library/web", "*/web", ""] {
            assert!(!fits_reference(pattern, "web:1"), "{pattern}");
        }
        assert!(fits_reference("team/*", "team/app:1"));
        assert!(!fits_reference("*", "team/app:1"));
    }
}
