//! `wharf run`: what reaches the program, what comes of it, and how it is interrupted.
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]
#![allow(dead_code, reason = "each file uses its part of the support")]

mod support;

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    os::unix::ffi::OsStrExt,
    time::{Duration, Instant},
};
use support::{Told, fake, fake_shell, fine, interrupt, refused, run, start, unread, wharf};

#[test]
fn run_shows_both_outputs_and_ends_with_the_programs_code() {
    let told = fake_shell("run --rm", "echo out; echo err >&2; exit 3");
    assert_eq!(
        (told.code, told.stdout.as_str(), told.stderr.as_str()),
        (Some(3), "out\n", "err\n")
    );
}

#[test]
fn a_program_that_is_not_read_ends_with_its_own_code() {
    let mut command = wharf("--runtime fake: run --rm busybox sh -c");
    command.arg("echo one; echo two; sleep 0.1; echo three; echo why >&2; exit 3");
    let told = unread(command);
    assert_eq!((told.code, told.stderr.as_str()), (Some(3), "why\n"));
}

#[test]
fn a_program_that_is_not_read_and_does_not_end_is_left_as_by_sigpipe() {
    let told = unread(wharf("--runtime fake: run --rm busybox yes"));
    assert_eq!((told.code, told.stderr.as_str()), (Some(141), ""));

    let told = unread(wharf("--runtime fake: run busybox yes"));
    refused(&told, 141, &["goes on, unread"]);
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
fn run_does_not_promise_both_to_remove_and_to_restart() {
    for line in [
        "run --rm --restart on-failure:3",
        "run -d --rm --restart always",
    ] {
        // Told before anything is pulled for it.
        let told = fake(&format!("{line} busybox:1.36 false"));
        refused(&told, 125, &["conflicting options", "--rm", "--restart"]);
        assert!(!told.stderr.contains("is pulled"), "{}", told.stderr);
    }
    fine(fake("run --rm --restart no busybox true"));
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
    assert_eq!(fine(fake("run -q busybox:1.36 echo ahoy")), "ahoy\n");
}

#[test]
fn a_variable_that_is_no_text_is_not_left_out_in_silence() {
    let mut command = wharf("run --runtime fake: -e COLOUR busybox env");
    command.env("COLOUR", OsStr::from_bytes(b"\xff"));
    refused(&run(command), 125, &["COLOUR", "UTF-8"]);

    let mut command = wharf("ps");
    command.env("WHARF_RUNTIME", OsStr::from_bytes(b"\xff"));
    refused(&run(command), 1, &["WHARF_RUNTIME", "has no scheme"]);
}

#[test]
fn an_image_that_is_here_for_another_platform_is_pulled_too() {
    let told = fake("run --platform linux/s390x busybox true");
    let part = "image busybox for linux/s390x is not here, so it is pulled";
    assert!(told.stderr.contains(part), "{}", told.stderr);
    // With none to be pulled for it, the registry is who says so.
    refused(&told, 125, &["linux/s390x"]);
}

#[test]
fn an_image_that_is_named_by_its_id_is_never_pulled() {
    let id = format!("sha256:{}", "a".repeat(64));
    for line in ["run", "run --pull always", "tour --image"] {
        let told = fake(&format!("{line} {id}"));
        assert!(!told.stderr.contains("is pulled"), "{}", told.stderr);
        let code = if line.starts_with("run") { 125 } else { 1 };
        refused(&told, code, &["wharf images"]);
        assert!(!told.stderr.contains("docker.io"), "{}", told.stderr);
    }
}

#[test]
fn bytes_are_passed_on_as_they_are() {
    let mut command = wharf("--runtime fake: run busybox printf");
    command.arg(r"\377\000\r\n");
    assert_eq!(command.output().unwrap().stdout, b"\xff\0\r\n");
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
    refused(&told, 125, &["signal 3", "is left as it is"]);
}
