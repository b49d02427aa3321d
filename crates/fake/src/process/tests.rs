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
use crate::program::{Programs, Role, Rules};

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
}

#[test]
fn that_the_memory_was_used_up_is_said_once() {
    let kernel = Machine::new().kernel;
    assert!(!kernel.take_out_of_memory());
    kernel.run_out_of_memory();
    assert!(kernel.take_out_of_memory());
    assert!(!kernel.take_out_of_memory());
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

impl Machine {
    /// Lets a process run for so long on the virtual clock; its status if it ends in that time.
    async fn within(
        limit: Duration,
        process: &mut (impl Future<Output = ExitStatus> + Unpin),
    ) -> Option<ExitStatus> {
        tokio::time::timeout(limit, process).await.ok()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_first_process_ignores_what_it_does_not_catch() {
    let machine = Machine::new();
    let (pid, process) = machine.start(&["sleep", "1000"]).unwrap();
    let mut process = Box::pin(process);
    assert_eq!(pid, 1);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1] {
        assert!(machine.kernel.signal(pid, signal));
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
    }
    assert!(machine.kernel.signal(pid, Signal::KILL));
    assert_eq!(
        Machine::within(SECOND, &mut process).await,
        Some(ExitStatus::Signal(Signal::KILL))
    );
    assert!(
        !machine.kernel.signal(pid, Signal::TERM),
        "its pid is free again"
    );
}

#[tokio::test(start_paused = true)]
async fn any_other_process_dies_of_a_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::USR2, 140)] {
        let mut machine = Machine::new();
        machine.kernel = kernel(true);
        let (pid, process) = machine.start(&["sleep", "1000"]).unwrap();
        assert_ne!(pid, 1);
        let mut process = Box::pin(process);
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
        machine.kernel.signal(pid, signal);
        assert_eq!(
            Machine::within(SECOND, &mut process).await.unwrap().code(),
            code
        );
    }
}

