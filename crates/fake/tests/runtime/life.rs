//! Stops, restarts, waits, pauses, and the end of who removes itself.

use super::*;
use tokio::time::{Instant, sleep, timeout};

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
