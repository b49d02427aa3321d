//! Waiting until a container is ready.

use futures::{
    FutureExt, TryFutureExt, TryStreamExt,
    future::{self, BoxFuture, Either, select, select_ok, try_join_all},
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, ToSocketAddrs},
    time::{Instant, sleep, timeout},
};
use wharf_core::{
    Command, ContainerInfo, ContainerState, Error, ErrorKind, ExecConfig, Exit, HealthStatus,
    InspectOptions, LogSource, LogsOptions, Protocol, PublishedPort, Result, Runtime, Tail,
    WaitOptions,
};

/// The time between two looks, where nobody tells us of a change.
const INTERVAL: Duration = Duration::from_millis(100);

/// One try to connect takes at most so long. An engine may be far away.
const CONNECT: Duration = Duration::from_secs(1);

/// A proxy in front of a port that nobody listens on takes the connection, and drops it about as fast as it can.
const SECOND_THOUGHTS: Duration = Duration::from_millis(50);

/// So many lines of the log are in the error.
const LAST_LINES: u64 = 10;

/// And of these so many bytes, as a program may write lines of any length.
const LAST_BYTES: usize = 64 << 10;

/// Reading them, once patience is at its end, takes at most so long.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A line that is longer is looked at in pieces of this size.
const LONGEST_LINE: usize = 64 << 10;

/// What makes a container ready. See [`wait_until`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ready {
    /// Its health check says so.
    Healthy,
    /// It accepts TCP connections at this port of its own, which must be published. The engine is on this machine: an
    /// address that stands for all of its host's is tried as this machine's own. For others there is
    /// [`PortAt`](Self::PortAt).
    Port(NonZeroU16),
    /// The same on an engine elsewhere, whose machine is reached from here by this name or address.
    PortAt(String, NonZeroU16),
    /// It has written a line, to stdout or stderr, that contains the text.
    LogLine(String),
    /// The program, run in it, ends with exit code 0.
    Exec(Command),
    /// One of these; of none, never. One that fails does not keep the others from their turn.
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
            Self::PortAt(host, port) => write!(f, "port {port} at {host}"),
            Self::LogLine(text) => write!(f, "a log line with {text:?}"),
            Self::Exec(command) => write!(f, "success of {:?}", command.join(" ")),
            Self::Any(all) => f.write_str(&joined(all, " or ")),
            Self::All(all) => f.write_str(&joined(all, " and ")),
        }
    }
}

/// Waits until a container that was started is ready, at most so long. Where it is not, reading the end of its log may
/// take two seconds more.
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
/// - [`Conflict`](ErrorKind::Conflict): it does not run, or has exited before it was ready. This is told at once, and
///   comes before what it can never be.
/// - [`Timeout`](ErrorKind::Timeout): it is not ready yet, or the engine has not answered.
/// - [`InvalidInput`](ErrorKind::InvalidInput): it can never be, though it runs: it has no health check, or does not
///   publish the port for TCP.
/// - [`Unsupported`](ErrorKind::Unsupported): a port of the engine in memory, where nobody can connect to a container.
/// - what inspect, wait, logs and exec fail with.
///
/// The last lines of its log, or why they cannot be read, are in the message of the first two.
///
/// Dropping the future leaves nothing behind but, for [`Ready::Exec`], the program that was running.
pub async fn wait_until(
    runtime: &dyn Runtime,
    container: &str,
    ready: Ready,
    patience: Duration,
) -> Result<()> {
    let (kind, what) = match timeout(patience, ready_or_ended(runtime, container, &ready)).await {
        Ok(Ok(None)) => return Ok(()),
        Ok(Ok(Some(exit))) => (ErrorKind::Conflict, ended(runtime, container, &exit).await),
        Ok(Err(error)) => return Err(error),
        Err(_) => (ErrorKind::Timeout, format!("has waited {patience:?} for")),
    };
    let log = last_words(runtime, container).await;
    let message = format!("container {container} {what} {ready}; the end of its log:\n{log}");
    Err(Error::new(kind, message))
}

/// None when it is ready; its exit where that was first.
async fn ready_or_ended(
    runtime: &dyn Runtime,
    container: &str,
    ready: &Ready,
) -> Result<Option<Exit>> {
    let exit = runtime
        .wait_container(container, WaitOptions::default())
        .await?;
    match select(until(runtime, container, ready), exit).await {
        Either::Left((outcome, _)) => outcome.map(|()| None),
        Either::Right((exit, _)) => exit.map(Some),
    }
}

