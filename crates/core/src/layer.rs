//! Layers: one hook around every operation, that names none of them.

use crate::{
    ContainerOps, Error, EventOps, ImageOps, NetworkOps, Operation, Resource, ResourceKind, Result,
    Runtime, SystemOps, VolumeOps,
    operation::Capabilities,
    table::{container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops},
    types::*,
    validate::WishesName,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde::Serialize;
use std::{
    any::Any,
    fmt::{self, Debug},
};

/// One call, as a layer sees it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    operation: Operation,
    target: Option<(ResourceKind, &'a str)>,
    new_name: Option<&'a str>,
    arguments: &'a [(&'static str, &'a (dyn Debug + Sync))],
    replayable: bool,
}

impl<'a> Call<'a> {
    /// Which operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// What it is about: kind, and id or name as the caller gave it. For a create, the wished name.
    pub fn target(&self) -> Option<Resource> {
        self.target.map(|(kind, id)| Resource::new(kind, id))
    }

    /// The id or name of the [`target`](Self::target), borrowed.
    pub fn target_id(&self) -> Option<&'a str> {
        self.target.map(|(_, id)| id)
    }

    /// The kind of the [`target`](Self::target).
    pub fn target_kind(&self) -> Option<ResourceKind> {
        self.target.map(|(kind, _)| kind)
    }

    /// The name that the target has from then on, where the call is to rename it.
    pub fn new_name(&self) -> Option<&'a str> {
        self.new_name
    }

    /// The arguments by name, the target among them. Secrets and the values of environment variables are redacted by
    /// their own `Debug`.
    pub fn arguments(&self) -> &'a [(&'static str, &'a (dyn Debug + Sync))] {
        self.arguments
    }

    /// Whether the same call may be sent again: the operation is idempotent and no body is spent.
    pub fn may_repeat(&self) -> bool {
        self.replayable && self.operation.is_idempotent()
    }
}

impl Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.operation)?;
        for (i, (name, value)) in self.arguments.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{name}: {value:?}")?;
        }
        f.write_str(")")
    }
}

mod sealed {
    pub trait Outcome {}
    impl<T: std::fmt::Debug + serde::Serialize> Outcome for T {}
    impl<T> Outcome for crate::Items<T> {}
    impl Outcome for crate::Session {}
    impl<T> Outcome for crate::Pending<T> {}
}

/// What a call can yield: seen by a layer as data, or as an open stream, wait or session. Sealed.
pub trait Outcome: sealed::Outcome + Send + 'static {
    /// The result as data; `None` for what is still open.
    fn data(&self) -> Option<&dyn Debug> {
        None
    }
}

impl<T: Debug + Serialize + Send + 'static> Outcome for T {
    fn data(&self) -> Option<&dyn Debug> {
        Some(self)
    }
}
impl<T: 'static> Outcome for Items<T> {}
impl Outcome for Session {}
impl<T: 'static> Outcome for Pending<T> {}

/// What a stream yields: data that can be seen, kept, sent twice and weighed. Sealed.
pub trait Item: sealed::Outcome + Debug + Clone + Serialize + Send + 'static {
    /// Whether bytes of payload are a measure of it.
    const HAS_BYTES: bool = false;

    /// How many bytes of payload it carries; 0 where that is no measure of it.
    fn byte_len(&self) -> usize {
        0
    }
}

impl Item for LogChunk {
    const HAS_BYTES: bool = true;
    fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}
impl Item for Bytes {
    const HAS_BYTES: bool = true;
    fn byte_len(&self) -> usize {
        self.len()
    }
}
impl Item for PullProgress {}
impl Item for PushProgress {}
impl Item for BuildProgress {}
impl Item for LoadProgress {}
impl Item for Stats {}
impl Item for Event {}

/// Sends the call on. May be called again where [`Call::may_repeat`] says so.
pub trait Next<'a, T>: Fn() -> BoxFuture<'a, Result<T>> + Send + Sync {}
impl<'a, T, F: Fn() -> BoxFuture<'a, Result<T>> + Send + Sync> Next<'a, T> for F {}

