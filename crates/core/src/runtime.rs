//! The trait that every engine is behind.

use crate::{Capabilities, ContainerOps, EventOps, ImageOps, NetworkOps, SystemOps, VolumeOps};
use std::any::Any;

/// A container engine.
///
/// Take `&dyn Runtime` to borrow one, `Arc<dyn Runtime>` to keep one. Whole groups that a backend may lack are behind
/// accessors, so that their presence is known before a call; single operations that it may lack answer
/// [`Unsupported`](crate::ErrorKind::Unsupported), and [`capabilities`](Self::capabilities) tells beforehand.
///
/// ```
/// use wharf_core::{InspectOptions, Result, Runtime};
///
/// async fn is_running(runtime: &dyn Runtime, container: &str) -> Result<bool> {
///     let info = runtime.inspect_container(container, InspectOptions::default()).await?;
///     Ok(info.state.is_running())
/// }
/// ```
///
/// Implementers write the four groups and this trait, and hand themselves out inside [`Checked`](crate::Checked), which
/// validates all input in front of them.
pub trait Runtime: SystemOps + ContainerOps + ImageOps + EventOps {
    /// Operations on volumes, where the backend has them.
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        None
    }

    /// Operations on networks, where the backend has them.
    fn networks(&self) -> Option<&dyn NetworkOps> {
        None
    }

    /// What works, as learned when the backend was connected; effective through all layers. Does no I/O.
    fn capabilities(&self) -> Capabilities;

    /// The escape hatch: the backend itself, through all layers and pointers, for what is its own alone.
    /// [`RuntimeExt::backend_as`](crate::RuntimeExt::backend_as) is the convenient form.
    fn backend(&self) -> Option<&dyn Any> {
        None
    }
}

// Object safety is part of the promise.
const _: fn(&dyn Runtime, &dyn VolumeOps, &dyn NetworkOps) = |_, _, _| ();
