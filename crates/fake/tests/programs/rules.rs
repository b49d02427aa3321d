//! Which program runs: by command, by image, by who starts it, by default.

use super::*;
use wharf_fake::{Commands, ImageFixture, Registry, Script};

/// A program that says which it is.
fn names(name: &str) -> Script {
    Script::new().print(name)
}

async fn said(runtime: &FakeRuntime, config: ContainerConfig) -> String {
    let output = runtime.run(config, RunOptions::default()).await.unwrap();
    assert_eq!(output.code(), 0, "{}", output.stderr_text());
    output.stdout_text()
}

#[tokio::test(start_paused = true)]
async fn the_most_specific_rule_decides_and_among_equals_the_last() {
    let fake = Fake::builder()
        .image("app:1", ImageFixture::scratch())
        .unwrap()
        .program(["app", "migrate"], names("migrate"))
        .unwrap()
        .program("app", names("old"))
        .unwrap()
        .program("app", names("app"))
        .unwrap()
        .program(Commands::from("app").in_image("app:*"), names("of image"))
        .unwrap()
        .program(Commands::any().in_image("app:1"), names("any of image"))
        .unwrap()
        .program(Commands::unknown(), names("unknown"))
        .unwrap()
        .build();
    let runtime = fake.runtime();
    let of = |image: &str, words: &[&str]| {
        let config = ContainerConfig::new(image).with_command(words.to_vec());
        said(&runtime, config)
    };
    assert_eq!(of("busybox", &["app"]).await, "app");
    assert_eq!(of("busybox", &["/bin/app", "serve"]).await, "app");
    assert_eq!(of("busybox", &["app", "migrate"]).await, "migrate");
    assert_eq!(of("busybox", &["other"]).await, "unknown");
    assert_eq!(of("busybox", &["/no/such"]).await, "unknown");
    assert_eq!(of("busybox", &["echo", "-n", "real"]).await, "real");
    assert_eq!(of("app:1", &["app"]).await, "of image");
    assert_eq!(of("app:1", &["app", "migrate"]).await, "migrate");
    assert_eq!(of("app:1", &["echo"]).await, "any of image");
    // What is added later goes before its equals, and replaces the one for the same.
    let late = Commands::from("app").exec_only();
    fake.add_program(late, names("exec")).unwrap();
    fake.add_program(["app", "migrate"], names("newer"))
        .unwrap();
    assert_eq!(of("busybox", &["app"]).await, "app");
    assert_eq!(of("busybox", &["app", "migrate"]).await, "newer");
}

#[tokio::test(start_paused = true)]
async fn mains_execs_and_what_shells_start_are_told_apart() {
    let app = || Commands::from("app");
    let fake = Fake::new();
    fake.add_program(app().main_only(), Script::new().forever())
        .unwrap();
    fake.add_program(app().exec_only(), names("exec")).unwrap();
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    assert_eq!(exec(&runtime, &["app"]).await.stdout_text(), "exec");
    let shell = &["sh", "-c", "app; echo $?; command -v app"];
    let output = exec(&runtime, shell).await;
    assert_eq!(output.stdout_text(), "127\n");
    // From now on, in a container that runs already.
    fake.add_program(app(), names("child ")).unwrap();
    let output = exec(&runtime, shell).await;
    assert_eq!(output.stdout_text(), "child 0\napp\n");
    assert_eq!(exec(&runtime, &["app"]).await.stdout_text(), "exec");
    // A shell's own commands are its own, whatever is said of all that the engine starts.
    fake.add_program(Commands::any().main_only(), names("any"))
        .unwrap();
    let output = exec(&runtime, &["sh", "-c", "cat /etc/hostname | wc -l"]).await;
    assert_eq!(output.stdout_text(), "1\n");
    assert_eq!(said(&runtime, command(&["cat"])).await, "any");
}

