//! Waiting until a container is ready.

use futures::{
    FutureExt, TryFutureExt, TryStreamExt,
    future::{self, BoxFuture, Either, select, select_all, try_join_all},
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use wharf_core::{
    Command, Error, ErrorKind, ExecConfig, HealthStatus, InspectOptions, LogSource, LogsOptions,
    Protocol, PublishedPort, Result, Runtime, Tail, WaitOptions,
};

/// The time between two looks, where nobody tells us of a change.
const INTERVAL: Duration = Duration::from_millis(100);

/// A proxy in front of a port that nobody listens on takes the connection, and drops it about as fast as it can.
const SECOND_THOUGHTS: Duration = Duration::from_millis(50);

/// So many lines of the log are in the error.
const LAST_LINES: u64 = 10;

/// A line that is longer is looked at in pieces of this size.
const LONGEST_LINE: usize = 64 << 10;

/// What makes a container ready. See [`wait_until`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ready {
    /// Its health check says so.
    Healthy,
    /// It accepts TCP connections at this port of its own, which must be published and reachable from here.
    Port(NonZeroU16),
    /// It has written a line, to stdout or stderr, that contains the text.
    LogLine(String),
    /// The program, run in it, ends with exit code 0.
    Exec(Command),
    /// One of these; of none, never.
    Any(Vec<Ready>),
    /// All of these.
    All(Vec<Ready>),
}

impl Ready {
    /// [`Ready::LogLine`].
    pub fn log_line(text: impl Into<String>) -> Self {
        Self::LogLine(text.into())
    }

    /// [`Ready::Exec`].
    pub fn exec(command: impl Into<Command>) -> Self {
        Self::Exec(command.into())
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |all: &[Self], word| {
            all.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(word)
        };
        match self {
            Self::Healthy => f.write_str("good health"),
            Self::Port(port) => write!(f, "port {port}"),
            Self::LogLine(text) => write!(f, "a log line with {text:?}"),
            Self::Exec(command) => write!(f, "success of {:?}", command.join(" ")),
            Self::Any(all) => f.write_str(&joined(all, " or ")),
            Self::All(all) => f.write_str(&joined(all, " and ")),
        }
    }
}

/// Waits until a container that was started is ready, at most so long.
///
/// ```
/// use std::time::Duration;
/// use wharf::prelude::*;
/// use wharf::{ContainerConfig, Ready, StartOptions};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> wharf::Result<()> {
/// let runtime = wharf::connect("fake:").await?;
/// let config = ContainerConfig::new("busybox")
///     .with_name("web")
///     .with_command(["sh", "-c", "sleep 0.1; echo listening; sleep 60"]);
/// runtime.create_container(config).await?;
/// runtime.start_container("web", StartOptions::default()).await?;
///
/// let ready = Ready::log_line("listening");
/// wharf::wait_until(&*runtime, "web", ready, Duration::from_secs(10)).await?;
/// # Ok(()) }
/// ```
///
/// - [`Conflict`](ErrorKind::Conflict): it does not run, or has exited before it was ready; the last lines of its log
///   are in the message. This is told at once.
/// - [`Timeout`](ErrorKind::Timeout): it is not ready yet; the last lines of its log are in the message.
/// - [`InvalidInput`](ErrorKind::InvalidInput): it can never be: it has no health check, or does not publish the port.
/// - what inspect, wait, logs and exec fail with.
///
/// Dropping the future leaves nothing behind but, for [`Ready::Exec`], the program that was running.
pub async fn wait_until(
    runtime: &dyn Runtime,
    container: &str,
    ready: Ready,
    patience: Duration,
) -> Result<()> {
    let exit = runtime
        .wait_container(container, WaitOptions::default())
        .await?;
    let first = timeout(patience, select(until(runtime, container, &ready), exit)).await;
    let (kind, what) = match first {
        Ok(Either::Left((outcome, _))) => return outcome,
        Ok(Either::Right((exit, _))) => (
            ErrorKind::Conflict,
            format!("ended with exit code {} before", exit?.code),
        ),
        Err(_) => (ErrorKind::Timeout, format!("has waited {patience:?} for")),
    };
    let log = last_lines(runtime, container).await?;
    let message = format!("container {container} {what} {ready}; the end of its log:\n{log}");
    Err(Error::new(kind, message))
}

