//! How images go: by name, by id, and those that nobody uses.

use super::Image;
use crate::state::{State, prune::PruneFilter};
use wharf_core::{
    Error, ErrorKind, EventAction, EventKind, Filters, ImageId, ImageRef, Pruned,
    RemoveImageOptions, RemovedImages, Result,
};

impl State {
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
            && is_single(&names)
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
        let found: Vec<(ImageId, Vec<ImageRef>)> = self
            .images
            .newest_first()
            .into_iter()
            .filter(|image| filter.lets_through(&image.config.labels, image.created))
            .map(|image| {
                let names = self.images.names_of(&image.id).cloned();
                (image.id.clone(), names.collect::<Vec<_>>())
            })
            .filter(|(_, names)| tagged_too || tags(names) == 0)
            .collect();
        let before = self.images.size();
        let mut removed = RemovedImages::default();
        for (id, names) in found {
            let names: Vec<&str> = match &names[..] {
                [] => vec![id.as_str()],
                names => names.iter().map(ImageRef::as_str).collect(),
            };
            for name in names {
                // What is in use, or built on, conflicts, and stays as it is. So an image in use loses all names but
                // its last; and one name may have taken another with it.
                if let Ok(gone) = self.remove_image(name, &RemoveImageOptions::default()) {
                    removed.untagged.extend(gone.untagged);
                    removed.deleted.extend(gone.deleted);
                }
            }
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

/// Whether an image with these names has one only. A digest of the same repository is none beside its tag.
fn is_single(names: &[ImageRef]) -> bool {
    tags(names) <= 1
        && names
            .windows(2)
            .all(|pair| same_repository(&pair[0], &pair[1]))
}

fn same_repository(a: &ImageRef, b: &ImageRef) -> bool {
    (a.registry(), a.repository()) == (b.registry(), b.repository())
}
