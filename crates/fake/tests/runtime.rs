//! The engine as the code under test sees it: waits, streams, time, and what is left when all handles are gone.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::{StreamExt, TryStreamExt};
use std::{collections::BTreeMap, future::ready, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use wharf_core::*;
use wharf_fake::{Fake, FakeRuntime, ImageFixture, Registry};

/// What is told of a container that ends by itself and is removed.
const LIFE: [EventAction; 4] = [
    EventAction::Create,
    EventAction::Start,
    EventAction::Die,
    EventAction::Destroy,
];

const SECOND: Duration = Duration::from_secs(1);

fn shell(script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sh", "-c", script])
}

async fn started(runtime: &FakeRuntime, config: ContainerConfig) -> ContainerId {
    let id = runtime.create_container(config).await.unwrap().id;
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    id
}

async fn inspect(runtime: &FakeRuntime, id: &str) -> ContainerInfo {
    runtime
        .inspect_container(id, InspectOptions::default())
        .await
        .unwrap()
}

async fn wait(runtime: &FakeRuntime, id: &str) -> Exit {
    runtime
        .wait_container(id, WaitOptions::default())
        .await
        .unwrap()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_the_grace_and_then_kills() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    let begin = Instant::now();
    runtime
        .stop_container(&id, StopOptions::default())
        .await
        .unwrap();
    assert_eq!(begin.elapsed().as_secs(), 10);
    let info = inspect(&runtime, &id).await;
    assert_eq!(
        (info.state, info.exit_code),
        (ContainerState::Exited, Some(137))
    );
    let ran = info.finished_at.unwrap() - info.started_at.unwrap();
    assert_eq!(ran.num_seconds(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_with_the_programs_own_code_and_it_runs_meanwhile() {
    let runtime = Fake::new().runtime();
    let trap = "trap 'sleep 2; exit 7' TERM; while true; do sleep 0.1; done";
    let id = started(&runtime, shell(trap)).await;
    sleep(SECOND).await;
    let stop = runtime.stop_container(&id, StopOptions::default());
    let look = async {
        sleep(SECOND).await;
        inspect(&runtime, &id).await.state
    };
    let (stopped, state) = tokio::join!(stop, look);
    stopped.unwrap();
    assert_eq!(state, ContainerState::Running);
    assert_eq!(inspect(&runtime, &id).await.exit_code, Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_stop_goes_on_when_its_caller_has_gone() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    let stop = runtime.stop_container(&id, StopOptions::default());
    timeout(SECOND, stop).await.unwrap_err();
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Running);
    assert_eq!(wait(&runtime, &id).await.code, 137);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_when_its_caller_has_gone_and_spares_who_removes_itself() {
    let runtime = Fake::new().runtime();
    let script = shell("trap '' TERM; sleep 1000").with_auto_remove(true);
    let id = started(&runtime, script).await;
    let first = inspect(&runtime, &id).await.started_at;
    let restart = runtime.restart_container(&id, RestartOptions::default());
    timeout(SECOND, restart).await.unwrap_err();
    sleep(SECOND * 10).await;
    let info = inspect(&runtime, &id).await;
    assert_eq!(info.state, ContainerState::Running);
    assert!(info.started_at > first);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_armed_by_its_first_await() {
    let runtime = Fake::new().runtime();
    let id = runtime.create_container(shell("exit 5")).await.unwrap().id;
    let next = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let removed = WaitOptions::default().with_condition(WaitCondition::Removed);
    let next = runtime.wait_container(&id, next).await.unwrap();
    let removed = runtime.wait_container(&id, removed).await.unwrap();
    assert_eq!(wait(&runtime, &id).await.code, 0);
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    sleep(SECOND).await;
    runtime
        .remove_container(&id, RemoveOptions::default())
        .await
        .unwrap();
    assert_eq!(next.await.unwrap().code, 5);
    assert_eq!(removed.await.unwrap().code, 5);
}

#[tokio::test(start_paused = true)]
async fn a_pause_freezes_a_program_and_its_output() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("for i in 1 2 3; do echo $i; sleep 1; done")).await;
    sleep(SECOND / 2).await;
    runtime.pause_container(&id).await.unwrap();
    sleep(SECOND * 60).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "1\n");
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Paused);
    runtime.unpause_container(&id).await.unwrap();
    assert_eq!(wait(&runtime, &id).await.code, 0);
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "1\n2\n3\n");
}

#[tokio::test(start_paused = true)]
async fn logs_are_followed_to_the_end_and_kept_over_runs() {
    let runtime = Fake::new().runtime();
    let id = started(
        &runtime,
        shell("echo out; sleep 1; echo err >&2; printf last"),
    )
    .await;
    let follow = LogsOptions::default().with_follow(true);
    let logs = runtime.container_logs(&id, follow.clone()).await.unwrap();
    let chunks: Vec<LogChunk> = logs.try_collect().await.unwrap();
    let texts: Vec<_> = chunks
        .iter()
        .map(|c| String::from_utf8_lossy(&c.bytes))
        .collect();
    assert_eq!(texts, ["out\n", "err\n", "last"]);
    assert_eq!(chunks[1].source, LogSource::Stderr);
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    wait(&runtime, &id).await;
    assert_eq!(
        runtime.logs_text(&id).await.unwrap(),
        "out\nerr\nlastout\nerr\nlast"
    );
    // Of one that does not run it ends at once.
    let logs = runtime.container_logs(&id, follow).await.unwrap();
    assert_eq!(logs.count().await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_follower_until_a_time_ends_then() {
    let runtime = Fake::new().runtime();
    let id = started(&runtime, shell("echo now; sleep 1000")).await;
    sleep(SECOND).await;
    let until = inspect(&runtime, &id).await.started_at.unwrap() + SECOND * 5;
    let options = LogsOptions::default().with_follow(true).with_until(until);
    let begin = Instant::now();
    assert_eq!(
        runtime
            .container_logs(&id, options)
            .await
            .unwrap()
            .count()
            .await,
        1
    );
    assert_eq!(begin.elapsed().as_millis().div_ceil(100), 40);
}

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
async fn who_removes_itself_is_gone_with_its_volumes_a_moment_later() {
    let runtime = Fake::new().runtime();
    let config = shell("exit 4")
        .with_name("once")
        .with_auto_remove(true)
        .with_mounts([Mount::anonymous("/data")]);
    let id = runtime.create_container(config).await.unwrap().id;
    let removed = WaitOptions::default().with_condition(WaitCondition::Removed);
    let removed = runtime.wait_container(&id, removed).await.unwrap();
    runtime
        .start_container(&id, StartOptions::default())
        .await
        .unwrap();
    assert_eq!(wait(&runtime, &id).await.code, 4);
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Removing);
    assert_eq!(removed.await.unwrap().code, 4);
    let error = runtime
        .inspect_container("once", InspectOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContainerNotFound);
    let volumes = runtime.volumes().unwrap();
    assert!(
        volumes
            .list_volumes(ListVolumesOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn volumes_outlive_containers_and_begin_with_what_the_image_has() {
    let image = ImageFixture::busybox()
        .with_file("/data/seed", "from the image\n")
        .unwrap();
    let fake = Fake::builder().image("app", image).unwrap().build();
    let runtime = fake.runtime();
    let mount = [Mount::volume("data", "/data")];
    let config = |script: &str| {
        let config = ContainerConfig::new("app").with_command(["sh", "-c", script]);
        config.with_mounts(mount.clone())
    };
    let run = |script| runtime.run(config(script), RunOptions::default());
    assert_eq!(
        run("cat /data/seed; echo more > /data/own")
            .await
            .unwrap()
            .code(),
        0
    );
    assert_eq!(
        run("cat /data/own /data/seed").await.unwrap().stdout_text(),
        "more\nfrom the image\n"
    );
    let in_memory = VolumeConfig::new("memory").with_driver_opts([("type", "tmpfs")]);
    runtime
        .volumes()
        .unwrap()
        .create_volume(in_memory)
        .await
        .unwrap();
    let config = |script: &str| shell(script).with_mounts([Mount::volume("memory", "/m")]);
    let once = runtime
        .run(config("echo x > /m/x; ls /m"), RunOptions::default())
        .await
        .unwrap();
    assert_eq!(once.stdout_text(), "x\n");
    let again = runtime
        .run(config("ls /m"), RunOptions::default())
        .await
        .unwrap();
    assert_eq!(again.stdout_text(), "");
}

#[tokio::test(start_paused = true)]
async fn a_pull_walks_its_layers_on_the_clock_and_can_be_cut_off() {
    let image = ImageFixture::busybox()
        .with_layer(50_000_000)
        .with_layer(10_000_000);
    let registry = Registry::new("r.test")
        .with_image("app:1", image)
        .with_speed(10_000_000);
    let fake = Fake::builder().registry(registry).build();
    let runtime = fake.runtime();
    let name: ImageRef = "r.test/app:1".parse().unwrap();
    let mut pull = runtime
        .pull_image(&name, PullOptions::default())
        .await
        .unwrap();
    while let Some(step) = pull.next().await {
        if step.unwrap().phase == PullPhase::Downloading {
            break;
        }
    }
    drop(pull);
    let inspect = || runtime.inspect_image(name.as_str(), InspectImageOptions::default());
    assert_eq!(
        inspect().await.unwrap_err().kind(),
        ErrorKind::ImageNotFound
    );
    let begin = Instant::now();
    let pull = runtime
        .pull_image(&name, PullOptions::default())
        .await
        .unwrap();
    let steps: Vec<PullProgress> = pull.try_collect().await.unwrap();
    // Six seconds for sixty megabytes, and a quarter of that to unpack them; a timer rounds up to a millisecond.
    assert!((7_550..7_600).contains(&begin.elapsed().as_millis()));
    assert_eq!(steps.last().unwrap().phase, PullPhase::Done);
    assert_eq!(
        steps
            .iter()
            .filter(|step| step.phase == PullPhase::Exists)
            .count(),
        1
    );
    assert_eq!(inspect().await.unwrap().tags, ["r.test/app:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_is_kept_on_the_handle_for_its_pulls() {
    let registry = Registry::new("r.test")
        .with_image("app", ImageFixture::busybox())
        .with_account("alice", "secret1");
    let fake = Fake::builder().registry(registry).build();
    let (with, without) = (fake.runtime(), fake.runtime());
    let login = Credentials::new("alice", "secret1").with_registry("r.test");
    with.clone().login(login).await.unwrap();
    with.ensure_image("r.test/app", PullPolicy::Always)
        .await
        .unwrap();
    let error = without
        .ensure_image("r.test/app", PullPolicy::Always)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_stays_behind_is_told_and_not_given_a_gap() {
    let runtime = Fake::new().runtime();
    let mut events = runtime.events(EventsOptions::default()).await.unwrap();
    for _ in 0..5_000 {
        runtime
            .create_container(ContainerConfig::new("busybox"))
            .await
            .unwrap();
    }
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lagged);
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_close_ends_what_is_open_on_its_handle_and_nothing_else() {
    let fake = Fake::new();
    let (closed, open) = (fake.runtime(), fake.runtime());
    let id = started(&closed, shell("sleep 1000")).await;
    let mut events = closed
        .clone()
        .events(EventsOptions::default())
        .await
        .unwrap();
    let pending = closed
        .wait_container(&id, WaitOptions::default())
        .await
        .unwrap();
    let exec = closed.exec_container(&id, ExecConfig::new(["sleep", "1000"]));
    let (exec, ()) = tokio::join!(exec, async {
        sleep(SECOND).await;
        closed.close().await.unwrap();
    });
    assert_eq!(exec.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    assert_eq!(
        pending.await.unwrap_err().kind(),
        ErrorKind::ConnectionFailed
    );
    // What came before the close may still be told.
    let last = loop {
        match events.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(last.kind(), ErrorKind::ConnectionFailed);
    assert!(events.next().await.is_none());
    let error = closed.ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.was_sent()),
        (ErrorKind::ConnectionFailed, false)
    );
    assert_eq!(inspect(&open, &id).await.state, ContainerState::Running);
}

#[tokio::test(start_paused = true)]
async fn no_task_is_left_when_the_last_handle_is_gone() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let fake = Fake::new();
    let runtime = fake.runtime();
    for _ in 0..10 {
        let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
        let stop = runtime.stop_container(&id, StopOptions::default());
        timeout(SECOND, stop).await.unwrap_err();
        let exec = runtime.exec_container(&id, ExecConfig::new(["sleep", "1000"]));
        timeout(SECOND, exec).await.unwrap_err();
        let restart = runtime.restart_container(&id, RestartOptions::default());
        timeout(SECOND, restart).await.unwrap_err();
    }
    assert!(tasks() > before);
    drop((fake, runtime));
    tokio::task::yield_now().await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn a_disk_has_its_limit_in_root_volume_tmpfs_and_folder() {
    let builder = Fake::builder().disk_limit(100_000);
    let runtime = builder.host_folder("/srv", []).unwrap().build().runtime();
    let mounts = [
        Mount::volume("data", "/volume"),
        Mount::tmpfs("/tmpfs"),
        Mount::bind("/srv", "/bound"),
    ];
    let fill = "for d in /root /volume /tmpfs /bound; do head -c 200000 /dev/zero >$d/x || echo full; done";
    let config = shell(fill).with_mounts(mounts);
    let output = runtime.run(config, RunOptions::default()).await.unwrap();
    assert_eq!(output.stdout_text(), "full\n".repeat(4));
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

#[tokio::test(start_paused = true)]
async fn a_containers_own_grace_is_whole_seconds_rounded_up() {
    let runtime = Fake::new().runtime();
    let config = shell("trap '' TERM; sleep 1000").with_stop_timeout(SECOND * 5 / 2);
    let id = started(&runtime, config).await;
    let config = inspect(&runtime, &id).await.config;
    assert_eq!(config.stop_timeout, Some(3 * SECOND));
    let begin = Instant::now();
    let stop = runtime.stop_container(&id, StopOptions::default());
    stop.await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_program_sees_the_hosts_cpus_and_its_address_on_any_network() {
    let runtime = Fake::builder().cpus(6).build().runtime();
    for network in [NetworkMode::Bridge, NetworkMode::None] {
        let config = shell("nproc; grep gate /etc/hosts")
            .with_network(network)
            .with_extra_hosts([ExtraHost::gateway("gate")]);
        let output = runtime.run(config, RunOptions::default()).await.unwrap();
        assert_eq!(output.stdout_text(), "6\n172.17.0.1\tgate\n");
    }
}

#[tokio::test(start_paused = true)]
async fn an_init_is_one_of_the_processes_that_are_counted() {
    let runtime = Fake::new().runtime();
    for (init, code) in [(false, 0), (true, 2)] {
        let config = shell("sleep 1; exit 0").with_pids_limit(2).with_init(init);
        let output = runtime.run(config, RunOptions::default()).await.unwrap();
        assert_eq!(output.code(), code, "{}", output.stderr_text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_is_told_when_the_engine_goes_with_its_last_handle() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("echo here; sleep 1000")).await;
    sleep(SECOND).await;
    let follow = LogsOptions::default().with_follow(true);
    let mut chunks = runtime.container_logs(&id, follow).await.unwrap();
    drop((fake, runtime));
    assert_eq!(&chunks.next().await.unwrap().unwrap().bytes[..], b"here\n");
    let told = timeout(SECOND, chunks.next()).await.unwrap().unwrap();
    assert_eq!(told.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    assert!(chunks.next().await.is_none());
}

#[test]
fn a_second_tokio_runtime_is_told_that_the_engine_lives_in_the_first() {
    let tokio = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let runtime = Fake::new().runtime();
    let (home, other) = (tokio(), tokio());
    home.block_on(runtime.ping()).unwrap();
    let error = other.block_on(runtime.run(shell("exit 3"), RunOptions::default()));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("another"), "{error}");
    let output = home.block_on(runtime.run(shell("exit 3"), RunOptions::default()));
    assert_eq!(output.unwrap().code(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_each_containers_events_keep_their_order() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let lives: Vec<_> = (0..4)
        .map(|_| {
            let runtime = fake.runtime();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let output = runtime
                        .run(shell("exit 3"), RunOptions::default())
                        .await
                        .unwrap();
                    assert_eq!(output.code(), 3);
                }
            })
        })
        .collect();
    for life in lives {
        life.await.unwrap();
    }
    let mut told: BTreeMap<String, Vec<EventAction>> = BTreeMap::new();
    let containers = events.try_filter(|event| ready(event.kind == EventKind::Container));
    let mut containers = containers.take(200 * 4);
    while let Some(event) = containers.try_next().await.unwrap() {
        told.entry(event.id).or_default().push(event.action);
    }
    assert_eq!(told.len(), 200);
    assert!(told.values().all(|life| *life == LIFE));
}

#[test]
fn without_a_tokio_runtime_it_says_what_it_needs() {
    let runtime = Fake::new().runtime();
    let error = futures::executor::block_on(runtime.info()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("tokio"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn two_fakes_share_nothing_and_one_seed_gives_one_world() {
    let (a, b) = (Fake::new().runtime(), Fake::new().runtime());
    let first = started(&a, ContainerConfig::new("busybox").with_tty(true)).await;
    assert!(
        b.list_containers(ListOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    let second = started(&b, ContainerConfig::new("busybox").with_tty(true)).await;
    assert_eq!(first, second);
    assert_eq!(inspect(&a, &first).await, inspect(&b, &second).await);
}
