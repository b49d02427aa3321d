//! `until` of a prune: a moment, in all forms that the engine takes.

use chrono::{FixedOffset, NaiveDateTime, TimeDelta};
use std::time::Duration;
use wharf_core::{Error, Result, Timestamp};

/// How long ago it was (`10m`, `1h30m`), a date with or without a time and a zone, or Unix seconds: tried in this
/// order.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp> {
    // "0" is a time as well, and the engine takes it for one.
    let ago = Some(text).filter(|text| *text != "0").and_then(duration);
    ago.and_then(|ago| now.checked_sub_signed(ago))
        .or_else(|| date(text))
        .or_else(|| unix(text))
        .ok_or_else(|| {
            let why = format_args!(
                "until cannot be {text:?}: use a time (2024-01-01T00:00:00Z, 2024-01-01, Unix seconds) or how long ago \
                 (10m, 1h30m)"
            );
            Error::invalid("filters", why)
        })
}

/// Numbers with units, as Go writes durations; one with a minus is still to come.
fn duration(text: &str) -> Option<TimeDelta> {
    let (ahead, mut rest) = match text.split_at_checked(1)? {
        ("-", rest) => (true, rest),
        ("+", rest) => (false, rest),
        _ => (false, text),
    };
    let mut total = TimeDelta::zero();
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(&TimeDelta::from_std(part).ok()?)?;
        if after.is_empty() {
            return Some(if ahead { -total } else { total });
        }
        rest = after;
    }
}

/// A date, or as much of a time after it as there is; without a zone it is the host's, which is UTC.
fn date(text: &str) -> Option<Timestamp> {
    let (local, zone) = match (text.strip_suffix('Z'), text.find('+')) {
        (Some(local), _) => (local, "+00:00"),
        (None, Some(plus)) => text.split_at(plus),
        // Two are the date's.
        (None, None) if text.matches('-').count() == 3 => text.split_at(text.rfind('-')?),
        (None, None) => (text, "+00:00"),
    };
    let (day, rest) = local.split_at_checked("2024-01-01".len())?;
    let missing = match (rest.is_empty(), rest.matches(':').count()) {
        (true, _) => "T00:00:00",
        (false, 0) => ":00:00",
        (false, 1) => ":00",
        (false, _) => "",
    };
    let whole = format!("{day}{rest}{missing}");
    let local = NaiveDateTime::parse_from_str(&whole, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let zone: FixedOffset = zone.parse().ok()?;
    Some(local.and_local_timezone(zone).single()?.to_utc())
}

/// Seconds, and a fraction of up to nine digits.
fn unix(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Timestamp::from_timestamp(seconds.parse().ok()?, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What docker 28 takes and refuses.
    #[test]
    fn until_is_a_time_or_how_long_ago() {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::hours(10);
        for (text, millis) in [
            ("1970-01-01T01:00:00Z", 3_600_000),
            ("1970-01-01T01:00:00.5Z", 3_600_500),
            ("1970-01-01T03:00:00+02:00", 3_600_000),
            ("1970-01-01T00:00:00-01:00", 3_600_000),
            ("1970-01-01T01:30+01:00", 1_800_000),
            ("1970-01-01T01:00:00.25", 3_600_250),
            ("1970-01-01T01:00:00", 3_600_000),
            ("1970-01-01T01:30", 5_400_000),
            ("1970-01-01T01", 3_600_000),
            ("1970-01-01T01Z", 3_600_000),
            ("1970-01-02", 86_400_000),
            ("1970-01-02Z", 86_400_000),
            ("0", 0),
            ("7200", 7_200_000),
            ("7200.25", 7_200_250),
            ("1h30m", 30_600_000),
            ("10m", 35_400_000),
            ("+10m", 35_400_000),
            ("-10m", 36_600_000),
            ("1.5s", 35_998_500),
            (".5s", 35_999_500),
            ("1ms", 35_999_999),
            ("1000us", 35_999_999),
        ] {
            let parsed = parse(text, now).unwrap();
            assert_eq!(parsed.timestamp_millis(), millis, "{text}");
        }
        for text in [
            "",
            "abc",
            "h",
            "10x",
            "-5",
            "1e3",
            "1e400h",
            "5m3",
            "7200.x",
            "1970-13-01",
            "1970-1-1",
            "+",
            "-",
            "é",
            "1970-01-01T",
            "1970-01-01é",
        ] {
            assert!(parse(text, now).is_err(), "{text}");
        }
    }
}
