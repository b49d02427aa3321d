//! Patterns for image names, as the engine's filter has them: `*` and `?` do not go over a slash, `[a-c]` and `[^z]` are
//! one character, `\` takes the next as it is. Core has refused what is no pattern.

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

/// Whether all of the text fits the pattern. Takes at most the product of their lengths.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (steps, text) = (steps(pattern), text.chars().collect::<Vec<_>>());
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
        // A dead end: the last star takes one more. Those before it cannot help, as it can take all that they can.
        match star {
            Some((next, from)) if text.get(from).is_some_and(|c| *c != '/') => {
                star = Some((next, from + 1));
                (step, at) = (next, from + 1);
            }
            _ => return false,
        }
    }
}

fn steps(pattern: &str) -> Vec<Step> {
    let one = |c| Step::OneOf {
        ranges: vec![(c, c)],
        negated: false,
    };
    let mut steps = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        steps.push(match c {
            '*' => Step::Star,
            '?' => Step::OneOf {
                ranges: vec![('/', '/')],
                negated: true,
            },
            '\\' => one(chars.next().unwrap_or(c)),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while let Some(low) = chars.next().filter(|c| *c != ']') {
                    let mut taken = |c| {
                        if c == '\\' {
                            chars.next().unwrap_or(c)
                        } else {
                            c
                        }
                    };
                    let low = taken(low);
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => match chars.next() {
                            Some('\\') => chars.next().unwrap_or(low),
                            high => high.unwrap_or(low),
                        },
                        None => low,
                    };
                    ranges.push((low, high));
                }
                Step::OneOf { ranges, negated }
            }
            c => one(c),
        });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::fits;

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

    #[test]
    fn many_stars_take_no_more_than_a_moment() {
        let pattern = "*a".repeat(60) + "b";
        assert!(!fits(&pattern, &"a".repeat(2000)));
    }
}
