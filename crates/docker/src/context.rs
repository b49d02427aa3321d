//! What the `docker` command keeps in its folder: its configuration and its contexts.

use std::collections::BTreeMap;
use std::{fmt, fs, io};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use wharf_core::{Credentials, Error, ErrorKind, Result, Secret};

use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::registry;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: String,
    auths: BTreeMap<String, Auth>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// `username:password` in base64.
    auth: String,
    identitytoken: String,
}

/// The configuration file; an empty one if there is none.
fn config_file(environment: &Environment) -> Result<ConfigFile> {
    let Some(folder) = environment.config_folder() else {
        return Ok(ConfigFile::default());
    };
    let path = folder.join("config.json");
    let unreadable = |error: &dyn fmt::Display| {
        let why = format_args!("{} cannot be read: {error}", path.display());
        Error::invalid("config.json", why)
    };
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| unreadable(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(ConfigFile::default()),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The context that the configuration file chooses. A file that cannot be read is no "none": the
/// engine that it means might be another one.
pub(crate) fn current_context(environment: &Environment) -> Result<Option<String>> {
    let config = config_file(environment)?;
    Ok(Some(config.current_context).filter(|name| !name.is_empty()))
}

/// What the configuration file has to say to registries, by their names. Where it cannot be read
/// the engine can be used all the same, if not to pull what is private.
pub(crate) fn credentials(environment: &Environment) -> BTreeMap<String, Credentials> {
    let config = config_file(environment).unwrap_or_else(|error| {
        tracing::warn!(%error, "no credentials from the configuration");
        ConfigFile::default()
    });
    let auths = config.auths.into_iter();
    auths
        .filter_map(|(address, auth)| {
            let credentials = auth.into_credentials()?;
            Some((registry::key(Some(&address)).to_owned(), credentials))
        })
        .collect()
}

impl Auth {
    /// None where a helper program keeps them.
    fn into_credentials(self) -> Option<Credentials> {
        let pair = String::from_utf8(BASE64_STANDARD.decode(self.auth).ok()?).ok()?;
        let (username, password) = pair.split_once(':')?;
        let mut credentials = Credentials::new(username, password.trim_end_matches('\0'));
        credentials.identity_token = Some(self.identitytoken)
            .filter(|token| !token.is_empty())
            .map(Secret::from);
        Some(credentials)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextFile {
    name: String,
    endpoints: BTreeMap<String, ContextEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEndpoint {
    #[serde(default)]
    host: String,
}

/// The endpoint of a context, from the files that the `docker` command keeps. Their folders are
/// named by a digest of the context's name; the name stands inside too, so all are read.
pub(crate) fn context_endpoint(environment: &Environment, name: &str) -> Result<Endpoint> {
    let unknown = || {
        Error::invalid(
            "context",
            format_args!("there is none named {name:?}: see `docker context ls`"),
        )
    };
    let folder = environment
        .config_folder()
        .ok_or_else(unknown)?
        .join("contexts");
    let meta = folder.join("meta");
    let entries = fs::read_dir(&meta).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return unknown();
        }
        let why = format_args!("{} cannot be read: {error}", meta.display());
        Error::invalid("context", why)
    })?;
    for entry in entries.flatten() {
        let Ok(text) = fs::read(entry.path().join("meta.json")) else {
            continue;
        };
        let Ok(context) = serde_json::from_slice::<ContextFile>(&text) else {
            continue;
        };
        if context.name != name {
            continue;
        }
        let host = context
            .endpoints
            .get("docker")
            .map_or("", |endpoint| endpoint.host.as_str());
        let endpoint: Endpoint = host.parse()?;
        let secured = folder.join("tls").join(entry.file_name()).exists();
        return match endpoint {
            Endpoint::Tcp { .. } if secured => Err(no_tls(&endpoint, "the context asks for TLS")),
            endpoint => Ok(endpoint),
        };
    }
    Err(unknown())
}

/// Whoever asks for TLS must not get a plain connection.
pub(crate) fn check_tls(environment: &Environment, endpoint: Endpoint) -> Result<Endpoint> {
    match endpoint {
        Endpoint::Tcp { .. } if environment.variable("DOCKER_TLS_VERIFY").is_some() => {
            Err(no_tls(&endpoint, "DOCKER_TLS_VERIFY asks for TLS"))
        }
        endpoint => Ok(endpoint),
    }
}

fn no_tls(endpoint: &Endpoint, why: &str) -> Error {
    let why = format!("{endpoint}: {why}, which is not available yet; use a unix socket");
    Error::new(ErrorKind::Unsupported, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_by_the_registrys_name() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty(folder.path())
            .with_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
        assert!(credentials(&environment).is_empty());
        // alice:a:b, bob:c with the NUL that old versions wrote, and one that a helper keeps.
        let config = r#"{"auths":{
            "https://index.docker.io/v1/":{"auth":"YWxpY2U6YTpi"},
            "localhost:5000":{"auth":"Ym9iOmMA","identitytoken":"t"},
            "https://quay.io":{}
        },"credsStore":"desktop"}"#;
        fs::write(folder.path().join("config.json"), config).unwrap();
        let found = credentials(&environment);
        assert_eq!(found.len(), 2);
        let hub = &found[registry::key(None)];
        assert_eq!(
            (hub.username.as_str(), hub.password.expose()),
            ("alice", "a:b")
        );
        let local = &found["localhost:5000"];
        assert_eq!(
            (local.username.as_str(), local.password.expose()),
            ("bob", "c")
        );
        assert_eq!(local.identity_token.as_ref().unwrap().expose(), "t");
    }

    #[test]
    fn contexts_that_cannot_be_read_are_not_none() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty(folder.path())
            .with_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
        let error = context_endpoint(&environment, "x").unwrap_err();
        assert!(error.message().contains("there is none named"), "{error}");
        // No folder: root, too, cannot read that.
        fs::create_dir(folder.path().join("contexts")).unwrap();
        fs::write(folder.path().join("contexts/meta"), "").unwrap();
        let error = context_endpoint(&environment, "x").unwrap_err();
        assert!(error.message().contains("cannot be read"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_read_chooses_nothing_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty(folder.path())
            .with_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
        fs::write(folder.path().join("config.json"), "{").unwrap();
        let error = current_context(&environment).unwrap_err();
        assert!(error.message().contains("config.json"), "{error}");
        assert!(credentials(&environment).is_empty());
    }
}
