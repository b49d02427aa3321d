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
        info.options = wire.options.into();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    #[test]
    fn a_volume_looks_the_same_on_all_engines() {
        for (engine, _) in ENGINES {
            let wire = recorded(engine, "inspect_volume.json");
            let info: VolumeInfo = serde_json::from_slice::<Volume>(&wire).unwrap().into();
            assert_eq!(
                (info.name.as_str(), info.driver.as_str()),
                ("rec-data", "local")
            );
            assert!(
                info.created.is_some() && info.mountpoint.is_some(),
                "{engine}"
            );
            assert!(info.labels.is_empty() && info.options.is_empty());
        }
    }
}
