//! `GET /volumes`, `GET /volumes/{name}`, `POST /volumes/create`.

use std::collections::BTreeMap;

use bollard::models;
use serde::Deserialize;
use wharf_core::{VolumeConfig, VolumeInfo};

use super::{nullable, some, time};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Volume {
    name: String,
    #[serde(default)]
    driver: String,
    #[serde(default)]
    mountpoint: String,
    #[serde(default)]
    created_at: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    options: BTreeMap<String, String>,
    #[serde(default)]
    scope: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) volumes: Vec<Volume>,
}

impl From<Volume> for VolumeInfo {
    fn from(wire: Volume) -> Self {
        let mut info = Self::new(wire.name);
        info.driver = wire.driver;
        info.mountpoint = some(wire.mountpoint);
        info.created = time(&wire.created_at);
        info.labels = wire.labels;
        info.options = wire.options;
        info.scope = some(wire.scope);
        info
    }
}

pub(crate) fn body(config: &VolumeConfig) -> models::VolumeCreateRequest {
    let map = |map: &BTreeMap<String, String>| {
        (!map.is_empty()).then(|| {
            map.iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    };
    models::VolumeCreateRequest {
        name: Some(config.name.clone()),
        driver: config.driver.clone(),
        driver_opts: map(&config.driver_opts),
        labels: map(&config.labels),
        ..Default::default()
    }
}
