//! The command as a person or a script meets it: on the engine in memory, which needs nothing.
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Only what a test says about the environment is so.
fn wharf(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command
        .env_clear()
        .args(line.split_whitespace())
        .stdin(Stdio::null());
    command
}

/// What came of a command.
struct Told {
    code: Option<i32>,
    stdout: String,
    stderr: String,
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

fn run(mut command: Command) -> Told {
    command.output().unwrap().into()
}

/// On the fake.
fn fake(line: &str) -> Told {
    run(wharf(&format!("--runtime fake: {line}")))
}

/// On the fake, with a script as the last word.
fn fake_shell(line: &str, script: &str) -> Told {
    let mut command = wharf(&format!("{line} --runtime fake: busybox sh -c"));
    command.arg(script);
    run(command)
}

/// Ends well, and says nothing on stderr.
fn fine(told: Told) -> String {
    assert_eq!(
        (told.code, told.stderr.as_str()),
        (Some(0), ""),
        "{}",
        told.stdout
    );
    told.stdout
}

/// Ends badly, with that code and all of these on stderr, in lines of ours.
fn refused(told: &Told, code: i32, parts: &[&str]) {
    assert_eq!(told.code, Some(code), "{}", told.stderr);
    assert!(told.stderr.starts_with("wharf: "), "{}", told.stderr);
    for part in parts {
        assert!(told.stderr.contains(part), "{part} in {}", told.stderr);
    }
}

const SUBCOMMANDS: &[&str] = &[
    "tour", "engines", "info", "run", "ps", "images", "pull", "start", "stop", "rm", "rmi",
    "inspect", "wait", "logs", "exec", "events", "conform",
];

#[test]
fn every_subcommand_has_a_help_that_names_its_options() {
    let all = fine(run(wharf("--help")));
    for name in SUBCOMMANDS {
        assert!(all.contains(&format!("\n  {name} ")), "{name}");
        let help = fine(run(wharf(&format!("{name} --help"))));
        assert!(help.contains(&format!("Usage: wharf {name}")), "{help}");
        assert!(help.contains("--runtime <URL>"), "{help}");
    }
}

#[test]
fn a_mistake_in_the_command_line_is_told_with_the_code_that_docker_has_for_it() {
    refused(&run(wharf("run --nope busybox")), 125, &["--nope"]);
    refused(&run(wharf("ps --nope")), 2, &["--nope"]);
    refused(&run(wharf("frob")), 2, &["frob"]);
    refused(
        &run(wharf("logs --tail twenty web")),
        2,
        &["--tail", "neither a number nor `all`"],
    );
    refused(
        &run(wharf("run -m much busybox")),
        125,
        &["--memory", "is no size"],
    );
    refused(
        &run(wharf("logs --since noon web")),
        2,
        &["--since", "is no time"],
    );
    refused(&run(wharf("ps -f status")), 2, &["KEY=VALUE"]);
    refused(&run(wharf("stop -s NOPE web")), 2, &["NOPE"]);
}

#[test]
fn no_command_at_all_shows_the_help() {
    let told = run(wharf(""));
    assert_eq!(told.code, Some(2));
    assert!(
        told.stderr.starts_with("Containers on any engine"),
        "{}",
        told.stderr
    );
}

#[test]
fn run_shows_both_outputs_and_ends_with_the_programs_code() {
    let told = fake_shell("run --rm", "echo out; echo err >&2; exit 3");
    assert_eq!(
        (told.code, told.stdout.as_str(), told.stderr.as_str()),
        (Some(3), "out\n", "err\n")
    );
}

#[test]
fn run_takes_the_runtime_before_and_after_the_subcommand() {
    assert_eq!(
        fine(run(wharf("--runtime fake: run busybox echo ahoy"))),
        "ahoy\n"
    );
    assert_eq!(
        fine(run(wharf("run --runtime fake: busybox echo ahoy"))),
        "ahoy\n"
    );
}

#[test]
fn what_stands_after_the_image_is_the_programs() {
    assert_eq!(
        fine(fake("run busybox echo --runtime -d --help")),
        "--runtime -d --help\n"
    );
}

#[test]
fn wharf_runtime_names_the_engine_where_no_flag_does() {
    let mut command = wharf("run busybox echo ahoy");
    command.env("WHARF_RUNTIME", "fake:");
    assert_eq!(fine(run(command)), "ahoy\n");
    let mut command = wharf("--runtime nope: info");
    command.env("WHARF_RUNTIME", "fake:");
    refused(&run(command), 1, &["nope"]);
}

#[test]
fn run_passes_its_flags_on() {
    let told = fake_shell(
        "run -e COLOUR=blue -w /tmp -h pier --name web -l a=b",
        "echo $COLOUR $(pwd) $(hostname)",
    );
    assert_eq!(fine(told), "blue /tmp pier\n");
}

#[test]
fn run_takes_a_variable_without_a_value_from_its_own_environment() {
    let mut command = wharf("run --runtime fake: -e COLOUR busybox env");
    command.env("COLOUR", "green");
    assert!(fine(run(command)).contains("COLOUR=green\n"));
}

#[test]
fn run_detached_prints_the_id() {
    let id = fine(fake("run -d busybox sleep 60"));
    assert_eq!(id.trim_end().len(), 64, "{id}");
}

#[test]
fn run_ends_as_docker_does_where_the_program_never_ran() {
    refused(&fake("run busybox nosuch"), 127, &["nosuch"]);
    refused(&fake("run busybox /etc"), 126, &["/etc"]);
    refused(&fake("run --name a/b busybox true"), 125, &["name"]);
    refused(&fake("run -m 1 busybox true"), 125, &["memory"]);
    refused(&fake("run --cpus 0.0001 busybox true"), 125, &["cpus"]);
    refused(&fake("run -v /a:relative busybox true"), 125, &["mounts"]);
    refused(
        &fake("run --pull never nosuch"),
        125,
        &["nosuch", "wharf pull"],
    );
    refused(&fake("run -i busybox cat"), 125, &["-i"]);
}

#[test]
fn run_pulls_what_is_missing_and_tells_so_on_stderr() {
    let told = fake("run busybox:1.36 echo ahoy");
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), "ahoy\n"));
    assert!(
        told.stderr.contains("busybox:1.36 is not here"),
        "{}",
        told.stderr
    );
    refused(&fake("run nosuch:1 true"), 125, &["nosuch"]);
}

