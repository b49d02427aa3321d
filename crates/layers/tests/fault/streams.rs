//! What a rule does to a stream: it is cut, or an item is repeated or dropped.

use super::*;
use futures::TryStreamExt;
use tokio::time::timeout;

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_where_the_rule_says() {
    for (rule, expected, is_cut) in [
        (Rule::cut_after_items(0), "", true),
        (Rule::cut_after_items(2), "1\n22\n", true),
        (Rule::cut_after_items(4), "1\n22\n333\n", false),
        (Rule::cut_after_bytes(0), "", true),
        (Rule::cut_after_bytes(5), "1\n22\n", true),
        (Rule::cut_after_bytes(8), "1\n22\n", true),
        (Rule::cut_after_bytes(10), "1\n22\n333\n", false),
    ] {
        let (faults, below) = (Fault::new(), Record::new());
        let runtime = Fake::new()
            .runtime()
            .layer(below.clone())
            .layer(faults.clone());
        let id = faults
            .add(rule.clone().on(Operation::ContainerLogs))
            .unwrap();
        started(
            &runtime,
            "web",
            "sleep 1; echo 1; sleep 1; echo 22; sleep 1; echo 333",
        )
        .await;
        let (text, error) = read(follow(&runtime, "web").await).await;
        assert_eq!(text, expected, "{rule}");
        assert_eq!(error.is_some(), is_cut, "{rule}");
        assert_eq!(faults.matched(id), u64::from(is_cut), "{rule}");
        if let Some(error) = error {
            assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
            assert!(error.was_sent() && error.is_transient());
            assert_eq!(error.resource().unwrap().id, "web");
        }
        below.open_streams().none();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_comes_when_it_is_due_and_not_with_the_next_item() {
    for reach in [Reach::Items(0), Reach::Bytes(0)] {
        let (faults, runtime) = faulty();
        faults.add(Rule::cut(reach, ErrorKind::Lagged)).unwrap();
        let mut events = events(&runtime).await;
        let cut = timeout(SECOND, events.next()).await.unwrap().unwrap();
        assert_eq!(cut.unwrap_err().kind(), ErrorKind::Lagged);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_repeated_and_another_dropped() {
    let (faults, runtime) = faulty();
    let event = |rule: Rule| faults.add(rule.on(Operation::Events)).unwrap();
    let ids = [
        event(Rule::repeat_item(1)),
        event(Rule::drop_item(2)),
        event(Rule::drop_item(9)),
        // It is dropped all the same.
        event(Rule::repeat_item(2)),
    ];
    let events = events(&runtime).await;
    for name in ["aa", "bb", "cc"] {
        runtime.create_container(shell(name, "true")).await.unwrap();
    }
    let names: Vec<_> = events
        .take(3)
        .map_ok(|event| event.attributes["name"].clone())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(names, ["aa", "aa", "cc"]);
    assert_eq!(ids.map(|id| faults.matched(id)), [1, 1, 0, 1]);
}
