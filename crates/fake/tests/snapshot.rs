//! Snapshots: what comes along, what begins anew, and what ends.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use futures::{StreamExt, future::BoxFuture};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use wharf_core::*;
use wharf_fake::{Context, Dump, Fake, FakeRuntime, Program, Registry, Snapshot};

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

async fn exec(runtime: &FakeRuntime, id: &str, script: &str) -> String {
    let config = ExecConfig::new(["sh", "-c", script]);
    let output = runtime.exec_container(id, config).await.unwrap();
    output.stdout_text()
}

async fn removed(runtime: &FakeRuntime, id: &str) {
    let force = RemoveOptions::default().with_force(true);
    runtime.remove_container(id, force).await.unwrap();
}

/// A dump without what nobody changed by a call: the time of the look.
fn at_rest(fake: &Fake) -> Dump {
    let mut dump = fake.dump();
    dump.time = Timestamp::UNIX_EPOCH;
    dump
}

#[tokio::test(start_paused = true)]
async fn a_restore_brings_everything_back() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("echo one; echo 1 > /kept; echo v > /data/v; sleep 1000")
        .with_name("web")
        .with_mounts([Mount::volume("data", "/data"), Mount::tmpfs("/memory")]);
    let id = started(&runtime, config).await;
    sleep(Duration::from_secs(7)).await;
    let before = fake.dump();
    let snapshot = fake.snapshot();
    assert_eq!(fake.dump(), before, "to take one changes nothing");

    exec(&runtime, &id, "rm /kept /data/v; echo > /new").await;
    removed(&runtime, &id).await;
    let volumes = runtime.volumes().unwrap();
    volumes
        .remove_volume("data", RemoveVolumeOptions::default())
        .await
        .unwrap();
    let force = RemoveImageOptions::default().with_force(true);
    runtime.remove_image("busybox", force).await.unwrap();
    sleep(Duration::from_secs(100)).await;
    assert_ne!(fake.dump().containers, before.containers);

    fake.restore(&snapshot);
    assert_eq!(fake.dump(), before);
    assert_eq!(exec(&runtime, &id, "cat /kept /data/v").await, "1\nv\n");
    // As often as one likes.
    fake.restore(&snapshot);
    assert_eq!(fake.dump(), before);
}

#[tokio::test(start_paused = true)]
async fn a_program_begins_anew_quietly() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let script = "echo begun; echo x >> /starts; printf half; sleep 50; wc -l < /starts; exit 3";
    let id = started(&runtime, shell(script)).await;
    sleep(Duration::from_secs(30)).await;
    let snapshot = fake.snapshot();
    let (info, events) = (inspect(&runtime, &id).await, fake.dump().events);

    fake.restore(&snapshot);
    assert_eq!(inspect(&runtime, &id).await, info);
    assert_eq!(fake.dump().events, events);
    let begin = Instant::now();
    let wait = runtime.wait_container(&id, WaitOptions::default());
    let exit = wait.await.unwrap().await.unwrap();
    assert_eq!((exit.code, begin.elapsed().as_secs()), (3, 50));
    let log = runtime.logs_text(&id).await.unwrap();
    assert_eq!(log, "begun\nbegun\nhalf2\n");
    // The program of before has ended without a trace, and not this run.
    let deaths = fake.dump().events;
    let deaths = deaths.iter().filter(|e| e.action == EventAction::Die);
    assert_eq!(deaths.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_paused_begins_when_it_is_unpaused() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("echo begun; sleep 1000")).await;
    sleep(Duration::from_secs(1)).await;
    runtime.pause_container(&id).await.unwrap();
    fake.restore(&fake.snapshot());
    sleep(Duration::from_secs(5)).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "begun\n");
    runtime.unpause_container(&id).await.unwrap();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "begun\nbegun\n");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_next_run_waits_on() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let config = shell("echo run; exit 1").with_restart(RestartPolicy::Always);
    let id = started(&runtime, config).await;
    // Four runs, and waits of 0.1, 0.2 and 0.4 s; of the fourth, of 0.8 s, there are 0.3 s left.
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "run\n".repeat(4));
    fake.restore(&fake.snapshot());
    sleep(Duration::from_millis(200)).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "run\n".repeat(4));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(runtime.logs_text(&id).await.unwrap(), "run\n".repeat(5));
}

