//! The engine about itself, and the handle's own connection.

use super::Engine;
use crate::state::State;
use async_trait::async_trait;
use std::sync::PoisonError;
use wharf_core::{
    Credentials, DiskUsage, DiskUsageOptions, Info, Login, Ping, Result, SystemOps, Version,
};

#[async_trait]
impl SystemOps for Engine {
    async fn info(&self) -> Result<Info> {
        self.read(|state| Ok(state.info()))
    }

    async fn login(&self, credentials: Credentials) -> Result<Login> {
        let host = credentials.registry.as_deref();
        let shared = self.enter()?;
        let world = shared.lock();
        shared.check_power()?;
        let (host, status) = world.registries.login(host, &credentials)?;
        drop(world);
        let mut logins = self
            .session
            .logins
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        logins.insert(host, credentials);
        Ok(Login::default().with_status(status))
    }

    async fn close(&self) -> Result<()> {
        self.session.closed.send_replace(true);
        Ok(())
    }

    async fn ping(&self) -> Result<Ping> {
        self.read(|_| Ok(Ping::default()))
    }

    async fn version(&self) -> Result<Version> {
        self.read(|_| Ok(State::version()))
    }

    async fn disk_usage(&self, _: DiskUsageOptions) -> Result<DiskUsage> {
        self.read(|state| Ok(state.disk_usage()))
    }
}