#[test]
fn bytes_are_passed_on_as_they_are() {
    let mut command = wharf("--runtime fake: run busybox printf");
    command.arg(r"\377\000\r\n");
    assert_eq!(command.output().unwrap().stdout, b"\xff\0\r\n");
}

#[test]
fn a_missing_container_is_told_by_every_command_with_what_to_do_next() {
    for line in ["start", "stop", "rm", "wait", "logs", "exec web true"] {
        let line = if line.contains(' ') {
            line.to_owned()
        } else {
            format!("{line} web")
        };
        refused(&fake(&line), 1, &["web", "`wharf ps -a`"]);
    }
    refused(
        &fake("inspect web"),
        1,
        &["neither a container nor an image"],
    );
    refused(&fake("inspect --type container web"), 1, &["web"]);
}

#[test]
fn each_of_several_names_has_its_turn() {
    let told = fake("stop one two");
    refused(&told, 1, &["one", "two"]);
    let told = fake("rm -f one");
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stderr.contains("one"), "{}", told.stderr);
}

#[test]
fn lists_have_titles_rows_and_a_form_for_machines() {
    assert!(fine(fake("ps -a")).starts_with("CONTAINER ID   IMAGE"));
    let images = fine(fake("images"));
    assert!(images.contains("busybox      latest"), "{images}");
    assert_eq!(
        fine(fake("images -q --no-trunc")).trim_end().len(),
        "sha256:".len() + 64
    );
    assert_eq!(fine(fake("images -q nosuch*")), "");
    let json: Value = serde_json::from_str(&fine(fake("images --json"))).unwrap();
    assert_eq!(json[0]["tags"][0], "busybox:latest");
    let json: Value = serde_json::from_str(&fine(fake("ps --json"))).unwrap();
    assert_eq!(json, Value::Array(vec![]));
    refused(&fake("ps -f nope=1"), 1, &["nope", "status"]);
}