/// A wait for one that was never started is over at once, with an exit code that no program ever had.
async fn ended(runtime: &dyn Runtime, container: &str, exit: &Exit) -> String {
    let inspect = runtime.inspect_container(container, InspectOptions::default());
    match timeout(LAST_WORDS, inspect).await {
        Ok(Ok(info)) if info.state == ContainerState::Created && info.exit_code.is_none() => {
            "has not been started, so there is no".to_owned()
        }
        _ => format!("ended with exit code {} before", exit.code),
    }
}

/// Does not answer where the container does not run: that is seen elsewhere, and told with its log.
fn until<'a>(
    runtime: &'a dyn Runtime,
    container: &'a str,
    ready: &'a Ready,
) -> BoxFuture<'a, Result<()>> {
    let each = |all: &'a [Ready]| all.iter().map(|ready| until(runtime, container, ready));
    match ready {
        Ready::Healthy => healthy(runtime, container).boxed(),
        Ready::Port(port) => listening(runtime, container, None, *port).boxed(),
        Ready::PortAt(host, port) => listening(runtime, container, Some(host), *port).boxed(),
        Ready::LogLine(text) => written(runtime, container, text).boxed(),
        Ready::Exec(command) => succeeding(runtime, container, command).boxed(),
        Ready::Any(all) if all.is_empty() => future::pending().boxed(),
        Ready::Any(all) => select_ok(each(all)).map_ok(|((), _)| ()).boxed(),
        Ready::All(all) => try_join_all(each(all)).map_ok(drop).boxed(),
    }
}

/// Does not answer of one that does not run: what can never be while it runs is not what is wrong then.
async fn running(runtime: &dyn Runtime, container: &str) -> Result<ContainerInfo> {
    use ContainerState::{Created, Dead, Exited, Removing};
    let info = runtime
        .inspect_container(container, InspectOptions::default())
        .await?;
    match info.state {
        Created | Exited | Removing | Dead => future::pending().await,
        _ => Ok(info),
    }
}

async fn healthy(runtime: &dyn Runtime, container: &str) -> Result<()> {
    loop {
        let info = running(runtime, container).await?;
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
        if has_line_with(text, line, &chunk.bytes) {
            return Ok(());
        }
    }
    future::pending().await
}

/// Whether the text is in a line, of which the beginning has come before and more comes now.
fn has_line_with(text: &str, line: &mut Vec<u8>, more: &[u8]) -> bool {
    for piece in more.split_inclusive(|byte| *byte == b'\n') {
        line.extend_from_slice(piece);
        if String::from_utf8_lossy(line).contains(text) {
            return true;
        }
        if line.ends_with(b"\n") {
            line.clear();
        } else if line.len() > LONGEST_LINE {
            // The text may have begun in this piece, and end in the next.
            keep_last(line, text.len().saturating_sub(1));
        }
    }
    false
}

async fn listening(
    runtime: &dyn Runtime,
    container: &str,
    machine: Option<&str>,
    port: NonZeroU16,
) -> Result<()> {
    loop {
        let info = running(runtime, container).await?;
        if !info
            .config
            .ports
            .iter()
            .any(|mapping| mapping.container == port && mapping.protocol == Protocol::Tcp)
        {
            let why = format_args!("the container does not publish TCP port {port}");
            return Err(Error::invalid("ready", why));
        }
        #[cfg(feature = "fake")]
        refuse_the_fake(runtime)?;
        if somebody_listens(&info.ports, machine, port).await {
            return Ok(());
        }
        sleep(INTERVAL).await;
    }
}

async fn somebody_listens(
    ports: &[PublishedPort],
    machine: Option<&str>,
    port: NonZeroU16,
) -> bool {
    let ours = |published: &&PublishedPort| {
        published.container == port.get() && published.protocol == Protocol::Tcp
    };
    for host in ports.iter().filter(ours).filter_map(|port| port.host) {
        let answers = match machine {
            None => answers(reachable(host)).await,
            Some(machine) => answers((machine, host.port())).await,
        };
        if answers {
            return true;
        }
    }
    false
}

