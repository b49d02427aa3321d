//! What the `docker` command keeps in its folder: its configuration and its contexts.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use wharf_core::{Credentials, Error, ErrorKind, Result, Secret};

use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::place;
use crate::registry;

/// As the `docker` command, a null is read as nothing said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
    auths: Option<BTreeMap<String, Option<Auth>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// `username:password` in base64.
    auth: Option<String>,
    identitytoken: Option<String>,
}

/// The configuration file; an empty one if there is none, or nothing in it.
fn config_file(environment: &Environment) -> Result<ConfigFile> {
    let Some(folder) = environment.config_folder() else {
        return Ok(ConfigFile::default());
    };
    let path = folder.join("config.json");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ConfigFile::default()),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    if text.trim_ascii().is_empty() {
        return Ok(ConfigFile::default());
    }
    let config: Option<ConfigFile> =
        serde_json::from_slice(&text).map_err(|error| unreadable(&path, &place(&error)))?;
    Ok(config.unwrap_or_default())
}

fn unreadable(path: &Path, why: &dyn fmt::Display) -> Error {
    let message = format!("{} cannot be read: {why}", path.display());
    Error::new(ErrorKind::InvalidInput, message)
}

/// The context that the configuration file chooses. A file that cannot be read is no "none": the
/// engine that it means might be another one.
pub(crate) fn current_context(environment: &Environment) -> Result<Option<String>> {
    let config = config_file(environment)?;
    Ok(config.current_context.filter(|name| !name.is_empty()))
}

/// What the configuration file has to say to registries, by their names. Where it cannot be read
/// the engine can be used all the same, if not to pull what is private.
pub(crate) fn credentials(environment: &Environment) -> BTreeMap<String, Credentials> {
    let config = config_file(environment).unwrap_or_else(|error| {
        tracing::warn!(%error, "no credentials from the configuration");
        ConfigFile::default()
    });
    let auths = config.auths.unwrap_or_default().into_iter();
    auths
        .filter_map(|(address, auth)| {
            let credentials = auth?.into_credentials()?;
            Some((registry::key(Some(&address)).to_owned(), credentials))
        })
        .collect()
}

impl Auth {
    /// None where a helper program keeps them.
    fn into_credentials(self) -> Option<Credentials> {
        let pair = String::from_utf8(BASE64_STANDARD.decode(self.auth?).ok()?).ok()?;
        let (username, password) = pair.split_once(':')?;
        let mut credentials = Credentials::new(username, password.trim_end_matches('\0'));
        credentials.identity_token = self
            .identitytoken
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
    /// TLS, without a look at the engine's certificate.
    #[serde(rename = "SkipTLSVerify")]
    skip_tls_verify: Option<bool>,
}

/// The endpoint of a context, from the files that the `docker` command keeps. Their folders are
/// named by a digest of the context's name; the name stands inside too, so all are read.
pub(crate) fn context_endpoint(environment: &Environment, name: &str) -> Result<Endpoint> {
    let unknown = format!("there is none named {name:?}: see `docker context ls`");
    let Some(folder) = environment.config_folder() else {
        return Err(Error::new(ErrorKind::InvalidInput, unknown));
    };
    let folder = folder.join("contexts");
    let meta = folder.join("meta");
    let entries = match fs::read_dir(&meta) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::new(ErrorKind::InvalidInput, unknown));
        }
        Err(error) => return Err(unreadable(&meta, &error)),
    };
    let mut told = vec![unknown];
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(&meta, &error))?;
        let path = entry.path().join("meta.json");
        let context = match read_context(&path) {
            Ok(context) => context,
            // It may be another's, and then it does not matter.
            Err(error) => {
                told.push(error.message().to_owned());
                continue;
            }
        };
        if context.name != name {
            continue;
        }
        let (host, skips_verification) = match context.endpoints.get("docker") {
            Some(docker) => (docker.host.as_str(), docker.skip_tls_verify == Some(true)),
            None => ("", false),
        };
        let endpoint: Endpoint = host.parse()?;
        let certificates = folder.join("tls").join(entry.file_name());
        // Where nobody can tell whether there are any, there may be.
        let secured = skips_verification || certificates.try_exists().unwrap_or(true);
        return match endpoint {
            Endpoint::Tcp { .. } if secured => Err(no_tls(&endpoint, "the context")),
            endpoint => Ok(endpoint),
        };
    }
    Err(Error::new(ErrorKind::InvalidInput, told.join("; ")))
}

