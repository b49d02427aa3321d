//! Operations on the engine itself.

use async_trait::async_trait;
use wharf_core::{Credentials, Info, Login, Operation, Ping, Result, SystemOps, Version};

use crate::connect::Docker;
use crate::convert::system::{AuthConfig, LoggedIn, Told, Versions};
use crate::error::Failure;
use crate::registry;
use crate::transport::{Deadline, Request};

#[async_trait]
impl SystemOps for Docker {
    async fn info(&self) -> Result<Info> {
        let told = self
            .told()
            .await
            .map_err(|failure| self.at(Operation::Info).error(failure))?;
        Ok(told.into_info(self.dialect()))
    }

    async fn login(&self, credentials: Credentials) -> Result<Login> {
        let registry = registry::key(credentials.registry.as_deref());
        let login = async {
            let auth = AuthConfig::new(&credentials, registry);
            let request = Request::post("/auth").json(&auth)?;
            self.transport()
                .call(request, Deadline::Usual)
                .await?
                .json_or_nothing::<LoggedIn>()
        };
        let login = login
            .await
            .map_err(|failure| self.at(Operation::Login).error(failure))?;
        let login: Login = login.map(Into::into).unwrap_or_default();
        let mut kept = credentials.clone();
        if login.identity_token.is_some() {
            kept.identity_token.clone_from(&login.identity_token);
        }
        self.keep_credentials(registry.to_owned(), kept);
        Ok(login)
    }

    async fn close(&self) -> Result<()> {
        self.transport().close();
        Ok(())
    }

    async fn ping(&self) -> Result<Ping> {
        let request = Request::get("/_ping").unversioned();
        let reply = self.transport().call(request, Deadline::Usual).await;
        let reply = reply.map_err(|failure| self.at(Operation::Ping).error(failure))?;
        let mut ping = Ping::default();
        ping.api_version = reply.header("api-version").map(str::to_owned);
        Ok(ping)
    }

    async fn version(&self) -> Result<Version> {
        let request = Request::get("/version").unversioned();
        let versions = async {
            self.transport()
                .call(request, Deadline::Usual)
                .await?
                .json::<Versions>()
        };
        let versions = versions
            .await
            .map_err(|failure| self.at(Operation::Version).error(failure))?;
        Ok(versions.into_version())
    }
}

impl Docker {
    /// What the engine says of itself and its host, the time there among it.
    pub(crate) async fn told(&self) -> Result<Told, Failure> {
        self.transport()
            .call(Request::get("/info"), Deadline::Usual)
            .await?
            .json()
    }
}