/// Does not answer where the container has ended: that is seen elsewhere, and told with its log.
fn until<'a>(
    runtime: &'a dyn Runtime,
    container: &'a str,
    ready: &'a Ready,
) -> BoxFuture<'a, Result<()>> {
    let each = |all: &'a [Ready]| all.iter().map(|ready| until(runtime, container, ready));
    match ready {
        Ready::Healthy => healthy(runtime, container).boxed(),
        Ready::Port(port) => listening(runtime, container, *port).boxed(),
        Ready::LogLine(text) => written(runtime, container, text).boxed(),
        Ready::Exec(command) => succeeding(runtime, container, command).boxed(),
        Ready::Any(all) if all.is_empty() => future::pending().boxed(),
        Ready::Any(all) => select_all(each(all)).map(|(outcome, ..)| outcome).boxed(),
        Ready::All(all) => try_join_all(each(all)).map_ok(drop).boxed(),
    }
}

async fn healthy(runtime: &dyn Runtime, container: &str) -> Result<()> {
    loop {
        let info = runtime
            .inspect_container(container, InspectOptions::default())
            .await?;
        match info.health.map(|health| health.status) {
            Some(HealthStatus::Healthy) => return Ok(()),
            None | Some(HealthStatus::None) => {
                return Err(Error::invalid("ready", "the container has no health check"));
            }
            Some(_) => sleep(INTERVAL).await,
        }
    }
}

async fn succeeding(runtime: &dyn Runtime, container: &str, command: &Command) -> Result<()> {
    loop {
        let config = ExecConfig::new(command.iter().cloned());
        match runtime.exec_container(container, config).await {
            Ok(output) if output.code() == 0 => return Ok(()),
            Err(error) if error.kind() != ErrorKind::Conflict => return Err(error),
            _ => sleep(INTERVAL).await,
        }
    }
}

async fn written(runtime: &dyn Runtime, container: &str, text: &str) -> Result<()> {
    let follow = LogsOptions::default().with_follow(true);
    let mut logs = runtime.container_logs(container, follow).await?;
    // Stdout and stderr each have their own line that is not at its end yet.
    let mut lines = [Vec::new(), Vec::new()];
    while let Some(chunk) = logs.try_next().await? {
        let line = &mut lines[usize::from(chunk.source == LogSource::Stderr)];
        for piece in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if String::from_utf8_lossy(line).contains(text) {
                return Ok(());
            }
            if line.ends_with(b"\n") || line.len() > LONGEST_LINE {
                line.clear();
            }
        }
    }
    future::pending().await
}

async fn listening(runtime: &dyn Runtime, container: &str, port: NonZeroU16) -> Result<()> {
    loop {
        let info = runtime
            .inspect_container(container, InspectOptions::default())
            .await?;
        if !info
            .config
            .ports
            .iter()
            .any(|mapping| mapping.container == port)
        {
            let why = format_args!("the container does not publish port {port}");
            return Err(Error::invalid("ready", why));
        }
        let ours = |published: &&PublishedPort| {
            published.container == port.get() && published.protocol == Protocol::Tcp
        };
        for host in info
            .ports
            .iter()
            .filter(ours)
            .filter_map(|published| published.host)
        {
            if answers(reachable(host)).await {
                return Ok(());
            }
        }
        sleep(INTERVAL).await;
    }
}

/// All addresses of a host are no address to connect to.
fn reachable(host: SocketAddr) -> SocketAddr {
    let ip = match host.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, host.port())
}

async fn answers(host: SocketAddr) -> bool {
    let Ok(Ok(mut stream)) = timeout(INTERVAL, TcpStream::connect(host)).await else {
        return false;
    };
    // Whoever really listens waits for us to speak, or greets us.
    match timeout(SECOND_THOUGHTS, stream.read(&mut [0])).await {
        Ok(Ok(bytes)) => bytes > 0,
        Ok(Err(_)) => false,
        Err(_) => true,
    }
}

async fn last_lines(runtime: &dyn Runtime, container: &str) -> Result<String> {
    let tail = LogsOptions::default().with_tail(Tail::Last(LAST_LINES));
    let logs = match runtime.container_logs(container, tail).await {
        Ok(logs) => logs,
        // It removed itself when it ended.
        Err(error) if error.is_not_found() => return Ok("(it is gone)".to_owned()),
        Err(error) => return Err(error),
    };
    let text = logs.try_fold(String::new(), |text, chunk| async move {
        Ok(text + &String::from_utf8_lossy(&chunk.bytes))
    });
    Ok(text.await?.trim_end().to_owned())
}
