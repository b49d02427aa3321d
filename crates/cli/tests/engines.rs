//! The command on real engines: those that `WHARF_ENGINES` names (`name=url,…`).
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]
#![allow(dead_code, reason = "each file uses its part of the support")]

mod support;

use libtest_mimic::{Completion, Trial};
use serde_json::Value;
use std::{
    fs::File,
    io::Write,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};
use support::{Told, fine, refused, run, start, unread, wharf};
use wharf_tests::on_engines;

/// Each of these functions, with its name.
macro_rules! tests { ($($name:ident,)*) => { [$((stringify!($name), $name as fn(&Engine)),)*] } }

fn main() -> ExitCode {
    let tests = tests![
        a_containers_life_can_be_led_from_the_command_line,
        logs_are_cut_and_stamped_as_they_are_asked_for,
        exit_codes_are_the_programs_or_dockers,
        what_is_not_read_has_its_exit_code_all_the_same,
        several_are_stopped_and_removed_at_the_same_time,
        a_command_is_told_in_one_line_whatever_is_in_it,
        what_docker_takes_for_no_limit_is_taken,
        a_suite_that_tests_nothing_is_no_success,
        the_tour_leaves_nothing_behind,
    ];
    on_engines(|engines| {
        let mut trials = engines.answers();
        for engine in &engines.named {
            for (at, (name, test)) in tests.into_iter().enumerate() {
                let silence = engine.silence.clone();
                let url = engine.url.clone();
                let title = format!("{}::{name}", engine.name);
                trials.push(Trial::ignorable_test(title, move || {
                    if let Some(why) = silence {
                        return Ok(Completion::ignored_with(format!("skipped: {why}")));
                    }
                    let name = format!("wharf-cli-{}-{at}", std::process::id());
                    test(&Engine { url, name });
                    Ok(Completion::Completed)
                }));
            }
        }
        trials
    })
}

/// One engine, and a name of our own on it.
struct Engine {
    url: String,
    name: String,
}

impl Engine {
    /// A line in which `NAME` is ours, and more words as they are.
    fn command(&self, line: &str, more: &[&str]) -> Command {
        let line = line.replace("NAME", &self.name);
        let mut command = wharf(&format!("--runtime {} {line}", self.url));
        command.args(more);
        command
    }

    fn call(&self, line: &str) -> Told {
        run(self.command(line, &[]))
    }

    fn fine(&self, line: &str) -> String {
        fine(self.call(line))
    }

    /// Whether there is such a container, running or not.
    fn has(&self, name: &str) -> bool {
        !self.fine(&format!("ps -aq -f name=^{name}$")).is_empty()
    }
}

/// Whatever the test finds, nothing of it stays.
impl Drop for Engine {
    fn drop(&mut self) {
        self.call("rm -f NAME NAME-1 NAME-2");
    }
}

fn a_containers_life_can_be_led_from_the_command_line(engine: &Engine) {
    let id = engine.fine("run -d --name NAME -l wharf.test=cli -e COLOUR=blue busybox sleep 600");
    let id = id.trim_end();
    assert!(engine.fine("ps --no-trunc").contains(id));
    assert_eq!(
        engine
            .fine("ps -q --no-trunc -f name=NAME -f label=wharf.test=cli")
            .trim_end(),
        id
    );
    assert!(
        engine
            .fine("exec -e SIZE=big NAME env")
            .contains("COLOUR=blue\n")
    );
    let mut cat = wharf(&format!(
        "--runtime {} exec -i {} cat",
        engine.url, engine.name
    ));
    cat.stdin(Stdio::piped());
    let mut cat = start(cat);
    cat.stdin.take().unwrap().write_all(b"ahoy").unwrap();
    assert_eq!(fine(cat.wait_with_output().unwrap().into()), "ahoy");
    let failed = engine.call("exec NAME false");
    assert_eq!((failed.code, failed.stderr.as_str()), (Some(1), ""));

    let info: Value = serde_json::from_str(&engine.fine("inspect NAME")).unwrap();
    assert_eq!(info[0]["id"], id);
    assert_eq!(info[0]["state"], "running");

    let refused = engine.call("rm NAME");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.starts_with("wharf: "), "{}", refused.stderr);

    engine.fine("stop -t 0 NAME");
    assert_eq!(engine.fine("wait NAME"), "137\n");
    let ended: Value = serde_json::from_str(&engine.fine("wait --json NAME")).unwrap();
    assert_eq!(
        (ended["container"].as_str(), ended["code"].as_i64()),
        (Some(&*engine.name), Some(137))
    );
    assert_eq!(engine.fine("start NAME").trim_end(), engine.name);
    engine.fine("stop -t 0 NAME");
    engine.fine("rm NAME");
    assert!(!engine.has(&engine.name));

    let events = engine.fine("events --since 5m --until 0s -f container=NAME -f type=container");
    for action in ["create", "start", "die", "destroy"] {
        assert!(
            events.contains(&format!(" container {action} {id}")),
            "{action} in {events}"
        );
    }
}

