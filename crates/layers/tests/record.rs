//! What is recorded of calls, and how one asks for it, over the fake.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;
use wharf_core::*;
use wharf_fake::Fake;
use wharf_layers::*;

const SECOND: Duration = Duration::from_secs(1);

fn recorded(record: Record) -> (Record, Arc<dyn Runtime>) {
    (
        record.clone(),
        Arc::new(Fake::new().runtime().layer(record)),
    )
}

fn shell(name: &str, script: &str) -> ContainerConfig {
    ContainerConfig::new("busybox")
        .with_name(name)
        .with_command(["sh", "-c", script])
}

async fn started(runtime: &dyn Runtime, name: &str, script: &str) {
    runtime.create_container(shell(name, script)).await.unwrap();
    let options = StartOptions::default();
    runtime.start_container(name, options).await.unwrap();
}

fn last(record: &Record) -> RecordedCall {
    record.calls().iter().next_back().unwrap().clone()
}

/// What an assertion says when it fails.
fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test(start_paused = true)]
async fn sentences_hold_or_print_the_calls() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "trap '' TERM; while :; do sleep 1; done").await;
    runtime
        .stop_container("web", StopOptions::default())
        .await
        .unwrap();
    runtime
        .stop_container("db", StopOptions::default())
        .await
        .unwrap_err();

    let calls = record.calls();
    calls.of(Operation::StopContainer).times(2);
    calls.of(Operation::StopContainer).to("web").times(1);
    calls.of(Operation::StopContainer).to("web").failed().none();
    calls
        .of(Operation::StopContainer)
        .failed_with(ErrorKind::ContainerNotFound)
        .times(1);
    calls.of(Operation::KillContainer).none();
    calls.to("web").at_least(3);
    calls
        .that("took long", |call| call.took > Some(SECOND))
        .times(1);
    calls.in_order([
        Operation::CreateContainer,
        Operation::StartContainer,
        Operation::StopContainer,
        Operation::StopContainer,
    ]);

    let table = "
          at        took  operation         target  outcome
     0.000 s     0.000 s  create_container  web     ok
     0.000 s     0.000 s  start_container   web     ok
>    0.000 s    10.000 s  stop_container    web     ok
    10.000 s     0.000 s  stop_container    db      container not found: No such container: db
