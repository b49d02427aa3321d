//! The tour, and the suite as a command.
#![allow(clippy::unwrap_used, reason = "a test's way to fail")]
#![allow(dead_code, reason = "each file uses its part of the support")]

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use support::{Told, fake, fine, interrupt, refused, run, start, wharf};

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
    refused(&fake("conform --filter nosuchcase"), 2, &["nosuchcase"]);
}
