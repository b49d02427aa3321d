//! Programs that a real busybox has and the fake has not: who meets one is told that it is the fake that lacks it.

use super::*;
use wharf_fake::{ImageFixture, Script};

/// What nobody is told of a program that a real engine would not find either.
const WORD: &str = "Fake::add_program";

#[tokio::test(start_paused = true)]
async fn a_shell_says_what_the_fake_lacks() {
    let runtime = Fake::new().runtime();
    start(&runtime, &["sleep", "1000"]).await;
    for (script, said, code) in [
        ("echo hi | sed s/h/j/", "sh: sed: not found (", 127),
        ("/bin/awk 1", "sh: /bin/awk: not found (", 127),
        ("exec sed p", "sh: exec: line 0: sed: not found (", 127),
        (
            "timeout 5 sed p",
            "timeout: can't execute 'sed': No such file or directory (",
            127,
        ),
        (
            "env find /",
            "env: can't execute 'find': No such file or directory (",
            127,
        ),
        ("busybox echo hi", "busybox: applet not found (", 127),
    ] {
        let output = exec(&runtime, &["sh", "-c", script]).await;
        let text = output.stderr_text();
        assert!(text.starts_with(said), "{script}: {text}");
        assert!(text.contains(WORD), "{script}: {text}");
        assert_eq!(text.lines().count(), 1, "{script}: {text}");
        assert_eq!(output.code(), code, "{script}");
    }
    for script in [
        "nosuch",
        "/opt/sed",
        "./sed",
        "timeout 5 nosuch",
        "exec nosuch",
    ] {
        let output = exec(&runtime, &["sh", "-c", script]).await;
        let text = output.stderr_text();
        assert!(!text.is_empty() && !text.contains(WORD), "{script}: {text}");
        assert_eq!(output.code(), 127, "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_engine_says_it_of_commands_and_execs() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let run = |word: &str, init| {
        let runtime = runtime.clone();
        let config = command(&[word]).with_init(init);
        async move { runtime.run(config, RunOptions::default()).await }
    };
    for (word, told) in [("sed", true), ("/bin/sed", true), ("nosuch", false)] {
        let error = run(word, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{word}");
        assert_eq!(error.message().contains(WORD), told, "{word}: {error}");
        let output = run(word, true).await.unwrap();
        assert_eq!(output.code(), 127, "{word}");
        let text = output.stderr_text();
        assert_eq!(text.contains(WORD), told, "{word}: {text}");
    }
    start(&runtime, &["sleep", "1000"]).await;
    for (word, told) in [("sed", true), ("nosuch", false)] {
        let output = exec(&runtime, &[word]).await;
        assert_eq!(output.code(), 127, "{word}");
        let text = output.stdout_text();
        assert_eq!(text.contains(WORD), told, "{word}: {text}");
    }
    // As it is told.
    fake.add_program("sed", Script::new().print("jello\n"))
        .unwrap();
    let output = exec(&runtime, &["sh", "-c", "echo hello | sed s/h/j/"]).await;
    assert_eq!(output.stdout_text(), "jello\n");
}

#[tokio::test(start_paused = true)]
async fn an_image_without_busybox_lacks_it_itself() {
    let fake = Fake::builder()
        .image("own:1", ImageFixture::scratch())
        .unwrap()
        .build();
    let config = ContainerConfig::new("own:1").with_command(["sed"]);
    let error = fake
        .runtime()
        .run(config, RunOptions::default())
        .await
        .unwrap_err();
    assert!(!error.message().contains(WORD), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_guide_names_the_applets_that_there_are() {
    let runtime = Fake::new().runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["ls", "/bin"]).await.stdout_text();
    let there: Vec<_> = output.lines().filter(|name| *name != "busybox").collect();
    let guide = include_str!("../../../../docs/fake.md");
    let (_, list) = guide.split_once("The applets are ").unwrap();
    let (list, _) = list.split_once(".\n").unwrap();
    let named: Vec<_> = list
        .split(' ')
        .map(|name| name.trim_matches(['`', ',']))
        .collect();
    assert_eq!(named, there);
}