";
    let web = calls.of(Operation::StopContainer).to("web");
    assert_eq!(
        failure(|| web.times(2)),
        format!("calls of stop_container to web: expected 2, found 1{table}")
    );
    let found = "found 1\n";
    for (said, expected) in [
        (
            failure(|| web.none()),
            "calls of stop_container to web: expected none, ",
        ),
        (
            failure(|| web.at_least(3)),
            "calls of stop_container to web: expected 3 or more, ",
        ),
        (
            failure(|| web.in_order([Operation::StopContainer, Operation::StopContainer])),
            "calls of stop_container to web: expected stop_container after stop_container, ",
        ),
        (
            failure(|| web.in_order([Operation::Ping])),
            "calls of stop_container to web: expected ping at all, ",
        ),
    ] {
        assert!(said.starts_with(&format!("{expected}{found}")), "{said}");
    }
    let stopped = last(&record);
    assert_eq!(stopped.arguments["id"], "\"db\"");
    assert!(format!("{calls:#}").contains("id: \"db\"\n"), "{calls:#}");
    assert_eq!((calls.len(), (&calls).into_iter().count()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_running_until_its_answer_or_until_it_is_dropped() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "trap '' TERM; while :; do sleep 1; done").await;
    let stop = runtime.stop_container("web", StopOptions::default());
    let asked = async {
        tokio::time::sleep(SECOND).await;
        record.calls().open()
    };
    let given_up = timeout(3 * SECOND, stop);
    let (given_up, running) = futures::join!(given_up, asked);
    assert!(given_up.is_err());
    running.of(Operation::StopContainer).times(1);
    assert_eq!(running.iter().next().unwrap().took, None);

    let dropped = last(&record);
    assert_eq!(dropped.outcome, CallOutcome::Dropped);
    assert_eq!(dropped.took, Some(3 * SECOND));
    record.calls().open().none();

    runtime.ping().await.unwrap();
    let ping = last(&record);
    assert!(matches!(&ping.outcome, CallOutcome::Ok(text) if text.starts_with("Ping {")));
    assert_eq!(ping.at, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_open_until_it_is_read_to_its_end_or_dropped() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "echo ahoy; sleep 1; echo matey").await;
    let follow = || runtime.container_logs("web", LogsOptions::default().with_follow(true));
    let opened = |bytes: u64, end: StreamEnd| {
        let call = last(&record);
        let CallOutcome::Opened {
            bytes: seen,
            end: how,
            ..
        } = call.outcome
        else {
            panic!("{call:?}")
        };
        assert_eq!((seen, how), (bytes, end));
    };

    let mut logs = follow().await.unwrap();
    opened(0, StreamEnd::Open);
    logs.next().await.unwrap().unwrap();
    opened(5, StreamEnd::Open);
    record.open_streams().of(Operation::ContainerLogs).times(1);
    let text = record.calls().to_string();
    assert!(text.contains("1 items of 5 bytes, open"), "{text}");
    assert!(failure(|| record.open_streams().none()).contains("calls with an open stream"));
    drop(logs);
    opened(5, StreamEnd::Dropped);

    let chunks: Vec<_> = follow().await.unwrap().try_collect().await.unwrap();
    assert_eq!(chunks.len(), 2);
    opened(11, StreamEnd::Ended);
    record.open_streams().none();
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_has_failed() {
    let (faults, record) = (Fault::new(), Record::new());
    let runtime = Fake::new()
        .runtime()
        .layer(faults.clone())
        .layer(record.clone());
    let mut events = runtime.events(EventsOptions::default()).await.unwrap();
    faults.engine_gone();
    assert!(events.next().await.unwrap().is_err());
    assert!(events.next().await.is_none());
    record.open_streams().none();
    record
        .calls()
        .failed_with(ErrorKind::ConnectionFailed)
        .of(Operation::Events)
        .times(1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_over_with_its_exit() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "sleep 5; exit 7").await;
    let wait = || runtime.wait_container("web", WaitOptions::default());

    drop(wait().await.unwrap());
    assert_eq!(last(&record).outcome, CallOutcome::Dropped);

    let pending = wait().await.unwrap();
    record.calls().open().of(Operation::WaitContainer).times(1);
    assert_eq!(pending.await.unwrap().code, 7);
    let call = last(&record);
    assert_eq!(call.took, Some(5 * SECOND));
    assert_eq!(call.outcome, CallOutcome::Ok(format!("{:?}", Exit::new(7))));
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_a_record() {
    let (record, runtime) = recorded(Record::new());
    let config = shell("web", "true").with_env([("TOKEN", "hunter2")]);
    runtime.create_container(config).await.unwrap();
    runtime
        .inspect_container("web", InspectOptions::default())
        .await
        .unwrap();
    let login = Credentials::new("alice", "hunter2");
    runtime.login(login).await.unwrap_err();
    let json = serde_json::to_string(&record.calls()).unwrap();
    assert!(json.contains("TOKEN=…") && json.contains("alice"), "{json}");
    assert!(!json.contains("hunter2"), "{json}");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_calls_are_forgotten_but_never_what_is_open() {
    let (record, runtime) = recorded(Record::with_limit(3));
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    for _ in 0..10 {
        runtime.ping().await.unwrap();
    }
    let calls = record.calls();
    assert_eq!((calls.len(), record.forgotten()), (3, 8));
    record.open_streams().of(Operation::Events).at_least(1);
    calls.in_order([Operation::Events, Operation::Ping]);
    for undecided in [
        failure(|| calls.of(Operation::Ping).times(2)),
        failure(|| calls.of(Operation::Info).none()),
    ] {
        assert!(
            undecided.contains("but 8 calls were forgotten"),
            "{undecided}"
        );
    }

    record.clear();
    record.calls().of(Operation::Events).times(1);
    drop(events);
    record.clear();
    record.calls().none();
}

#[tokio::test(start_paused = true)]
async fn the_limit_holds_where_all_calls_are_open_too() {
    let (record, runtime) = recorded(Record::with_limit(3));
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(runtime.events(EventsOptions::default()).await.unwrap());
    }
    assert_eq!((record.calls().len(), record.forgotten()), (3, 7));
    let undecided = failure(|| record.open_streams().times(3));
    assert!(
        undecided.contains("but 7 calls were forgotten"),
        "{undecided}"
    );
    drop(open);
    record.open_streams().at_least(0);
    assert!(record.open_streams().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_allowed_is_refused_and_found_though_it_was_swallowed() {
    let (record, runtime) = recorded(Record::strict([Operation::CreateContainer]));
    runtime
        .create_container(shell("web", "true"))
        .await
        .unwrap();
    let error = runtime
        .start_container("web", StartOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.was_sent() && !error.is_transient());
    assert_eq!(
        error.to_string(),
        "start_container: the test does not expect this call"
    );
    assert_eq!(error.resource().unwrap().id, "web");

    let calls = record.calls();
    calls
        .unexpected()
        .of(Operation::StartContainer)
        .to("web")
        .times(1);
    calls.failed_with(ErrorKind::Internal).times(1);
    assert!(failure(|| calls.unexpected().none()).starts_with("calls that nobody expected: "));
}

fn hold_in_other_formats(calls: &Calls) {
    let toml = toml::to_string(&BTreeMap::from([("calls", calls)])).unwrap();
    let back: BTreeMap<String, Vec<RecordedCall>> = toml::from_str(&toml).unwrap();
    assert!(back["calls"].iter().eq(calls.iter()), "{toml}");
    let yaml = serde_norway::to_string(calls).unwrap();
    let back: Vec<RecordedCall> = serde_norway::from_str(&yaml).unwrap();
    assert!(back.iter().eq(calls.iter()), "{yaml}");
}

#[tokio::test(start_paused = true)]
async fn what_is_open_is_data_too() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "sleep 5").await;
    let events = runtime.events(EventsOptions::default()).await.unwrap();
    let options = WaitOptions::default();
    let wait = runtime.wait_container("web", options).await.unwrap();
    record.calls().open().times(2);
    hold_in_other_formats(&record.calls());
    drop((events, wait));
    hold_in_other_formats(&record.calls());
}

#[tokio::test(start_paused = true)]
async fn a_record_is_a_golden_file() {
    async fn run() -> String {
        let (record, runtime) = recorded(Record::new());
        let job = shell("job", "echo ahoy; sleep 2");
        runtime.run(job, RunOptions::default()).await.unwrap();
        runtime
            .stop_container("job", StopOptions::default())
            .await
            .unwrap_err();
        let calls = record.calls();
        let json = serde_json::to_string_pretty(&calls).unwrap();
        let back: Vec<RecordedCall> = serde_json::from_str(&json).unwrap();
        assert!(back.iter().eq(calls.iter()));
        hold_in_other_formats(&calls);
        json
    }
    let json = run().await;
    assert_eq!(json, run().await, "the same seed gives the same record");
    let expected = r#"  {
    "operation": "stop_container",
    "target": {
      "kind": "container",
      "id": "job"
    },
    "arguments": {
      "id": "\"job\"",
      "options": "StopOptions { signal: None, grace: Default }"
    },
    "at": 2.0,
    "took": 0.0,
    "outcome": {
      "failed": {
        "kind": "container_not_found",
        "message": "No such container: job"
      }
    }
  }
]"#;
    assert!(json.ends_with(expected), "{json}");
}