/// Behind a port of the fake is whatever else listens on this machine.
#[cfg(feature = "fake")]
fn refuse_the_fake(runtime: &dyn Runtime) -> Result<()> {
    if wharf_core::RuntimeExt::backend_as::<wharf_fake::Engine>(&runtime).is_none() {
        return Ok(());
    }
    let why = "nobody can connect to a container of the engine in memory; wait for Ready::LogLine, Healthy or Exec there, \
               alone or with Ready::Any beside the port";
    Err(Error::unsupported_option("ready.port", why))
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

async fn answers(host: impl ToSocketAddrs) -> bool {
    let begun = Instant::now();
    let Ok(Ok(mut stream)) = timeout(CONNECT, TcpStream::connect(host)).await else {
        return false;
    };
    // Word of a connection that is dropped is as long on its way as that of one that was taken.
    let second_thoughts = SECOND_THOUGHTS.max(2 * begun.elapsed());
    // Whoever really listens waits for us to speak, or greets us.
    match timeout(second_thoughts, stream.read(&mut [0])).await {
        Ok(Ok(bytes)) => bytes > 0,
        Ok(Err(_)) => false,
        Err(_) => true,
    }
}

/// The end of the log, or what keeps us from it: that must not hide what went wrong.
async fn last_words(runtime: &dyn Runtime, container: &str) -> String {
    let mut text = Vec::new();
    let why = match timeout(LAST_WORDS, last_lines(runtime, container, &mut text)).await {
        Ok(Ok(())) => None,
        // It removed itself when it ended.
        Ok(Err(error)) if error.is_not_found() => Some("is gone".to_owned()),
        Ok(Err(error)) => Some(format!("cannot be read: {error}")),
        Err(_) => Some("did not come in time".to_owned()),
    };
    let text = String::from_utf8_lossy(&text).trim_end().to_owned();
    match why {
        None => text,
        Some(why) if text.is_empty() => format!("(it {why})"),
        Some(why) => format!("{text}\n(the rest {why})"),
    }
}

async fn last_lines(runtime: &dyn Runtime, container: &str, text: &mut Vec<u8>) -> Result<()> {
    let tail = LogsOptions::default().with_tail(Tail::Last(LAST_LINES));
    let mut logs = runtime.container_logs(container, tail).await?;
    while let Some(chunk) = logs.try_next().await? {
        text.extend_from_slice(&chunk.bytes);
        keep_last(text, LAST_BYTES);
    }
    Ok(())
}

/// Lets go of all but the last so many bytes.
fn keep_last(bytes: &mut Vec<u8>, count: usize) {
    bytes.drain(..bytes.len().saturating_sub(count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// On the real clock: sockets know no other.
    #[tokio::test]
    async fn a_port_is_ready_when_somebody_listens_and_stays() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = free.local_addr().unwrap().port();
        let port = NonZeroU16::new(80).unwrap();
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), host);
        let ports = [PublishedPort::new(port.get(), Protocol::Tcp).with_host(everywhere)];
        let other = NonZeroU16::new(81).unwrap();
        assert!(somebody_listens(&ports, None, port).await);
        assert!(!somebody_listens(&ports, None, other).await);
        assert!(somebody_listens(&ports, Some("localhost"), port).await);
        // It is asked there, and not here. Nothing of this name exists anywhere.
        assert!(!somebody_listens(&ports, Some("nowhere.invalid"), port).await);

        // A proxy that takes connections for nobody.
        let proxy = std::thread::spawn(move || {
            free.incoming().take(2).for_each(drop);
        });
        for _ in 0..2 {
            assert!(!somebody_listens(&ports, None, port).await);
        }
        proxy.join().unwrap();
        assert!(!somebody_listens(&ports, None, port).await);
    }

    #[test]
    fn a_text_is_found_wherever_it_stands_in_a_very_long_line() {
        for before in [0, LONGEST_LINE - 4, LONGEST_LINE, 3 * LONGEST_LINE] {
            let mut line = Vec::new();
            let has = |line: &mut _, more: &[u8]| has_line_with("listening", line, more);
            assert!(!has(&mut line, &vec![b'.'; before]), "{before}");
            assert!(!has(&mut line, b"listen"), "{before}");
            assert!(has(&mut line, b"ing\n"), "{before}");
            assert!(!has(&mut Vec::new(), b"listen\ning\n"), "{before}");
        }
    }

    #[test]
    fn of_a_line_without_end_only_a_part_is_kept() {
        let mut line = Vec::new();
        for _ in 0..100 {
            assert!(!has_line_with("listening", &mut line, &[b'.'; 16 << 10]));
            assert!(line.len() <= LONGEST_LINE + (16 << 10));
        }
    }
}
