//! Handles and what is open on them; what is left when all are gone.

use super::*;
use futures::StreamExt;
use tokio::time::{sleep, timeout};

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
