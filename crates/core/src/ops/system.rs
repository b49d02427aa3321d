//! Operations on the engine itself.

use super::unsupported;
use crate::{
    Result,
    types::{Credentials, DiskUsage, DiskUsageOptions, Info, Login, Ping, Version},
};
use async_trait::async_trait;
use std::fmt::Debug;

/// Operations on the engine itself.
///
/// All may fail with [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed),
/// [`PermissionDenied`](crate::ErrorKind::PermissionDenied) (the socket may not be opened),
/// [`Timeout`](crate::ErrorKind::Timeout) and [`Protocol`](crate::ErrorKind::Protocol). Dropping a future changes
/// nothing in the engine.
#[async_trait]
pub trait SystemOps: Debug + Send + Sync {
    /// Tells what the engine is, on what host, and how much it holds. Source: `GET /info`.
    async fn info(&self) -> Result<Info>;

    /// Asks a registry whether it takes the credentials, and keeps them on this handle and its clones for later pulls
    /// and pushes. Source: `POST /auth`.
    ///
    /// - [`Unauthorized`](crate::ErrorKind::Unauthorized): the registry refuses them.
    /// - [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed): the registry cannot be reached.
    async fn login(&self, credentials: Credentials) -> Result<Login>;

    /// Ends our connections. Later calls and open streams of all clones answer
    /// [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed); the engine lives on. Closing twice is Ok.
    async fn close(&self) -> Result<()>;

    /// Sees whether the engine answers. Source: `GET /_ping`.
    async fn ping(&self) -> Result<Ping> {
        unsupported!(Ping)
    }

    /// Tells the versions of the engine and of its API. Source: `GET /version`.
    async fn version(&self) -> Result<Version> {
        unsupported!(Version)
    }

    /// Measures how much disk images, containers and volumes take. Source: `GET /system/df`.
    async fn disk_usage(&self, options: DiskUsageOptions) -> Result<DiskUsage> {
        unsupported!(DiskUsage, options)
    }
}
