//! What can be said as a rule: its form as data, and what is refused.

use super::*;

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
        let toml = toml::to_string(&rule).unwrap();
        assert_eq!(toml::from_str::<Rule>(&toml).unwrap(), rule, "{toml}");
        let yaml = serde_norway::to_string(&rule).unwrap();
        assert_eq!(
            serde_norway::from_str::<Rule>(&yaml).unwrap(),
            rule,
            "{yaml}"
        );
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

#[test]
fn a_rule_is_written_alike_in_json_toml_and_yaml() {
    let failure = Failure::new(ErrorKind::Timeout).with_message("slow");
    let rule = Rule::cut(Reach::Items(3), failure)
        .on(Operation::ContainerLogs)
        .to("web-*")
        .first(2);
    let json = r#"{
        "operations": ["container_logs"], "target": "web-*", "when": {"first": 2},
        "effect": {"cut": {"after": {"items": 3}, "with": {"kind": "timeout", "message": "slow"}}}
    }"#;
    let toml = r#"
        operations = ["container_logs"]
        target = "web-*"
        when.first = 2
        [effect.cut]
        after.items = 3
        with = { kind = "timeout", message = "slow" }
    "#;
    let yaml = r"
        operations: [container_logs]
        target: web-*
        when: {first: 2}
        effect:
          cut:
            after: {items: 3}
            with: {kind: timeout, message: slow}
    ";
    assert_eq!(serde_json::from_str::<Rule>(json).unwrap(), rule);
    assert_eq!(toml::from_str::<Rule>(toml).unwrap(), rule);
    assert_eq!(serde_norway::from_str::<Rule>(yaml).unwrap(), rule);

    let two = "when: {first: 2, nth: 3}\neffect: hang";
    let refused = serde_norway::from_str::<Rule>(two).unwrap_err();
    assert!(
        refused.to_string().contains("one word, not two"),
        "{refused}"
    );
    let two = "effect = 'hang'\nwhen = { first = 2, nth = 3 }";
    let refused = toml::from_str::<Rule>(two).unwrap_err();
    assert!(
        refused.to_string().contains("one word, not two"),
        "{refused}"
    );
    for wrong in ["effect: [hang]", "effect: {explode: 1}", "effect: {}"] {
        assert!(serde_norway::from_str::<Rule>(wrong).is_err(), "{wrong}");
    }
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
            "when: a probability is above 0 and at most 1, not 1.5",
        ),
        (
            fail().with_probability(f64::NAN),
            "when: a probability is above 0 and at most 1, not NaN",
        ),
        (
            fail().with_probability(0.0),
            "when: a probability is above 0 and at most 1, not 0",
        ),
        (
            fail()
                .on(Operation::StopContainer)
                .on(Operation::Info)
                .to("web"),
            "target: info is to nothing in particular; take the target away, or the operation",
        ),
        (
            fail().on(Operation::ListContainers).to("*"),
            "target: list_containers is to nothing in particular; take the target away, or the operation",
        ),
        (
            fail().on(Operation::PullImage).to("BAD NAME"),
            "target: pull_image can have no such target: reference: \"BAD NAME\" is no image reference: a repository's name must be lower case",
        ),
        (
            fail().on(Operation::StopContainer).to("docker.io/web"),
            "target: stop_container can have no such target: id: \"docker.io/web\" is neither: use an id or a name: letters, digits and `_`, `.`, `-`, the first a letter or digit",
        ),
        (
            fail().on(Operation::CreateContainer).to("w"),
            "target: create_container can have no such target: name: \"w\" is no name: a name has two characters or more, letters, digits and `_`, `.`, `-`, the first a letter or digit",
        ),
        (
            fail().on(Operation::CreateVolume).to("-v"),
            "target: create_volume can have no such target: volume: \"-v\" is no name: a name has two characters or more, letters, digits and `_`, `.`, `-`, the first a letter or digit",
        ),
        (
            fail().to("BAD NAME"),
            "target: no operation can have such a target; use a name, an id or a pattern",
        ),
        (
            Rule::drop_item(1).to("BAD NAME"),
            "target: no operation can have such a target; use a name, an id or a pattern",
        ),
        (
            Rule::cut_after_bytes(5).on(Operation::Events),
            "effect: what events yields has no bytes, so it cannot cut after 5 bytes; cut after items",
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
        let error = faults.add(rule).expect_err(message);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), message);
        assert!(faults.reports().is_empty());
    }
}

#[test]
fn what_could_hit_is_not_refused() {
    let fail = || Rule::fail(ErrorKind::Internal);
    let whole = "f".repeat(64);
    for rule in [
        fail().with_probability(f64::MIN_POSITIVE),
        fail().to("a"),
        fail().to("docker.io/library/busybox"),
        fail().on(Operation::StopContainer).to(&whole[..3]),
        fail().on(Operation::StopContainer).to("*"),
        fail().on(Operation::CreateContainer).to("w?b"),
        fail().on(Operation::PullImage).to("busybox"),
        fail().on(Operation::PullImage).to("*@sha256:*"),
        fail()
            .on(Operation::InspectImage)
            .to(format!("sha256:{whole}")),
        fail().on(Operation::ConnectNetwork).to("bridge"),
        Rule::cut_after_bytes(0).on(Operation::Events),
        Rule::cut_after_bytes(5).on(Operation::StartExec),
        Rule::cut_after_bytes(5).to("web"),
    ] {
        let added = Fault::new().add(rule.clone());
        assert!(added.is_ok(), "{rule}: {added:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_by_bytes_counts_only_calls_that_yield_bytes() {
    let (faults, runtime) = faulty();
    let cut = faults.add(Rule::cut_after_bytes(2).nth(1)).unwrap();
    let _events = events(&runtime).await;
    started(&runtime, "web", "echo 1; sleep 1; echo 2").await;
    let (text, error) = read(follow(&runtime, "web").await).await;
    assert_eq!((&*text, faults.matched(cut)), ("1\n", 1));
    assert_eq!(error.unwrap().kind(), ErrorKind::ConnectionFailed);
}
