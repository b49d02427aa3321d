//! Patterns for image names, as the engine's filter has them: `*` and `?` do not go over a slash, `[a-c]` and `[^z]`
//! are one character, a slash too, `\` takes the next as it is.

use std::{iter::Peekable, str::Chars};

/// One step of a pattern.
enum Step {
    /// Any characters but slashes.
    Star,
    /// One character that is in one of the ranges, or in none of them.
    OneOf {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
}

/// Whether every class and every escape in it has its end. What is no pattern fits nothing.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    steps(pattern).is_some()
}

/// Whether all of the text fits the pattern. Takes at most the product of their lengths.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some(steps) = steps(pattern) else {
        return false;
    };
    let text: Vec<char> = text.chars().collect();
    let (mut step, mut at) = (0, 0);
    // After the last star: the step that follows it, and where the text is that the star has not taken.
    let mut star = None;
    loop {
        match (steps.get(step), text.get(at)) {
            (None, None) => return true,
            (Some(Step::Star), _) => {
                step += 1;
                star = Some((step, at));
                continue;
            }
            (Some(Step::OneOf { ranges, negated }), Some(c)) => {
                let within = ranges.iter().any(|(low, high)| (low..=high).contains(&c));
                if within != *negated {
                    (step, at) = (step + 1, at + 1);
                    continue;
                }
            }
            _ => {}
        }
        // A dead end: the last star takes one more. Those before it do not, as the engine does not let them either,
        // even where it would help: what follows them has taken the first that fits.
        match star {
            Some((next, from)) if text.get(from).is_some_and(|c| *c != '/') => {
                star = Some((next, from + 1));
                (step, at) = (next, from + 1);
            }
            _ => return false,
        }
    }
}

fn steps(pattern: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        steps.push(match c {
            '*' => Step::Star,
            '?' => Step::OneOf {
                ranges: vec![('/', '/')],
                negated: true,
            },
            '[' => class(&mut chars)?,
            '\\' => one(chars.next()?),
            c => one(c),
        });
    }
    Some(steps)
}

fn one(c: char) -> Step {
    Step::OneOf {
        ranges: vec![(c, c)],
        negated: false,
    }
}

/// A class up to its `]`: at least one character or range.
fn class(chars: &mut Peekable<Chars<'_>>) -> Option<Step> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = member(chars)?;
        let high = match chars.next_if_eq(&'-') {
            Some(_) => member(chars)?,
            None => low,
        };
        ranges.push((low, high));
        if chars.next_if_eq(&']').is_some() {
            return Some(Step::OneOf { ranges, negated });
        }
    }
}

fn member(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '\\' => chars.next(),
        '-' | ']' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::{fits, is_pattern};

    #[test]
    fn patterns_fit_as_the_engine_has_it() {
        for (pattern, text) in [
            ("web", "web"),
            ("we*", "web"),
            ("w?b", "web"),
            ("*", "web:1"),
            ("w[a-f]b", "web"),
            ("w[^x-z]b", "web"),
            (r"w\eb", "web"),
            (r"a[\-x]c", "a-c"),
            ("team/*", "team/app:1"),
            ("*a*b", "xaxaab"),
            ("*/*b", "a/xb"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("we", "web"),
            ("w[x-z]b", "web"),
            ("w[^e]b", "web"),
            ("*", "team/app"),
            ("team?app", "team/app"),
            ("", "web"),
            ("*a", "web"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    /// As Docker 28.5.2 answered for an image of that name.
    #[test]
    fn classes_go_over_slashes_and_only_the_last_star_takes_more() {
        let name = "wrhtwo/b";
        for pattern in [
            "wrhtwo[^z]b",
            "wrhtwo[/]b",
            "wrh*[^z]b",
            "wrh*o[^z]*b",
            "*o[^z]*b",
        ] {
            assert!(fits(pattern, name), "{pattern}");
        }
        for pattern in ["wrhtwo?b", "wrhtwo*b", "wrh*[^z]*b", "*[^z]*b"] {
            assert!(!fits(pattern, name), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_has_an_end_to_what_it_begins() {
        for pattern in ["", "a]", "[a-c0-9]*", r"[\]]", r"\[", "[^x]"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for pattern in ["[", "a[b", "b[]]", "[a-]", "[^]", "a\\"] {
            assert!(!is_pattern(pattern), "{pattern}");
            assert!(!fits(pattern, pattern), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_more_than_a_moment() {
        let pattern = "*a".repeat(60) + "b";
        assert!(!fits(&pattern, &"a".repeat(2000)));
    }
}
