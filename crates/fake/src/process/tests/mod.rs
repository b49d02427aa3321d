//! Programs run as they do in a container.

mod golden;
mod limits;
mod signals;
mod start;
mod streams;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use tokio::time::Instant;
use wharf_core::Signal;

use super::*;
use crate::fs::{self, Tree};
use crate::program::{Programs, Role, Rules};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct TestClock(Instant);

impl fs::Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        start + self.0.elapsed()
    }
}

/// Collects what is written, each write apart.
#[derive(Debug, Default)]
struct Collector(Mutex<Vec<(Channel, Bytes)>>);

impl Sink for Collector {
    fn write(&self, channel: Channel, bytes: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        self.0.lock().unwrap().push((channel, bytes));
        Box::pin(async { Ok(()) })
    }
}

impl Collector {
    fn text(&self, channel: Channel) -> String {
        let writes = self.0.lock().unwrap();
        let bytes: Vec<u8> = writes
            .iter()
            .filter(|(written, _)| *written == channel)
            .flat_map(|(_, bytes)| bytes.to_vec())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A container's system for which no test has chosen programs.
fn kernel(init: bool) -> Kernel {
    let config = wharf_core::ContainerConfig::new("busybox");
    let programs = Programs::new(Rules::default(), Arc::default(), Arc::new(config));
    Kernel::new("box", init, Limits::default(), 2, Arc::new(programs))
}

/// A container to run commands in.
struct Machine {
    files: Files,
    kernel: Kernel,
    output: Arc<Collector>,
    stdin: Stream,
    env: BTreeMap<String, String>,
    tty: bool,
}

impl Machine {
    fn new() -> Self {
        let clock = Arc::new(TestClock(Instant::now()));
        let image = fs::busybox(applet_names(), fs::Clock::now(&*clock)).unwrap();
        Self {
            files: Files::new(Tree::over(&image, 64 << 20), clock),
            kernel: kernel(false),
            output: Arc::default(),
            stdin: Stream::Null,
            env: BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]),
            tty: false,
        }
    }

    /// A machine where something else is PID 1.
    fn occupied() -> (Self, Pid) {
        let machine = Self::new();
        let first = machine.kernel.register(Arc::from(["init".to_owned()]));
        (machine, first)
    }

    fn resolve(&self, argv: &[String]) -> Result<Program, ResolveError> {
        let programs = self.kernel.programs();
        resolve(argv, &self.env, "/", &self.files, programs, Role::Main)
    }

    fn start(
        &self,
        command: &[&str],
    ) -> Result<(u32, impl Future<Output = ExitStatus> + Send + 'static), ResolveError> {
        let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let program = self.resolve(&argv)?;
        let pid = self.kernel.register(argv.clone().into());
        let number = pid.number();
        let engine = |channel| Stream::Engine(Arc::clone(&self.output) as Arc<dyn Sink>, channel);
        let descriptors = Descriptors::new(
            self.stdin.clone(),
            engine(Channel::Stdout),
            engine(Channel::Stderr),
        );
        let mut process =
            Process::new(argv, self.env.clone(), self.files.clone(), descriptors, pid);
        process.tty = self.tty;
        Ok((number, run(program, process)))
    }

    async fn run(&self, command: &[&str]) -> u8 {
        let (_, process) = self.start(command).unwrap();
        tokio::time::timeout(Duration::from_secs(3600), process)
            .await
            .unwrap()
            .code()
    }

    async fn sh(&self, script: &str) -> u8 {
        self.run(&["sh", "-c", script]).await
    }

    fn stdout(&self) -> String {
        self.output.text(Channel::Stdout)
    }

    fn stderr(&self) -> String {
        self.output.text(Channel::Stderr)
    }

    /// Lets a process run for so long on the virtual clock; its status if it ends in that time.
    async fn within(
        limit: Duration,
        process: &mut (impl Future<Output = ExitStatus> + Unpin),
    ) -> Option<ExitStatus> {
        tokio::time::timeout(limit, process).await.ok()
    }
}
