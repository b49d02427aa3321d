//! Ids that come out of an engine.

use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, ops::Deref};

macro_rules! id { ($(#[$meta:meta])* $name:ident) => {
    $(#[$meta])*
    #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct $name(String);

    impl $name {
        /// The id as text.
        pub fn as_str(&self) -> &str {
            &self.0
        }

        /// The first twelve characters of the hash, as people are shown it.
        pub fn short(&self) -> &str {
            let hash = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
            hash.get(..12).unwrap_or(hash)
        }
    }
    impl From<String> for $name {
        fn from(id: String) -> Self {
            Self(id)
        }
    }
    impl From<&str> for $name {
        fn from(id: &str) -> Self {
            Self(id.to_owned())
        }
    }
    impl From<$name> for String {
        fn from(id: $name) -> Self {
            id.0
        }
    }
    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.pad(&self.0)
        }
    }
    impl AsRef<str> for $name {
        fn as_ref(&self) -> &str {
            &self.0
        }
    }
    impl Borrow<str> for $name {
        fn borrow(&self) -> &str {
            &self.0
        }
    }
    impl Deref for $name {
        type Target = str;
        fn deref(&self) -> &str {
            &self.0
        }
    }
    impl PartialEq<str> for $name {
        fn eq(&self, other: &str) -> bool {
            self.0 == other
        }
    }
    impl PartialEq<&str> for $name {
        fn eq(&self, other: &&str) -> bool {
            self.0 == *other
        }
    }
} }

id! {
    /// A container's full id: 64 hexadecimal digits.
    ContainerId
}
id! {
    /// An image's full id: `sha256:` and 64 hexadecimal digits.
    ImageId
}