fn read_context(path: &Path) -> Result<ContextFile> {
    let text = fs::read(path).map_err(|error| unreadable(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(path, &place(&error)))
}

/// The variables that ask for TLS, whatever they say, as long as they say something.
const TLS_VARIABLES: &[&str] = &["DOCKER_TLS", "DOCKER_TLS_VERIFY"];

/// The variable by which the environment asks for TLS.
pub(crate) fn tls_variable(environment: &Environment) -> Option<&'static str> {
    let mut variables = TLS_VARIABLES.iter().copied();
    variables.find(|name| environment.variable(name).is_some())
}

/// Whoever asks for TLS must not get a plain connection.
pub(crate) fn check_tls(environment: &Environment, endpoint: Endpoint) -> Result<Endpoint> {
    match (&endpoint, tls_variable(environment)) {
        (Endpoint::Tcp { .. }, Some(variable)) => Err(no_tls(&endpoint, variable)),
        _ => Ok(endpoint),
    }
}

fn no_tls(endpoint: &Endpoint, who: &str) -> Error {
    let why =
        format!("{endpoint}: {who} asks for TLS, which is not available yet; use a unix socket");
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
    fn what_docker_reads_as_an_empty_configuration_is_one_here_too() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty(folder.path())
            .with_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
        for config in [
            "",
            " \n",
            "null",
            r#"{"auths":null,"currentContext":null}"#,
            r#"{"auths":{"h":null,"i":{"auth":null,"identitytoken":null}}}"#,
        ] {
            fs::write(folder.path().join("config.json"), config).unwrap();
            let chosen = current_context(&environment);
            assert!(matches!(chosen, Ok(None)), "{config:?}: {chosen:?}");
            assert!(credentials(&environment).is_empty());
        }
        let null_beside = r#"{"auths":{"h":null,"localhost:5000":{"auth":"Ym9iOmMA"}}}"#;
        fs::write(folder.path().join("config.json"), null_beside).unwrap();
        assert!(credentials(&environment).contains_key("localhost:5000"));
    }

    /// Only one context, `c`, whose endpoint has these fields.
    fn with_context(folder: &Path, endpoint: &str) -> Environment {
        let meta = folder.join("contexts/meta/aa");
        fs::create_dir_all(&meta).unwrap();
        let text = format!(r#"{{"Name":"c","Metadata":{{}},"Endpoints":{{"docker":{endpoint}}}}}"#);
        fs::write(meta.join("meta.json"), text).unwrap();
        Environment::empty(folder).with_variable("DOCKER_CONFIG", folder.to_str().unwrap())
    }

    #[test]
    fn a_context_that_asks_for_tls_never_gets_a_plain_connection() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = |host: &str, skip: &str| {
            let fields = format!(r#"{{"Host":"{host}","SkipTLSVerify":{skip}}}"#);
            context_endpoint(&with_context(folder.path(), &fields), "c")
        };
        for skip in ["false", "null"] {
            assert!(endpoint("tcp://h:1", skip).is_ok());
        }
        // For the command, too, a socket has no TLS.
        assert!(endpoint("unix:///s", "true").is_ok());
        let error = endpoint("tcp://h:1", "true").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().contains("the context asks for TLS"));

        // Nobody can tell whether there are certificates where no folder can be.
        fs::write(folder.path().join("contexts/tls"), "").unwrap();
        let error = endpoint("tcp://h:1", "false").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }

    #[test]
    fn a_context_whose_file_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let environment = with_context(folder.path(), "5");
        let error = context_endpoint(&environment, "c").unwrap_err();
        for part in ["there is none named", "aa/meta.json cannot be read"] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_chooses_nothing_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty(folder.path())
            .with_variable("DOCKER_CONFIG", folder.path().to_str().unwrap());
        // What stands in it may be a password.
        let config = r#"{"auths":{"h":"hunter2"}}"#;
        fs::write(folder.path().join("config.json"), config).unwrap();
        let error = current_context(&environment).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message().matches("config.json").count(), 1, "{error}");
        assert!(error.message().contains(" at line 1"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(credentials(&environment).is_empty());
    }
}