fn logs_are_cut_and_stamped_as_they_are_asked_for(engine: &Engine) {
    let mut command = wharf(&format!(
        "--runtime {} run --name {} busybox sh -c",
        engine.url, engine.name
    ));
    // The order of two streams that are written to at once is nobody's promise.
    command.arg("echo err >&2; sleep 0.5; for n in 1 2 3; do echo out $n; done");
    let told = run(command);
    assert_eq!(
        (told.stdout.as_str(), told.stderr.as_str()),
        ("out 1\nout 2\nout 3\n", "err\n")
    );

    let told = engine.call("logs NAME");
    assert_eq!(
        (told.stdout.as_str(), told.stderr.as_str()),
        ("out 1\nout 2\nout 3\n", "err\n")
    );
    let told = engine.call("logs -t --tail 1 -f NAME");
    let time = told.stdout.trim_end().strip_suffix(" out 3").unwrap();
    assert!(
        time.ends_with('Z') && time.len() == "2026-01-31T12:00:00.000000000Z".len(),
        "{time}"
    );
    assert_eq!(engine.fine("logs --until 1h NAME"), "");
    let json: Value =
        serde_json::from_str(engine.fine("logs --json -n 3 NAME").lines().next().unwrap()).unwrap();
    assert_eq!(json["source"], "stdout");
}

fn exit_codes_are_the_programs_or_dockers(engine: &Engine) {
    for (line, code) in [
        ("run --rm --name NAME busybox true", 0),
        ("run --rm --name NAME busybox false", 1),
        ("run --rm --name NAME busybox nosuch", 127),
        ("run --rm --name NAME busybox /etc", 126),
        ("run --rm --name NAME --network nosuch busybox true", 125),
    ] {
        let told = engine.call(line);
        assert_eq!(told.code, Some(code), "{line}: {}", told.stderr);
        assert!(!engine.has(&engine.name), "{line}");
    }
}

fn the_tour_leaves_nothing_behind(engine: &Engine) {
    let text = engine.fine("tour");
    assert!(
        text.contains("docked: the Mary Ann") && text.contains("nothing left behind"),
        "{text}"
    );
    let (_, label) = text.split_once("under the label ").unwrap();
    let label = label.lines().next().unwrap();
    assert_eq!(engine.fine(&format!("ps -aq -f label={label}")), "");
}

fn what_is_not_read_has_its_exit_code_all_the_same(engine: &Engine) {
    engine.fine("run -d --name NAME busybox sleep 600");
    let script = "echo one; echo why >&2; exit 3";
    let told = unread(engine.command("exec NAME sh -c", &[script]));
    assert_eq!((told.code, told.stderr.as_str()), (Some(3), "why\n"));
    let told = unread(engine.command("exec --json NAME false", &[]));
    assert_eq!((told.code, told.stderr.as_str()), (Some(1), ""));
    let told = unread(engine.command("exec NAME echo one", &[]));
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));

    // That stderr cannot be written is told, though nobody reads stdout.
    let mut command = engine.command("exec NAME sh -c", &[script]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(full).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));

    // The one that ended cannot be told; the other has its turn.
    engine.fine("stop -t 0 NAME");
    refused(
        &unread(engine.command("wait NAME nosuch", &[])),
        1,
        &["nosuch"],
    );
    engine.fine("rm NAME");

    let script = "echo one; echo two; sleep 0.1; echo three; echo why >&2; exit 3";
    let told = unread(engine.command("run --rm --name NAME busybox sh -c", &[script]));
    assert_eq!((told.code, told.stderr.as_str()), (Some(3), "why\n"));
    let endless = "while true; do echo one; sleep 0.1; done";
    let told = unread(engine.command("run --rm --name NAME busybox sh -c", &[endless]));
    assert_eq!((told.code, told.stderr.as_str()), (Some(141), ""));
    assert!(!engine.has(&engine.name));
    let told = unread(engine.command("run --name NAME busybox sh -c", &[endless]));
    refused(&told, 141, &["goes on, unread"]);
    assert_eq!(engine.fine("ps -q -f name=^NAME$").lines().count(), 1);
}

