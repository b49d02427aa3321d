//! Operations on containers.

use super::unsupported;
use crate::{
    Result,
    types::{
        AttachOptions, Body, Change, CommitOptions, ContainerConfig, ContainerInfo,
        ContainerSummary, CreatedContainer, DownloadOptions, ExecConfig, ExecOutput, Exit, ImageId,
        InspectOptions, Items, KillOptions, ListOptions, LogChunk, LogsOptions, Pending,
        ProcessList, PruneContainersOptions, Pruned, RemoveOptions, RestartOptions, Session,
        StartOptions, Stats, StatsOptions, StopOptions, TopOptions, UpdateOptions, Updated,
        UploadOptions, WaitOptions,
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt::Debug;

/// Operations on containers.
///
/// `id` is a container's full id, a prefix of an id that is no other's, or its name; a full id goes before a name, a
/// name before a prefix. Where nothing else is said, every operation with an `id` may fail with:
///
/// - [`ContainerNotFound`](crate::ErrorKind::ContainerNotFound): there is no such container.
/// - [`InvalidInput`](crate::ErrorKind::InvalidInput): the id is empty, has a slash or begins with a dot; it is the
///   beginning of several ids; or an option makes no sense. Nothing was touched.
/// - [`Unsupported`](crate::ErrorKind::Unsupported): this backend lacks the operation or the option, which is named.
/// - [`ConnectionFailed`](crate::ErrorKind::ConnectionFailed), [`Timeout`](crate::ErrorKind::Timeout),
///   [`Protocol`](crate::ErrorKind::Protocol), [`Internal`](crate::ErrorKind::Internal).
///
/// Dropping a future stops waiting, not the engine: what was sent may still happen.
#[async_trait]
pub trait ContainerOps: Debug + Send + Sync {
    /// Makes a container, and does not start it. Nothing is left behind when it fails. Source:
    /// `POST /containers/create`.
    ///
    /// - [`ImageNotFound`](crate::ErrorKind::ImageNotFound): the image is not here; nothing is pulled.
    /// - [`AlreadyExists`](crate::ErrorKind::AlreadyExists): the name is taken.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): a field of the configuration cannot be right; it is named.
    ///
    /// Dropping the future: the container may have been made. Give it a name or a label to find it.
    async fn create_container(&self, config: ContainerConfig) -> Result<CreatedContainer>;

    /// Starts a container that was made or has exited. One that runs already is Ok. Source:
    /// `POST /containers/{id}/start`.
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): its program cannot be run (not found, not executable), or
    ///   its user is unknown. It stays `created`, with exit code 126, 127 or 128 and the error's text, and there is no
    ///   start event.
    /// - [`Conflict`](crate::ErrorKind::Conflict): it is paused or being removed; a port is taken.
    /// - [`NotFound`](crate::ErrorKind::NotFound): its network is gone.
    async fn start_container(&self, id: &str, options: StartOptions) -> Result<()>;

    /// Stops a container: sends the stop signal, waits the grace, sends SIGKILL; returns when it has exited. One that
    /// does not run is Ok; a paused one is let go first. Its restart policy does not start it again. Source:
    /// `POST /containers/{id}/stop`.
    ///
    /// The exit code is the program's own, or 137 after SIGKILL. Dropping the future: the stop goes on.
    async fn stop_container(&self, id: &str, options: StopOptions) -> Result<()>;

    /// Removes a container and its log. Source: `DELETE /containers/{id}`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it runs or is paused, and `force` was not asked for; or it is being
    ///   removed already.
    ///
    /// `force` does not make a missing container Ok.
    async fn remove_container(&self, id: &str, options: RemoveOptions) -> Result<()>;

    /// Tells everything about a container. Source: `GET /containers/{id}/json`.
    async fn inspect_container(&self, id: &str, options: InspectOptions) -> Result<ContainerInfo>;

    /// Lists containers, newest first: those that run, are paused or restart, or with `all` every one. Source:
    /// `GET /containers/json`.
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): a filter's key or value is unknown.
    /// - [`ContainerNotFound`](crate::ErrorKind::ContainerNotFound): a `before` or `since` names none.
    async fn list_containers(&self, options: ListOptions) -> Result<Vec<ContainerSummary>>;

    /// Waits for a container's end. When this gives Ok the wait is armed, and no exit from then on is missed; the
    /// [`Pending`] gives the exit. Source: `POST /containers/{id}/wait`.
    ///
    /// `NotRunning` answers at once for one that does not run; `NextExit` waits for the next exit, also of one that is
    /// yet to be started, and answers when it is removed instead; `Removed` waits for that. An exit code that is not
    /// zero is data. Wait has no deadline and is never repeated.
    async fn wait_container(&self, id: &str, options: WaitOptions) -> Result<Pending<Exit>>;

    /// Runs a program in a running container, and collects what it writes until it ends. Source:
    /// `POST /containers/{id}/exec`, `POST /exec/{id}/start`, `GET /exec/{id}/json`.
    ///
    /// A program that cannot be found or run is an exit code of 127 or 126, not an error.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): the container does not run or is paused.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): the command is empty; the user is unknown; the output is
    ///   larger than `output_limit`.
    ///
    /// Dropping the future: the program runs on.
    async fn exec_container(&self, id: &str, config: ExecConfig) -> Result<ExecOutput>;

    /// Reads a container's log: of all its runs, in the order of writing. Source: `GET /containers/{id}/logs`.
    ///
    /// With `follow` it stays open until the container exits or is removed; of one that does not run it ends at once.
    /// Slow readers slow the engine down; no more than a few chunks are held in memory.
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): neither stdout nor stderr is chosen.
    async fn container_logs(&self, id: &str, options: LogsOptions) -> Result<Items<LogChunk>>;

    /// Freezes a running container's processes. Source: `POST /containers/{id}/pause`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it does not run, or is paused.
    async fn pause_container(&self, id: &str) -> Result<()> {
        unsupported!(PauseContainer, id)
    }

    /// Lets a paused container's processes go on. Source: `POST /containers/{id}/unpause`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it is not paused.
    async fn unpause_container(&self, id: &str) -> Result<()> {
        unsupported!(UnpauseContainer, id)
    }

    /// Stops a container as `stop_container` does, and starts it. One that does not run is started. Source:
    /// `POST /containers/{id}/restart`.
    async fn restart_container(&self, id: &str, options: RestartOptions) -> Result<()> {
        unsupported!(RestartContainer, id, options)
    }

    /// Sends a signal to a running container's main process, and does not wait for what comes of it. A paused one is
    /// let go; its restart policy does not start it again. Source: `POST /containers/{id}/kill`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it does not run.
    async fn kill_container(&self, id: &str, options: KillOptions) -> Result<()> {
        unsupported!(KillContainer, id, options)
    }

    /// Gives a container another name. Source: `POST /containers/{id}/rename`.
    ///
    /// - [`AlreadyExists`](crate::ErrorKind::AlreadyExists): the name is another's.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): it is its own, or no name.
    async fn rename_container(&self, id: &str, name: &str) -> Result<()> {
        unsupported!(RenameContainer, id, name)
    }

    /// Changes a container's limits or restart policy. Source: `POST /containers/{id}/update`.
    async fn update_container(&self, id: &str, options: UpdateOptions) -> Result<Updated> {
        unsupported!(UpdateContainer, id, options)
    }

    /// Runs a program in a running container and converses with it. Source: as `exec_container`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): the container does not run or is paused.
    async fn start_exec(&self, id: &str, config: ExecConfig) -> Result<Session> {
        unsupported!(StartExec, id, config)
    }

    /// Converses with a container's main process. Source: `POST /containers/{id}/attach`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it has exited, or is paused.
    async fn attach_container(&self, id: &str, options: AttachOptions) -> Result<Session> {
        unsupported!(AttachContainer, id, options)
    }

    /// Measures a container. Source: `GET /containers/{id}/stats`.
    async fn container_stats(&self, id: &str, options: StatsOptions) -> Result<Items<Stats>> {
        unsupported!(ContainerStats, id, options)
    }

    /// Lists the processes of a running container. Source: `GET /containers/{id}/top`.
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): it does not run.
    async fn container_top(&self, id: &str, options: TopOptions) -> Result<ProcessList> {
        unsupported!(ContainerTop, id, options)
    }

    /// Lists the files that differ from the image's. Source: `GET /containers/{id}/changes`.
    async fn container_changes(&self, id: &str) -> Result<Vec<Change>> {
        unsupported!(ContainerChanges, id)
    }

    /// Unpacks a tar archive into a folder of a container, which must be there. Source:
    /// `PUT /containers/{id}/archive`.
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): the folder is not there.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): it is no folder; the archive is damaged.
    async fn upload_archive(
        &self,
        id: &str,
        path: &str,
        body: Body,
        options: UploadOptions,
    ) -> Result<()> {
        unsupported!(UploadArchive, id, path, body, options)
    }

    /// Packs a file or folder of a container into a tar archive. Source: `GET /containers/{id}/archive`.
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): it is not there.
    async fn download_archive(
        &self,
        id: &str,
        path: &str,
        options: DownloadOptions,
    ) -> Result<Items<Bytes>> {
        unsupported!(DownloadArchive, id, path, options)
    }

    /// Packs all files of a container into a tar archive. Source: `GET /containers/{id}/export`.
    async fn export_container(&self, id: &str) -> Result<Items<Bytes>> {
        unsupported!(ExportContainer, id)
    }

    /// Makes an image of a container's files. Source: `POST /commit`.
    async fn commit_container(&self, id: &str, options: CommitOptions) -> Result<ImageId> {
        unsupported!(CommitContainer, id, options)
    }

    /// Removes all containers that neither run nor are paused, or those of them that match. Source:
    /// `POST /containers/prune`.
    async fn prune_containers(&self, options: PruneContainersOptions) -> Result<Pruned> {
        unsupported!(PruneContainers, options)
    }
}
