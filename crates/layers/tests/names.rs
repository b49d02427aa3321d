//! What is named in one way and called in another, over the fake: assertions and rules find it.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

use std::sync::Arc;
use wharf_core::*;
use wharf_fake::Fake;
use wharf_layers::*;

/// An engine, its runtime without layers, and one with a layer.
fn layered<L: Layer + Clone>(layer: &L) -> (Arc<dyn Runtime>, Arc<dyn Runtime>) {
    let fake = Fake::new();
    let runtime = fake.runtime().layer(layer.clone());
    (Arc::new(fake.runtime()), Arc::new(runtime))
}

fn sleeps() -> ContainerConfig {
    ContainerConfig::new("busybox").with_command(["sleep", "3600"])
}

async fn create(runtime: &dyn Runtime, name: &str) -> String {
    let config = sleeps().with_name(name);
    runtime.create_container(config).await.unwrap().id.into()
}

async fn stop(runtime: &dyn Runtime, container: &str) -> Result<()> {
    let options = StopOptions::default();
    runtime.stop_container(container, options).await
}

async fn inspect(runtime: &dyn Runtime, container: &str) -> ContainerInfo {
    let options = InspectOptions::default();
    runtime.inspect_container(container, options).await.unwrap()
}

async fn remove(runtime: &dyn Runtime, container: &str) -> Result<()> {
    let options = RemoveOptions::default();
    runtime.remove_container(container, options).await
}

fn stops(record: &Record) -> Calls {
    record.calls().of(Operation::StopContainer)
}

#[tokio::test(start_paused = true)]
async fn a_container_is_found_by_its_name_its_id_and_its_beginning_however_it_was_called() {
    let record = Record::new();
    let (_, runtime) = layered(&record);
    let (db, web) = (create(&runtime, "db").await, create(&runtime, "web").await);
    for called in [&*db, &db[..12], &db[..6], "db", &web] {
        stop(&runtime, called).await.unwrap();
    }
    for asked in [&*db, &db[..12], &db[..6], "db", "d?"] {
        stops(&record).to(asked).times(4);
        let creates = record.calls().of(Operation::CreateContainer);
        creates.to(asked).times(1);
    }
    stops(&record).to("web").times(1);
    // Five characters are as likely a name: "cafe", "feed".
    stops(&record).to(&db[..5]).none();
}

