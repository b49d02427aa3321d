//! What the `docker` command keeps in its folder: its configuration and its contexts.

use std::collections::BTreeMap;
use std::{fmt, fs, io};

use serde::Deserialize;
use wharf_core::{Error, ErrorKind, Result};

use crate::endpoint::Endpoint;
use crate::environment::Environment;

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

/// The context that the configuration file chooses. A file that cannot be read is no "none": the
/// engine that it means might be another one.
pub(crate) fn current_context(environment: &Environment) -> Result<Option<String>> {
    let Some(folder) = environment.config_folder() else {
        return Ok(None);
    };
    let path = folder.join("config.json");
    let unreadable = |error: &dyn fmt::Display| {
        Error::invalid(
            "config.json",
            format_args!("{} cannot be read: {error}", path.display()),
        )
    };
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let config: ConfigFile = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
    Ok(config.current_context.filter(|name| !name.is_empty()))
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
    let entries = fs::read_dir(folder.join("meta")).map_err(|_| unknown())?;
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
