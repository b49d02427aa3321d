//! What befalls an engine and its containers, by the test's hand.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime};

const SECOND: Duration = Duration::from_secs(1);

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sh", "-c", script])
}

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    let options = StartOptions::default();
    runtime.start_container(&id, options).await.unwrap();
    id
}

async fn inspect(runtime: &FakeRuntime, id: &str) -> ContainerInfo {
    let options = InspectOptions::default();
    runtime.inspect_container(id, options).await.unwrap()
}

/// What the engine remembers of containers: the action, and the exit code where there is one.
fn told(fake: &Fake) -> Vec<String> {
    let events = fake.dump().events.into_iter();
    let events = events.filter(|event| event.kind == EventKind::Container);
    let line = |event: Event| match event.attributes.get("exitCode") {
        Some(code) => format!("{} {code}", event.action),
        None => event.action.to_string(),
    };
    events.map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn memory_runs_out_where_the_test_says_so() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000").with_name("web")).await;
    let wait = runtime.wait_container(&id, WaitOptions::default());
    let wait = wait.await.unwrap();
    fake.out_of_memory("web").unwrap();
    assert_eq!(wait.await.unwrap().code, 137);
    let info = inspect(&runtime, &id).await;
    assert!(info.oom_killed);
    assert_eq!(
        (info.state, info.exit_code),
        (ContainerState::Exited, Some(137))
    );
    assert_eq!(told(&fake), ["create", "start", "oom", "die 137"]);
    // What does not run uses no memory.
    let again = fake.out_of_memory("web").unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let nobody = fake.out_of_memory("nobody").unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::ContainerNotFound);
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    assert!(!inspect(&runtime, &id).await.oom_killed);
}

#[tokio::test(start_paused = true)]
async fn a_policy_starts_what_ran_out_of_memory_again() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("sleep 1000").with_restart(RestartPolicy::on_failure(1));
    let id = started(&runtime, config).await;
    fake.out_of_memory(&id).unwrap();
    assert_eq!(
        inspect(&runtime, &id).await.state,
        ContainerState::Restarting
    );
    sleep(SECOND).await;
    let info = inspect(&runtime, &id).await;
    assert_eq!((info.restart_count, info.oom_killed), (1, false));
    fake.out_of_memory(&id).unwrap();
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Exited);
}

#[tokio::test(start_paused = true)]
async fn another_process_than_the_main_one_may_use_up_the_memory() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("head -c 9000000 /dev/zero | tail; sleep 5; exit 3");
    let id = started(&runtime, config.with_memory(8 << 20)).await;
    let wait = runtime.wait_container(&id, WaitOptions::default());
    assert_eq!(wait.await.unwrap().await.unwrap().code, 3);
    assert!(inspect(&runtime, &id).await.oom_killed);
    assert_eq!(told(&fake), ["create", "start", "oom", "die 3"]);
    // With enough of it all is well.
    let config = shell("head -c 9000000 /dev/zero | tail | wc -c");
    let output = runtime.run(config.with_memory(16 << 20), RunOptions::default());
    assert_eq!(output.await.unwrap().stdout_text().trim(), "9000000");
}

#[tokio::test(start_paused = true)]
async fn it_is_told_at_once_whoever_it_was() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let hungry = "head -c 9000000 /dev/zero | tail; sleep 3600";
    let id = started(&runtime, shell(hungry).with_memory(8 << 20)).await;
    sleep(SECOND).await;
    assert!(inspect(&runtime, &id).await.oom_killed);
    let exec = runtime.exec_container(&id, ExecConfig::new(["sh", "-c", hungry]));
    let mut exec = std::pin::pin!(exec);
    assert!(futures::poll!(exec.as_mut()).is_pending());
    sleep(SECOND).await;
    let expected = ["create", "start", "oom", "exec_create", "exec_start", "oom"];
    assert_eq!(told(&fake), expected);
    // What else ends has no part in it.
    let other = runtime.exec_container(&id, ExecConfig::new(["true"]));
    assert_eq!(other.await.unwrap().code(), 0);
    let ooms = told(&fake).into_iter().filter(|line| line == "oom");
    assert_eq!(ooms.count(), 2);
}

#[test]
fn the_test_need_not_be_in_the_engines_tokio_runtime() {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = tokio.block_on(started(&runtime, shell("sleep 1000")));
    fake.out_of_memory(&id).unwrap();
    assert!(tokio.block_on(inspect(&runtime, &id)).oom_killed);
}

