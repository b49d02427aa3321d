//! The handle on an engine, and how one is had.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wharf_core::{
    Capabilities, Checked, Credentials, Error, ErrorKind, Operation, Result, Runtime, VolumeOps,
    show_url,
};

use crate::bridge;
use crate::context::{check_tls, credentials};
use crate::convert::system::Versions;
use crate::dialect::Dialect;
use crate::discover::{check_named, resolve};
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::{At, Failure};
use crate::transport::{Deadline, Request, Transport};
use crate::version::{ApiVersion, negotiate};

/// How long a call may take unless the builder says otherwise.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A Docker or Podman engine, reached over its Engine API.
///
/// Cheap to clone; clones share their connections, their logins and their end. The same handle works
/// again after the engine was restarted. It is handed out inside [`Checked`], which validates all
/// input before it gets here; [`backend_as`](wharf_core::RuntimeExt::backend_as) leads back to it.
///
/// ```no_run
/// use wharf_core::SystemOps;
/// use wharf_docker::Docker;
///
/// # async fn example() -> wharf_core::Result<()> {
/// let engine = Docker::connect("unix:///var/run/docker.sock").await?;
/// println!("{}", engine.info().await?.version);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Docker(Arc<Inner>);

struct Inner {
    transport: Arc<Transport>,
    bollard: bollard::Docker,
    dialect: Dialect,
    api: ApiVersion,
    /// For people: `docker 28.5.2`.
    engine: Arc<str>,
    /// What the configuration and logins left, by registry.
    credentials: Mutex<BTreeMap<String, Credentials>>,
}

impl Docker {
    /// Connects to the engine at a URL: `unix:///path/to/socket`, `tcp://host:port`, or `docker:` for
    /// the one that the `docker` command would talk to (see [`discover`](crate::discover())).
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput): the URL is none of these, or what a variable or a
    ///   context names is none.
    /// - [`ConnectionFailed`](ErrorKind::ConnectionFailed): nobody answers there.
    /// - [`PermissionDenied`](ErrorKind::PermissionDenied): this user may not open the socket; or, by
    ///   `docker:`, one of the usual sockets, and no other engine is here.
    /// - [`Protocol`](ErrorKind::Protocol): somebody else answers there.
    /// - [`Unsupported`](ErrorKind::Unsupported): there is no version of the API that both speak; or
    ///   TLS or SSH is asked for.
    /// - [`Timeout`](ErrorKind::Timeout): the engine took too long.
    ///
    /// By `docker:` the message begins with who named the engine.
    pub async fn connect(url: &str) -> Result<Checked<Self>> {
        Self::builder(url).connect().await
    }

    /// The same, with choices to make.
    pub fn builder(url: impl Into<String>) -> DockerBuilder {
        DockerBuilder {
            url: url.into(),
            timeout: TIMEOUT,
            api_version: None,
            environment: None,
        }
    }

    /// Where the engine listens.
    pub fn endpoint(&self) -> &Endpoint {
        self.0.transport.endpoint()
    }

    /// The version of the API that was agreed on: `1.51`.
    pub fn api_version(&self) -> String {
        self.0.api.to_string()
    }

    pub(crate) fn transport(&self) -> &Arc<Transport> {
        &self.0.transport
    }

    /// For people: `docker 28.5.2`.
    pub(crate) fn engine(&self) -> &str {
        &self.0.engine
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    pub(crate) fn api(&self) -> ApiVersion {
        self.0.api
    }

    /// What turns a failure into the error of an operation.
    pub(crate) fn at(&self, operation: Operation) -> At {
        At {
            operation,
            dialect: self.0.dialect,
            engine: self.0.engine.clone(),
        }
    }

    /// A call that changes something and says little, made by bollard over our transport.
    pub(crate) async fn bollard<'a, T, F>(
        &'a self,
        deadline: Deadline,
        call: impl FnOnce(&'a bollard::Docker) -> F,
    ) -> std::result::Result<T, Failure>
    where
        F: Future<Output = std::result::Result<T, bollard::errors::Error>>,
    {
        // Boxed: bollard's futures are several times larger than ours.
        let call = Box::pin(call(&self.0.bollard));
        self.0
            .transport
            .within(deadline, async { call.await.map_err(bridge::failure) })
            .await
    }

    pub(crate) fn keep_credentials(&self, registry: String, credentials: Credentials) {
        let mut kept = self
            .0
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.insert(registry, credentials);
    }

    pub(crate) fn credentials_for(&self, registry: &str) -> Option<Credentials> {
        let kept = self
            .0
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.get(registry).cloned()
    }
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker")
            .field("endpoint", &self.endpoint().to_string())
            .field("engine", &self.0.engine)
            .field("api", &self.api_version())
            .finish_non_exhaustive()
    }
}