/// Answers every session with one that says a word and goes on.
#[derive(Debug)]
struct Talkative;

impl Layer for Talkative {
    async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        next().await
    }
    async fn around_session<'a>(&self, _: Call<'_>, _: impl Next<'a, Session>) -> Result<Session> {
        let word = LogChunk::new(LogSource::Stdout, "ahoy");
        let output = Items::new(Items::from_items([word]).chain(stream::pending()));
        Ok(Session::new(output, tokio::io::sink(), Arc::new(Ends)))
    }
}

struct Ends;

#[async_trait]
impl SessionControl for Ends {
    async fn resize(&self, _: u16, _: u16) -> Result<()> {
        Ok(())
    }
    async fn wait(&self) -> Result<Exit> {
        Ok(Exit::new(0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_recorded_by_its_output() {
    let record = Record::new();
    let runtime = Fake::new().runtime().layer(Talkative).layer(record.clone());
    let mut session = runtime
        .start_exec("web", ExecConfig::new(["sh"]))
        .await
        .unwrap();
    session.output.next().await.unwrap().unwrap();
    record.open_streams().of(Operation::StartExec).times(1);
    drop(session);
    let end = CallOutcome::Opened {
        items: 1,
        bytes: 4,
        end: StreamEnd::Dropped,
    };
    assert_eq!(last(&record).outcome, end);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_clipped() {
    let (record, runtime) = recorded(Record::new());
    started(&runtime, "web", "sleep 60").await;
    let long = ExecConfig::new(["sh", "-c", "yes | head -n 10000"]);
    let output = runtime.exec_container("web", long).await.unwrap();
    assert_eq!(output.stdout.len(), 20_000);
    let CallOutcome::Ok(text) = last(&record).outcome else {
        panic!("it succeeded")
    };
    assert!(text.ends_with('…') && text.len() < 5000, "{}", text.len());
}
