//! Points in time.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use wharf::Timestamp;

/// A point in time: RFC 3339 (where the zone, the time or parts of it may be left out), unix seconds with or without a
/// fraction, or a duration back from now, as in `10m` or `1h30m`.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    read(text, Utc::now(), &Local)
}

/// How many seconds a container's stop waits. For ever, below zero, can be said to a stop alone.
pub(crate) fn patience(text: &str) -> Result<u64, String> {
    match text.parse::<i64>().map(u64::try_from) {
        Ok(Ok(seconds)) => Ok(seconds),
        Ok(Err(_)) => Err("for ever is not in this version: use `wharf stop -t -1`".to_owned()),
        Err(_) => Err(format!("{text:?} is no number of seconds")),
    }
}

fn read(text: &str, now: Timestamp, zone: &impl TimeZone) -> Result<Timestamp, String> {
    let read = unix(text)
        .or_else(|| duration(text).and_then(|back| now.checked_sub_signed(back)))
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(Into::into))
        .or_else(|| Some(zone.from_local_datetime(&naive(text)?).earliest()?.to_utc()));
    read.ok_or_else(|| {
        let known = "use 2026-01-31T12:00:00Z, unix seconds, or a duration back from now as in 10m";
        format!("{text:?} is no time: {known}")
    })
}

/// Seconds since 1970, and at most nine digits of a fraction.
fn unix(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    DateTime::from_timestamp(seconds.parse().ok()?, nanos)
}

/// Without a zone: the zone of this machine is meant.
fn naive(text: &str) -> Option<NaiveDateTime> {
    let with_time = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let with_time = with_time
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    with_time.or_else(|| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    })
}

const UNITS: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// A sum of numbers with units, as in `1h30m` or `1.5s`; negative with a minus in front.
fn duration(text: &str) -> Option<TimeDelta> {
    let (sign, mut rest) = text
        .strip_prefix('-')
        .map_or((1.0, text), |rest| (-1.0, rest));
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = rest[number..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |n| number + n);
        let (_, scale) = UNITS
            .iter()
            .find(|(name, _)| *name == &rest[number..unit])?;
        seconds += rest[..number].parse::<f64>().ok()? * scale;
        rest = &rest[unit..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    let nanos = (sign * seconds * 1e9) as i64;
    Some(TimeDelta::nanoseconds(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    fn now() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_form_of_the_docker_command_is_read() {
        let zone = FixedOffset::east_opt(3600).unwrap();
        for (text, expected) in [
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("1700000000.25", "2023-11-14T22:13:20.250Z"),
            ("1700000000.000000001", "2023-11-14T22:13:20.000000001Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.678+02:00", "2026-01-02T01:04:05.678Z"),
            ("2026-01-02T03:04:05.5", "2026-01-02T02:04:05.500Z"),
            ("2026-01-02T03:04", "2026-01-02T02:04:00Z"),
            ("2026-01-02", "2026-01-01T23:00:00Z"),
            ("10m", "2026-01-31T11:50:00Z"),
            ("1h30m", "2026-01-31T10:30:00Z"),
            ("1.5s", "2026-01-31T11:59:58.500Z"),
            ("250ms", "2026-01-31T11:59:59.750Z"),
            ("-1m", "2026-01-31T12:01:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(read(text, now(), &zone), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-",
            "noon",
            "10",
            "10x",
            "m",
            "1h30",
            "2026-13-01",
            "1.2.3",
            "1.0123456789",
        ] {
            // A bare number is unix seconds.
            assert_eq!(read(text, now(), &Utc).is_ok(), text == "10", "{text}");
        }
    }

    #[test]
    fn a_stop_waits_a_number_of_seconds() {
        assert_eq!(patience("0"), Ok(0));
        assert_eq!(patience("10"), Ok(10));
        assert!(patience("-1").unwrap_err().contains("stop -t -1"));
        assert!(patience("10s").is_err());
    }

    #[test]
    fn a_duration_beyond_all_time_is_refused_or_saturates_without_a_panic() {
        assert!(read("99999999999999999999h", now(), &Utc).is_ok());
    }
}
