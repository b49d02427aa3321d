//! Scripts as data: every step is read and written, and what is none says where.

use super::*;
use wharf_fake::Script;

const WHOLE: &str = r#"{
  "steps": [
    {"print": "ready\n"},
    {"eprint": "warning\n"},
    {"wait": 1.5},
    "read_line",
    "echo_line",
    {"write_file": {"path": "/a", "content": "x"}},
    {"append_file": {"path": "/a", "content": "y"}},
    {"trap": {"signal": "SIGTERM", "steps": [{"wait": 2.0}, {"exit": 0}]}},
    {"ignore": "SIGHUP"},
    {"on_starts": {"from": 1, "to": 2, "steps": [{"exit": 1}]}},
    {"on_starts": {"from": 3, "anywhere": true, "steps": []}},
    {"repeat": {"times": 3, "steps": ["read_line"]}},
    {"repeat": {"steps": ["read_line"]}},
    "forever",
    {"exit": 255},
    {"die": "SIGSEGV"},
    "out_of_memory"
  ]
}"#;

fn whole() -> Script {
    let line = || Script::new().read_line();
    Script::new()
        .print("ready\n")
        .eprint("warning\n")
        .wait(Duration::from_millis(1500))
        .read_line()
        .echo_line()
        .write_file("/a", "x")
        .append_file("/a", "y")
        .trap(Signal::TERM, Script::new().wait(SECOND * 2).exit(0))
        .ignore(Signal::HUP)
        .on_starts(..=2, Script::new().exit(1))
        .on_starts_anywhere(3.., Script::new())
        .repeat(3, line())
        .repeat_forever(line())
        .forever()
        .exit(255)
        .die(Signal::from_number(11).unwrap())
        .out_of_memory()
}

#[test]
fn every_step_is_read_and_written() {
    let read: Script = serde_json::from_str(WHOLE).unwrap();
    assert_eq!(read, whole());
    let written = serde_json::to_value(&read).unwrap();
    let data: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    assert_eq!(written, data);
}