/// Something around every operation of a runtime: tracing, retry, a deadline, faults.
///
/// The hooks are generic over what a call yields, so that no layer names an operation. A layer that changes a stream is
/// `Clone`: the stream outlives the call, and so do a session and a wait.
///
/// ```
/// use wharf_core::{Call, Layer, Next, Outcome, Result};
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
///
/// #[derive(Debug, Clone, Default)]
/// struct Count(Arc<AtomicUsize>);
///
/// impl Layer for Count {
///     async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
///         self.0.fetch_add(1, Relaxed);
///         next().await
///     }
/// }
/// ```
pub trait Layer: Debug + Send + Sync + 'static {
    /// Around every call. For a stream, a wait or a session this is its opening.
    fn around<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, T>,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Around a call that opens a stream: override to see or change its items.
    fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> impl Future<Output = Result<Items<T>>> + Send {
        self.around(call, next)
    }

    /// Around a call that opens a session.
    fn around_session<'a>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Session>,
    ) -> impl Future<Output = Result<Session>> + Send {
        self.around(call, next)
    }

    /// Around a call that arms a wait: override to see or change how it ends.
    fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> impl Future<Output = Result<Pending<T>>> + Send {
        self.around(call, next)
    }

    /// The effective capabilities, given those below.
    fn capabilities(&self, below: Capabilities) -> Capabilities {
        below
    }
}

/// A layer over a runtime, itself a runtime. Made by [`RuntimeExt::layer`](crate::RuntimeExt::layer); the layer added
/// last is the outermost.
#[derive(Debug, Clone)]
pub struct Layered<L, R> {
    layer: L,
    inner: R,
}

impl<L, R> Layered<L, R> {
    /// Puts a layer over a runtime.
    pub fn new(layer: L, inner: R) -> Self {
        Self { layer, inner }
    }

    /// The layer.
    pub fn layer_ref(&self) -> &L {
        &self.layer
    }

    /// The runtime below.
    pub fn inner(&self) -> &R {
        &self.inner
    }

    /// The runtime below, without the layer.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

/// The kind of thing that a target argument names.
macro_rules! resource_kind {
    (id) => {
        ResourceKind::Container
    };
    (reference) => {
        ResourceKind::Image
    };
    (volume) => {
        ResourceKind::Volume
    };
    (network) => {
        ResourceKind::Network
    };
}

/// The target of a row, from its flags.
macro_rules! target {
    ([$again:ident]) => {
        None
    };
    ([$again:ident on $t:ident $($rest:tt)*]) => {
        Some((resource_kind!($t), AsRef::<str>::as_ref($t)))
    };
    ([$again:ident makes $t:ident]) => {
        $t.wished_name()
    };
    ([$again:ident body $b:ident]) => {
        None
    };
}

macro_rules! new_name {
    ([$again:ident on $t:ident as $name:ident]) => {
        Some($name)
    };
    ([$($flags:tt)*]) => {
        None
    };
}

macro_rules! replayable {
    ([$again:ident $(on $t:ident)? body $b:ident]) => {
        $b.is_replayable()
    };
    ([$($flags:tt)*]) => {
        true
    };
}

/// The volume and network groups are behind an accessor; the others are always there.
macro_rules! inner {
    (VolumeOps, $runtime:expr, $op:ident) => {
        $runtime
            .volumes()
            .ok_or_else(|| Error::unsupported(Operation::$op))?
    };
    (NetworkOps, $runtime:expr, $op:ident) => {
        $runtime
            .networks()
            .ok_or_else(|| Error::unsupported(Operation::$op))?
    };
    ($group:ident, $runtime:expr, $op:ident) => {
        &$runtime
    };
}
pub(crate) use {inner, resource_kind, target};

macro_rules! layered { ($group:ident $( $hook:ident $name:ident $Op:ident $flags:tt ($($a:ident : $ty:ty),*) -> $ret:ty; )*) => {
    #[async_trait]
    #[deny(clippy::missing_trait_methods)]
    impl<L: Layer, R: Runtime> $group for Layered<L, R> { $(
        async fn $name(&self $(, $a: $ty)*) -> Result<$ret> {
            let inner = inner!($group, self.inner, $Op);
            let call = Call {
                operation: Operation::$Op,
                target: target!($flags),
                new_name: new_name!($flags),
                arguments: &[$((stringify!($a), &$a)),*],
                replayable: replayable!($flags),
            };
            self.layer.$hook(call, || $group::$name(inner $(, Clone::clone(&$a))*)).await
        }
    )* }
} }

system_ops!(layered);
container_ops!(layered);
image_ops!(layered);
event_ops!(layered);
volume_ops!(layered);
network_ops!(layered);

#[deny(clippy::missing_trait_methods)]
impl<L: Layer, R: Runtime> Runtime for Layered<L, R> {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        self.inner.volumes().map(|_| self as _)
    }
    fn networks(&self) -> Option<&dyn NetworkOps> {
        self.inner.networks().map(|_| self as _)
    }
    fn capabilities(&self) -> Capabilities {
        self.layer.capabilities(self.inner.capabilities())
    }
    fn backend(&self) -> Option<&dyn Any> {
        self.inner.backend()
    }
}
