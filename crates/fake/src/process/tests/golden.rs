//! Scripts, and what a real busybox answered.

use super::*;

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
    for line in include_str!("../golden/golden.txt").split_inclusive('\n') {
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