#[test]
fn inspect_and_info_are_told_as_data() {
    let json: Value = serde_json::from_str(&fine(fake("inspect busybox"))).unwrap();
    assert_eq!(json[0]["config"]["command"][0], "sh");
    let json: Value = serde_json::from_str(&fine(fake("info --json"))).unwrap();
    assert_eq!(json["info"]["engine"], "fake");
    assert!(fine(fake("info")).contains("Engine"));
}

#[test]
fn pull_tells_its_progress_and_the_name_at_the_end() {
    let text = fine(fake("pull busybox:1.36"));
    assert!(text.lines().count() > 2, "{text}");
    assert_eq!(text.lines().last(), Some("busybox:1.36"));
    assert_eq!(fine(fake("pull -q busybox:1.36")), "busybox:1.36\n");
    refused(&fake("pull nosuch"), 1, &["nosuch"]);
    refused(&fake("pull Bad:Name"), 2, &["Bad:Name"]);
}

#[test]
fn rmi_tells_what_is_gone() {
    let text = fine(fake("rmi busybox"));
    assert!(text.starts_with("Untagged: busybox:latest\n"), "{text}");
    assert!(text.contains("\nDeleted: sha256:"), "{text}");
    refused(&fake("rmi nosuch"), 1, &["nosuch", "`wharf images`"]);
}

#[test]
fn an_engine_that_is_not_there_is_told_with_what_to_do_next() {
    for url in ["unix:///nonexistent.sock", "tcp://127.0.0.1:1"] {
        refused(
            &run(wharf(&format!("--runtime {url} ps"))),
            1,
            &[url, "`wharf engines`"],
        );
    }
    refused(
        &run(wharf("--runtime unix:///nonexistent.sock run busybox")),
        125,
        &["nonexistent.sock"],
    );
    refused(&run(wharf("--runtime ssh://host ps")), 1, &["SSH"]);
    refused(
        &run(wharf("--runtime ftp://host ps")),
        1,
        &["ftp", "docker, fake"],
    );
    refused(
        &run(wharf("--runtime /run/docker.sock ps")),
        1,
        &["unix://"],
    );
}

#[test]
fn engines_tells_where_it_looked_and_what_it_found() {
    let home = tempfile::tempdir().unwrap();
    let engines = |line: &str| {
        let mut command = wharf(line);
        command
            .env("HOME", home.path())
            .env("DOCKER_HOST", "unix:///nonexistent.sock");
        fine(run(command))
    };
    let text = engines("engines");
    assert!(
        text.contains("DOCKER_HOST") && text.contains("unix:///nonexistent.sock"),
        "{text}"
    );
    assert!(text.contains("fake:"), "{text}");
    let json: Value = serde_json::from_str(&engines("engines --json --runtime fake:")).unwrap();
    assert_eq!(json[0]["origin"], "--runtime");
    assert_eq!(json[0]["taken"], true);
    assert!(json[0]["engine"].as_str().unwrap().starts_with("fake "));
    assert_eq!(json[1]["origin"], "DOCKER_HOST");
    assert_eq!(json[1]["taken"], false);
}

#[test]
fn events_end_at_their_time() {
    assert_eq!(fine(fake("events --since 1m --until 1s")), "");
    refused(&fake("events -f nope=1"), 1, &["nope"]);
}

#[test]
fn verbose_tells_of_each_call_on_stderr_and_of_no_secret() {
    let told = run(wharf(
        "-vv --runtime fake: run -e TOKEN=hunter2 busybox true",
    ));
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), ""));
    assert!(told.stderr.contains("create_container"), "{}", told.stderr);
    assert!(
        told.stderr.contains("TOKEN=…") && !told.stderr.contains("hunter2"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    for line in [
        "images",
        "tour",
        "info --json",
        "--help",
        "run --rm busybox yes",
    ] {
        let mut child = start(wharf(&format!("--runtime fake: {line}")));
        // Gone before a line is read: every write fails.
        drop(child.stdout.take());
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), stderr.as_str()),
            (Some(0), ""),
            "{line}"
        );
    }
}

