//! The one place where arguments are checked before a backend sees them, and where errors learn where they happened.

use crate::{
    ContainerOps, Error, EventOps, ImageOps, NetworkOps, Operation, ResourceKind, Result, Runtime,
    SystemOps, VolumeOps,
    layer::{inner, resource_kind, target},
    operation::Capabilities,
    table::{container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops},
    types::*,
    validate::{self, Asked, Validate, WishesName},
};
use async_trait::async_trait;
use bytes::Bytes;
use std::any::Any;

/// A backend behind the checks that need no engine, so that all backends refuse the same input in the same words
/// before anything is touched.
///
/// Every argument of every operation is validated; what passes is sent on. An error that comes back is told its
/// operation and its resource, where the backend has not done so. Backends hand themselves out in this wrapper, and
/// may then rely on it: ids and names are safe to stand in a URL, options make sense in themselves.
#[derive(Debug, Clone)]
pub struct Checked<R>(R);

impl<R: Runtime> Checked<R> {
    /// Puts the checks in front of a backend.
    pub fn new(backend: R) -> Self {
        Self(backend)
    }

    /// The backend.
    pub fn get_ref(&self) -> &R {
        &self.0
    }

    /// The backend, without the checks.
    pub fn into_inner(self) -> R {
        self.0
    }
}

/// An argument's check: texts by the argument's name in the table, everything else by its type.
macro_rules! check {
    (id, $id:expr, $asked:expr) => {
        validate::container_id($id)?
    };
    (container, $id:expr, $asked:expr) => {
        validate::container_id($id)?
    };
    (name, $name:expr, $asked:expr) => {
        validate::container_name($name)?
    };
    (reference, $reference:expr, $asked:expr) => {
        validate::image(AsRef::<str>::as_ref($reference))?
    };
    (target, $target:expr, $asked:expr) => {
        validate::image_name($target)?
    };
    (references, $references:expr, $asked:expr) => {
        validate::images($references)?
    };
    (volume, $volume:expr, $asked:expr) => {
        validate::volume_name($volume)?
    };
    (network, $network:expr, $asked:expr) => {
        validate::network_id($network)?
    };
    (path, $path:expr, $asked:expr) => {
        validate::absolute_path("path", $path)?
    };
    (term, $term:expr, $asked:expr) => {
        validate::not_empty("term", $term)?
    };
    ($a:ident, $value:expr, $asked:expr) => {
        Validate::validate(&$value, $asked)?
    };
}

pub(crate) use check;

macro_rules! checked { ($group:ident $( $hook:ident $name:ident $Op:ident $flags:tt ($($a:ident : $ty:ty),*) -> $ret:ty; )*) => {
    #[async_trait]
    #[deny(clippy::missing_trait_methods)]
    impl<R: Runtime> $group for Checked<R> { $(
        async fn $name(&self $(, $a: $ty)*) -> Result<$ret> {
            let wished = wished!($flags);
            let resource = wished!(or wished, $flags);
            let inner = inner!($group, self.0, $Op);
            let asked = Asked { operation: Operation::$Op, target: resource.map(|(_, id)| id) };
            let check = |asked: Asked<'_>| -> Result<()> { let _ = asked; $( check!($a, $a, asked); )* Ok(()) };
            let outcome = match check(asked) {
                Ok(()) => $group::$name(inner $(, $a)*).await,
                Err(refused) => Err(refused),
            };
            outcome.map_err(|error| error.at(Operation::$Op, resource))
        }
    )* }
} }

/// A configuration is moved into the call, so the name it wishes is kept aside for the error.
macro_rules! wished {
    ([$again:ident makes $t:ident]) => {
        $t.wished_name().map(|(kind, name)| (kind, name.to_owned()))
    };
    ($flags:tt) => {
        None::<(ResourceKind, String)>
    };
    (or $wished:ident, [$again:ident makes $t:ident]) => {
        $wished.as_ref().map(|(kind, name)| (*kind, name.as_str()))
    };
    (or $wished:ident, $flags:tt) => {{
        let _ = $wished;
        target!($flags)
    }};
}

system_ops!(checked);
container_ops!(checked);
image_ops!(checked);
event_ops!(checked);
volume_ops!(checked);
network_ops!(checked);

#[deny(clippy::missing_trait_methods)]
impl<R: Runtime> Runtime for Checked<R> {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        self.0.volumes().map(|_| self as _)
    }
    fn networks(&self) -> Option<&dyn NetworkOps> {
        self.0.networks().map(|_| self as _)
    }
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn backend(&self) -> Option<&dyn Any> {
        self.0.backend()
    }
}
