//! Each step of a script, in a container.

use super::*;
use tokio::time::{Instant, sleep};
use wharf_fake::Script;

#[tokio::test(start_paused = true)]
async fn it_prints_waits_and_exits() {
    let begin = Instant::now();
    let script = Script::new()
        .print("out\n")
        .eprint("err\n")
        .wait(SECOND * 5)
        .print("no newline")
        .exit(7);
    let output = run(script).await;
    assert_eq!(output.code(), 7);
    assert_eq!(output.stdout_text(), "out\nno newline");
    assert_eq!(output.stderr_text(), "err\n");
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn after_the_last_step_it_exits_with_0() {
    assert_eq!(run(Script::new()).await.code(), 0);
    assert_eq!(run(Script::new().print("x")).await.code(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_reads_lines_until_the_input_ends() {
    let greet = Script::new().read_line().print("hello ").echo_line();
    let runtime = app(greet).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec_with(&runtime, &["app"], "who?\nAlice\nBob\n").await;
    assert_eq!(output.stdout_text(), "hello Alice\n");
    // There is nothing more to read, and it goes on.
    let output = exec_with(&runtime, &["app"], "who?").await;
    assert_eq!(
        (output.stdout_text().as_str(), output.code()),
        ("hello ", 0)
    );

    let cat = Script::new()
        .repeat_forever(Script::new().print("> ").echo_line())
        .print("bye\n");
    let runtime = app(cat).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec_with(&runtime, &["app"], "a\nb").await;
    assert_eq!(output.stdout_text(), "> a\n> b> bye\n");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_cannot_be_read_has_not_ended() {
    for step in [Script::new().read_line(), Script::new().echo_line()] {
        let endless = Script::new().repeat_forever(step.clone());
        for script in [step, endless] {
            let runtime = app(script).runtime();
            start(&runtime, &["sleep", "1000"]).await;
            let output = exec(&runtime, &["sh", "-c", "app <&-"]).await;
            assert_eq!(output.code(), 1);
            let complaint = "app: read error: Bad file descriptor\n";
            assert_eq!(output.stderr_text(), complaint);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_leaves_to_others_what_it_has_not_read() {
    let runtime = app(Script::new().read_line()).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec_with(&runtime, &["sh", "-c", "app; cat"], "first\nsecond\n").await;
    assert_eq!(output.stdout_text(), "second\n");
}

#[tokio::test(start_paused = true)]
async fn what_it_writes_execs_and_volumes_have() {
    let script = Script::new()
        .write_file("/data/state/a", "one\n")
        .append_file("/data/state/a", "two\n")
        .write_file("relative", "three\n")
        .forever();
    let runtime = app(script).runtime();
    let config = command(&["app"])
        .with_name("app")
        .with_working_dir("/srv")
        .with_mounts([Mount::volume("data", "/data")]);
    runtime.create_container(config).await.unwrap();
    again(&runtime).await;
    let output = exec(&runtime, &["cat", "/data/state/a", "/srv/relative"]).await;
    assert_eq!(output.stdout_text(), "one\ntwo\nthree\n");
    let other = command(&["cat", "/d/state/a"]).with_mounts([Mount::volume("data", "/d")]);
    let output = runtime.run(other, RunOptions::default()).await.unwrap();
    assert_eq!(output.stdout_text(), "one\ntwo\n");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_written_ends_it_with_a_word() {
    let script = Script::new().write_file("/data/a", "x").print("never\n");
    let runtime = app(script).runtime();
    let mount = Mount::volume("data", "/data").with_read_only(true);
    let config = command(&["app"]).with_mounts([mount]);
    let output = runtime.run(config, RunOptions::default()).await.unwrap();
    assert_eq!((output.code(), output.stdout_text().as_str()), (1, ""));
    let word = "app: can't write /data/a: Read-only file system\n";
    assert_eq!(output.stderr_text(), word);
}

#[tokio::test(start_paused = true)]
async fn it_dies_by_a_signal_even_as_pid_1() {
    let segv = Signal::from_number(11).unwrap();
    assert_eq!(run(Script::new().die(segv)).await.code(), 139);
    assert_eq!(run(Script::new().die(Signal::TERM)).await.code(), 143);
}

#[tokio::test(start_paused = true)]
async fn a_trap_is_done_at_once_and_then_it_goes_on() {
    let script = Script::new()
        .trap(Signal::USR1, Script::new().print("reloaded\n"))
        .print("begin\n")
        .wait(SECOND * 10)
        .print("end\n");
    let runtime = app(script).runtime();
    start(&runtime, &["app"]).await;
    let begin = Instant::now();
    sleep(SECOND).await;
    for _ in 0..2 {
        kill(&runtime, Signal::USR1).await;
        sleep(SECOND).await;
    }
    let text = runtime.logs_text("app").await.unwrap();
    assert_eq!(text, "begin\nreloaded\nreloaded\n");
    assert_eq!(exit(&runtime).await.code, 0);
    assert_eq!(begin.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_trap_takes_its_time_and_gives_the_code() {
    let shutdown = Script::new().print("stopping\n").wait(SECOND * 3).exit(5);
    let script = Script::new().trap(Signal::TERM, shutdown).forever();
    let runtime = app(script).runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    let begin = Instant::now();
    stop(&runtime).await;
    assert_eq!(begin.elapsed().as_secs(), 3);
    assert_eq!(exit(&runtime).await.code, 5);
    assert_eq!(runtime.logs_text("app").await.unwrap(), "stopping\n");
}

#[tokio::test(start_paused = true)]
async fn no_trap_interrupts_another() {
    let slow = Script::new().print("1\n").wait(SECOND * 2).print("2\n");
    let script = Script::new()
        .trap(Signal::USR1, slow)
        .trap(Signal::USR2, Script::new().print("3\n").exit(0))
        .forever();
    let runtime = app(script).runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::USR1).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::USR2).await;
    assert_eq!(exit(&runtime).await.code, 0);
    assert_eq!(runtime.logs_text("app").await.unwrap(), "1\n2\n3\n");
}

#[tokio::test(start_paused = true)]
async fn a_stop_escalates_where_the_signal_is_ignored_or_not_trapped_by_pid_1() {
    for script in [
        Script::new().ignore(Signal::TERM).forever(),
        Script::new().forever(),
    ] {
        let runtime = app(script).runtime();
        start(&runtime, &["app"]).await;
        let begin = Instant::now();
        stop(&runtime).await;
        assert_eq!(begin.elapsed().as_secs(), 10);
        assert_eq!(exit(&runtime).await.code, 137);
    }
}

#[tokio::test(start_paused = true)]
async fn elsewhere_a_signal_that_is_not_trapped_ends_it() {
    let runtime = app(Script::new().forever()).runtime();
    start(&runtime, &["sleep", "1000"]).await;
    let output = exec(&runtime, &["sh", "-c", "app & kill $!; wait $!; echo $?"]).await;
    assert_eq!(output.stdout_text(), "143\n");
}

#[tokio::test(start_paused = true)]
async fn it_crashes_on_the_first_starts_of_each_container() {
    let crash = Script::new().eprint("crash\n").exit(1);
    let script = Script::new().on_starts(..=2, crash).print("fine\n");
    let runtime = app(script).runtime();
    start(&runtime, &["app"]).await;
    let mut codes = vec![exit(&runtime).await.code];
    for _ in 0..2 {
        again(&runtime).await;
        codes.push(exit(&runtime).await.code);
    }
    assert_eq!(codes, [1, 1, 0]);
    let output = runtime.run(command(&["app"]), RunOptions::default()).await;
    assert_eq!(output.unwrap().code(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_restart_policy_brings_it_past_its_crashes() {
    let crash = Script::new().exit(1);
    let script = Script::new()
        .on_starts(..=3, crash)
        .print("fine\n")
        .forever();
    let runtime = app(script).runtime();
    let config = command(&["app"]).with_name("app");
    let config = config.with_restart(RestartPolicy::Always);
    runtime.create_container(config).await.unwrap();
    again(&runtime).await;
    // The waits of the policy: 100, 200 and 400 milliseconds.
    sleep(Duration::from_millis(650)).await;
    assert_eq!(runtime.logs_text("app").await.unwrap(), "");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(runtime.logs_text("app").await.unwrap(), "fine\n");
    let info = runtime.inspect_container("app", InspectOptions::default());
    assert_eq!(info.await.unwrap().restart_count, 3);
}

#[tokio::test(start_paused = true)]
async fn a_health_check_can_be_one() {
    let fake = app(Script::new().forever());
    let ready = Script::new().on_starts(..=2, Script::new().print("no").exit(2));
    fake.add_program("pg_isready", ready.print("yes")).unwrap();
    let runtime = fake.runtime();
    let check = HealthCheck::new(HealthTest::Command(vec!["pg_isready".to_owned()]))
        .with_interval(SECOND)
        .with_retries(2);
    let config = command(&["app"]).with_name("app").with_health_check(check);
    runtime.create_container(config).await.unwrap();
    again(&runtime).await;
    let health = async |after: Duration| {
        sleep(after).await;
        let info = runtime.inspect_container("app", InspectOptions::default());
        info.await.unwrap().health.unwrap()
    };
    assert_eq!(health(SECOND / 2).await.status, HealthStatus::Starting);
    assert_eq!(health(SECOND * 2).await.status, HealthStatus::Unhealthy);
    let healthy = health(SECOND).await;
    assert_eq!(healthy.status, HealthStatus::Healthy);
    let said: Vec<_> = healthy
        .log
        .iter()
        .map(|probe| probe.output.as_str())
        .collect();
    assert_eq!(said, ["no", "no", "yes"]);
}

#[tokio::test(start_paused = true)]
async fn starts_are_counted_over_containers_where_it_says_so() {
    let crash = Script::new().exit(1);
    let script = Script::new().on_starts_anywhere(1..3, crash);
    let runtime = app(script).runtime();
    let mut codes = Vec::new();
    for _ in 0..3 {
        let output = runtime.run(command(&["app"]), RunOptions::default()).await;
        codes.push(output.unwrap().code());
    }
    assert_eq!(codes, [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn it_repeats_so_often_or_for_ever() {
    let tick = Script::new().print("tick\n").wait(SECOND);
    let output = run(Script::new().repeat(3, tick.clone())).await;
    assert_eq!(output.stdout_text(), "tick\n".repeat(3));

    let runtime = app(Script::new().repeat_forever(tick)).runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND * 5 / 2).await;
    let text = runtime.logs_text("app").await.unwrap();
    assert_eq!(text, "tick\n".repeat(3));
}

#[tokio::test(start_paused = true)]
async fn an_endless_repetition_that_never_waits_takes_time_and_can_be_killed() {
    let busy = Script::new().on_starts(2.., Script::new().print("never\n"));
    let runtime = app(Script::new().repeat_forever(busy)).runtime();
    start(&runtime, &["app"]).await;
    sleep(SECOND).await;
    kill(&runtime, Signal::KILL).await;
    assert_eq!(exit(&runtime).await.code, 137);
}

#[tokio::test(start_paused = true)]
async fn a_pause_freezes_it() {
    let runtime = app(Script::new().wait(SECOND).print("x\n").forever()).runtime();
    start(&runtime, &["app"]).await;
    // Its first second begins when it is first polled.
    sleep(SECOND / 2).await;
    runtime.pause_container("app").await.unwrap();
    sleep(SECOND * 60).await;
    assert_eq!(runtime.logs_text("app").await.unwrap(), "");
    runtime.unpause_container("app").await.unwrap();
    sleep(SECOND).await;
    assert_eq!(runtime.logs_text("app").await.unwrap(), "x\n");
}

#[tokio::test(start_paused = true)]
async fn one_that_uses_up_the_memory_is_killed() {
    assert_eq!(run(Script::new().out_of_memory()).await.code(), 137);
    // And so is one that a shell has started, which lives on.
    let runtime = app(Script::new().out_of_memory()).runtime();
    let words = ["sh", "-c", "app; echo $?"];
    let output = runtime.run(command(&words), RunOptions::default()).await;
    let output = output.unwrap();
    assert_eq!(output.stdout_text(), "137\n");
    assert_eq!(output.stderr_text(), "Killed\n");
}

#[test]
fn a_signal_that_ends_nobody_and_a_file_without_a_name_are_refused() {
    let refused = |script: Script| {
        let error = Fake::new().add_program("app", script).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.message().to_owned()
    };
    for number in [17, 18, 19, 20, 21, 22, 23, 28] {
        let signal = Signal::from_number(number).unwrap();
        let why = format!("program: steps[0].die: {signal} ends no process");
        assert_eq!(refused(Script::new().die(signal)), why);
    }
    let nameless = Script::new().trap(Signal::TERM, Script::new().write_file("", "x"));
    let why = "program: steps[0].trap.steps[0].write_file.path: \"\" is no path of a file";
    assert_eq!(refused(nameless), why);
    refused(Script::new().append_file("", "x"));
}
