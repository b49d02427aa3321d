//! Which calls a rule hits: by number, by chance, by target; and rules that never hit.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rule_hits_the_calls_that_it_counts_to() {
    let ping = || Rule::fail(ErrorKind::Internal).on(Operation::Ping);
    for (rule, expected) in [
        (ping(), vec![1, 2, 3, 4, 5, 6]),
        (ping().nth(3), vec![3]),
        (ping().every(2), vec![2, 4, 6]),
        (ping().first(2), vec![1, 2]),
        (ping().from_nth(5), vec![5, 6]),
        (ping().with_probability(f64::MIN_POSITIVE), vec![]),
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
