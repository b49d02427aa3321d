//! The engine goes, and comes back: by hand, by time, by rules.

use super::*;
use futures::{TryStreamExt, future::join};
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn when_the_engine_goes_all_that_is_open_ends_and_the_engine_below_lives_on() {
    let (faults, runtime) = faulty();
    started(&runtime, "web", "trap '' TERM; while :; do sleep 1; done").await;
    let mut events = events(&runtime).await;
    let wait = runtime
        .wait_container("web", WaitOptions::default())
        .await
        .unwrap();
    let stop = runtime.stop_container("web", StopOptions::default());
    let unread = follow(&runtime, "web").await;
    let outage = async {
        tokio::time::sleep(SECOND).await;
        faults.engine_gone();
    };
    let (stopped, ()) = join(stop, outage).await;
    assert!(faults.is_engine_gone());

    let broken = |error: Error, sent| {
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
        assert_eq!(
            (error.is_transient(), error.was_sent()),
            (true, sent),
            "{error:?}"
        );
    };
    broken(stopped.unwrap_err(), true);
    broken(wait.await.unwrap_err(), true);
    broken(runtime.ping().await.unwrap_err(), false);
    let end = events.try_next().await;
    broken(end.unwrap_err(), true);
    assert!(events.next().await.is_none());

    faults.engine_back();
    runtime.ping().await.unwrap();
    let info = runtime
        .inspect_container("web", InspectOptions::default())
        .await
        .unwrap();
    assert!(info.state.is_running());
    // It was not looked at while the engine was gone, but its connection is broken all the same.
    let (_, error) = read(unread).await;
    broken(error.unwrap(), true);
}

#[tokio::test(start_paused = true)]
async fn the_engine_comes_back_by_itself_when_its_time_is_over() {
    let (faults, runtime) = faulty();
    faults.engine_gone_for(5 * SECOND);
    tokio::time::advance(4 * SECOND).await;
    assert!(runtime.ping().await.is_err());
    tokio::time::advance(SECOND).await;
    runtime.ping().await.unwrap();

    faults.engine_gone_for(Duration::MAX);
    tokio::time::advance(3600 * SECOND).await;
    assert!(runtime.ping().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn rules_make_the_engine_go_and_come_back() {
    let (faults, runtime) = faulty();
    let gone = faults
        .add(Rule::engine_gone().on(Operation::Ping).nth(2))
        .unwrap();
    faults
        .add(Rule::engine_back().on(Operation::Ping).nth(4))
        .unwrap();
    assert_eq!(failing(&runtime, 5).await, [2, 3]);
    faults.assert_all_matched();

    faults.remove(gone);
    faults
        .add(Rule::engine_gone_for(SECOND).on(Operation::Ping).nth(1))
        .unwrap();
    assert_eq!(failing(&runtime, 2).await, [1, 2]);
    tokio::time::advance(SECOND).await;
    runtime.ping().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_rule_has_a_say_while_the_engine_is_gone_but_the_one_that_calls_it_back() {
    for rule in [
        Rule::hang(),
        Rule::fail(ErrorKind::RateLimited),
        Rule::delay(3600 * SECOND),
        Rule::lose_answer(),
        Rule::engine_gone_for(SECOND),
    ] {
        let (faults, runtime) = faulty();
        let begun = Instant::now();
        let id = faults.add(rule.clone()).unwrap();
        faults.engine_gone();
        let error = timeout(SECOND, runtime.ping()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{rule}");
        assert!(error.is_transient() && !error.was_sent(), "{rule}");
        assert_eq!(begun.elapsed(), Duration::ZERO, "{rule}");
        assert_eq!(faults.matched(id), 0, "{rule}");
        tokio::time::advance(2 * SECOND).await;
        assert!(faults.is_engine_gone(), "{rule}");
    }

    // What stands before it is passed over: no call to an absent engine is delayed, or fails in a way of its own.
    for before in [Rule::delay(SECOND), Rule::fail(ErrorKind::Conflict)] {
        let (faults, runtime) = faulty();
        let id = faults.add(before.clone()).unwrap();
        faults.add(Rule::engine_back()).unwrap();
        faults.engine_gone();
        runtime.ping().await.unwrap();
        assert_eq!(faults.matched(id), 0, "{before}");
    }
}

#[tokio::test]
async fn capabilities_stay_those_of_the_runtime_below() {
    let (faults, runtime) = faulty();
    faults.engine_gone();
    assert_eq!(runtime.capabilities(), Fake::new().runtime().capabilities());
}
