//! What rules do to calls, streams, waits and sessions, over the fake.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, future::join};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};
use wharf_core::*;
use wharf_fake::Fake;
use wharf_layers::*;

const SECOND: Duration = Duration::from_secs(1);

fn faulty() -> (Fault, Arc<dyn Runtime>) {
    let (faults, fake) = (Fault::new(), Fake::new());
    (faults.clone(), Arc::new(fake.runtime().layer(faults)))
}

fn shell(name: &str, script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name(name)
        .with_command(["sh", "-c", script])
}

async fn started(runtime: &dyn Runtime, name: &str, script: &str) {
    let created = runtime.create_container(shell(name, script)).await.unwrap();
    let options = StartOptions::default();
    runtime.start_container(&created.id, options).await.unwrap();
}

async fn follow(runtime: &dyn Runtime, name: &str) -> Items<LogChunk> {
    let options = LogsOptions::default().with_follow(true);
    runtime.container_logs(name, options).await.unwrap()
}

async fn events(runtime: &dyn Runtime) -> Items<Event> {
    runtime.events(EventsOptions::default()).await.unwrap()
}

/// What came of a stream: the text of its items, and the error that it ended with.
async fn read(mut logs: Items<LogChunk>) -> (String, Option<Error>) {
    let mut text = String::new();
    while let Some(item) = logs.next().await {
        match item {
            Ok(chunk) => text += std::str::from_utf8(&chunk.bytes).unwrap(),
            Err(error) => {
                assert!(logs.next().await.is_none(), "it ends after the error");
                return (text, Some(error));
            }
        }
    }
    (text, None)
}

/// Which of so many pings fail, by their numbers from 1.
async fn failing(runtime: &dyn Runtime, pings: u64) -> Vec<u64> {
    let mut failing = Vec::new();
    for n in 1..=pings {
        if runtime.ping().await.is_err() {
            failing.push(n);
        }
    }
    failing
}

