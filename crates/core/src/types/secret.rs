//! What must never be shown, and the values that are better not shown.

use bytes::Bytes;
use serde::{Deserialize, Serialize, Serializer};
use std::{collections::BTreeMap, fmt, ops::Deref};

/// A password or a token. `Debug` and serde show `***`; only the code that puts it on the wire reads it.
///
/// ```
/// use wharf_core::Secret;
/// let secret = Secret::from("hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// A map of names to values that are better not shown: `Debug` has the names only.
macro_rules! discreet { ($(#[$meta:meta])* $name:ident) => {
    $(#[$meta])*
    #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct $name(BTreeMap<String, String>);

    impl $name {
        /// Sets one, in place of an earlier value.
        pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
            self.0.insert(name.into(), value.into());
        }
    }

    impl Deref for $name {
        type Target = BTreeMap<String, String>;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for $name {
        fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
            Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
        }
    }

    impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for $name {
        fn from(pairs: [(K, V); N]) -> Self {
            pairs.into_iter().collect()
        }
    }

    impl From<BTreeMap<String, String>> for $name {
        fn from(pairs: BTreeMap<String, String>) -> Self {
            Self(pairs)
        }
    }

    impl From<$name> for BTreeMap<String, String> {
        fn from(pairs: $name) -> Self {
            pairs.0
        }
    }

    impl From<Vec<(String, String)>> for $name {
        fn from(pairs: Vec<(String, String)>) -> Self {
            pairs.into_iter().collect()
        }
    }

    impl fmt::Debug for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_list().entries(self.0.keys().map(|name| NameOnly(name))).finish()
        }
    }
} }

struct NameOnly<'a>(&'a str);

impl fmt::Debug for NameOnly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.0)
    }
}

discreet! {
    /// Environment variables by name. `Debug` shows the names and hides the values, which often are secrets.
    ///
    /// ```
    /// use wharf_core::Env;
    /// let env = Env::from([("TOKEN", "hunter2")]);
    /// assert_eq!(env["TOKEN"], "hunter2");
    /// assert_eq!(format!("{env:?}"), "[TOKEN=…]");
    /// ```
    Env
}

discreet! {
    /// Options for a driver by name. `Debug` shows the names and hides the values: those of a network mount have its
    /// password.
    DriverOptions
}

impl Env {
    /// Reads `NAME=value`; a name without `=` has the empty value.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Self {
        pairs
            .into_iter()
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect()
    }

    /// As `NAME=value`, in the order of the names.
    pub fn to_pairs(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }
}

/// Bytes for a program's stdin. `Debug` shows how many: passwords come this way.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Input(#[serde(with = "crate::serde_with::bytes")] Bytes);

impl<T: Into<Bytes>> From<T> for Input {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl Deref for Input {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
