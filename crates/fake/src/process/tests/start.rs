//! How commands start, or do not.

use super::*;

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
