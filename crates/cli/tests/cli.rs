//! The command as a person or a script meets it: on the engine in memory, which needs nothing.
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]
#![allow(dead_code, reason = "each file uses its part of the support")]

mod support;

use serde_json::Value;
use std::{
    io::Read,
    os::unix::ffi::OsStrExt,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};
use support::{Told, fake, fine, refused, run, start, unread, wharf};

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
fn a_mistake_in_the_command_line_is_told_with_the_code_that_docker_has_for_one_of_its_kind() {
    for (line, parts) in [
        ("--nope ps", &["--nope"][..]),
        ("run --nope busybox", &["--nope"]),
        ("ps --nope", &["--nope"]),
        ("exec --nope web ls", &["--nope"]),
        ("conform --nope", &["--nope"]),
        ("conform fake:", &["fake:"]),
        ("run -m much busybox", &["--memory", "is no size"]),
        (
            "run --stop-timeout -1 busybox",
            &["--stop-timeout", "wharf stop -t -1"],
        ),
        (
            "logs --tail twenty web",
            &["--tail", "neither a number nor `all`"],
        ),
        ("logs --since noon web", &["--since", "is no time"]),
        ("ps -f status", &["KEY=VALUE"]),
        ("stop -s NOPE web", &["NOPE"]),
    ] {
        refused(&run(wharf(line)), 125, parts);
    }
    for (line, part) in [
        ("frob", "frob"),
        ("rm", "<CONTAINER>"),
        ("exec web", "<COMMAND>"),
        ("run", "<IMAGE>"),
        ("-v", "subcommand"),
    ] {
        refused(&run(wharf(line)), 1, &[part]);
    }
}

#[test]
fn no_command_at_all_shows_the_help() {
    let told = fine(run(wharf("")));
    assert!(told.starts_with("Containers on any engine"), "{told}");
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
    refused(&fake("pull Bad:Name"), 125, &["Bad:Name"]);
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
    for line in ["images", "tour", "info --json", "--help"] {
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

/// On the fake, with nobody to read its stdout.
fn unread_fake(line: &str) -> Told {
    unread(wharf(&format!("--runtime fake: {line}")))
}

#[test]
fn a_closed_pipe_does_not_stop_what_was_to_be_done() {
    // The first is removed and cannot be told; the second has its turn all the same.
    refused(&unread_fake("rmi busybox nosuch"), 1, &["nosuch"]);
    refused(&unread_fake("rmi nosuch busybox"), 1, &["nosuch"]);
    refused(&unread_fake("inspect nosuch"), 1, &["nosuch"]);
    refused(&unread_fake("inspect busybox nosuch"), 1, &["nosuch"]);

    // A container that runs is not removed because nobody reads its id.
    let told = unread_fake("-v run -d --rm busybox sleep 60");
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stderr.contains("start_container"), "{}", told.stderr);
    assert!(!told.stderr.contains("remove_container"), "{}", told.stderr);
}

#[test]
fn an_argument_that_is_no_text_is_a_mistake_like_others() {
    let odd = std::ffi::OsStr::from_bytes(b"\xff");
    for line in ["--runtime", "run --pull"] {
        let mut command = wharf(line);
        command.arg(odd);
        refused(&run(command), 125, &[]);
    }
}

#[test]
fn a_pipe_that_is_closed_in_the_middle_of_a_tour_ends_it_quietly() {
    let mut child = start(wharf("tour"));
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    // By then its containers are there, and have to be swept.
    let mut line = String::new();
    while !line.contains("started") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut stdout, &mut line).unwrap() > 0);
    }
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!((ended.status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn exec_reads_no_stdin_for_a_container_that_is_not_there() {
    let mut command = wharf("--runtime fake: exec -i web cat");
    command.stdin(Stdio::piped());
    let mut child = start(command);
    // It stays open, and is waited for by nobody.
    let stdin = child.stdin.take().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(20) {
            drop(stdin);
            panic!("still there");
        }
        thread::sleep(Duration::from_millis(10));
    }
    refused(&child.wait_with_output().unwrap().into(), 1, &["web"]);
}

#[test]
fn who_named_an_engine_that_is_not_there_is_told() {
    for (variable, url, parts) in [
        ("WHARF_RUNTIME", "nonsense", ["has no scheme", "nonsense"]),
        ("WHARF_RUNTIME", "fake:?speed=2", ["speed=2", "seed=NUMBER"]),
        (
            "DOCKER_HOST",
            "unix:///nowhere.sock",
            ["nowhere.sock", "wharf engines"],
        ),
        (
            "DOCKER_HOST",
            "ssh://host",
            ["SSH", "WHARF_RUNTIME is not set"],
        ),
    ] {
        let mut command = wharf("ps");
        command.env(variable, url);
        let told = run(command);
        refused(&told, 1, &parts);
        let by = format!("{variable}: ");
        assert!(told.stderr.contains(&by), "{}", told.stderr);
    }
}
