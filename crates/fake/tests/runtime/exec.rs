//! Programs beside the main one.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_exec_has_its_output_its_input_and_its_code() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("sleep 1000")).await;
    let script = "cat; echo err >&2; echo $A; exit 3";
    let config = ExecConfig::new(["sh", "-c", script])
        .with_env([("A", "b")])
        .with_input("in\n");
    let output = runtime.exec_container(&id, config).await.unwrap();
    assert_eq!(
        (output.code(), output.stdout_text().as_str()),
        (3, "in\nb\n")
    );
    assert_eq!(output.stderr_text(), "err\n");
    let missing = runtime
        .exec_container(&id, ExecConfig::new(["nope"]))
        .await
        .unwrap();
    assert_eq!(missing.code(), 127);
    assert!(
        missing
            .stdout_text()
            .contains("executable file not found in $PATH")
    );
    let endless = ExecConfig::new(["yes"]).with_output_limit(100);
    let error = runtime.exec_container(&id, endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let terminal = ExecConfig::new(["sh", "-c", "echo a; echo b >&2"]).with_tty(true);
    let output = runtime.exec_container(&id, terminal).await.unwrap();
    assert_eq!(output.stdout_text(), "a\r\nb\r\n");
}

#[tokio::test(start_paused = true)]
async fn an_exec_ends_with_its_container() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("sleep 5; exit 1")).await;
    let exec = ExecConfig::new(["sh", "-c", "echo before; sleep 1000"]);
    let output = runtime.exec_container(&id, exec).await.unwrap();
    assert_eq!(
        (output.code(), output.stdout_text().as_str()),
        (137, "before\n")
    );
}

#[tokio::test(start_paused = true)]
async fn an_option_of_an_exec_that_has_no_effect_is_refused_by_name() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("sleep 1000")).await;
    let privileged = ExecConfig::new(["true"]).with_privileged(true);
    let error = runtime.exec_container(&id, privileged).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let option = "exec_container.privileged";
    assert!(error.to_string().contains(option), "{error}");
    assert!(!runtime.capabilities().supports_option(option));
}
