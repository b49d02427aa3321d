//! The names of all operations, and what a backend says of them.

use crate::{
    Error, ResourceKind, Result,
    checked::check,
    layer::resource_kind,
    table::{container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops},
    types::*,
    validate,
};
use bytes::Bytes;
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

        /// Whether the items of that stream have bytes of payload, as those of logs and files have: see
        /// [`Item::byte_len`](crate::Item::byte_len).
        #[must_use]
        pub const fn streams_bytes(self) -> bool {
            match self { $($(Self::$Op => streams_bytes!($hook, $ret),)*)* }
        }

        /// The kind of what its calls are to; `None` where they are to nothing in particular, as a list is.
        #[must_use]
        pub const fn target_kind(self) -> Option<ResourceKind> {
            match self { $($(Self::$Op => target_kind!($group [$($flag)*]),)*)* }
        }

        /// Whether a call of it can be to this, by the checks that need no engine: for a create, whether it can wish
        /// that name.
        ///
        /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) where it cannot, also where its calls are to
        /// nothing in particular.
        pub fn check_target(self, target: &str) -> Result<()> {
            match self { $($(Self::$Op => check_target!($group [$($flag)*], self, target),)*)* }
            Ok(())
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

macro_rules! streams_bytes {
    (around_stream, $ret:ty) => {
        <$ret>::HAVE_BYTES
    };
    (around_session, $ret:ty) => {
        Items::<LogChunk>::HAVE_BYTES
    };
    ($hook:ident, $ret:ty) => {
        false
    };
}

macro_rules! target_kind {
    ($group:ident [on $t:ident $($rest:tt)*]) => {
        Some(resource_kind!($t))
    };
    (ContainerOps [makes $t:ident]) => {
        Some(ResourceKind::Container)
    };
    (VolumeOps [makes $t:ident]) => {
        Some(ResourceKind::Volume)
    };
    (NetworkOps [makes $t:ident]) => {
        Some(ResourceKind::Network)
    };
    ($group:ident [$($rest:tt)*]) => {
        None
    };
}

macro_rules! check_target {
    ($group:ident [on $t:ident $($rest:tt)*], $operation:expr, $target:expr) => {
        check!($t, $target, ())
    };
    (ContainerOps [makes $t:ident], $operation:expr, $target:expr) => {
        check!(name, $target, ())
    };
    (VolumeOps [makes $t:ident], $operation:expr, $target:expr) => {
        check!(volume, $target, ())
    };
    (NetworkOps [makes $t:ident], $operation:expr, $target:expr) => {
        check!(network, $target, ())
    };
    ($group:ident [$($rest:tt)*], $operation:expr, $target:expr) => {{
        let why = format_args!("{} is to nothing in particular", $operation);
        return Err(Error::invalid("target", why));
    }};
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
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|operation| operation.name() == name);
        found.copied().ok_or_else(|| {
            Error::invalid("operation", format_args!("there is no operation {name:?}"))
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
    fn what_yields_items_opens_a_stream_and_of_logs_and_files_one_of_bytes() {
        for (operation, streams, bytes) in [
            (Operation::ContainerLogs, true, true),
            (Operation::ExportContainer, true, true),
            (Operation::StartExec, true, true),
            (Operation::Events, true, false),
            (Operation::PullImage, true, false),
            (Operation::WaitContainer, false, false),
            (Operation::ListContainers, false, false),
        ] {
            assert_eq!(operation.opens_stream(), streams, "{operation}");
            assert_eq!(operation.streams_bytes(), bytes, "{operation}");
        }
    }

    #[test]
    fn a_target_is_of_the_operations_kind_and_could_be_called() {
        use ResourceKind::{Container, Image, Network, Volume};
        for (operation, kind, can, cannot) in [
            (Operation::StopContainer, Container, "w", "a/b"),
            (Operation::CreateContainer, Container, "web", "w"),
            (Operation::RenameContainer, Container, "web", "a b"),
            (Operation::UploadArchive, Container, "web", ""),
            (Operation::PullImage, Image, "app:1", "App"),
            (Operation::InspectImage, Image, "sha256:0123", "sha256:"),
            (Operation::CreateVolume, Volume, "data", "-"),
            (Operation::RemoveVolume, Volume, "data", "a/b"),
            (Operation::CreateNetwork, Network, "back", "a b"),
            (Operation::ConnectNetwork, Network, "bridge", "a/b"),
        ] {
            assert_eq!(operation.target_kind(), Some(kind), "{operation}");
            operation.check_target(can).unwrap();
            let refused = operation.check_target(cannot).unwrap_err();
            assert_eq!(
                refused.kind(),
                crate::ErrorKind::InvalidInput,
                "{operation}"
            );
        }
        for operation in Operation::ALL {
            let has = operation.target_kind().is_some();
            assert_eq!(operation.check_target("web").is_ok(), has, "{operation}");
        }
        let error = Operation::Events.check_target("web").unwrap_err();
        assert_eq!(
            error.message(),
            "target: events is to nothing in particular"
        );
    }
}
