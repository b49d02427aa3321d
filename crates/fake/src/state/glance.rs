//! Which labels a container may have, seen at a glance: a list that goes by labels would else wait for the memory of
//! each container's labels in turn, which for thousands is most of its time.

use crate::image::hash;
use std::collections::BTreeMap;

/// A Bloom filter over the labels of a container, by key and by key and value. It never misses one that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance(u64);

impl Glance {
    /// Of a container with those labels.
    pub(super) fn of(labels: &BTreeMap<String, String>) -> Self {
        let pairs = labels.iter();
        Self(pairs.fold(0, |marks, (key, value)| {
            marks | mark(key, None) | mark(key, Some(value))
        }))
    }

    /// Of those that a filter asks for: `key`, or `key=value`.
    pub(super) fn wanted(labels: &[String]) -> Self {
        Self(labels.iter().fold(0, |marks, label| {
            marks
                | match label.split_once('=') {
                    Some((key, value)) => mark(key, Some(value)),
                    None => mark(label, None),
                }
        }))
    }

    /// False where one of those is surely missing.
    pub(super) fn may_have(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// Two bits of 64, the same for ever for the same label.
fn mark(key: &str, value: Option<&str>) -> u64 {
    let hash = match value {
        Some(value) => hash(0, &[key.as_bytes(), value.as_bytes()]),
        None => hash(0, &[key.as_bytes()]),
    };
    1 << (hash >> 58) | 1 << (hash >> 52 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_missed_and_most_that_is_not_is() {
        let label = |n: u32| (format!("key{}", n % 7), format!("value {n}"));
        let mut missed = 0;
        for n in 0..1_000 {
            let (key, value) = label(n);
            let labels = BTreeMap::from([label(n), ("app".to_owned(), String::new())]);
            let seen = Glance::of(&labels);
            for there in [format!("{key}={value}"), key, "app=".into(), "app".into()] {
                assert!(seen.may_have(Glance::wanted(&[there])));
            }
            assert!(seen.may_have(Glance::wanted(&[])));
            let (key, other) = label(n + 7);
            missed += u32::from(!seen.may_have(Glance::wanted(&[format!("{key}={other}")])));
        }
        assert!(missed > 900, "{missed} of 1,000");
    }
}
