//! Images in a list.

use super::split;
use crate::state::{State, event::has_label, glob};
use wharf_core::{ImageSummary, ListImagesOptions, Result, Timestamp};

impl State {
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
