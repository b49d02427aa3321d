//! Options, as getopt reads them.

use super::Fail;

/// The options and operands of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    options: Vec<(char, Option<String>)>,
    pub(super) operands: Vec<String>,
}

impl Arguments {
    /// Reads `words`. `letters` are the options, a colon after those that take a value; options
    /// may stand after operands, unless `letters` starts with `+`.
    pub(super) fn parse(
        words: &[String],
        letters: &str,
        long: &[(&str, char)],
    ) -> Result<Self, Fail> {
        let mut arguments = Self::default();
        let in_front = letters.starts_with('+');
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            if let Some(name) = word.strip_prefix("--") {
                arguments.long(name, letters, long, &mut words)?;
            } else if word.len() > 1 && word.starts_with('-') {
                arguments.short(&word[1..], letters, &mut words)?;
            } else {
                arguments.operands.push(word.clone());
                if in_front {
                    break;
                }
            }
        }
        arguments.operands.extend(words.cloned());
        Ok(arguments)
    }

    fn short<'a>(
        &mut self,
        cluster: &str,
        letters: &str,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), Fail> {
        for (at, letter) in cluster.char_indices() {
            let takes_value = takes_value(letters, letter)
                .ok_or_else(|| Fail::Usage(format!("invalid option -- '{letter}'")))?;
            if !takes_value {
                self.options.push((letter, None));
                continue;
            }
            let rest = &cluster[at + letter.len_utf8()..];
            let value = if rest.is_empty() {
                words.next().cloned()
            } else {
                Some(rest.to_owned())
            };
            let Some(value) = value else {
                return Err(Fail::Usage(format!(
                    "option requires an argument -- '{letter}'"
                )));
            };
            self.options.push((letter, Some(value)));
            return Ok(());
        }
        Ok(())
    }

    fn long<'a>(
        &mut self,
        text: &str,
        letters: &str,
        long: &[(&str, char)],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), Fail> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let Some((_, letter)) = long.iter().find(|(known, _)| *known == name) else {
            return Err(Fail::Usage(format!("unrecognized option '--{name}'")));
        };
        let value = match (takes_value(letters, *letter), value) {
            (Some(true), None) => words.next().cloned(),
            (Some(true), value) => value,
            _ => None,
        };
        self.options.push((*letter, value));
        Ok(())
    }

    pub(super) fn has(&self, letter: char) -> bool {
        self.options.iter().any(|(known, _)| *known == letter)
    }

    /// The last value given for an option.
    pub(super) fn value(&self, letter: char) -> Option<&str> {
        self.values(letter).last()
    }

    pub(super) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        let given = self
            .options
            .iter()
            .filter(move |(known, _)| *known == letter);
        given.filter_map(|(_, value)| value.as_deref())
    }

    /// The last of `letters` that was given.
    pub(super) fn last_of(&self, letters: &str) -> Option<char> {
        self.options
            .iter()
            .map(|(letter, _)| *letter)
            .rfind(|letter| letters.contains(*letter))
    }
}

/// Whether an option takes a value; `None` if there is no such option.
fn takes_value(letters: &str, letter: char) -> Option<bool> {
    let at = letters
        .find(letter)
        .filter(|_| !matches!(letter, ':' | '+'))?;
    Some(letters[at + letter.len_utf8()..].starts_with(':'))
}

/// Words such as `-5` as `-n 5`, the old way of `head` and `tail`.
pub(super) fn old_count(words: &[String]) -> Vec<String> {
    let is_count = |word: &str| {
        let digits = word.strip_prefix('-').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match words.split_first() {
        Some((first, rest)) if is_count(first) => {
            let mut words = vec!["-n".to_owned(), first[1..].to_owned()];
            words.extend_from_slice(rest);
            words
        }
        _ => words.to_vec(),
    }
}

/// A count as the applets read it; `k` and `m` multiply.
pub(super) fn number(text: &str) -> Result<u64, Fail> {
    let invalid = || Fail::Message(format!("invalid number '{text}'"));
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'b') => (&text[..text.len() - 1], 512),
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1024),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1024 * 1024),
        _ => (text, 1),
    };
    if digits.starts_with('+') {
        return Err(invalid());
    }
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(invalid)
}