#[tokio::test(start_paused = true)]
async fn it_stands_wherever_a_program_can() {
    let fake = app(Script::new().echo_line().exit(3));
    let runtime = fake.runtime();
    start(&runtime, &["sleep", "1000"]).await;
    for (script, expected) in [
        ("echo piped | app", "piped\n"),
        ("echo x | (app; echo $?)", "x\n3\n"),
        ("app </etc/hostname >/tmp/o; cat /tmp/o | wc -l", "1\n"),
        ("echo in | timeout 5 app", "in\n"),
        ("echo in | env A=b app", "in\n"),
        ("X=$(echo in | app); echo $X", "in\n"),
        ("echo in | exec app", "in\n"),
    ] {
        let output = exec(&runtime, &["sh", "-c", script]).await;
        assert_eq!(output.stdout_text(), expected, "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_brings_its_programs_and_lacks_all_others() {
    let postgres = || {
        let shutdown = Script::new().exit(0);
        let server = Script::new().trap(Signal::TERM, shutdown);
        ImageFixture::scratch()
            .with_command(["postgres"])
            .with_program("postgres", server.print("ready\n").forever())
            .unwrap()
            .with_program("pg_isready", Script::new())
            .unwrap()
    };
    let registry = Registry::new("r.test").with_image("postgres:16", postgres());
    let fake = Fake::builder().registry(registry).unwrap().build();
    let runtime = fake.runtime();
    let pulled = runtime.ensure_image("r.test/postgres:16", PullPolicy::Missing);
    assert_eq!(pulled.await.unwrap().id, postgres().id());
    let config = ContainerConfig::new("r.test/postgres:16").with_name("app");
    runtime.create_container(config.clone()).await.unwrap();
    again(&runtime).await;
    assert_eq!(exec(&runtime, &["pg_isready"]).await.code(), 0);
    assert_eq!(exec(&runtime, &["sh", "-c", "true"]).await.code(), 127);
    stop(&runtime).await;
    assert_eq!(exit(&runtime).await.code, 0);
    assert_eq!(runtime.logs_text("app").await.unwrap(), "ready\n");
    let other = config.with_name("other").with_command(["sh"]);
    runtime.create_container(other).await.unwrap();
    let error = runtime.start_container("other", StartOptions::default());
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::InvalidInput);
    // The fake's own come first.
    fake.add_program("pg_isready", Script::new().exit(2))
        .unwrap();
    again(&runtime).await;
    assert_eq!(exec(&runtime, &["pg_isready"]).await.code(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_image_is_known_by_its_programs_and_counts_in_each_fake_for_itself() {
    let image = |code| {
        let once = Script::new().on_starts_anywhere(..=1, Script::new().exit(code));
        ImageFixture::scratch()
            .with_command(["app"])
            .with_program("app", once)
            .unwrap()
    };
    assert_eq!(image(1).id(), image(1).id());
    assert_ne!(image(1).id(), image(2).id());
    let image = image(1);
    for _ in 0..2 {
        let fake = Fake::builder().image("app", image.clone()).unwrap().build();
        let runtime = fake.runtime();
        for expected in [1, 0] {
            let output = runtime.run(ContainerConfig::new("app"), RunOptions::default());
            assert_eq!(output.await.unwrap().code(), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "programs that were never started, under seed 0:\n  ap, as exec")]
async fn a_program_that_never_ran_can_be_told() {
    let fake = app(Script::new());
    let runtime = fake.runtime();
    said(&runtime, command(&["app"])).await;
    fake.assert_all_programs_started();
    let misspelt = Commands::from("ap").exec_only();
    fake.add_program(misspelt, Script::new()).unwrap();
    fake.assert_all_programs_started();
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_rules_and_what_they_have_counted() {
    let second = Script::new().on_starts(2.., Script::new().exit(2));
    let fake = app(second.exit(1));
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    assert_eq!(exit(&runtime).await.code, 1);
    let once = fake.snapshot();
    for _ in 0..2 {
        again(&runtime).await;
        assert_eq!(exit(&runtime).await.code, 2);
        fake.add_program("app", Script::new().exit(3)).unwrap();
        again(&runtime).await;
        assert_eq!(exit(&runtime).await.code, 3);
        fake.restore(&once);
    }
    let fork = once.fork().runtime();
    again(&fork).await;
    assert_eq!(exit(&fork).await.code, 2);
}

#[tokio::test(start_paused = true)]
async fn what_begins_anew_from_a_snapshot_is_the_same_start() {
    let second = Script::new().on_starts(2.., Script::new().exit(2));
    let fake = app(second.wait(SECOND).exit(1));
    start(&fake.runtime(), &["app"]).await;
    let fork = fake.fork().runtime();
    assert_eq!(exit(&fork).await.code, 1);
}

#[tokio::test(start_paused = true)]
async fn steps_nest_so_deep_and_no_deeper() {
    let nested = |depth| {
        let inner = Script::new().print("deep");
        (0..depth).fold(inner, |inner, _| Script::new().repeat(1, inner))
    };
    assert_eq!(run(nested(32)).await.stdout_text(), "deep");
    let error = Fake::new().add_program("app", nested(1000)).unwrap_err();
    let why = "repeat: steps in steps, more than 32 deep";
    assert!(error.message().ends_with(why), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_could_never_run_is_refused() {
    let fake = Fake::new();
    let refused = |commands: Commands, script: Script| {
        let error = fake.add_program(commands, script).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.message().to_owned()
    };
    let nameless = refused("".into(), Script::new());
    assert_eq!(nameless, "program: no command has an empty name");
    let nowhere = refused(Commands::any().in_image(""), Script::new());
    assert_eq!(nowhere, "program: no image has an empty name");
    for (image, why) in [
        ("app:[", "a `[` or a `\\` in it has no end"),
        ("app:[a-]", "a `[` or a `\\` in it has no end"),
        ("app\\", "a `[` or a `\\` in it has no end"),
        ("Postgres:*", "a repository's name is in lower case"),
        ("r.test/Team*", "a repository's name is in lower case"),
    ] {
        assert_eq!(
            refused(Commands::any().in_image(image), Script::new()),
            format!("program: {image:?} fits no image: {why}")
        );
    }
    assert_eq!(
        refused(Commands::any().in_image("Postgres"), Script::new()),
        "program: \"Postgres\" is no image reference: a repository's name must be lower case"
    );
    let id = "ab".repeat(32);
    for image in [
        &id,
        "app:V1",
        "app?V1",
        "R.test/app",
        "*V1",
        "[Pp]ostgres",
        "sha256:ab*",
    ] {
        let rule = Commands::any().in_image(image);
        fake.add_program(rule, Script::new()).unwrap();
    }
    assert_eq!(
        refused("app migrate".into(), Script::new()),
        r#"program: "app migrate" is one word; give each on its own: ["app", "migrate"]"#
    );
    let elsewhere = ImageFixture::scratch()
        .with_program(Commands::any().in_image("b"), Script::new())
        .unwrap_err();
    assert!(
        elsewhere.message().contains("leave out \"b\""),
        "{elsewhere}"
    );
    let kill = Script::new().trap(Signal::KILL, Script::new());
    for (script, expected) in [
        (
            kill.clone(),
            "steps[0].trap.signal: SIGKILL cannot be caught",
        ),
        (
            Script::new()
                .print("x")
                .repeat(2, Script::new().wait(SECOND).repeat(1, kill)),
            "steps[1].repeat.steps[1].repeat.steps[0].trap.signal: SIGKILL cannot be caught",
        ),
        (
            Script::new().wait(Duration::MAX),
            "steps[0].wait: 1.8446744073709552e19 seconds are more than a hundred years; forever has no end",
        ),
        (
            Script::new().ignore(Signal::from_number(19).unwrap()),
            "steps[0].ignore: SIGSTOP cannot be caught",
        ),
        (
            Script::new().on_starts(0..2, Script::new()),
            "steps[0].on_starts.from: starts are counted from 1, not 0",
        ),
        (
            Script::new().on_starts(3..3, Script::new()),
            "steps[0].on_starts.to: no start is from 3 to 2",
        ),
        (
            Script::new().repeat_forever(Script::new()),
            "steps[0].repeat.steps: there is nothing to repeat",
        ),
    ] {
        assert_eq!(
            refused("app".into(), script),
            format!("program: {expected}")
        );
    }
}
