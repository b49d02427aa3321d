//! Logs, and who follows them.

use super::*;
use futures::{StreamExt, TryStreamExt};
use tokio::time::{Instant, sleep, timeout};

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