fn several_are_stopped_and_removed_at_the_same_time(engine: &Engine) {
    const GRACE: Duration = Duration::from_secs(3);
    let names = ["NAME", "NAME-1", "NAME-2"].map(|name| name.replace("NAME", &engine.name));
    for name in &names {
        engine.fine(&format!("run -d --name {name} busybox sleep 600"));
    }
    // A sleep that is the first process has no ear for SIGTERM.
    let begun = Instant::now();
    let told = engine.call("stop -t 3 NAME nosuch NAME-1 NAME-2");
    let took = begun.elapsed();
    refused(&told, 1, &["nosuch"]);
    assert_eq!(told.stdout.lines().collect::<Vec<_>>(), names);
    assert!(took >= GRACE && took < 3 * GRACE, "{took:?}");

    let told = engine.call("rm NAME-2 nosuch NAME-1 NAME");
    refused(&told, 1, &["nosuch"]);
    let removed: Vec<_> = told.stdout.lines().rev().collect();
    assert_eq!(removed, names);
}

fn a_command_is_told_in_one_line_whatever_is_in_it(engine: &Engine) {
    let script = "sleep 600 # a\nb \"q\" \u{1b}[31mred\t\\ ü \u{7f}\u{9b}";
    fine(run(
        engine.command("run -d --name NAME busybox sh -c", &[script])
    ));
    let table = engine.fine("ps --no-trunc -f name=^NAME$");
    // As Docker's own command has it.
    let shown = r#""sh -c 'sleep 600 # a\nb \"q\" \x1b[31mred\t\\ ü \x7f\u009b'""#;
    assert!(table.contains(shown), "{table}");
    assert_eq!(table.lines().count(), 2);

    engine.fine("exec NAME true a\u{1b}b");
    let events = engine.fine("events --since 5m --until 0s -f container=NAME");
    assert!(events.contains(r"exec_create: true a\x1bb"), "{events}");

    // runc says it twice, once as it is.
    let told = run(engine.command("run --rm busybox", &["/b\u{1b}[31mred"]));
    refused(&told, 127, &[r"stat /b\x1b[31mred"]);
}

fn what_docker_takes_for_no_limit_is_taken(engine: &Engine) {
    engine
        .fine("run --name NAME -m 0 --cpus 0 --pids-limit 0 --add-host pier=10.0.0.1 busybox true");
    let info: Value = serde_json::from_str(&engine.fine("inspect NAME")).unwrap();
    for limit in ["memory", "cpus", "pids_limit"] {
        assert_eq!(info[0]["config"][limit], Value::Null, "{limit}");
    }
    assert_eq!(info[0]["config"]["extra_hosts"][0], "pier:10.0.0.1");
    // All, and of those only what runs, as without it.
    assert_eq!(engine.fine("ps -q -n -1 -f name=^NAME$"), "");
    assert_eq!(engine.fine("ps -q -n 1 -f name=^NAME$").lines().count(), 1);
}

fn a_suite_that_tests_nothing_is_no_success(engine: &Engine) {
    // Without an image to pull.
    let mut command = engine.command("conform --filter pull_takes_the_platform", &[]);
    command.env("CLICOLOR_FORCE", "1");
    let told = run(command);
    refused(&told, 2, &["nothing was tested"]);
    let yellow = "\u{1b}[33m";
    let summary = told
        .stdout
        .lines()
        .find(|line| line.contains("0 passed, 0 failed"));
    assert!(summary.unwrap().contains(yellow), "{}", told.stdout);
    refused(
        &engine.call("conform --filter pull_takes_the_platform --format json"),
        2,
        &["nothing was tested"],
    );
}
