//! `GET /images/{name}/json`, `GET /images/json`, `DELETE /images/{name}`.

use std::collections::BTreeMap;

use bollard::models;
use serde::Deserialize;
use wharf_core::{
    Env, ExposedPort, ImageConfig, ImageId, ImageInfo, ImageSummary, Platform, RemovedImages,
};

use super::config::{WireHealthCheck, Words};
use super::{Keys, nullable, port, positive, size, some, time, unix_time};
use crate::dialect::Dialect;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inspected {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    repo_digests: Vec<String>,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    comment: String,
    #[serde(default, deserialize_with = "nullable")]
    created: String,
    #[serde(default)]
    author: String,
    #[serde(default, deserialize_with = "nullable")]
    config: Config,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    size: i64,
    #[serde(default, rename = "RootFS", deserialize_with = "nullable")]
    root_fs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RootFs {
    #[serde(deserialize_with = "nullable")]
    layers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    user: String,
    #[serde(deserialize_with = "nullable")]
    exposed_ports: Keys,
    #[serde(deserialize_with = "nullable")]
    env: Vec<String>,
    cmd: Option<Words>,
    #[serde(alias = "Healthcheck")]
    health_check: Option<WireHealthCheck>,
    #[serde(deserialize_with = "nullable")]
    volumes: Keys,
    working_dir: String,
    entrypoint: Option<Words>,
    #[serde(deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    stop_signal: String,
}

impl Inspected {
    pub(crate) fn into_info(self, dialect: Dialect) -> ImageInfo {
        let mut info = ImageInfo::new(dialect.image_id(&self.id));
        info.tags = names(&self.repo_tags, dialect);
        info.digests = names(&self.repo_digests, dialect);
        info.parent = parent(&self.parent, dialect);
        info.created = time(&self.created);
        info.size = size(self.size).unwrap_or_default();
        info.platform = platform(self.os, self.architecture, self.variant);
        info.author = some(self.author);
        info.comment = some(self.comment);
        info.config = self.config.into();
        info.layers = self.root_fs.layers;
        info
    }
}

impl From<Config> for ImageConfig {
    fn from(wire: Config) -> Self {
        let exposed =
            |key: &String| port(key).map(|(port, protocol)| ExposedPort::new(port, protocol));
        let words = |words: Option<Words>| words.and_then(Words::into_list).unwrap_or_default();
        let mut config = Self::default();
        config.command = words(wire.cmd);
        config.entrypoint = words(wire.entrypoint);
        config.env = Env::from_pairs(wire.env.iter().map(String::as_str));
        config.labels = wire.labels;
        config.working_dir = some(wire.working_dir);
        config.user = some(wire.user);
        config.exposed_ports = wire.exposed_ports.0.iter().filter_map(exposed).collect();
        config.volumes = wire.volumes.0;
        config.stop_signal = wire.stop_signal.parse().ok();
        config.health_check = wire.health_check.and_then(WireHealthCheck::into_check);
        config
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    repo_digests: Vec<String>,
    #[serde(default)]
    parent_id: String,
    #[serde(default)]
    created: i64,
    #[serde(default)]
    size: i64,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    containers: i64,
}

impl Listed {
    pub(crate) fn into_summary(self, dialect: Dialect) -> ImageSummary {
        let mut summary = ImageSummary::new(dialect.image_id(&self.id));
        summary.tags = names(&self.repo_tags, dialect);
        summary.digests = names(&self.repo_digests, dialect);
        summary.parent = parent(&self.parent_id, dialect);
        summary.created = unix_time(self.created);
        summary.size = size(self.size).unwrap_or_default();
        summary.labels = self.labels;
        // An engine that did not count says -1.
        summary.containers = size(self.containers);
        summary
    }
}

/// Names as people write them; old daemons write `<none>` where there is none.
fn names(names: &[String], dialect: Dialect) -> Vec<String> {
    let there = names.iter().filter(|name| !name.contains("<none>"));
    there
        .map(|name| dialect.image_name(name).to_owned())
        .collect()
}

fn parent(id: &str, dialect: Dialect) -> Option<ImageId> {
    (!id.is_empty()).then(|| dialect.image_id(id))
}

fn platform(os: String, architecture: String, variant: String) -> Option<Platform> {
    let mut platform = Platform::new(some(os)?, some(architecture)?);
    platform.variant = some(variant);
    Some(platform)
}

pub(crate) fn removed(
    items: Vec<models::ImageDeleteResponseItem>,
    dialect: Dialect,
) -> RemovedImages {
    let mut removed = RemovedImages::default();
    for item in items {
        let untagged = item
            .untagged
            .iter()
            .map(|name| dialect.image_name(name).to_owned());
        removed.untagged.extend(untagged);
        removed
            .deleted
            .extend(item.deleted.iter().map(|id| dialect.image_id(id)));
    }
    removed
}

/// What a prune removed: names and ids in one list.
pub(crate) fn pruned(items: Vec<models::ImageDeleteResponseItem>, dialect: Dialect) -> Vec<String> {
    let removed = removed(items, dialect);
    let deleted = removed.deleted.into_iter().map(String::from);
    removed.untagged.into_iter().chain(deleted).collect()
}

/// How many bytes are free again.
pub(crate) fn reclaimed(bytes: Option<i64>) -> u64 {
    bytes.and_then(positive).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    #[test]
    fn an_image_looks_the_same_on_all_engines() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "inspect_image.json");
            let info = serde_json::from_slice::<Inspected>(&wire)
                .unwrap()
                .into_info(dialect);
            assert!(info.id.starts_with("sha256:0cf5bd7d88ea"));
            assert_eq!(info.tags, ["busybox:latest"], "{engine}");
            assert_eq!(info.platform.unwrap().to_string(), "linux/amd64");
            assert_eq!(info.config.command, ["sh"]);
            assert_eq!(info.config.env["PATH"], "/usr/sbin:/usr/bin:/sbin:/bin");
            assert_eq!((info.parent, info.author), (None, None));
            assert_eq!(info.created.unwrap().timestamp(), 1_704_067_200);
            assert_eq!(info.layers.len(), 1);
            assert!(info.size > 1_000_000);
        }
    }

    #[test]
    fn a_list_of_images_looks_the_same_on_all_engines() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "list_images.json");
            let wire: Vec<Listed> = serde_json::from_slice(&wire).unwrap();
            let images: Vec<_> = wire
                .into_iter()
                .map(|image| image.into_summary(dialect))
                .collect();
            assert_eq!(images[0].tags, ["busybox:latest"], "{engine}");
            assert_eq!(images[0].created.unwrap().timestamp(), 1_704_067_200);
            assert_ne!(images[0].containers, Some(u64::MAX), "{engine}");
        }
    }

    #[test]
    fn an_image_without_a_name_has_none() {
        let wire = br#"{"Id":"sha256:1","RepoTags":["<none>:<none>"],"RepoDigests":["<none>@<none>"],"Containers":-1,"Size":-1}"#;
        let image = serde_json::from_slice::<Listed>(wire)
            .unwrap()
            .into_summary(Dialect::Docker);
        assert!(image.tags.is_empty() && image.digests.is_empty());
        assert_eq!((image.containers, image.size), (None, 0));
    }

    #[test]
    fn what_a_removal_removed_has_names_and_full_ids() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "remove_image.json");
            let removed = removed(serde_json::from_slice(&wire).unwrap(), dialect);
            assert_eq!(
                removed.untagged[0], "127.0.0.1:5056/wharf/hello:latest",
                "{engine}"
            );
            assert!(
                removed.deleted.iter().all(|id| id.starts_with("sha256:")),
                "{engine}"
            );
            assert_eq!(removed.deleted[0].short(), "e22bc9b51140");
        }
    }
}
