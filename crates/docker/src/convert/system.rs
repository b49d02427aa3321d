//! `GET /version`, `GET /info`, `POST /auth`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_core::{Credentials, Info, Login, Platform, Version};

use super::{nullable, positive, some};
use crate::dialect::Dialect;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Versions {
    #[serde(default)]
    pub(crate) version: String,
    pub(crate) api_version: String,
    #[serde(default, rename = "MinAPIVersion")]
    pub(crate) min_api_version: String,
    #[serde(default)]
    git_commit: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    kernel_version: String,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Component>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    #[serde(default)]
    name: String,
}

impl Versions {
    pub(crate) fn dialect(&self) -> Dialect {
        Dialect::of(
            self.components
                .iter()
                .map(|component| component.name.as_str()),
        )
    }

    pub(crate) fn into_version(self) -> Version {
        let engine = self.dialect().name();
        let mut version = Version::new(engine, self.version);
        version.api_version = some(self.api_version);
        version.min_api_version = some(self.min_api_version);
        version.platform = some(self.os)
            .zip(some(self.arch))
            .map(|(os, arch)| Platform::new(os, arch));
        version.kernel_version = some(self.kernel_version);
        version.commit = some(self.git_commit);
        version
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Told {
    #[serde(default, rename = "ID")]
    id: String,
    #[serde(default)]
    containers: u64,
    #[serde(default)]
    containers_running: u64,
    #[serde(default)]
    containers_paused: u64,
    #[serde(default)]
    containers_stopped: u64,
    #[serde(default)]
    images: u64,
    #[serde(default)]
    driver: String,
    #[serde(default)]
    logging_driver: String,
    #[serde(default)]
    kernel_version: String,
    #[serde(default)]
    operating_system: String,
    #[serde(default, rename = "OSType")]
    os_type: String,
    #[serde(default)]
    architecture: String,
    #[serde(default, rename = "NCPU")]
    cpus: i64,
    #[serde(default)]
    mem_total: i64,
    #[serde(default)]
    docker_root_dir: String,
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: Vec<String>,
    #[serde(default)]
    server_version: String,
    #[serde(default)]
    pub(crate) system_time: String,
}

impl Told {
    pub(crate) fn into_info(self, dialect: Dialect) -> Info {
        let mut info = Info::new(dialect.name(), self.server_version);
        info.name = some(self.name);
        info.id = some(self.id);
        info.operating_system = some(self.operating_system);
        info.os = some(self.os_type);
        info.architecture = some(self.architecture);
        info.kernel_version = some(self.kernel_version);
        info.cpus = positive(self.cpus);
        info.memory = positive(self.mem_total);
        info.containers = self.containers;
        info.containers_running = self.containers_running;
        info.containers_paused = self.containers_paused;
        info.containers_stopped = self.containers_stopped;
        info.images = self.images;
        info.storage_driver = some(self.driver);
        info.logging_driver = some(self.logging_driver);
        info.root_dir = some(self.docker_root_dir);
        info.labels = labels(&self.labels);
        info
    }
}

/// An engine's own labels come as `key=value`.
fn labels(pairs: &[String]) -> BTreeMap<String, String> {
    let split = |pair: &String| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), value.to_owned())
    };
    pairs.iter().map(split).collect()
}

/// What a registry is told, as the engine passes it on.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) struct AuthConfig<'a> {
    username: &'a str,
    password: &'a str,
    serveraddress: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identitytoken: Option<&'a str>,
}

impl<'a> AuthConfig<'a> {
    pub(crate) fn new(credentials: &'a Credentials, registry: &'a str) -> Self {
        Self {
            username: &credentials.username,
            password: credentials.password.expose(),
            serveraddress: registry,
            identitytoken: credentials
                .identity_token
                .as_ref()
                .map(wharf_core::Secret::expose),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoggedIn {
    #[serde(default)]
    status: String,
    #[serde(default)]
    identity_token: String,
}

impl From<LoggedIn> for Login {
    fn from(wire: LoggedIn) -> Self {
        let mut login = Self::default();
        login.status = some(wire.status);
        login.identity_token = some(wire.identity_token).map(Into::into);
        login
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::tests::{ENGINES, recorded};

    #[test]
    fn an_engine_is_known_by_what_it_is_made_of() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "version.json");
            let versions: Versions = serde_json::from_slice(&wire).unwrap();
            assert_eq!(versions.dialect(), dialect, "{engine}");
            let version = versions.into_version();
            assert!(engine.starts_with(&version.engine));
            assert!(
                version
                    .version
                    .starts_with(engine.split('-').nth(1).unwrap())
            );
            assert_eq!(version.platform.unwrap().to_string(), "linux/amd64");
            assert!(version.api_version.is_some() && version.min_api_version.is_some());
        }
    }

    #[test]
    fn every_engine_tells_of_its_host_and_its_time() {
        for (engine, dialect) in ENGINES {
            let wire = recorded(engine, "info.json");
            let told: Told = serde_json::from_slice(&wire).unwrap();
            assert!(
                crate::convert::time(&told.system_time).is_some(),
                "{engine}"
            );
            let info = told.into_info(dialect);
            assert_eq!(info.engine, dialect.name());
            assert_eq!(info.cpus, Some(2));
            assert!(info.memory > Some(1 << 30));
            assert_eq!(info.os.as_deref(), Some("linux"));
            assert!(
                info.storage_driver.is_some() && info.kernel_version.is_some(),
                "{engine}"
            );
        }
    }

    #[test]
    fn an_engines_labels_are_pairs() {
        let labels = labels(&["a=b=c".to_owned(), "d".to_owned()]);
        assert_eq!((labels["a"].as_str(), labels["d"].as_str()), ("b=c", ""));
    }
}