#[tokio::test(start_paused = true)]
async fn a_rule_hits_the_calls_that_it_counts_to() {
    let ping = || Rule::fail(ErrorKind::Internal).on(Operation::Ping);
    for (rule, expected) in [
        (ping(), vec![1, 2, 3, 4, 5, 6]),
        (ping().nth(3), vec![3]),
        (ping().every(2), vec![2, 4, 6]),
        (ping().first(2), vec![1, 2]),
        (ping().from_nth(5), vec![5, 6]),
        (ping().with_probability(0.0), vec![]),
        (ping().with_probability(1.0), vec![1, 2, 3, 4, 5, 6]),
        (ping().on(Operation::Info).nth(1), vec![1]),
        (Rule::fail(ErrorKind::Internal).on(Operation::Info), vec![]),
    ] {
        let (faults, runtime) = faulty();
        let id = faults.add(rule.clone()).unwrap();
        assert_eq!(failing(&runtime, 6).await, expected, "{rule}");
        assert_eq!(faults.matched(id), expected.len() as u64, "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_is_a_name_an_id_or_a_pattern() {
    let (faults, runtime) = faulty();
    let conflict = || Rule::fail(ErrorKind::Conflict);
    faults.add(conflict().to("web-*")).unwrap();
    faults
        .add(conflict().to("busybox").on(Operation::PullImage))
        .unwrap();

    let error = runtime
        .create_container(shell("web-1", "true"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.operation(), Some(Operation::CreateContainer));
    assert_eq!(error.resource().unwrap().id, "web-1");
    runtime.create_container(shell("db", "true")).await.unwrap();

    // A pull is told the full form of the name.
    let pulled = runtime.ensure_image("busybox", PullPolicy::Always).await;
    assert_eq!(pulled.unwrap_err().operation(), Some(Operation::PullImage));
    runtime
        .ensure_image("busybox", PullPolicy::Never)
        .await
        .unwrap();
}

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
async fn a_seed_says_which_calls_a_probability_hits_whatever_else_is_called() {
    async fn hit(seed: u64, others: bool) -> Vec<u64> {
        let faults = Fault::seeded(seed);
        let runtime = Fake::new().runtime().layer(faults.clone());
        let rule = Rule::fail(ErrorKind::Internal).on(Operation::Ping);
        faults.add(rule.with_probability(0.3)).unwrap();
        if others {
            faults
                .add(Rule::delay(SECOND).with_probability(0.5))
                .unwrap();
            runtime.info().await.unwrap();
        }
        failing(&runtime, 1000).await
    }
    let hits = hit(7, false).await;
    assert_eq!(hits, hit(7, true).await);
    assert_ne!(hits, hit(8, false).await);
    assert!((250..350).contains(&hits.len()), "{}", hits.len());
}

#[tokio::test]
async fn what_could_never_hit_is_refused_when_it_is_added() {
    let fail = || Rule::fail(ErrorKind::Internal);
    for (rule, message) in [
        (fail().nth(0), "when: calls are counted from 1, not 0"),
        (fail().every(0), "when: calls are counted from 1, not 0"),
        (fail().first(0), "when: calls are counted from 1, not 0"),
        (fail().from_nth(0), "when: calls are counted from 1, not 0"),
        (
            fail().with_probability(1.5),
            "when: a probability is from 0 to 1, not 1.5",
        ),
        (
            fail().with_probability(f64::NAN),
            "when: a probability is from 0 to 1, not NaN",
        ),
        (fail().to(""), "target: nothing has an empty name"),
        (
            Rule::drop_item(0),
            "effect: items are counted from 1, not 0",
        ),
        (
            Rule::repeat_item(0),
            "effect: items are counted from 1, not 0",
        ),
        (
            Rule::cut_after_items(1)
                .on(Operation::Events)
                .on(Operation::Ping),
            "effect: ping opens no stream, so it cannot cut after 1 items",
        ),
    ] {
        let faults = Fault::new();
        let error = faults.add(rule).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), message);
        assert!(faults.reports().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_streams_counts_only_calls_that_open_one() {
    let (faults, runtime) = faulty();
    let cut = faults.add(Rule::cut_after_items(0).first(1)).unwrap();
    started(&runtime, "web", "echo 1").await;
    assert_eq!(faults.report(cut).unwrap().calls, 0);
    let (text, error) = read(follow(&runtime, "web").await).await;
    assert_eq!(
        (text.as_str(), error.unwrap().kind()),
        ("", ErrorKind::ConnectionFailed)
    );
    assert_eq!(faults.matched(cut), 1);
}

#[tokio::test(start_paused = true)]
async fn rules_that_never_took_effect_are_told() {
    let (faults, runtime) = faulty();
    faults
        .add(Rule::fail(ErrorKind::Internal).on(Operation::Ping))
        .unwrap();
    faults
        .add(Rule::hang().on(Operation::StopContainer).to("web").nth(2))
        .unwrap();
    faults
        .add(Rule::cut_after_items(5).on(Operation::ContainerLogs))
        .unwrap();
    started(&runtime, "web", "echo 1").await;
    runtime
        .stop_container("web", StopOptions::default())
        .await
        .unwrap();
    assert_eq!(runtime.logs_text("web").await.unwrap(), "1\n");
    assert!(runtime.ping().await.is_err());

    let unmatched = faults.unmatched();
    assert_eq!(unmatched.len(), 2);
    let panic = std::panic::catch_unwind(|| faults.assert_all_matched()).unwrap_err();
    assert_eq!(
        *panic.downcast::<String>().unwrap(),
        "fault rules that never took effect, under seed 0:\n  \
         hang: stop_container to web, number 2: took effect 0 times on 1 such calls\n  \
         cut after 5 items: container_logs: took effect 0 times on 1 such calls"
    );
    faults.clear();
    faults.assert_all_matched();
    runtime.ping().await.unwrap();
}

#[tokio::test]
async fn capabilities_stay_those_of_the_runtime_below() {
    let (faults, runtime) = faulty();
    faults.engine_gone();
    assert_eq!(runtime.capabilities(), Fake::new().runtime().capabilities());
}

#[test]
fn rules_are_data() {
    for rule in [
        Rule::fail(
            Failure::new(ErrorKind::Conflict)
                .with_message("busy")
                .with_sent(false),
        ),
        Rule::delay(Duration::from_millis(1500)).every(3),
        Rule::hang().on(Operation::Ping).to("w?b").from_nth(2),
        Rule::lose_answer().with_probability(0.25),
        Rule::cut_after_bytes(10),
        Rule::repeat_item(1),
        Rule::drop_item(2),
        Rule::engine_gone(),
        Rule::engine_gone_for(SECOND),
        Rule::engine_back().nth(4),
    ] {
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule, "{json}");
    }
    for (json, expected) in [
        (r#"{"effect":"hang"}"#, Rule::hang()),
        (
            r#"{"effect":{"delay":1.5}}"#,
            Rule::delay(Duration::from_millis(1500)),
        ),
        (
            r#"{"effect":{"cut":{"after":{"items":3}}}}"#,
            Rule::cut_after_items(3),
        ),
        (r#"{"effect":{"engine_gone":{}}}"#, Rule::engine_gone()),
    ] {
        assert_eq!(serde_json::from_str::<Rule>(json).unwrap(), expected);
    }
    for wrong in [
        r#"{"effect":"hang","targets":"web"}"#,
        r#"{"effect":{"delay":-1}}"#,
        r#"{"effect":"explode"}"#,
        r#"{"effect":"hang","operations":["fly"]}"#,
    ] {
        assert!(serde_json::from_str::<Rule>(wrong).is_err(), "{wrong}");
    }
}

/// Answers every session with one whose output is the words, whose input nobody reads, and whose program runs for ever.
#[derive(Debug)]
struct Talkative;

impl Layer for Talkative {
    async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        next().await
    }
    async fn around_session<'a>(&self, _: Call<'_>, _: impl Next<'a, Session>) -> Result<Session> {
        let words = ["one", "two"].map(|word| LogChunk::new(LogSource::Stdout, word));
        let output = Items::from_items(words);
        let output = Items::new(output.chain(futures::stream::pending()));
        let (input, unread) = tokio::io::duplex(8);
        Ok(Session::new(output, input, Arc::new(Runs(unread))))
    }
}

/// Keeps the other end of the input open.
struct Runs(#[allow(dead_code, reason = "held, not read")] tokio::io::DuplexStream);

#[async_trait]
impl SessionControl for Runs {
    async fn resize(&self, _: u16, _: u16) -> Result<()> {
        Ok(())
    }
    async fn wait(&self) -> Result<Exit> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_has_its_output_cut_and_ends_with_the_engine() {
    let faults = Fault::new();
    let runtime = Fake::new().runtime().layer(Talkative).layer(faults.clone());
    let talk = || runtime.start_exec("web", ExecConfig::new(["sh"]));

    let cut = faults
        .add(Rule::cut_after_items(1).on(Operation::StartExec))
        .unwrap();
    let (text, error) = read(talk().await.unwrap().output).await;
    assert_eq!(
        (&*text, error.unwrap().kind()),
        ("one", ErrorKind::ConnectionFailed)
    );
    faults.remove(cut);

    let Session {
        mut output,
        mut input,
        control,
        ..
    } = talk().await.unwrap();
    assert_eq!(output.next().await.unwrap().unwrap().bytes, "one");
    input.write_all(b"12345678").await.unwrap();
    control.resize(24, 80).await.unwrap();
    let outage = async {
        tokio::time::sleep(SECOND).await;
        faults.engine_gone();
    };
    // The pipe is full, so this write waits until the engine goes.
    let (written, ended, ()) = futures::join!(input.write_all(b"9"), control.wait(), outage);
    assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    assert!(input.flush().await.is_err() && input.shutdown().await.is_err());
    assert!(control.resize(1, 1).await.is_err());
    assert!(output.next().await.unwrap().is_err());
    assert!(output.next().await.is_none());
}
