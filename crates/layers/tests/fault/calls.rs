//! What a rule does to one call: it fails, is delayed, hangs, or loses its answer.

use super::*;
use futures::future::join;
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn a_failure_has_the_flags_of_its_kind_unless_told_otherwise() {
    let plain = Failure::new;
    for (failure, transient, sent) in [
        (plain(ErrorKind::ConnectionFailed), true, false),
        (plain(ErrorKind::Timeout), true, true),
        (plain(ErrorKind::RateLimited), true, true),
        (plain(ErrorKind::Conflict), false, true),
        (plain(ErrorKind::Unsupported), false, false),
        (
            plain(ErrorKind::ConnectionFailed).with_sent(true),
            true,
            true,
        ),
        (plain(ErrorKind::Internal).with_transient(true), true, true),
    ] {
        let (faults, runtime) = faulty();
        faults
            .add(Rule::fail(failure.clone().with_message("no")))
            .unwrap();
        let error = runtime.ping().await.unwrap_err();
        assert_eq!(error.kind(), failure.kind);
        assert_eq!(error.to_string(), "ping: no");
        assert_eq!(
            (error.is_transient(), error.was_sent()),
            (transient, sent),
            "{failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn delays_add_up_and_a_failure_hides_what_comes_behind_it() {
    let (faults, runtime) = faulty();
    for seconds in [2, 3] {
        faults.add(Rule::delay(seconds * SECOND)).unwrap();
    }
    let begun = Instant::now();
    runtime.ping().await.unwrap();
    assert_eq!(begun.elapsed(), 5 * SECOND);

    faults.add(Rule::fail(ErrorKind::Timeout)).unwrap();
    let hidden = faults.add(Rule::hang()).unwrap();
    let error = runtime.ping().await.unwrap_err();
    assert_eq!(
        (error.kind(), begun.elapsed()),
        (ErrorKind::Timeout, 10 * SECOND)
    );
    let report = faults.report(hidden).unwrap();
    assert_eq!((report.calls, report.matched), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_call_does_nothing_until_it_is_dropped() {
    let (faults, runtime) = faulty();
    let hang = faults
        .add(Rule::hang().on(Operation::CreateContainer))
        .unwrap();
    let create = || runtime.create_container(shell("web", "true"));
    assert!(timeout(3600 * SECOND, create()).await.is_err());

    let gone = async {
        tokio::time::sleep(SECOND).await;
        faults.engine_gone();
    };
    let error = join(create(), gone).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);

    faults.engine_back();
    assert_eq!(faults.remove(hang).unwrap().matched, 2);
    create().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_is_lost_was_carried_out() {
    let (faults, runtime) = faulty();
    faults
        .add(Rule::lose_answer().on(Operation::CreateContainer).nth(1))
        .unwrap();
    let create = || runtime.create_container(shell("web", "true"));
    let error = create().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.was_sent() && error.is_transient());
    assert_eq!(create().await.unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_lost_whatever_it_is_but_only_where_something_was_sent() {
    let (faults, runtime) = faulty();
    let lost = faults
        .add(Rule::lose_answer().on(Operation::StopContainer))
        .unwrap();
    let stop = |name: &'static str| runtime.stop_container(name, StopOptions::default());

    let error = stop("a/b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(faults.matched(lost), 0, "the engine saw nothing of it");

    let error = stop("nosuch").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.was_sent() && error.is_transient());
    assert_eq!(faults.matched(lost), 1);
}
