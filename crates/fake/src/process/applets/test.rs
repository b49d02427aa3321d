//! `test` and `[`.

use crate::fs::{Access, FileType};
use crate::process::Process;

/// Deeper nesting of parentheses is refused.
const DEPTH_LIMIT: u32 = 64;

/// Evaluates a call, its name first. The error is the sentence to complain with.
pub(in crate::process) fn evaluate(words: &[String], process: &Process) -> Result<bool, String> {
    let name = words.first().map_or("test", String::as_str);
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut operands: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let bracket = match name {
        "[" => Some("]"),
        "[[" => Some("]]"),
        _ => None,
    };
    if let Some(closing) = bracket
        && operands.pop() != Some(closing)
    {
        return Err(format!("missing {closing}"));
    }
    match operands.as_slice() {
        [] => return Ok(false),
        [only] => return Ok(!only.is_empty()),
        // With three operands one in the middle counts as binary, whatever the others look like.
        [left, operator, right] => {
            if let Some(result) = binary(left, operator, right, process) {
                return result;
            }
        }
        _ => {}
    }
    let mut expression = Expression {
        words: &operands,
        at: 0,
        depth: 0,
        process,
    };
    let value = expression.or()?;
    match expression.words.get(expression.at) {
        None => Ok(value),
        Some(extra) => Err(format!("{extra}: unknown operand")),
    }
}

struct Expression<'a> {
    words: &'a [&'a str],
    at: usize,
    depth: u32,
    process: &'a Process,
}

impl<'a> Expression<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut value = self.and()?;
        while self.take("-o") || self.take("||") {
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut value = self.not()?;
        while self.take("-a") || self.take("&&") {
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, String> {
        let mut negated = false;
        while self.peek() == Some("!") && self.at + 1 < self.words.len() {
            self.at += 1;
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    fn primary(&mut self) -> Result<bool, String> {
        let Some(first) = self.peek() else {
            return Err("argument expected".to_owned());
        };
        if let [_, operator, right, ..] = self.words[self.at..]
            && let Some(result) = binary(first, operator, right, self.process)
        {
            self.at += 3;
            return result;
        }
        if first == "(" {
            if self.depth >= DEPTH_LIMIT {
                return Err("too many parentheses".to_owned());
            }
            self.at += 1;
            self.depth += 1;
            let value = self.or()?;
            self.depth -= 1;
            return if self.take(")") {
                Ok(value)
            } else {
                Err("closing paren expected".to_owned())
            };
        }
        self.at += 1;
        let unary = first.strip_prefix('-').filter(|letter| letter.len() == 1);
        if let (Some(letter), Some(operand)) = (unary, self.peek())
            && let Some(value) = unary_test(letter, operand, self.process)
        {
            self.at += 1;
            return value;
        }
        Ok(!first.is_empty())
    }
}

/// `None` if `operator` is no binary one.
fn binary(
    left: &str,
    operator: &str,
    right: &str,
    process: &Process,
) -> Option<Result<bool, String>> {
    let text = match operator {
        "=" | "==" => Some(left == right),
        "!=" => Some(left != right),
        "<" => Some(left < right),
        ">" => Some(left > right),
        _ => None,
    };
    if let Some(value) = text {
        return Some(Ok(value));
    }
    let stat = |path: &str| process.files.stat(&process.path(path)).ok();
    match operator {
        "-nt" | "-ot" | "-ef" => {
            let (left, right) = (stat(left), stat(right));
            return Some(Ok(match operator {
                "-ef" => left.is_some() && left == right,
                "-nt" => left.map(|file| file.modified) > right.map(|file| file.modified),
                _ => left.map(|file| file.modified) < right.map(|file| file.modified),
            }));
        }
        "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {}
        _ => return None,
    }
    let numbers = number(left).and_then(|left| Ok((left, number(right)?)));
    Some(numbers.map(|(left, right)| match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        _ => left >= right,
    }))
}

fn number(text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{text}: bad number"))
}

/// `None` if there is no such test.
fn unary_test(letter: &str, operand: &str, process: &Process) -> Option<Result<bool, String>> {
    let path = process.path(operand);
    let files = &process.files;
    let stat = files.stat(&path).ok();
    let is =
        |wanted: fn(&FileType) -> bool| stat.as_ref().is_some_and(|stat| wanted(&stat.file_type));
    Some(Ok(match letter {
        "z" => operand.is_empty(),
        "n" => !operand.is_empty(),
        "e" => stat.is_some(),
        "f" => is(|kind| *kind == FileType::File),
        "d" => is(|kind| *kind == FileType::Directory),
        "c" => is(|kind| matches!(kind, FileType::Device(_))),
        "b" | "p" | "S" => false,
        "h" | "L" => files
            .lstat(&path)
            .is_ok_and(|stat| stat.file_type == FileType::Symlink),
        "s" => stat.is_some_and(|stat| stat.size > 0),
        "r" => files.allows(&path, Access::Read),
        "w" => files.allows(&path, Access::Write),
        "x" => files.allows(&path, Access::Execute),
        "u" => stat.is_some_and(|stat| stat.mode & 0o4000 != 0),
        "g" => stat.is_some_and(|stat| stat.mode & 0o2000 != 0),
        "k" => stat.is_some_and(|stat| stat.mode & 0o1000 != 0),
        "O" => stat.is_some_and(|stat| stat.owner.uid == process.owner().uid),
        "G" => stat.is_some_and(|stat| stat.owner.gid == process.owner().gid),
        "t" => match operand.parse::<u32>() {
            Ok(number) => process.tty && number < 3,
            Err(_) => return Some(Err(format!("{operand}: bad number"))),
        },
        _ => return None,
    }))
}
