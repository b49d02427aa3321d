//! What processes take: time, memory, and nothing that is left behind.

use super::*;

#[test]
fn that_the_memory_was_used_up_is_said_once() {
    let kernel = Machine::new().kernel;
    assert!(!kernel.take_out_of_memory());
    kernel.run_out_of_memory();
    assert!(kernel.take_out_of_memory());
    assert!(!kernel.take_out_of_memory());
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
