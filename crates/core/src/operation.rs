//! The names of all operations, and what a backend says of them.

use crate::table::{container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

macro_rules! emit { ($( $group:ident $( $hook:ident $name:ident $Op:ident [$again:ident $($flag:tt)*] ($($a:ident : $ty:ty),*) -> $ret:ty; )* )|*) => {
    /// Every operation of every group: a name for records, spans, faults and capabilities.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum Operation { $($(
        #[doc = concat!("[`", stringify!($group), "::", stringify!($name), "`](crate::", stringify!($group), "::", stringify!($name), ")")]
        $Op,
    )*)* }

    impl Operation {
        /// All operations, in the order of their groups.
        pub const ALL: &[Self] = &[$($(Self::$Op,)*)*];

        /// The method's name: `stop_container`.
        #[must_use]
        pub const fn name(self) -> &'static str {
            match self { $($(Self::$Op => stringify!($name),)*)* }
        }

        /// The trait that has it: `ContainerOps`.
        #[must_use]
        pub const fn group(self) -> &'static str {
            match self { $($(Self::$Op => stringify!($group),)*)* }
        }

        /// Whether the same call may be sent twice and do no more than once.
        #[must_use]
        pub const fn is_idempotent(self) -> bool {
            match self { $($(Self::$Op => again!($again),)*)* }
        }

        /// Whether it opens a stream of items: by itself, or as the output of a session.
        #[must_use]
        pub const fn opens_stream(self) -> bool {
            match self { $($(Self::$Op => streams!($hook),)*)* }
        }
    }
} }

macro_rules! again {
    (again) => {
        true
    };
    (once) => {
        false
    };
}

macro_rules! streams {
    (around_stream) => {
        true
    };
    (around_session) => {
        true
    };
    ($hook:ident) => {
        false
    };
}

// The six tables, chained into one call of `emit`.
macro_rules! with_containers { ($($x:tt)*) => { container_ops!(with_images $($x)* |); } }
macro_rules! with_images { ($($x:tt)*) => { image_ops!(with_events $($x)* |); } }
macro_rules! with_events { ($($x:tt)*) => { event_ops!(with_volumes $($x)* |); } }
macro_rules! with_volumes { ($($x:tt)*) => { volume_ops!(with_networks $($x)* |); } }
macro_rules! with_networks { ($($x:tt)*) => { network_ops!(emit $($x)* |); } }
system_ops!(with_containers);

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Operation {
    type Err = crate::Error;

    fn from_str(name: &str) -> crate::Result<Self> {
        let found = Self::ALL.iter().find(|operation| operation.name() == name);
        found.copied().ok_or_else(|| {
            crate::Error::invalid("operation", format_args!("there is no operation {name:?}"))
        })
    }
}

/// What works: which operations, and of their options which do not. The answer holds through all layers.
///
/// An operation that is declared works; one that is not answers [`Unsupported`](crate::ErrorKind::Unsupported). An
/// option is named `operation.field`, as in `stop_container.signal`; all options of a declared operation work but those
/// that are listed as missing.
///
/// ```
/// use wharf_core::{Capabilities, Operation};
///
/// let has = Capabilities::of([Operation::StopContainer]).without_option("stop_container.signal");
/// assert!(has.supports(Operation::StopContainer));
/// assert!(!has.supports(Operation::BuildImage));
/// assert!(has.supports_option("stop_container.grace"));
/// assert!(!has.supports_option("stop_container.signal"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    operations: BTreeSet<Operation>,
    missing_options: BTreeSet<Cow<'static, str>>,
}

impl Capabilities {
    /// These operations, with all their options.
    pub fn of(operations: impl IntoIterator<Item = Operation>) -> Self {
        Self {
            operations: operations.into_iter().collect(),
            missing_options: BTreeSet::new(),
        }
    }

    /// Takes an operation away.
    #[must_use]
    pub fn without(mut self, operation: Operation) -> Self {
        self.operations.remove(&operation);
        self
    }

    /// Takes an option away.
    #[must_use]
    pub fn without_option(mut self, option: impl Into<Cow<'static, str>>) -> Self {
        self.missing_options.insert(option.into());
        self
    }

    /// Whether the operation works.
    pub fn supports(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Whether the option works: its operation does, and it is not listed as missing.
    pub fn supports_option(&self, option: &str) -> bool {
        let operation = option.split('.').next().unwrap_or_default().parse();
        operation.is_ok_and(|operation| self.supports(operation))
            && !self.missing_options.contains(option)
    }

    /// The operations that work, in the order of their groups.
    pub fn operations(&self) -> impl Iterator<Item = Operation> + '_ {
        self.operations.iter().copied()
    }

    /// The options that do not, by name.
    pub fn missing_options(&self) -> impl Iterator<Item = &str> {
        self.missing_options.iter().map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_name() {
        assert_eq!(Operation::ALL.len(), 57);
        for &operation in Operation::ALL {
            assert_eq!(operation.name().parse::<Operation>().unwrap(), operation);
            assert!(
                serde_json::to_string(&operation)
                    .unwrap()
                    .contains(operation.name())
            );
        }
        assert!("fly".parse::<Operation>().is_err());
    }

    #[test]
    fn what_changes_something_once_is_not_idempotent() {
        for once in [
            "create_container",
            "remove_container",
            "kill_container",
            "exec_container",
        ] {
            assert!(
                !once.parse::<Operation>().unwrap().is_idempotent(),
                "{once}"
            );
        }
        for again in [
            "inspect_container",
            "stop_container",
            "pull_image",
            "create_volume",
        ] {
            assert!(
                again.parse::<Operation>().unwrap().is_idempotent(),
                "{again}"
            );
        }
    }

    #[test]
    fn what_yields_items_opens_a_stream() {
        for (operation, streams) in [
            (Operation::ContainerLogs, true),
            (Operation::Events, true),
            (Operation::StartExec, true),
            (Operation::WaitContainer, false),
            (Operation::ListContainers, false),
        ] {
            assert_eq!(operation.opens_stream(), streams, "{operation}");
        }
    }
}