/// Ends with that code when it is asked to.
fn ends_with(code: i64) -> ContainerConfig {
    shell(&format!(
        "trap 'exit {code}' TERM; while true; do sleep 0.2; done"
    ))
}

fn policy(text: &str) -> RestartPolicy {
    text.parse().unwrap()
}

/// What was asked of a real dockerd, 20.10 and 28.5 alike.
#[tokio::test(start_paused = true)]
async fn policies_say_what_runs_after_a_restart_of_the_engine() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let running = [
        ("no", ends_with(5), false),
        ("always", ends_with(0), true),
        ("unless-stopped", ends_with(0), true),
        ("on-failure", ends_with(0), false),
        ("on-failure", ends_with(5), true),
        ("on-failure:2", ends_with(5), true),
        // Ends with 137, since it does not listen.
        ("on-failure", shell("sleep 1000"), true),
        // Tried again as often as it may be.
        ("on-failure:1", shell("exit 4"), false),
    ];
    let mut expected = Vec::new();
    for (restart, config, runs) in running {
        let config = config.with_restart(policy(restart));
        expected.push((restart, started(&runtime, config).await, runs));
    }
    for (restart, runs) in [
        ("always", true),
        ("unless-stopped", false),
        ("on-failure", true),
    ] {
        let config = shell("sleep 1000").with_restart(policy(restart));
        let id = started(&runtime, config).await;
        let options = StopOptions::default().with_grace(Grace::Now);
        runtime.stop_container(&id, options).await.unwrap();
        expected.push((restart, id, runs));
    }
    let frozen = started(&runtime, ends_with(0).with_restart(RestartPolicy::Always)).await;
    runtime.pause_container(&frozen).await.unwrap();
    expected.push(("paused", frozen, true));
    let signalled = ends_with(0).with_restart(RestartPolicy::UnlessStopped);
    let signalled = started(&runtime, signalled).await;
    let harmless = KillOptions::default().with_signal("WINCH".parse::<Signal>().unwrap());
    runtime.kill_container(&signalled, harmless).await.unwrap();
    expected.push(("signalled", signalled, false));
    let unborn = shell("sleep 1000").with_restart(RestartPolicy::Always);
    let unborn = runtime.create_container(unborn).await.unwrap().id;
    expected.push(("unborn", unborn.clone(), false));
    // After nine runs, 25.5 s later, it waits for the tenth.
    let looping = started(
        &runtime,
        shell("exit 3").with_restart(RestartPolicy::Always),
    )
    .await;
    let removed = [
        started(&runtime, ends_with(0).with_auto_remove(true)).await,
        runtime
            .create_container(shell("true").with_auto_remove(true))
            .await
            .unwrap()
            .id,
    ];
    sleep(SECOND * 30).await;
    let before = inspect(&runtime, &looping).await;
    assert_eq!(
        (before.state, before.restart_count),
        (ContainerState::Restarting, 9)
    );

    fake.restart_engine().await.unwrap();
    for (what, id, runs) in expected {
        let info = inspect(&runtime, &id).await;
        assert_eq!(
            info.state == ContainerState::Running,
            runs,
            "{what}: {info:?}"
        );
        assert!(!runs || info.restart_count == 0, "{what}");
    }
    assert_eq!(
        inspect(&runtime, &unborn).await.state,
        ContainerState::Created
    );
    sleep(SECOND / 2).await;
    let again = inspect(&runtime, &looping).await.restart_count;
    assert!((1..9).contains(&again), "{again}");
    for id in removed {
        let gone = runtime
            .inspect_container(&id, InspectOptions::default())
            .await;
        assert_eq!(gone.unwrap_err().kind(), ErrorKind::ContainerNotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn who_listens_hears_the_end_and_who_waits_is_told_it() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(
        &runtime,
        shell("echo up; trap '' TERM; sleep 1000").with_name("web"),
    )
    .await;
    let until = |condition| {
        let options = WaitOptions::default().with_condition(condition);
        runtime.wait_container(&id, options)
    };
    let stops = until(WaitCondition::NotRunning).await.unwrap();
    let goes = until(WaitCondition::Removed).await.unwrap();
    let follow = LogsOptions::default().with_follow(true);
    let logs = runtime.container_logs(&id, follow).await.unwrap();
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let exec = tokio::spawn({
        let (runtime, id) = (runtime.clone(), id.clone());
        async move {
            runtime
                .exec_container(&id, ExecConfig::new(["sleep", "1000"]))
                .await
        }
    });
    tokio::task::yield_now().await;
    let begin = Instant::now();
    fake.stop_engine().await.unwrap();
    // As long as the container's own grace.
    assert_eq!(begin.elapsed().as_secs(), 10);
    // Read late, and all there is.
    let events: Vec<_> = events.collect().await;
    let (last, heard) = events.split_last().unwrap();
    let heard = heard.iter().map(|event| event.as_ref().unwrap());
    let heard = heard.filter(|event| event.kind == EventKind::Container);
    let heard: Vec<_> = heard.map(|event| event.action.as_str()).collect();
    assert_eq!(
        heard,
        [
            "exec_create",
            "exec_start",
            "kill",
            "kill",
            "exec_die",
            "stop",
            "die"
        ]
    );
    assert_eq!(
        last.as_ref().unwrap_err().kind(),
        ErrorKind::ConnectionFailed
    );
    let logs: Vec<_> = logs.collect().await;
    assert_eq!(logs.len(), 1);
    assert_eq!(&logs[0].as_ref().unwrap().bytes[..], b"up\n");
    assert_eq!(stops.await.unwrap().code, 137);
    assert_eq!(exec.await.unwrap().unwrap().exit.code, 137);
    assert_eq!(goes.await.unwrap_err().kind(), ErrorKind::ConnectionFailed);
}

#[tokio::test(start_paused = true)]
async fn while_it_is_down_nothing_is_sent_and_then_the_same_handle_works() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    runtime
        .create_container(shell("true").with_name("kept"))
        .await
        .unwrap();
    let stop = fake.stop_engine();
    let calls = async {
        let refused = async || {
            let errors = [
                runtime.ping().await.unwrap_err(),
                runtime.info().await.unwrap_err(),
                runtime
                    .list_containers(ListOptions::default())
                    .await
                    .unwrap_err(),
                runtime
                    .start_container("kept", StartOptions::default())
                    .await
                    .unwrap_err(),
                runtime
                    .wait_container(&id, WaitOptions::default())
                    .await
                    .unwrap_err(),
                runtime.events(EventsOptions::default()).await.unwrap_err(),
                runtime
                    .container_logs(&id, LogsOptions::default())
                    .await
                    .unwrap_err(),
                runtime
                    .exec_container(&id, ExecConfig::new(["true"]))
                    .await
                    .unwrap_err(),
                runtime
                    .login(Credentials::new("alice", "x"))
                    .await
                    .unwrap_err(),
                runtime
                    .pull_image(&"busybox".parse().unwrap(), PullOptions::default())
                    .await
                    .unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
                assert!(!error.was_sent() && error.is_transient(), "{error:?}");
            }
        };
        // It is about to stop, for ten seconds.
        sleep(SECOND).await;
        refused().await;
        sleep(SECOND * 60).await;
        refused().await;
    };
    let (stopped, ()) = tokio::join!(stop, calls);
    stopped.unwrap();
    fake.stop_engine().await.unwrap();
    fake.start_engine().await.unwrap();
    fake.start_engine().await.unwrap();
    runtime
        .start_container("kept", StartOptions::default())
        .await
        .unwrap();
    // What was told before is forgotten.
    let since = EventsOptions::default().with_since(Timestamp::UNIX_EPOCH);
    let mut events = runtime.events(since).await.unwrap();
    assert_eq!(
        events.next().await.unwrap().unwrap().action,
        EventAction::Connect
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_does_not_outlive_the_engine() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    let image: ImageRef = "busybox".parse().unwrap();
    let pull = runtime.pull_image(&image, PullOptions::default());
    let pull = pull.await.unwrap();
    let mut restart = Box::pin(runtime.restart_container(&id, RestartOptions::default()));
    assert!(futures::poll!(restart.as_mut()).is_pending());
    // The engine goes on with its stop when nobody waits for it.
    drop(tokio::time::timeout(SECOND, fake.stop_engine()).await);
    fake.start_engine().await.unwrap();
    assert_eq!(
        restart.await.unwrap_err().kind(),
        ErrorKind::ConnectionFailed
    );
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Exited);
    let last = pull.collect::<Vec<_>>().await.pop().unwrap();
    assert_eq!(last.unwrap_err().kind(), ErrorKind::ConnectionFailed);
}