#[test]
fn the_tour_tells_the_whole_story() {
    let text = fine(run(wharf("tour")));
    for part in [
        "An image to work from",
        "busybox:latest is here",
        "harbour  | docked: the Mary Ann",
        "ship     | unloading crate 3",
        "it ended with exit code 3",
        "harbour  | closing for today",
        "die, exit code 3",
        "2 containers, 1 exec, 7 log lines",
        "nothing left behind",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no colours where there is no terminal"
    );
}

#[test]
fn the_tour_is_told_to_machines_too() {
    let json: Value = serde_json::from_str(&fine(run(wharf("tour --json")))).unwrap();
    assert_eq!(json["engine"], "fake");
    assert_eq!(json["containers"][1]["exit_code"], 3);
    assert_eq!(json["containers"][0]["log"][0], "open, waiting for ships");
    assert_eq!(json["exec"]["exit_code"], 0);
    let actions: Vec<_> = json["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| &moment["action"])
        .collect();
    assert_eq!(actions.first().unwrap().as_str(), Some("create"));
    assert_eq!(actions.last().unwrap().as_str(), Some("destroy"));
}

#[test]
fn a_tour_that_cannot_go_on_says_why_and_what_to_do() {
    refused(
        &run(wharf("tour --image nosuch:1")),
        1,
        &["nosuch", "--image NAME"],
    );
    refused(
        &run(wharf("tour --runtime unix:///nonexistent.sock")),
        1,
        &["nonexistent.sock"],
    );
}

#[test]
fn an_interrupted_tour_cleans_up() {
    let mut child = start(wharf("tour"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .find(|line| line.as_ref().unwrap().contains("unloading crate 1"))
        .unwrap()
        .unwrap();
    interrupt(&child);
    let told: Told = child.wait_with_output().unwrap().into();
    assert_eq!(told.code, Some(130));
    assert!(
        told.stderr.contains("interrupted: cleaning up"),
        "{}",
        told.stderr
    );
    assert_eq!(
        told.stderr.matches("removed tour-").count(),
        2,
        "{}",
        told.stderr
    );
}

#[test]
fn an_interrupted_run_passes_the_signal_on_and_ends_with_the_programs_code() {
    let mut command = wharf("--runtime fake: run --rm busybox sh -c");
    command.arg("trap 'echo caught; exit 5' INT; echo ready; while true; do sleep 0.1; done");
    let mut child = start(command);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    interrupt(&child);
    assert_eq!(lines.next().unwrap().unwrap(), "caught");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn a_run_that_ignores_signals_is_left_at_the_third() {
    let mut command = wharf("--runtime fake: run busybox sh -c");
    command.arg("trap '' INT; echo ready; while true; do sleep 0.1; done");
    let mut child = start(command);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    // Signals of one kind that come at once may be one.
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still there");
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(100));
    }
    let told: Told = child.wait_with_output().unwrap().into();
    refused(&told, 125, &["signal 3"]);
}

#[test]
fn exec_reads_stdin_to_its_end_where_it_is_asked_to() {
    // A container of another command is another engine's, so only the way there can be seen here.
    let mut command = wharf("--runtime fake: exec -i web cat");
    command.stdin(Stdio::piped());
    let mut child = start(command);
    child.stdin.take().unwrap().write_all(b"ahoy").unwrap();
    refused(&child.wait_with_output().unwrap().into(), 1, &["web"]);
}

#[test]
fn the_suite_on_the_fake_has_no_failure_in_any_form() {
    let json: Value =
        serde_json::from_str(&fine(fake("conform --format json --filter wait"))).unwrap();
    assert_eq!(json["engine"], "fake");
    assert_eq!(json["failed"], 0);
    let cases = json["cases"].as_array().unwrap();
    let passed = json["passed"].as_u64().unwrap();
    assert!(passed > 5 && passed <= cases.len() as u64);
    for key in ["name", "result", "time"] {
        assert!(cases[0].get(key).is_some(), "{key}");
    }
    let text = fine(fake("conform --filter wait"));
    assert!(
        text.contains("GROUP") && text.contains("0 failed"),
        "{text}"
    );
    let markdown = fine(fake("conform --format markdown --filter wait"));
    assert!(
        markdown.starts_with("# fake ") && markdown.contains("| container |"),
        "{markdown}"
    );
    refused(&fake("conform --filter nosuchcase"), 1, &["nosuchcase"]);
}

fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
}
