//! The images that are here, by id and by name.

mod list;
mod remove;

use super::{State, etc::with_mount_points};
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
    Error, ErrorKind, EventAction, EventKind, ImageConfig, ImageId, ImageInfo, ImageRef, Platform,
    Result, Timestamp,
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

    pub(crate) fn has_image(&self, id: &ImageId) -> bool {
        self.images.get(id).is_some()
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
}

/// Names with digests, and names with tags, as people write them.
fn split<'a>(names: impl Iterator<Item = &'a ImageRef>) -> (Vec<String>, Vec<String>) {
    let (digests, tags): (BTreeSet<_>, BTreeSet<_>) = names
        .map(ImageRef::familiar)
        .partition(|name| name.contains('@'));
    (digests.into_iter().collect(), tags.into_iter().collect())
}
