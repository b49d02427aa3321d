//! Numbers and times for people, in the words of the `docker` command.

use wharf::Timestamp;

/// An amount of bytes in three digits: `4.26MB`. Units are powers of 1000.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut number = bytes as f64;
    let mut unit = 0;
    // 999.5 would be shown with four digits.
    while number >= 999.5 && unit + 1 < UNITS.len() {
        number /= 1000.0;
        unit += 1;
    }
    let digits = match number {
        _ if unit == 0 => 0,
        n if n < 9.995 => 2,
        n if n < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.digits$}{}", UNITS[unit])
}

/// How long ago: `3 minutes ago`. Nothing where the time is not known.
pub(crate) fn ago(time: Option<Timestamp>, now: Timestamp) -> String {
    const UNITS: [(&str, i64); 7] = [
        ("year", 365 * 86400),
        ("month", 30 * 86400),
        ("week", 7 * 86400),
        ("day", 86400),
        ("hour", 3600),
        ("minute", 60),
        ("second", 1),
    ];
    let Some(time) = time else {
        return String::new();
    };
    let seconds = (now - time).num_seconds();
    // One of a unit says little; the next smaller one says it better.
    let unit = UNITS.iter().find(|(_, length)| seconds >= 2 * length);
    match unit {
        Some((name, length)) => format!("{} {name}s ago", seconds / length),
        None if seconds == 1 => "1 second ago".to_owned(),
        None => "just now".to_owned(),
    }
}

/// The first characters of a text that is too long, and a sign of that.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn sizes_have_three_digits() {
        for (bytes, expected) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1.00kB"),
            (4_261_550, "4.26MB"),
            (42_615_500, "42.6MB"),
            (999_499_999, "999MB"),
            (999_999_999, "1.00GB"),
            (u64::MAX, "18447PB"),
        ] {
            assert_eq!(size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits_twice() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (seconds, expected) in [
            (-5, "just now"),
            (0, "just now"),
            (1, "1 second ago"),
            (90, "90 seconds ago"),
            (120, "2 minutes ago"),
            (7200, "2 hours ago"),
            (3 * 86400, "3 days ago"),
            (800 * 86400, "2 years ago"),
        ] {
            assert_eq!(
                ago(Some(now - TimeDelta::seconds(seconds)), now),
                expected,
                "{seconds}"
            );
        }
        assert_eq!(ago(None, now), "");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("sleep 10", 8), "sleep 10");
        assert_eq!(shortened("sleep 100", 8), "sleep 1…");
        assert_eq!(shortened("ääää", 3), "ää…");
    }
}
