//! The environment that an engine is looked for in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use wharf_core::show_url;

/// What discovery looks at: variables and the root of the file system.
///
/// Taken as a value so that a test, or a program with its own idea of an environment, can give
/// another one than the process has.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    root: PathBuf,
    user_id: u32,
}

/// As it may stand in a log: URLs without user and password, and of variables that nobody reads the names alone.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value| match READ.iter().find(|read| **read == name) {
            Some(_) => show_url(value),
            None => "…".into(),
        };
        let variables = self.variables.iter();
        let variables: BTreeMap<_, _> = variables
            .map(|(name, value)| (name, shown(name, value)))
            .collect();
        f.debug_struct("Environment")
            .field("variables", &variables)
            .field("root", &self.root)
            .field("user_id", &self.user_id)
            .finish()
    }
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    fn of(value: impl Fn(&str) -> Option<OsString>) -> Self {
        let variables = READ.iter().filter_map(|name| {
            // What is no text names nothing that is there; as if it were unset, another engine
            // would be taken in silence.
            let value = value(name)?.to_string_lossy().into_owned();
            Some(((*name).to_owned(), value))
        });
        Self {
            variables: variables.collect(),
            root: PathBuf::from("/"),
            user_id: rustix::process::getuid().as_raw(),
        }
    }

    /// No variables, and a file system that begins at `root`.
    #[must_use]
    pub fn empty(root: impl Into<PathBuf>) -> Self {
        Self {
            variables: BTreeMap::new(),
            root: root.into(),
            user_id: 1000,
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The value of a variable. An empty one counts as unset, as it does for the `docker` command.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn place(&self, base: Base) -> Option<PathBuf> {
        Some(match base {
            Base::Root => self.root.clone(),
            Base::Home => PathBuf::from(self.variable("HOME")?),
            Base::Runtime => match self.variable("XDG_RUNTIME_DIR") {
                Some(folder) => PathBuf::from(folder),
                None => self.root.join("run/user").join(self.user_id.to_string()),
            },
        })
    }

    pub(crate) fn config_folder(&self) -> Option<PathBuf> {
        match self.variable("DOCKER_CONFIG") {
            Some(folder) => Some(PathBuf::from(folder)),
            None => Some(self.place(Base::Home)?.join(".docker")),
        }
    }
}

/// The variables that matter, so that no other is kept.
const READ: &[&str] = &[
    "DOCKER_API_VERSION",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "XDG_RUNTIME_DIR",
];

/// Where paths begin that are not absolute.
#[derive(Clone, Copy)]
pub(crate) enum Base {
    Root,
    Home,
    Runtime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::check_tls;

    #[test]
    fn debug_tells_no_secret() {
        let environment = Environment::empty("/root")
            .with_variable("DOCKER_HOST", "tcp://alice:hunter2@h:2375")
            .with_variable("HOME", "/home/a@b")
            .with_variable("REGISTRY_TOKEN", "hunter2");
        assert_eq!(
            format!("{environment:?}"),
            "Environment { variables: {\"DOCKER_HOST\": \"tcp://…@h:2375\", \"HOME\": \"/home/a@b\", \
             \"REGISTRY_TOKEN\": \"…\"}, root: \"/root\", user_id: 1000 }"
        );
    }

    #[test]
    fn a_process_that_asks_for_tls_is_heard() {
        for asked in ["DOCKER_TLS", "DOCKER_TLS_VERIFY"] {
            let environment = Environment::of(|name| (name == asked).then(|| "0".into()));
            let endpoint = "tcp://h:1".parse().unwrap();
            let error = check_tls(&environment, endpoint).unwrap_err();
            assert!(error.message().contains(&format!("{asked} asks")));
        }
    }
}