/// The operations that are there.
const OPERATIONS: &[Operation] = &[
    Operation::Info,
    Operation::Login,
    Operation::Close,
    Operation::Ping,
    Operation::Version,
    Operation::CreateContainer,
    Operation::StartContainer,
    Operation::StopContainer,
    Operation::RemoveContainer,
    Operation::InspectContainer,
    Operation::ListContainers,
    Operation::WaitContainer,
    Operation::ExecContainer,
    Operation::ContainerLogs,
    Operation::PauseContainer,
    Operation::UnpauseContainer,
    Operation::RestartContainer,
    Operation::KillContainer,
    Operation::RenameContainer,
    Operation::PruneContainers,
    Operation::PullImage,
    Operation::InspectImage,
    Operation::ListImages,
    Operation::RemoveImage,
    Operation::PruneImages,
    Operation::TagImage,
    Operation::Events,
    Operation::CreateVolume,
    Operation::InspectVolume,
    Operation::ListVolumes,
    Operation::RemoveVolume,
    Operation::PruneVolumes,
];

impl Runtime for Docker {
    fn volumes(&self) -> Option<&dyn VolumeOps> {
        Some(self)
    }

    fn capabilities(&self) -> Capabilities {
        let has = Capabilities::of(OPERATIONS.iter().copied());
        let missing = self.0.dialect.missing_options(self.0.api);
        missing
            .iter()
            .fold(has, |has, option| has.without_option(*option))
    }

    fn backend(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// How to connect to an engine. Made by [`Docker::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is connected"]
pub struct DockerBuilder {
    url: String,
    timeout: Duration,
    api_version: Option<String>,
    environment: Option<Environment>,
}

impl fmt::Debug for DockerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerBuilder")
            .field("url", &show_url(&self.url))
            .field("timeout", &self.timeout)
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}

impl DockerBuilder {
    /// How long a call may take, its answer included; 120 s unless set. A stop's own grace comes on
    /// top. Waits, pulls, prunes, programs run by an exec and streams that follow something take as
    /// long as they take. A log that is not followed may take longer too, but not fall silent for
    /// so long.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The version of the API to speak (`1.41`), in place of the newest that both know and of
    /// `DOCKER_API_VERSION`.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// The environment to look at, in place of the process's own.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Whether the URL can be connected to, as far as that is known without asking anybody; by
    /// `docker:` that is whether what is named can be.
    ///
    /// Fails as [`connect`](Self::connect) does, with [`InvalidInput`](ErrorKind::InvalidInput) or
    /// [`Unsupported`](ErrorKind::Unsupported).
    pub fn check(&self) -> Result<()> {
        let environment = self.environment.clone();
        let environment = environment.unwrap_or_else(Environment::of_process);
        if self.leaves_it_to_docker() {
            check_named(&environment).map(drop)
        } else {
            self.endpoint(&environment).map(drop)
        }
    }

    fn leaves_it_to_docker(&self) -> bool {
        ["docker:", "docker://"]
            .iter()
            .any(|url| self.url.eq_ignore_ascii_case(url))
    }

    fn endpoint(&self, environment: &Environment) -> Result<Endpoint> {
        check_tls(environment, self.url.parse()?)
    }

    /// Connects. Fails as [`Docker::connect`] does.
    pub async fn connect(self) -> Result<Checked<Docker>> {
        let environment = self.environment.clone();
        let environment = environment.unwrap_or_else(Environment::of_process);
        let pinned = self.api_version.as_deref();
        let pinned = pinned.or_else(|| environment.variable("DOCKER_API_VERSION"));
        let pinned = pinned.map(str::parse::<ApiVersion>).transpose()?;
        if self.leaves_it_to_docker() {
            let (origin, endpoint) = resolve(&environment).await?;
            open(endpoint, self.timeout, pinned, &environment)
                .await
                .map_err(|error| error.with_context(origin))
        } else {
            let endpoint = self.endpoint(&environment)?;
            open(endpoint, self.timeout, pinned, &environment).await
        }
    }
}

/// Asks the engine what it is, and agrees with it on a version.
async fn open(
    endpoint: Endpoint,
    timeout: Duration,
    pinned: Option<ApiVersion>,
    environment: &Environment,
) -> Result<Checked<Docker>> {
    let name: Arc<str> = endpoint.to_string().into();
    // Until the engine has said what it is, it goes by its address.
    let at = At {
        operation: Operation::Version,
        dialect: Dialect::Docker,
        engine: name,
    };
    let mut transport = Transport::new(endpoint, timeout).map_err(|failure| at.error(failure))?;
    let versions = ask_versions(&transport)
        .await
        .map_err(|failure| at.error(failure))?;
    let api = negotiate(&versions.min_api_version, &versions.api_version, pinned)
        .map_err(|why| Error::new(ErrorKind::Unsupported, why).with_engine(&*at.engine))?;
    transport.set_version(api);

    let dialect = versions.dialect();
    let engine: Arc<str> = format!("{} {}", dialect.name(), versions.version).into();
    tracing::debug!(endpoint = %transport.endpoint(), %engine, %api, "connected");
    let transport = Arc::new(transport);
    let bollard = bridge::bollard(&transport).map_err(|failure| at.error(failure))?;
    let credentials = Mutex::new(credentials(environment));
    let inner = Inner {
        transport,
        bollard,
        dialect,
        api,
        engine,
        credentials,
    };
    Ok(Checked::new(Docker(Arc::new(inner))))
}

async fn ask_versions(transport: &Transport) -> std::result::Result<Versions, Failure> {
    match transport
        .call(Request::get("/version").unversioned(), Deadline::Usual)
        .await
    {
        Ok(reply) => reply.json(),
        Err(failure) => Err(failure.unless_engine()),
    }
}