/// A list of steps, and what is said of it.
const REFUSED: &[(&str, &str)] = &[
    (
        r#"{"exit": 300}"#,
        "steps[0].exit: 300 is no exit code (0 to 255)",
    ),
    (
        r#""forever", {"exit": -1}"#,
        "steps[1].exit: -1 is no exit code (0 to 255)",
    ),
    (
        r#"{"wait": -1}"#,
        "steps[0].wait: -1.0 is no time (seconds, 0 or more)",
    ),
    (
        r#"{"wait": 1e300}"#,
        "steps[0].wait: 1e300 seconds are more than a hundred years; forever has no end",
    ),
    (
        r#"{"wait": 1e10}"#,
        "steps[0].wait: 10000000000.0 seconds are more than a hundred years",
    ),
    (
        r#"{"wait": "1s"}"#,
        "steps[0].wait: invalid type: string \"1s\", expected f64",
    ),
    (
        r#"{"exot": 1}"#,
        "steps[0].exot: there is no step \"exot\"; there are read_line",
    ),
    (
        r#""exot""#,
        "steps[0]: there is no step \"exot\"; there are read_line",
    ),
    (r#""exit""#, "steps[0]: exit needs a value: {\"exit\": …}"),
    (
        r#"{"forever": 1}"#,
        "steps[0].forever: it has no value: write \"forever\" alone",
    ),
    (r"{}", "steps[0]: a step without a name"),
    ("7", "steps[0]: invalid type: integer `7`, expected a step"),
    (
        r#"{"print": "a", "exit": 0}"#,
        "steps[0]: print and exit are two steps, and each is one of its own",
    ),
    (
        r#"{"trap": {"signal": "TERMX", "steps": []}}"#,
        "steps[0].trap.signal: there is no signal \"TERMX\"",
    ),
    (
        r#"{"die": "TERMX"}"#,
        "steps[0].die: there is no signal \"TERMX\"",
    ),
    (
        r#"{"die": 65}"#,
        "steps[0].die: there is no signal \"65\"; use a name such as SIGTERM or a number from 1 to 64",
    ),
    (
        r#"{"die": []}"#,
        "steps[0].die: invalid type: sequence, expected a signal, by name or number",
    ),
    (
        r#"{"die": "CHLD"}"#,
        "steps[0].die: SIGCHLD ends no process",
    ),
    (
        r#"{"write_file": {"path": "", "content": ""}}"#,
        "steps[0].write_file.path: \"\" is no path of a file",
    ),
    (
        r#"{"append_file": {"path": "a/", "content": ""}}"#,
        "steps[0].append_file.path: \"a/\" is no path of a file",
    ),
    (
        r#"{"write_file": []}"#,
        "steps[0].write_file: invalid type: sequence, expected its fields, each by name",
    ),
    (
        r#"{"trap": {"signal": "KILL", "steps": []}}"#,
        "steps[0].trap.signal: SIGKILL cannot be caught",
    ),
    (
        r#"{"trap": {"signal": "TERM", "steps": ["forever", {"exit": 256}]}}"#,
        "steps[0].trap.steps[1].exit: 256 is no exit code (0 to 255)",
    ),
    (
        r#"{"write_file": {"path": "/a", "contents": ""}}"#,
        "steps[0].write_file: unknown field `contents`, expected `path` or `content`",
    ),
    (
        r#"{"repeat": {"times": 2}}"#,
        "steps[0].repeat: missing field `steps`",
    ),
    (
        r#"{"repeat": {"steps": []}}"#,
        "steps[0].repeat.steps: there is nothing to repeat",
    ),
    (
        r#"{"on_starts": {"from": 0, "steps": []}}"#,
        "steps[0].on_starts.from: starts are counted from 1, not 0",
    ),
];

#[test]
fn what_is_no_script_says_where() {
    for (steps, expected) in REFUSED {
        let json = format!("{{\"steps\": [\n{steps}]}}");
        let error = serde_json::from_str::<Script>(&json).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(expected), "{steps}: {text}");
        assert_eq!(error.line(), 2, "{steps}: {text}");
        assert!(error.column() > 0, "{steps}: {text}");
    }
    for (json, expected) in [
        (
            "[]",
            "invalid type: sequence, expected a script: {\"steps\": […]}",
        ),
        ("{}", "missing field `steps`"),
        (r#"{"steps": [], "step": 1}"#, "unknown field `step`"),
        (
            r#"{"steps": 1}"#,
            "invalid type: integer `1`, expected a list of steps",
        ),
    ] {
        let error = serde_json::from_str::<Script>(json).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn it_goes_through_yaml_and_toml_as_well() {
    let text = serde_norway::to_string(&whole()).unwrap();
    assert!(!text.contains('!'), "{text}");
    assert_eq!(serde_norway::from_str::<Script>(&text).unwrap(), whole());
    let text = "steps: [print: up, die: 9, forever]";
    let script = Script::new().print("up").die(Signal::KILL).forever();
    assert_eq!(serde_norway::from_str::<Script>(text).unwrap(), script);
    let text = toml::to_string(&whole()).unwrap();
    assert_eq!(toml::from_str::<Script>(&text).unwrap(), whole());
    let text = "steps = [{ print = 'up' }, { die = 9 }, 'forever']";
    assert_eq!(toml::from_str::<Script>(text).unwrap(), script);
    let error = toml::from_str::<Script>("steps = ['forever', { exit = 300 }]").unwrap_err();
    let why = "steps[1].exit: 300 is no exit code (0 to 255)";
    assert!(error.message().starts_with(why), "{error}");
}

#[test]
fn a_signal_may_be_a_number() {
    let json = r#"{"steps": [{"trap": {"signal": 15, "steps": []}}, {"ignore": 1}, {"die": 9}]}"#;
    let named = Script::new()
        .trap(Signal::TERM, Script::new())
        .ignore(Signal::HUP)
        .die(Signal::KILL);
    assert_eq!(serde_json::from_str::<Script>(json).unwrap(), named);
}

#[test]
fn whatever_is_read_is_a_script_or_an_error() {
    // Each byte left out, or replaced by one of those that JSON is made of.
    let mut scripts = 0;
    for at in 0..WHOLE.len() {
        for with in ["", "{", "[", "]", "\"", ",", ":", "-", "9", "e", "\\"] {
            let mutant = format!("{}{with}{}", &WHOLE[..at], &WHOLE[at + 1..]);
            if let Ok(script) = serde_json::from_str::<Script>(&mutant) {
                let again = serde_json::to_string(&script).unwrap();
                assert_eq!(serde_json::from_str::<Script>(&again).unwrap(), script);
                scripts += 1;
            }
        }
    }
    assert!(scripts > 100, "{scripts}");
    let deep = r#"{"steps": [{"repeat": "#.repeat(10_000);
    serde_json::from_str::<Script>(&deep).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn what_was_read_runs() {
    let json = r#"{"steps": [{"print": "from data\n"}, {"exit": 3}]}"#;
    let output = run(serde_json::from_str::<Script>(json).unwrap()).await;
    assert_eq!(
        (output.code(), output.stdout_text().as_str()),
        (3, "from data\n")
    );
}