#[tokio::test(start_paused = true)]
async fn what_is_open_ends_with_an_error_and_the_handles_go_on() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    let snapshot = fake.snapshot();
    let follow = LogsOptions::default().with_follow(true);
    let mut logs = runtime.container_logs(&id, follow).await.unwrap();
    let mut events = runtime.events(EventsOptions::default()).await.unwrap();
    let wait = runtime.wait_container(&id, WaitOptions::default());
    let wait = wait.await.unwrap();
    let mut exec_call = Box::pin(runtime.exec_container(&id, ExecConfig::new(["sleep", "1000"])));
    let mut stop = Box::pin(runtime.stop_container(&id, StopOptions::default()));
    let mut restart = Box::pin(runtime.restart_container(&id, RestartOptions::default()));
    assert!(futures::poll!(exec_call.as_mut()).is_pending());
    assert!(futures::poll!(stop.as_mut()).is_pending());
    assert!(futures::poll!(restart.as_mut()).is_pending());

    fake.restore(&snapshot);
    let errors = [
        logs.next().await.unwrap().unwrap_err(),
        events.next().await.unwrap().unwrap_err(),
        wait.await.unwrap_err(),
        exec_call.await.unwrap_err(),
        stop.await.unwrap_err(),
        restart.await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error}");
        assert!(error.message().contains("restored"), "{error}");
    }
    assert!(logs.next().await.is_none() && events.next().await.is_none());
    // Neither the stop nor the restart, nor the exec, is under way there.
    sleep(Duration::from_secs(60)).await;
    let dump = fake.dump();
    assert_eq!(dump.containers[0].info.state, ContainerState::Running);
    assert_eq!(dump.events.last().unwrap().action, EventAction::Start);
    runtime
        .stop_container(&id, StopOptions::default())
        .await
        .unwrap();
    fake.leaks().of(wharf_fake::LeakKind::Exec).none();
}

#[tokio::test(start_paused = true)]
async fn forks_share_nothing_with_each_other_and_the_original() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let volume = || [Mount::volume("data", "/data")];
    let sleeper = |name: &str| shell("sleep 1000").with_name(name).with_mounts(volume());
    let first = started(&runtime, sleeper("first")).await;
    let second = started(&runtime, sleeper("second")).await;
    exec(
        &runtime,
        &first,
        "echo original > /data/file; echo original > /file",
    )
    .await;
    let before = at_rest(&fake);

    let fork = fake.fork();
    assert_eq!(at_rest(&fork), before);
    let forked = fork.runtime();
    // What two containers share they share in the fork.
    exec(&forked, &first, "echo fork > /data/file; echo fork > /file").await;
    assert_eq!(exec(&forked, &second, "cat /data/file").await, "fork\n");
    assert_eq!(
        exec(&runtime, &second, "cat /data/file").await,
        "original\n"
    );
    assert_eq!(exec(&runtime, &first, "cat /file").await, "original\n");
    removed(&runtime, &first).await;
    assert_eq!(exec(&forked, &first, "cat /file").await, "fork\n");
    assert_eq!(fork.dump().containers.len(), 2);
}

/// Some of everything.
async fn calls(fake: &Fake) -> Dump {
    let runtime = fake.runtime();
    let config = shell("echo $RANDOM $HOSTNAME; head -c 4 /dev/urandom > /random; sleep 5")
        .with_tty(true)
        .with_ports(["80".parse::<PortMapping>().unwrap()])
        .with_mounts([Mount::anonymous("/scratch")]);
    let id = started(&runtime, config).await;
    sleep(Duration::from_secs(1)).await;
    exec(&runtime, &id, "hostname > /name").await;
    sleep(Duration::from_secs(60)).await;
    fake.dump()
}

#[tokio::test(start_paused = true)]
async fn the_same_calls_on_two_forks_give_the_same_dump() {
    let fake = Fake::builder().seed(5).build();
    calls(&fake).await;
    started(&fake.runtime(), shell("while sleep 7; do echo tick; done")).await;
    let check = HealthCheck::new(HealthTest::Shell("exit $((RANDOM % 2))".into()));
    let check = check.with_interval(Duration::from_secs(3));
    let config = shell("sleep 20; exit 1")
        .with_health_check(check)
        .with_restart(RestartPolicy::Always);
    started(&fake.runtime(), config).await;
    sleep(Duration::from_secs(10)).await;
    let snapshot = fake.snapshot();
    sleep(Duration::from_secs(1_000)).await;
    let first = calls(&snapshot.fork()).await;
    sleep(Duration::from_millis(77)).await;
    let second = calls(&snapshot.fork()).await;
    assert_eq!(first, second);
    fake.restore(&snapshot);
    assert_eq!(calls(&fake).await, first);
    assert_eq!(fake.seed(), 5);
}

