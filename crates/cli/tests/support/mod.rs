//! How the tests call the command, and what they expect of every answer.

use std::process::{Child, Command, Output, Stdio};

/// Only what a test says about the environment is so.
pub(crate) fn wharf(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command
        .env_clear()
        .args(line.split_whitespace())
        .stdin(Stdio::null());
    command
}

/// What came of a command.
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn run(mut command: Command) -> Told {
    command.output().unwrap().into()
}

/// What it tells on stderr, and its exit code, where nobody reads its stdout: every write fails.
pub(crate) fn unread(command: Command) -> Told {
    let mut child = start(command);
    drop(child.stdout.take());
    child.wait_with_output().unwrap().into()
}

/// On the fake.
pub(crate) fn fake(line: &str) -> Told {
    run(wharf(&format!("--runtime fake: {line}")))
}

/// On the fake, with a script as the last word.
pub(crate) fn fake_shell(line: &str, script: &str) -> Told {
    let mut command = wharf(&format!("{line} --runtime fake: busybox sh -c"));
    command.arg(script);
    run(command)
}

/// Ends well, and says nothing on stderr.
pub(crate) fn fine(told: Told) -> String {
    assert_eq!(
        (told.code, told.stderr.as_str()),
        (Some(0), ""),
        "{}",
        told.stdout
    );
    told.stdout
}

/// Ends badly, with that code and all of these on stderr, in lines of ours.
pub(crate) fn refused(told: &Told, code: i32, parts: &[&str]) {
    assert_eq!(told.code, Some(code), "{}", told.stderr);
    assert!(told.stderr.starts_with("wharf: "), "{}", told.stderr);
    for part in parts {
        assert!(told.stderr.contains(part), "{part} in {}", told.stderr);
    }
}

/// Goes on while the test does something else.
pub(crate) fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
}
