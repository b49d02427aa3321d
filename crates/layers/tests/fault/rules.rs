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
