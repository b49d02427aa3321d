//! Operations on networks.

use crate::{
    Result,
    types::{
        ConnectOptions, DisconnectOptions, ListNetworksOptions, NetworkConfig, NetworkInfo,
        PruneNetworksOptions, Pruned,
    },
};
use async_trait::async_trait;
use std::fmt::Debug;

/// Operations on networks, each by name or id. A missing one is [`NotFound`](crate::ErrorKind::NotFound).
#[async_trait]
pub trait NetworkOps: Debug + Send + Sync {
    /// Makes a network. Source: `POST /networks/create`.
    ///
    /// - [`AlreadyExists`](crate::ErrorKind::AlreadyExists): the name is taken.
    /// - [`Conflict`](crate::ErrorKind::Conflict): its addresses are another's.
    async fn create_network(&self, config: NetworkConfig) -> Result<NetworkInfo>;

    /// Tells everything about a network. Source: `GET /networks/{id}`.
    async fn inspect_network(&self, network: &str) -> Result<NetworkInfo>;

    /// Lists networks. Source: `GET /networks`.
    async fn list_networks(&self, options: ListNetworksOptions) -> Result<Vec<NetworkInfo>>;

    /// Removes a network. Source: `DELETE /networks/{id}`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): a running container is in it.
    /// - [`PermissionDenied`](crate::ErrorKind::PermissionDenied): it is the engine's own.
    async fn remove_network(&self, network: &str) -> Result<()>;

    /// Removes networks that no container is in. Source: `POST /networks/prune`.
    async fn prune_networks(&self, options: PruneNetworksOptions) -> Result<Pruned>;

    /// Lets a container join a network. Source: `POST /networks/{id}/connect`.
    ///
    /// - [`ContainerNotFound`](crate::ErrorKind::ContainerNotFound): there is no such container.
    /// - [`Conflict`](crate::ErrorKind::Conflict): it is in it already.
    async fn connect_network(
        &self,
        network: &str,
        container: &str,
        options: ConnectOptions,
    ) -> Result<()>;

    /// Lets a container leave a network. Source: `POST /networks/{id}/disconnect`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it is not in it.
    async fn disconnect_network(
        &self,
        network: &str,
        container: &str,
        options: DisconnectOptions,
    ) -> Result<()>;
}
