//! Closures as programs: what they are given, and what becomes of those that misbehave.

use super::*;
use futures::{StreamExt, stream::FuturesUnordered};
use std::{
    io::ErrorKind as Io,
    sync::{Arc, Mutex},
};
use tokio::time::{Instant, sleep};
use wharf_fake::{Context, ImageFixture, Program};

/// A program that prints what it answers.
fn says<F>(answer: F) -> Program
where
    F: Fn(&Context) -> String + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    Program::new(move |context: Context| {
        let answer = Arc::clone(&answer);
        async move {
            let text = answer(&context);
            u8::from(context.print(text).await.is_err())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn it_knows_its_arguments_and_its_surroundings() {
    let fake = app(says(|context| {
        let env = context.env().get("A").map_or("", String::as_str);
        let (dir, host) = (context.working_dir(), context.hostname());
        format!("{:?} {env} {dir} {host} {}", context.argv(), context.pid())
    }));
    let config = command(&["app", "-x"])
        .with_env([("A", "b")])
        .with_working_dir("/srv")
        .with_hostname("box");
    let output = fake.runtime().run(config, RunOptions::default()).await;
    let text = output.unwrap().stdout_text();
    assert_eq!(text, r#"["app", "-x"] b /srv box 1"#);
}

#[tokio::test(start_paused = true)]
async fn an_async_closure_is_one_too() {
    let program = Program::new(async |context: Context| {
        context.sleep(SECOND).await;
        5
    });
    assert_eq!(run(program).await.code(), 5);
}

#[tokio::test(start_paused = true)]
async fn several_of_its_futures_may_wait_for_signals() {
    let program = Program::new(|context: Context| async move {
        context.catch(Signal::USR1);
        context.catch(Signal::USR2);
        let both: FuturesUnordered<_> = [context.signal(), context.signal()].into_iter().collect();
        let both: Vec<_> = both.map(Signal::number).collect().await;
        both.iter().sum()
    });
    let runtime = app(program).runtime();
    start(&runtime, &["app"]).await;
    for signal in [Signal::USR1, Signal::USR2] {
        sleep(SECOND).await;
        kill(&runtime, signal).await;
    }
    assert_eq!(exit(&runtime).await.code, 22);
}

#[tokio::test(start_paused = true)]
async fn a_line_without_end_is_an_error_and_not_all_memory() {
    let program = Program::new(|context: Context| async move {
        let error = context.read_line().await.unwrap_err();
        assert_eq!(error.kind(), Io::InvalidData);
        let begun = context.read(usize::MAX).await.unwrap();
        u8::from(begun.len() <= 1 << 20)
    });
    let runtime = app(program).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["sh", "-c", "app < /dev/zero"]).await;
    assert_eq!(output.code(), 0, "{}", output.stderr_text());
}

#[tokio::test(start_paused = true)]
async fn its_clock_is_the_engines() {
    let fake = app(Program::new(|context: Context| async move {
        let before = context.now();
        context.sleep(SECOND * 3600).await;
        u8::try_from((context.now() - before).num_minutes()).unwrap()
    }));
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    assert_eq!(exit(&runtime).await.code, 60);
    let info = runtime.inspect_container("app", InspectOptions::default());
    let info = info.await.unwrap();
    let ran = info.finished_at.unwrap() - info.started_at.unwrap();
    assert_eq!(ran.num_minutes(), 60);
}

#[tokio::test(start_paused = true)]
async fn it_reads_stdin_and_writes_both_outputs() {
    let fake = app(Program::new(|context: Context| async move {
        let first = context.read_line().await.unwrap().unwrap();
        context.print(format!("first: {first}\n")).await.unwrap();
        let rest = context.read(100).await.unwrap();
        context.eprint(rest).await.unwrap();
        // Bytes go through as they are, and the end stays the end.
        context.print(&b"\xff\n"[..]).await.unwrap();
        assert!(context.read(1).await.unwrap().is_empty());
        assert_eq!(context.read_line().await.unwrap(), None);
        4
    }));
    let runtime = fake.runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec_with(&runtime, &["app"], "one\ntwo\nthree").await;
    assert_eq!(output.stdout, b"first: one\n\xff\n"[..]);
    assert_eq!(output.stderr_text(), "two\nthree");
    assert_eq!(output.code(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_given_up_is_not_lost() {
    let fake = app(Program::new(|context: Context| async move {
        let line = tokio::time::timeout(SECOND, context.read_line());
        assert!(line.await.is_err());
        let line = context.read_line().await.unwrap().unwrap();
        u8::from(line != "one whole line")
    }));
    let runtime = fake.runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let script = "(printf 'one whole '; sleep 5; echo line) | app";
    assert_eq!(exec(&runtime, &["sh", "-c", script]).await.code(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_catches_signals_and_awaits_them() {
    let fake = app(Program::new(|context: Context| async move {
        context.catch(Signal::TERM);
        context.catch(Signal::USR1);
        loop {
            match context.signal().await {
                Signal::TERM => {
                    context.sleep(SECOND * 2).await;
                    return 9;
                }
                other => context.print(format!("{other}\n")).await.unwrap(),
            }
        }
    }));
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::USR1).await;
    sleep(SECOND).await;
    let begin = Instant::now();
    stop(&runtime).await;
    assert_eq!(begin.elapsed().as_secs(), 2);
    assert_eq!(exit(&runtime).await.code, 9);
    assert_eq!(runtime.logs_text("app").await.unwrap(), "SIGUSR1\n");
}

#[tokio::test(start_paused = true)]
async fn what_it_does_not_catch_acts_by_itself() {
    let ignorant =
        || Program::new(|context: Context| async move { context.signal().await.number() });
    // PID 1 has no default actions; a stop takes its grace.
    let runtime = app(ignorant()).runtime();
    start(&runtime, &["app"]).await;
    let begin = Instant::now();
    stop(&runtime).await;
    assert_eq!(
        (begin.elapsed().as_secs(), exit(&runtime).await.code),
        (10, 137)
    );
    // Any other process has.
    let runtime = app(ignorant()).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["timeout", "-s", "INT", "3", "app"]).await;
    assert_eq!(output.code(), 130);
    let ignoring = Program::new(|context: Context| async move {
        context.ignore(Signal::INT);
        context.sleep(SECOND * 5).await;
        0
    });
    let runtime = app(ignoring).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["timeout", "-s", "INT", "3", "app"]).await;
    assert_eq!(output.code(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_kill_drops_it_where_it_stands() {
    struct Guard(Arc<Mutex<bool>>);
    impl Drop for Guard {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }
    let dropped = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&dropped);
    let fake = app(Program::new(move |context: Context| {
        let guard = Guard(Arc::clone(&seen));
        async move {
            let _guard = guard;
            context.catch(Signal::KILL);
            u8::from(context.signal().await == Signal::KILL)
        }
    }));
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::KILL).await;
    assert_eq!(exit(&runtime).await.code, 137);
    sleep(SECOND).await;
    assert!(*dropped.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn its_files_are_the_containers() {
    let program = Program::new(|context: Context| async move {
        let mut content = context.read_file("/etc/app/seed").unwrap().to_vec();
        content.push(0xff);
        context.write_file("out/bytes", &content).unwrap();
        context.append_file("out/log", "a\n").unwrap();
        context.append_file("out/log", "b\n").unwrap();
        assert_eq!(context.list_files("out").unwrap(), ["bytes", "log"]);
        context.write_file("gone", "").unwrap();
        context.remove_file("gone").unwrap();
        let missing = context.read_file("gone").unwrap_err();
        assert_eq!(missing.kind(), Io::NotFound);
        assert_eq!(missing.to_string(), "gone: No such file or directory");
        let folder = context.write_file("out", "").unwrap_err();
        assert_eq!(folder.kind(), Io::IsADirectory);
        let file = context.list_files("out/log").unwrap_err();
        assert_eq!(file.kind(), Io::NotADirectory);
        let stream = context.write_file("/dev/stdout", "x").unwrap_err();
        assert_eq!(stream.kind(), Io::InvalidInput);
        context.sleep(SECOND * 1000).await;
        0
    });
    let image = ImageFixture::busybox()
        .with_command(["app"])
        .with_file("/etc/app/seed", "seed")
        .unwrap()
        .with_program("app", program)
        .unwrap();
    let runtime = Fake::builder()
        .image("app:1", image)
        .unwrap()
        .build()
        .runtime();
    let config = ContainerConfig::new("app:1").with_name("app");
    runtime.create_container(config).await.unwrap();
    again(&runtime).await;
    let output = exec(&runtime, &["cat", "/out/bytes"]).await;
    assert_eq!(output.stdout, b"seed\xff"[..]);
    let output = exec(&runtime, &["cat", "/out/log"]).await;
    assert_eq!(output.stdout_text(), "a\nb\n");
}

#[tokio::test(start_paused = true)]
async fn it_dies_by_a_signal_and_of_memory() {
    let segv = Signal::from_number(11).unwrap();
    let crash = Program::new(move |context: Context| async move { context.die(segv).await });
    assert_eq!(run(crash).await.code(), 139);
    let hungry = Program::new(|context: Context| async move { context.out_of_memory().await });
    assert_eq!(run(hungry).await.code(), 137);
}

#[tokio::test(start_paused = true)]
async fn it_cannot_die_by_a_signal_that_ends_nobody() {
    let stopped = Signal::from_number(19).unwrap();
    let program = Program::new(move |context: Context| async move { context.die(stopped).await });
    let output = run(program).await;
    assert_eq!(output.code(), 101);
    let text = output.stderr_text();
    assert!(text.contains("SIGSTOP ends no process"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_reads_any_more_dies_of_it() {
    let fake = app(Program::new(|context: Context| async move {
        loop {
            if context.print("y\n").await.is_err() {
                return 1;
            }
        }
    }));
    let runtime = fake.runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["sh", "-c", "(app; echo $? >&2) | head -n 2"]).await;
    assert_eq!(output.stdout_text(), "y\ny\n");
    assert_eq!(output.stderr_text(), "141\n");
    let output = exec(
        &runtime,
        &["sh", "-c", "trap '' PIPE; (app; echo $? >&2) | head -n 1"],
    )
    .await;
    assert_eq!(output.stderr_text(), "1\n");
}

#[tokio::test(start_paused = true)]
async fn it_knows_which_start_it_is() {
    let fake = app(says(|context| {
        format!(
            "{}/{} ",
            context.start_number(),
            context.start_number_anywhere()
        )
    }));
    let runtime = fake.runtime();
    start(&runtime, &["app"]).await;
    exit(&runtime).await;
    runtime
        .run(command(&["app"]), RunOptions::default())
        .await
        .unwrap();
    again(&runtime).await;
    exit(&runtime).await;
    assert_eq!(runtime.logs_text("app").await.unwrap(), "1/1 2/3 ");
}

/// A panic, once it is polled and once before.
fn panicking() -> [Program; 2] {
    let late = |context: Context| async move {
        context.sleep(SECOND).await;
        panic!("no such {}", context.argv()[0])
    };
    let early = |_: Context| -> std::future::Ready<u8> { panic!("no such app") };
    [Program::new(late), Program::new(early)]
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_exit_and_the_engine_lives_on() {
    for program in panicking() {
        let runtime = app(program).runtime();
        start(&runtime, &["app"]).await;
        let ended = exit(&runtime).await;
        assert_eq!(ended.code, 101);
        let text = "the program panicked: no such app";
        assert_eq!(ended.error.as_deref(), Some(text));
        let info = runtime.inspect_container("app", InspectOptions::default());
        let info = info.await.unwrap();
        assert_eq!(info.state, ContainerState::Exited);
        assert_eq!(info.error.as_deref(), Some(text));
        let logs = runtime.logs_text("app").await.unwrap();
        assert_eq!(logs, "app: panicked: no such app\n");
        // Again, and beside others.
        again(&runtime).await;
        assert_eq!(exit(&runtime).await.code, 101);
        let other = runtime.run(command(&["echo", "x"]), RunOptions::default());
        assert_eq!(other.await.unwrap().stdout_text(), "x\n");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_beside_or_below_the_main_program_leaves_that_alone() {
    for program in panicking() {
        let runtime = app(program).runtime();
        start(&runtime, &["sleep", "1000"]).await;
        let output = exec(&runtime, &["app"]).await;
        assert_eq!(output.code(), 101);
        assert_eq!(output.stderr_text(), "app: panicked: no such app\n");
        let error = output.exit.error.as_deref();
        assert_eq!(error, Some("the program panicked: no such app"));
        let output = exec(&runtime, &["sh", "-c", "app; echo $?"]).await;
        assert_eq!(output.stdout_text(), "101\n");
        assert_eq!(output.code(), 0);
        let info = runtime.inspect_container("app", InspectOptions::default());
        assert_eq!(info.await.unwrap().state, ContainerState::Running);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_program_panics_with_may_panic_when_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Bomb);
        }
    }
    let program = Program::new(|_: Context| async { std::panic::panic_any(Bomb) });
    let runtime = app(program).runtime();
    start(&runtime, &["app"]).await;
    assert_eq!(exit(&runtime).await.code, 101);
    let output = runtime.run(
        command(&["sh", "-c", "app; echo $?"]),
        RunOptions::default(),
    );
    assert_eq!(output.await.unwrap().stdout_text(), "101\n");
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_it_is_dropped_ends_nothing_else() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "dropped");
        }
    }
    let program = Program::new(|context: Context| async move {
        let _bomb = Bomb;
        context.signal().await.number()
    });
    let runtime = app(program).runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::KILL).await;
    assert_eq!(exit(&runtime).await.code, 137);
    sleep(SECOND).await;
    again(&runtime).await;
    let info = runtime.inspect_container("app", InspectOptions::default());
    assert_eq!(info.await.unwrap().state, ContainerState::Running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_each_ends_as_it_does_alone() {
    let program = Program::new(|context: Context| async move {
        let number: u8 = context.argv()[1].parse().unwrap();
        context.sleep(Duration::from_millis(5)).await;
        assert!(!number.is_multiple_of(3), "{number} is no good");
        context.write_file("/number", [number]).unwrap();
        context.read_file("/number").unwrap()[0]
    });
    let fake = app(program);
    let runs = (0..90_u8).map(|number| {
        let runtime = fake.runtime();
        tokio::spawn(async move {
            let config = command(&["app", &number.to_string()]);
            let output = runtime.run(config, RunOptions::default()).await.unwrap();
            (number, output)
        })
    });
    for run in futures::future::join_all(runs).await {
        let (number, output) = run.unwrap();
        if number.is_multiple_of(3) {
            assert_eq!(output.code(), 101);
            let word = format!("app: panicked: {number} is no good\n");
            assert_eq!(output.stderr_text(), word);
        } else {
            assert_eq!(output.code(), i64::from(number));
        }
    }
    fake.leaks().none();
}