#[test]
fn a_fork_lives_in_the_tokio_runtime_that_uses_it_first() {
    let paused = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let fake = Fake::new();
    let (snapshot, id) = paused().block_on(async {
        let id = started(&fake.runtime(), shell("sleep 20; exit 4")).await;
        (fake.snapshot(), id)
    });
    let fork = snapshot.fork();
    let copy = fork.fork();
    assert_eq!(at_rest(&fork), at_rest(&copy));
    for fake in [fork, copy] {
        let exit = paused().block_on(async {
            let wait = fake
                .runtime()
                .wait_container(&id, WaitOptions::default())
                .await;
            wait.unwrap().await.unwrap()
        });
        assert_eq!(exit.code, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_had_still_to_do_it_does() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let gone = started(&runtime, shell("true").with_auto_remove(true)).await;
    let wait = runtime.wait_container(&gone, WaitOptions::default());
    wait.await.unwrap().await.unwrap();
    let fork = fake.fork();
    assert_eq!(
        fork.dump().containers[0].info.state,
        ContainerState::Removing
    );
    let forked = fork.runtime();
    forked.ping().await.unwrap();
    forked.create_container(shell("true")).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let left = fork.dump();
    assert_eq!(left.containers.len(), 1);
    assert_ne!(left.containers[0].info.id, gone);
}

#[tokio::test(start_paused = true)]
async fn what_registries_have_counted_comes_back_and_a_mark_too() {
    let fake = Fake::builder()
        .without_images()
        .registry(Registry::hub().with_pull_limit(1))
        .unwrap()
        .build();
    let runtime = fake.runtime();
    let pull = || runtime.ensure_image("busybox", PullPolicy::Always);
    let before = fake.snapshot();
    pull().await.unwrap();
    let made = runtime.create_container(shell("true")).await.unwrap().id;
    assert_eq!(fake.leaks().len(), 1);
    fake.mark();
    fake.leaks().and_images().none();
    let marked = fake.snapshot();
    assert_eq!(pull().await.unwrap_err().kind(), ErrorKind::RateLimited);
    fake.restore(&before);
    pull().await.unwrap();
    assert_eq!(fake.leaks().and_images().len(), 1);
    let fork = marked.fork();
    fork.leaks().and_images().none();
    removed(&fork.runtime(), &made).await;
}

/// Makes, starts, ends and removes containers while worlds come and go. In each new one the same ids are given again,
/// so that one churner meets what another has made: anything may be refused, but a wait ends as its contract says.
async fn churn(runtime: FakeRuntime, rounds: u32) {
    for round in 0..rounds {
        let config = shell("while true; do echo x; sleep 0.001; done");
        let Ok(made) = runtime.create_container(config).await else {
            continue;
        };
        let id = &made.id;
        let _ = runtime.start_container(id, StartOptions::default()).await;
        let wait = runtime.wait_container(id, WaitOptions::default()).await;
        if round % 2 == 0 {
            let _ = runtime.kill_container(id, KillOptions::default()).await;
        } else {
            let grace = StopOptions::default().with_grace(Grace::Now);
            let _ = runtime.stop_container(id, grace).await;
        }
        if let Ok(wait) = wait
            && let Err(error) = wait.await
        {
            assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error}");
            assert!(error.message().contains("restored"), "{error}");
        }
        let _ = runtime.remove_container(id, RemoveOptions::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_nothing_of_an_old_world_gets_into_the_new_one() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("trap '' TERM; sleep 1000")).await;
    let snapshot = fake.snapshot();
    let before = fake.dump();
    let churning: Vec<_> = (0..8)
        .map(|_| tokio::spawn(churn(fake.runtime(), 200)))
        .collect();
    while !churning.iter().all(tokio::task::JoinHandle::is_finished) {
        fake.restore(&snapshot);
        tokio::task::yield_now().await;
    }
    for task in churning {
        task.await.unwrap();
    }
    fake.restore(&snapshot);
    let after = fake.dump();
    assert_eq!(
        (&after.containers, &after.events),
        (&before.containers, &before.events)
    );
    let wait = runtime
        .wait_container(&id, WaitOptions::default())
        .await
        .unwrap();
    runtime
        .kill_container(&id, KillOptions::default())
        .await
        .unwrap();
    assert_eq!(wait.await.unwrap().code, 137);
    fake.leaks().of(wharf_fake::LeakKind::Stream).none();
    fake.leaks().of(wharf_fake::LeakKind::Wait).none();
    fake.leaks().of(wharf_fake::LeakKind::Call).none();
}

#[tokio::test(start_paused = true)]
async fn a_fork_that_is_only_looked_at_goes_on() {
    let fake = Fake::new();
    let id = started(&fake.runtime(), shell("echo begun; sleep 9; echo done")).await;
    let snapshot = fake.snapshot();
    let seen = snapshot.fork().runtime();
    let begun = inspect(&seen, &id).await.state;
    assert_eq!(begun, ContainerState::Running);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(inspect(&seen, &id).await.state, ContainerState::Exited);
    let read = snapshot.fork().runtime();
    let follow = LogsOptions::default().with_follow(true);
    let log = read.container_logs(&id, follow).await.unwrap();
    let log = tokio::time::timeout(Duration::from_secs(60), log.count());
    assert_eq!(log.await.unwrap(), 2);
}

/// Where a program finds what to restore, once.
type Back = Arc<Mutex<Option<(Fake, Snapshot)>>>;

/// A fake whose `app` brings it back to a snapshot, once there is one for it, and ends at once, before anybody else
/// has a turn: so does a thread that has to wait for the restore. Then it begins what is given, and exits with 3.
fn restored_by_app<F>(then: F) -> (Fake, Back)
where
    F: Fn(Fake) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    let back = Back::default();
    let (slot, then) = (Arc::clone(&back), Arc::new(then));
    let program = Program::new(move |context: Context| {
        let (slot, then) = (Arc::clone(&slot), Arc::clone(&then));
        async move {
            context.sleep(Duration::from_secs(1)).await;
            let back = slot.lock().unwrap().take();
            let Some((fake, snapshot)) = back else {
                return std::future::pending().await;
            };
            fake.restore(&snapshot);
            assert!(futures::poll!(then(fake)).is_ready());
            3
        }
    });
    let fake = Fake::builder().program("app", program).unwrap().build();
    (fake, back)
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_program_does_not_get_into_the_new_world() {
    let (fake, back) = restored_by_app(|_| Box::pin(async {}));
    let runtime = fake.runtime();
    let config = ContainerConfig::new("busybox").with_command(["app"]);
    let id = started(&runtime, config).await;
    let snapshot = fake.snapshot();
    *back.lock().unwrap() = Some((fake.clone(), snapshot));
    sleep(Duration::from_secs(60)).await;
    assert!(back.lock().unwrap().is_none(), "it was restored");
    assert_eq!(inspect(&runtime, &id).await.state, ContainerState::Running);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_exec_does_not_get_into_the_new_world() {
    let (fake, back) = restored_by_app(|fake| {
        Box::pin(async move {
            let runtime = fake.runtime();
            let call = runtime.exec_container("web", ExecConfig::new(["sleep", "1000"]));
            // Who gives up its call leaves the program, which has the number of the one before.
            assert!(futures::poll!(call).is_pending());
        })
    });
    let runtime = fake.runtime();
    started(&runtime, shell("sleep 1000").with_name("web")).await;
    let snapshot = fake.snapshot();
    *back.lock().unwrap() = Some((fake.clone(), snapshot));
    let exec = runtime.exec_container("web", ExecConfig::new(["app"]));
    let error = exec.await.unwrap_err();
    assert!(error.message().contains("restored"), "{error}");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.leaks().of(wharf_fake::LeakKind::Exec).len(), 1);
    let last = fake.dump().events.pop().unwrap();
    assert_eq!(last.action, EventAction::ExecStart);
}

#[tokio::test(start_paused = true)]
async fn what_befalls_a_fork_that_nobody_used_does_not_start_its_clock() {
    let fake = Fake::new();
    let runtime = fake.runtime();
    let id = started(&runtime, shell("sleep 1000")).await;
    let fork = fake.fork();
    let time = fork.dump().time;
    fork.out_of_memory(&id).unwrap();
    sleep(Duration::from_secs(3600)).await;
    let fork_time = fork.dump().time;
    assert!(fork_time > time, "each event has a time of its own");
    assert!((fork_time - time).num_seconds() < 1);
    let runtime = fork.runtime();
    assert!(inspect(&runtime, &id).await.oom_killed);
    sleep(Duration::from_secs(10)).await;
    assert_eq!((fork.dump().time - fork_time).num_seconds(), 10);
}