#[tokio::test(start_paused = true)]
async fn a_rule_hits_a_container_however_it_is_called() {
    let faults = Fault::new();
    let (_, runtime) = layered(&faults);
    let (db, web) = (create(&runtime, "db").await, create(&runtime, "web").await);
    for target in [&*db, &db[..12], "db"] {
        let rule = Rule::fail(ErrorKind::Conflict).on(Operation::StopContainer);
        let rule = faults.add(rule.to(target)).unwrap();
        for called in [&*db, &db[..12], "db"] {
            let error = stop(&runtime, called).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{called} for {target}");
            assert_eq!(error.resource().unwrap().id, called, "as the caller said");
        }
        stop(&runtime, &web).await.unwrap();
        assert_eq!(faults.remove(rule).unwrap().calls, 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pattern_asks_for_names_and_not_for_the_digits_of_an_id() {
    let (record, faults) = (Record::new(), Fault::new());
    let (others, runtime) = layered(&record);
    let runtime = runtime.layer(faults.clone());
    let (web, stranger) = (
        create(&runtime, "web").await,
        create(&others, "other").await,
    );
    // Each pattern fits the ids, and the names of neither.
    for (id, beginning) in [(&web, 1), (&web, 6), (&stranger, 1)] {
        let pattern = format!("{}*", &id[..beginning]);
        let rule = Rule::fail(ErrorKind::Conflict).on(Operation::StopContainer);
        let rule = faults.add(rule.to(&pattern)).unwrap();
        for called in [&*web, &web[..12], "web", &stranger] {
            stop(&runtime, called).await.unwrap();
        }
        assert_eq!(faults.remove(rule).unwrap().calls, 0);
        stops(&record).to(&pattern).none();
    }
    stops(&record).to("w*").times(9);
    stops(&record).to("*").times(12);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_to_the_name_that_its_container_had_then() {
    let (record, faults) = (Record::new(), Fault::new());
    let (_, runtime) = layered(&record);
    let runtime = runtime.layer(faults.clone());
    let blue = create(&runtime, "db").await;
    stop(&runtime, &blue).await.unwrap();
    runtime.rename_container(&blue, "old").await.unwrap();
    let green = create(&runtime, "db").await;
    stop(&runtime, &blue).await.unwrap();

    stops(&record).to("db").times(1);
    stops(&record).to("old").times(1);
    stops(&record).to(&blue).times(2);
    stops(&record).to(&green).none();

    let rule = || Rule::fail(ErrorKind::Conflict).on(Operation::StopContainer);
    let db = faults.add(rule().to("db")).unwrap();
    stop(&runtime, &blue).await.unwrap();
    stop(&runtime, &green).await.unwrap_err();
    assert_eq!(faults.matched(db), 1);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_gone_is_still_known() {
    let (record, faults) = (Record::new(), Fault::new());
    let (_, runtime) = layered(&record);
    let runtime = runtime.layer(faults.clone());
    let first = create(&runtime, "db").await;
    let again = Rule::hang().on(Operation::RemoveContainer).to("db").nth(9);
    let again = faults.add(again).unwrap();
    remove(&runtime, &first).await.unwrap();
    remove(&runtime, &first).await.unwrap_err();
    remove(&runtime, "db").await.unwrap_err();
    let second = create(&runtime, "db").await;
    record.clear();
    remove(&runtime, &first).await.unwrap_err();
    remove(&runtime, &second).await.unwrap();

    assert_eq!(faults.report(again).unwrap().calls, 5);
    let removes = record.calls().of(Operation::RemoveContainer);
    removes.to("db").times(2);
    removes.to(&first).times(1);
    removes.to(&second).times(1);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_what_a_prune_removed_is_free() {
    let record = Record::new();
    let (_, runtime) = layered(&record);
    let db = create(&runtime, "db").await;
    let options = PruneContainersOptions::default();
    let pruned = runtime.prune_containers(options).await.unwrap();
    assert_eq!(pruned.removed, [&*db]);
    stop(&runtime, "db").await.unwrap_err();
    stops(&record).to(&db).none();
    stop(&runtime, &db).await.unwrap_err();
    stops(&record).to("db").times(2);
}

#[tokio::test(start_paused = true)]
async fn a_call_before_a_container_was_made_is_not_to_it() {
    let record = Record::new();
    let (_, runtime) = layered(&record);
    runtime.remove_container_if_exists("db").await.unwrap();
    let db = create(&runtime, "db").await;
    let taken = runtime.create_container(sleeps().with_name("db")).await;
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::AlreadyExists);
    record.calls().of(Operation::RemoveContainer).to(&db).none();
    // Nor is a create that failed a call to the one in its way.
    let creates = record.calls().of(Operation::CreateContainer);
    creates.to(&db).times(1);
    creates.to("db").times(2);
}

#[tokio::test(start_paused = true)]
async fn names_are_learned_from_answers_too_and_hold_for_the_calls_before() {
    // The engine chose the name, which only an inspection tells.
    let record = Record::new();
    let (_, runtime) = layered(&record);
    let id = runtime.create_container(sleeps()).await.unwrap().id;
    stop(&runtime, &id).await.unwrap();
    let name = inspect(&runtime, &id).await.name;
    stop(&runtime, &name).await.unwrap();
    stops(&record).to(&name).times(2);
    stops(&record).to(&id).times(2);

    // Others made the containers.
    let record = Record::new();
    let (others, runtime) = layered(&record);
    let (db, web) = (create(&others, "db").await, create(&others, "web").await);
    for called in [&*db, "web", "db"] {
        stop(&runtime, called).await.unwrap();
    }
    stops(&record).to(&db[..12]).times(1);
    inspect(&runtime, &db[..12]).await;
    stops(&record).to("db").times(2);
    record
        .calls()
        .of(Operation::InspectContainer)
        .to("db")
        .times(1);
    let all = ListOptions::default().with_all(true);
    runtime.list_containers(all).await.unwrap();
    stops(&record).to(&web).times(1);

    // Known by nothing but the id that it is renamed by.
    let mail = create(&others, "mail").await;
    runtime.rename_container(&mail, "post").await.unwrap();
    stop(&runtime, &mail).await.unwrap();
    stops(&record).to("post").times(1);

    // Others renamed one.
    others.rename_container(&db, "old").await.unwrap();
    inspect(&runtime, &db).await;
    stop(&runtime, &db).await.unwrap();
    stops(&record).to("old").times(1);
    stops(&record).to("db").times(2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_rule_loses_still_teaches_the_rules() {
    let faults = Fault::new();
    let (others, runtime) = layered(&faults);
    let lose = Rule::lose_answer().on(Operation::CreateContainer);
    faults.add(lose.first(1)).unwrap();
    let config = sleeps().with_name("db");
    runtime.create_container(config).await.unwrap_err();
    let id = inspect(&others, "db").await.id;
    faults
        .add(Rule::fail(ErrorKind::Conflict).to("db"))
        .unwrap();
    stop(&runtime, &id).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn an_image_is_found_by_the_beginning_of_its_id() {
    let record = Record::new();
    let (_, runtime) = layered(&record);
    runtime
        .ensure_image("busybox", PullPolicy::Always)
        .await
        .unwrap();
    let options = InspectImageOptions::default;
    let id = runtime
        .inspect_image("busybox", options())
        .await
        .unwrap()
        .id;
    record.clear();
    runtime.inspect_image(&id, options()).await.unwrap();
    for asked in [&*id, id.short()] {
        record.calls().to(asked).times(1);
    }
    let short = id.short();
    assert!(
        record
            .calls()
            .to_string()
            .contains(&format!("  sha256:{short}  ok"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_table_shows_ids_as_people_read_them() {
    let record = Record::new();
    let (_, runtime) = layered(&record);
    let db = create(&runtime, "db").await;
    let other = "f".repeat(64);
    stop(&runtime, &db).await.unwrap();
    stop(&runtime, &db[..12]).await.unwrap();
    stop(&runtime, &other).await.unwrap_err();
    let short = &db[..12];
    let table = record.calls().to_string();
    let expected = format!(
        "
     0.000 s     0.000 s  create_container  db                 ok
     0.000 s     0.000 s  stop_container    {short} (db)  ok
     0.000 s     0.000 s  stop_container    {short} (db)  ok
     0.000 s     0.000 s  stop_container    ffffffffffff       container not found: No such container: {other}
"
    );
    assert!(table.ends_with(&expected), "{table}");
    assert_eq!(
        record
            .calls()
            .iter()
            .nth(1)
            .unwrap()
            .target
            .as_ref()
            .unwrap()
            .id,
        db
    );
}
