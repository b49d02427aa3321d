//! Numbers, times and texts for people, in the words of the `docker` command.

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

/// A text in quotes that shows what is in it: in one line, and with nothing that a terminal would obey. As Go's `%q`.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, &['"', '\\']))
}

/// The same without quotes, so that quotes and backslashes stand for themselves.
pub(crate) fn one_line(text: &str) -> String {
    escaped(text, &[])
}

fn escaped(text: &str, also: &[char]) -> String {
    let escape = |c: char| match c {
        c if also.contains(&c) => format!("\\{c}"),
        c if is_printable(c) => c.to_string(),
        '\u{7}' => r"\a".to_owned(),
        '\u{8}' => r"\b".to_owned(),
        '\t' => r"\t".to_owned(),
        '\n' => r"\n".to_owned(),
        '\u{b}' => r"\v".to_owned(),
        '\u{c}' => r"\f".to_owned(),
        '\r' => r"\r".to_owned(),
        c => match u32::from(c) {
            code @ ..0x80 => format!(r"\x{code:02x}"),
            code @ ..0x10000 => format!(r"\u{code:04x}"),
            code => format!(r"\U{code:08x}"),
        },
    };
    text.chars().map(escape).collect()
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // The standard library knows, and spares what combines with a character before it.
    format!(".{c}").escape_debug().nth(2).is_none()
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
    fn nothing_in_a_text_breaks_its_line_or_commands_a_terminal() {
        for (text, expected) in [
            ("sleep 10", "sleep 10"),
            (
                "it's ü e\u{301} ⚓\u{fe0f} 🚢",
                "it's ü e\u{301} ⚓\u{fe0f} 🚢",
            ),
            ("a\nb \"q\" \\", r#"a\nb \"q\" \\"#),
            ("\u{7}\u{8}\t\u{b}\u{c}\r", r"\a\b\t\v\f\r"),
            ("\u{1b}[31m\0\u{7f}", r"\x1b[31m\x00\x7f"),
            // The one-character escape, and what turns a line around.
            ("\u{9b}31m\u{202e}\u{2028}", r"\u009b31m\u202e\u2028"),
            ("\u{e0001}", r"\U000e0001"),
        ] {
            assert_eq!(quoted(text), format!("\"{expected}\""));
        }
        assert_eq!(one_line("a\"b\\\n"), r#"a"b\\n"#);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("sleep 10", 8), "sleep 10");
        assert_eq!(shortened("sleep 100", 8), "sleep 1…");
        assert_eq!(shortened("ääää", 3), "ää…");
    }
}
