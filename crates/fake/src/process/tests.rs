//! Programs run as they do in a container.

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
            kernel: Kernel::new("box", false, None),
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

    fn start(
        &self,
        command: &[&str],
    ) -> Result<(u32, impl Future<Output = ExitStatus> + Send + 'static), ResolveError> {
        let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let program = resolve(&argv, &self.env, "/", &self.files)?;
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
}

/// One script and what a real busybox answered.
#[derive(Debug, Default)]
struct Case {
    name: String,
    script: String,
    stdout: String,
    stderr: String,
    code: u8,
}

fn golden() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = "";
    for line in include_str!("golden/golden.txt").split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case {
                name: name.trim().to_owned(),
                ..Case::default()
            });
            part = "script";
            continue;
        }
        let case = cases.last_mut().unwrap();
        let text = match part {
            "script" => &mut case.script,
            "stdout" => &mut case.stdout,
            _ => &mut case.stderr,
        };
        match line.trim_end().strip_prefix("--- ") {
            Some("stdout") => part = "stdout",
            Some("stderr") => part = "stderr",
            Some("no newline") => assert_eq!(text.pop(), Some('\n')),
            Some(exit) => case.code = exit.strip_prefix("exit ").unwrap().parse().unwrap(),
            None => text.push_str(line),
        }
    }
    cases
}

#[tokio::test(start_paused = true)]
async fn programs_answer_as_a_real_busybox_did() {
    let mut wrong = Vec::new();
    let cases = golden();
    assert!(cases.len() > 150);
    for case in &cases {
        let (machine, _init) = Machine::occupied();
        let code = machine
            .run(&["/bin/sh", "-c", &case.script, "sh", "one", "two three"])
            .await;
        let (stdout, stderr) = (machine.stdout(), machine.stderr());
        if (&stdout, &stderr, code) != (&case.stdout, &case.stderr, case.code) {
            wrong.push(format!(
                "=== {}\n{}--- expected {}\n{}{}--- got {code}\n{stdout}{stderr}",
                case.name, case.script, case.code, case.stdout, case.stderr
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