#[tokio::test(start_paused = true)]
async fn harmless_signals_do_nothing_and_stop_freezes() {
    let (machine, _init) = Machine::occupied();
    let (pid, process) = machine.start(&["sleep", "10"]).unwrap();
    let mut process = Box::pin(process);
    for number in [17, 18, 23, 28, 19] {
        machine
            .kernel
            .signal(pid, Signal::from_number(number).unwrap());
    }
    assert_eq!(
        Machine::within(20 * SECOND, &mut process).await,
        None,
        "it is stopped"
    );
    machine.kernel.signal(pid, Signal::from_number(18).unwrap());
    assert_eq!(
        Machine::within(11 * SECOND, &mut process).await,
        Some(ExitStatus::Code(0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_trap_waits_for_the_program_in_the_foreground() {
    let machine = Machine::new();
    let script = "trap 'exit 7' TERM; while :; do sleep 10; done";
    let (pid, process) = machine.start(&["sh", "-c", script]).unwrap();
    let mut process = Box::pin(process);
    assert_eq!(Machine::within(SECOND, &mut process).await, None);
    machine.kernel.signal(pid, Signal::TERM);
    let started = Instant::now();
    assert_eq!(
        Machine::within(20 * SECOND, &mut process).await,
        Some(ExitStatus::Code(7))
    );
    assert_eq!(started.elapsed().as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_trap_interrupts_wait_and_read_at_once() {
    for command in ["sleep 1000 & wait", "read x"] {
        let mut machine = Machine::new();
        let (_writer, reader) = pipe(16);
        machine.stdin = Stream::Reader(reader);
        let script = format!("trap 'echo caught; exit 7' TERM; {command}");
        let (pid, process) = machine.start(&["sh", "-c", &script]).unwrap();
        let mut process = Box::pin(process);
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
        machine.kernel.signal(pid, Signal::TERM);
        let ended = Machine::within(Duration::from_millis(1), &mut process).await;
        assert_eq!(ended, Some(ExitStatus::Code(7)), "{command}");
        assert_eq!(machine.stdout(), "caught\n");
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_reaches_the_program_that_a_job_runs() {
    let (machine, _init) = Machine::occupied();
    let script =
        "sh -c 'trap \"echo got; exit 3\" TERM; sleep 1000 & wait' & sleep 1; kill $!; wait $!";
    assert_eq!(machine.sh(script).await, 3);
    assert_eq!(machine.stdout(), "got\n");
}

#[tokio::test(start_paused = true)]
async fn endless_programs_take_time_and_let_others_run() {
    for script in [
        "while :; do :; done",
        "yes >/dev/null",
        "cat /dev/zero >/dev/null",
        "f() { f; }; while :; do x=$x; done",
    ] {
        let machine = Machine::new();
        let (_, process) = machine.start(&["sh", "-c", script]).unwrap();
        assert_eq!(
            Machine::within(SECOND, &mut Box::pin(process)).await,
            None,
            "{script}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_writes_in_the_pieces_of_the_real_one() {
    use Channel::{Stderr, Stdout};
    let (machine, _init) = Machine::occupied();
    machine
        .sh("echo a; printf 'b\\nc\\n'; seq 3; (echo d; echo e >&2)")
        .await;
    let writes = machine.output.0.lock().unwrap().clone();
    let texts: Vec<_> = writes
        .iter()
        .map(|(channel, bytes)| (*channel, std::str::from_utf8(bytes).unwrap()))
        .collect();
    let expected = [
        (Stdout, "a\n"),
        (Stdout, "b\nc\n"),
        (Stdout, "1\n2\n3\n"),
        (Stdout, "d\n"),
        (Stderr, "e\n"),
    ];
    assert_eq!(texts, expected);
}

/// A reader that has gone away.
#[derive(Debug)]
struct Gone;

impl Sink for Gone {
    fn write(&self, _: Channel, _: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        Box::pin(async { Err(IoError::BrokenPipe) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_nobody_reads_kills_all_but_the_first_process() {
    for (first, expected) in [(true, 1), (false, 141)] {
        let (mut machine, init) = Machine::occupied();
        if first {
            drop(init);
            machine.kernel = kernel(false);
        }
        for command in [&["echo", "x"][..], &["yes"], &["sh", "-c", "echo x"]] {
            let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            let program = machine.resolve(&argv).unwrap();
            machine.kernel = if first { kernel(false) } else { machine.kernel };
            let pid = machine.kernel.register(argv.clone().into());
            let output = Stream::Engine(Arc::new(Gone), Channel::Stdout);
            let descriptors = Descriptors::new(Stream::Null, output, Stream::Null);
            let process = Process::new(
                argv,
                BTreeMap::new(),
                machine.files.clone(),
                descriptors,
                pid,
            );
            assert_eq!(
                run(program, process).await.code(),
                expected,
                "{command:?} {first}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_shell_runs_the_lines_of_its_input_as_they_come() {
    let (mut machine, _init) = Machine::occupied();
    let (writer, reader) = pipe(1024);
    machine.stdin = Stream::Reader(reader);
    let (_, process) = machine.start(&["sh"]).unwrap();
    machine.stdin = Stream::Null;
    let mut process = Box::pin(process);
    for (input, output) in [
        ("echo a\n", "a\n"),
        ("if true\n", "a\n"),
        ("then echo b; fi\n", "a\nb\n"),
        ("read x\n", "a\nb\n"),
        ("for me\n", "a\nb\n"),
        ("echo $x $\n", "a\nb\nfor me $\n"),
        ("cat <<E\n", "a\nb\nfor me $\n"),
        ("here\nE\n", "a\nb\nfor me $\nhere\n"),
        ("exit 3\n", "a\nb\nfor me $\nhere\n"),
    ] {
        writer.write(input.into()).await.unwrap();
        let ended = Machine::within(SECOND, &mut process).await;
        assert_eq!(machine.stdout(), output, "after {input:?}");
        assert_eq!(ended.is_some(), input.starts_with("exit"));
    }
    assert_eq!(machine.stderr(), "");
    assert_eq!(writer.write("more".into()).await, Err(IoError::BrokenPipe));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_process_leaves_nothing_behind() {
    let (machine, _init) = Machine::occupied();
    let script = "sleep 1000 & (sleep 1000 | cat) & x=$(sleep 1000 & wait)";
    let (_, process) = machine.start(&["sh", "-c", script]).unwrap();
    let mut process = Box::pin(process);
    assert_eq!(Machine::within(SECOND, &mut process).await, None);
    assert!(machine.kernel.processes().len() >= 7);
    drop(process);
    let left: Vec<u32> = machine
        .kernel
        .processes()
        .iter()
        .map(|(pid, _)| *pid)
        .collect();
    assert_eq!(left, [1]);
    assert_eq!(Arc::strong_count(&machine.output), 1);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_cannot_start_is_told_at_once() {
    let machine = Machine::new();
    machine.files.write("/f", b"text", 0o644).unwrap();
    for (command, message, code) in [
        ("x", "exec: \"x\": executable file not found in $PATH", 127),
        ("", "exec: \"\": executable file not found in $PATH", 127),
        (
            "/no/cmd",
            "exec: \"/no/cmd\": stat /no/cmd: no such file or directory",
            127,
        ),
        ("/f", "exec: \"/f\": permission denied", 126),
        ("/etc", "exec: \"/etc\": permission denied", 126),
        ("/f/x", "exec: \"/f/x\": stat /f/x: not a directory", 127),
    ] {
        let error = machine.start(&[command]).err().unwrap();
        assert_eq!(
            (error.to_string().as_str(), error.exit_code()),
            (message, code)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_program_fails_after_it_has_started() {
    let (machine, _init) = Machine::occupied();
    machine.files.write("/text", b"echo no\n", 0o755).unwrap();
    machine.files.write("/script", b"#!/nope\n", 0o755).unwrap();
    machine
        .files
        .write(
            "/good",
            b"#!/bin/sh -e\necho $0 $1; false; echo no\n",
            0o755,
        )
        .unwrap();
    assert_eq!(machine.run(&["/text"]).await, 255);
    assert_eq!(machine.run(&["/script"]).await, 255);
    assert_eq!(machine.run(&["/good", "arg"]).await, 1);
    assert_eq!(machine.stdout(), "/good arg\n");
    assert_eq!(
        machine.stderr(),
        "exec /text: exec format error\nexec /script: no such file or directory\n"
    );
}

#[tokio::test(start_paused = true)]
async fn no_script_brings_the_engine_down() {
    let deep =
        |open: &str, close: &str| format!("{}:{}", open.repeat(20_000), close.repeat(20_000));
    let scripts = [
        deep("(", ")"),
        deep("{ ", ";}"),
        deep("$(", ")"),
        deep("\"$(", ")\""),
        deep("${x:-", "}"),
        deep("if ", "; then :; fi"),
        deep("while ", "; do :; done"),
        format!("echo $(({}1{}))", "(".repeat(20_000), ")".repeat(20_000)),
        format!("echo $(({}1))", "- ".repeat(20_000)),
        format!("echo $((1{}))", "**1".repeat(20_000)),
        format!("echo $((x{}))", "=x".repeat(20_000)),
        format!("echo $((1{}))", "?1:1".repeat(20_000)),
        format!("[ {} 1 ]", "( ".repeat(20_000)),
        format!("[ {} 1 ]", "! ".repeat(20_000)),
        format!("expr {} 1", "\\( ".repeat(20_000)),
        format!("{} true", "! ".repeat(20_000)),
        format!("{} true", "env ".repeat(20_000)),
        format!("{} true", "command ".repeat(20_000)),
        format!("{} true", "eval ".repeat(20_000)),
        "f() { f; }; f".to_owned(),
        "f() { f | cat; }; f".to_owned(),
        "f() { (f); }; f".to_owned(),
        "f() { x=$(f); }; f".to_owned(),
        "x=x; echo $((x))".to_owned(),
        "x=y; y=x; echo $((x))".to_owned(),
        "echo 'sh /tmp/s' >/tmp/s; sh /tmp/s".to_owned(),
        "echo '. /tmp/s' >/tmp/s; . /tmp/s".to_owned(),
        "x='eval \"$x\"'; eval \"$x\"".to_owned(),
        "trap 'kill -USR1 $$' USR1; kill -USR1 $$; exit".to_owned(),
        "f() { f & sleep 1; }; f; wait".to_owned(),
        "printf %999999999d 1 | wc -c".to_owned(),
        "echo ${x:9223372036854775807:9223372036854775807} $((-9223372036854775807 - 1)) $(((-9223372036854775807 - 1) / -1)) $((1 << 64))".to_owned(),
        "mkdir -p /a/b; mv /a /a/b/c; cp -r /a /a/b; rm -rf /; ls /".to_owned(),
    ];
    for script in scripts {
        let (machine, _init) = Machine::occupied();
        let (_, process) = machine.start(&["sh", "-c", &script]).unwrap();
        let ended = Machine::within(3600 * SECOND, &mut Box::pin(process)).await;
        let head: String = script.chars().take(60).collect();
        assert!(
            matches!(ended, Some(ExitStatus::Code(_))),
            "{head}: {ended:?}"
        );
        assert_eq!(machine.kernel.processes().len(), 1, "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_process_is_small() {
    let machine = Machine::new();
    let (_, process) = machine.start(&["sleep", "1000"]).unwrap();
    let outer = std::mem::size_of_val(&process);
    assert!(outer <= 256, "{outer}");
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
