//! Operations on containers.

use async_trait::async_trait;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters as query;
use wharf_core::{
    ContainerConfig, ContainerInfo, ContainerOps, ContainerSummary, CreatedContainer, Error,
    ExecConfig, ExecOutput, Exit, InspectOptions, Items, KillOptions, ListOptions, LogChunk,
    LogsOptions, Operation, Pending, PruneContainersOptions, Pruned, RemoveOptions, RestartOptions,
    Result, StartOptions, StopOptions, WaitOptions,
};

use crate::connect::Docker;
use crate::convert::container::Inspected;
use crate::convert::image::reclaimed;
use crate::convert::{create, summary};
use crate::error::Failure;
use crate::filters;
use crate::transport::{Deadline, Request, segment};

#[async_trait]
impl ContainerOps for Docker {
    async fn create_container(&self, config: ContainerConfig) -> Result<CreatedContainer> {
        if let Some(platform) = &config.platform {
            self.require("create_container.platform", platform)?;
        }
        let body = create::body(&config)?;
        let created = self.create(&config, &body).await;
        let created =
            created.map_err(|failure| self.at(Operation::CreateContainer).error(failure))?;
        Ok(CreatedContainer::new(created.id).with_warnings(created.warnings))
    }

    async fn start_container(&self, id: &str, _: StartOptions) -> Result<()> {
        let options = None::<query::StartContainerOptions>;
        let name = segment(id);
        let started = self.bollard(Deadline::Usual, |b| async move {
            b.start_container(&name, options).await
        });
        started
            .await
            .map_err(|failure| self.at(Operation::StartContainer).error(failure))
    }

    async fn stop_container(&self, id: &str, options: StopOptions) -> Result<()> {
        if let Some(signal) = options.signal {
            self.require("stop_container.signal", &signal)?;
        }
        let stopped = self.stop(id, options);
        stopped
            .await
            .map_err(|failure| self.at(Operation::StopContainer).error(failure))
    }

    async fn remove_container(&self, id: &str, options: RemoveOptions) -> Result<()> {
        let removed = self.remove(id, &options);
        removed
            .await
            .map_err(|failure| self.at(Operation::RemoveContainer).error(failure))
    }

    async fn inspect_container(&self, id: &str, options: InspectOptions) -> Result<ContainerInfo> {
        let inspected = self.inspected(id, options.size).await;
        let inspected =
            inspected.map_err(|failure| self.at(Operation::InspectContainer).error(failure))?;
        Ok(inspected.into_info(self.dialect(), options.size))
    }

    async fn list_containers(&self, options: ListOptions) -> Result<Vec<ContainerSummary>> {
        let listed = self.list(&options);
        listed
            .await
            .map_err(|failure| self.at(Operation::ListContainers).error(failure))
    }

    async fn wait_container(&self, id: &str, options: WaitOptions) -> Result<Pending<Exit>> {
        self.wait(id, &options).await
    }

    async fn exec_container(&self, id: &str, config: ExecConfig) -> Result<ExecOutput> {
        let output = self.exec(id, &config).await;
        output.map_err(|failure| self.at(Operation::ExecContainer).error(failure))
    }

    async fn container_logs(&self, id: &str, options: LogsOptions) -> Result<Items<LogChunk>> {
        let logs = self.logs(id, &options).await;
        logs.map_err(|failure| self.at(Operation::ContainerLogs).error(failure))
    }

    async fn pause_container(&self, id: &str) -> Result<()> {
        let name = segment(id);
        let paused = self.bollard(Deadline::Usual, |b| async move {
            b.pause_container(&name).await
        });
        paused
            .await
            .map_err(|failure| self.at(Operation::PauseContainer).error(failure))
    }

    async fn unpause_container(&self, id: &str) -> Result<()> {
        let unpaused = self.unpause(id).await;
        unpaused.map_err(|failure| self.at(Operation::UnpauseContainer).error(failure))
    }

    async fn restart_container(&self, id: &str, options: RestartOptions) -> Result<()> {
        if let Some(signal) = options.signal {
            self.require("restart_container.signal", &signal)?;
        }
        let restarted = self.restart(id, options);
        restarted
            .await
            .map_err(|failure| self.at(Operation::RestartContainer).error(failure))
    }

    async fn kill_container(&self, id: &str, options: KillOptions) -> Result<()> {
        let killed = self.kill(id, &options);
        killed
            .await
            .map_err(|failure| self.at(Operation::KillContainer).error(failure))
    }

    async fn rename_container(&self, id: &str, name: &str) -> Result<()> {
        let renamed = self.rename(id, name);
        renamed
            .await
            .map_err(|failure| self.at(Operation::RenameContainer).error(failure))
    }

    async fn prune_containers(&self, options: PruneContainersOptions) -> Result<Pruned> {
        let options = query::PruneContainersOptions {
            filters: filters::map(&options.filters),
        };
        let pruned = self.bollard(Deadline::None, |b| async move {
            b.prune_containers(Some(options)).await
        });
        let pruned = pruned
            .await
            .map_err(|failure| self.at(Operation::PruneContainers).error(failure))?;
        Ok(Pruned::default()
            .with_removed(pruned.containers_deleted.unwrap_or_default())
            .with_reclaimed(reclaimed(pruned.space_reclaimed)))
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    id: String,
    #[serde(default, deserialize_with = "crate::convert::nullable")]
    warnings: Vec<String>,
}

impl Docker {
    /// An option that this engine ignores is refused: it would be silently left out.
    fn require(&self, option: &str, value: &dyn std::fmt::Display) -> Result<()> {
        let missing = self.dialect().missing_options(self.api());
        if missing.contains(&option) {
            let why = format!("{value} would be ignored by {}", self.engine());
            return Err(Error::unsupported_option(option, why).with_engine(self.engine()));
        }
        Ok(())
    }

    /// Not by bollard: it writes the whole body, environment and all, to the debug log.
    async fn create(
        &self,
        config: &ContainerConfig,
        body: &ContainerCreateBody,
    ) -> Result<Created, Failure> {
        let mut request = Request::post("/containers/create");
        if let Some(name) = &config.name {
            request = request.query("name", name);
        }
        if let Some(platform) = &config.platform {
            request = request.query("platform", platform.to_string());
        }
        let request = request.json(body)?;
        self.transport()
            .call(request, Deadline::Usual)
            .await?
            .json()
    }

    /// A container as the engine describes it.
    pub(crate) async fn inspected(&self, id: &str, size: bool) -> Result<Inspected, Failure> {
        let mut request = Request::get(format!("/containers/{}/json", segment(id)));
        if size {
            request = request.flag("size", true);
        }
        self.transport()
            .call(request, Deadline::Usual)
            .await?
            .json()
    }

    pub(crate) async fn list(
        &self,
        options: &ListOptions,
    ) -> Result<Vec<ContainerSummary>, Failure> {
        let dialect = self.dialect();
        let asked = dialect.list_request(options);
        let mut request = Request::get("/containers/json").flag("all", asked.all);
        if let Some(limit) = asked.limit.filter(|limit| *limit > 0) {
            request = request.query("limit", limit.to_string());
        }
        if asked.size {
            request = request.flag("size", true);
        }
        let request = filters::query(request, &asked.filters)?;
        let listed: Vec<summary::Listed> = self
            .transport()
            .call(request, Deadline::Usual)
            .await?
            .json()?;
        let summaries = listed
            .into_iter()
            .map(|listed| listed.into_summary(dialect, options.size))
            .collect();
        Ok(dialect.list_reply(summaries, options))
    }
}
