//! `expr`.

use regex_lite::Regex;

use super::Outcome;
use super::grep::from_basic;
use crate::process::Process;

/// Deeper nesting of parentheses is refused.
const DEPTH_LIMIT: u32 = 64;

pub(super) async fn expr(process: &Process) -> Outcome {
    let mut expression = Expression {
        words: process.args(),
        at: 0,
        depth: 0,
    };
    let result = if process.args().is_empty() {
        Err("too few arguments".to_owned())
    } else {
        expression.binary(0).and_then(|value| {
            if expression.at < expression.words.len() {
                Err(SYNTAX.to_owned())
            } else {
                Ok(value)
            }
        })
    };
    match result {
        Ok(value) => {
            let code = u8::from(is_false(&value));
            process.print(format!("{value}\n")).await?;
            Ok(code)
        }
        Err(message) => {
            process.complain(&message).await;
            Ok(2)
        }
    }
}

const SYNTAX: &str = "syntax error";

/// Operators by precedence, weakest first.
const LEVELS: [&[&str]; 6] = [
    &["|"],
    &["&"],
    &["<", "<=", "=", "==", "!=", ">=", ">"],
    &["+", "-"],
    &["*", "/", "%"],
    &[":"],
];

struct Expression<'a> {
    words: &'a [String],
    at: usize,
    depth: u32,
}

type Value = Result<String, String>;

impl<'a> Expression<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn binary(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else {
            return self.primary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self
            .words
            .get(self.at)
            .filter(|word| operators.contains(&word.as_str()))
        {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = apply(operator, &left, &right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Value {
        let word = self.next().ok_or(SYNTAX)?;
        let mut argument = || {
            self.next()
                .map(str::to_owned)
                .ok_or_else(|| SYNTAX.to_owned())
        };
        match word {
            "(" => {
                if self.depth >= DEPTH_LIMIT {
                    return Err(SYNTAX.to_owned());
                }
                self.depth += 1;
                let value = self.binary(0)?;
                self.depth -= 1;
                if self.next() == Some(")") {
                    Ok(value)
                } else {
                    Err(SYNTAX.to_owned())
                }
            }
            "length" => Ok(argument()?.chars().count().to_string()),
            "match" => {
                let (text, pattern) = (argument()?, argument()?);
                matched(&text, &pattern)
            }
            "index" => {
                let (text, set) = (argument()?, argument()?);
                let at = text.chars().position(|character| set.contains(character));
                Ok(at.map_or(0, |at| at + 1).to_string())
            }
            "substr" => {
                let (text, start, length) = (argument()?, argument()?, argument()?);
                let (Ok(start), Ok(length)) = (start.parse::<usize>(), length.parse::<usize>())
                else {
                    return Ok(String::new());
                };
                let skipped = text.chars().skip(start.saturating_sub(1));
                Ok(if start == 0 {
                    String::new()
                } else {
                    skipped.take(length).collect()
                })
            }
            other => Ok(other.to_owned()),
        }
    }
}

fn is_false(value: &str) -> bool {
    value.is_empty() || value.parse::<i64>() == Ok(0)
}

fn apply(operator: &str, left: &str, right: &str) -> Value {
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    match operator {
        "|" => return Ok(if is_false(left) { right } else { left }.to_owned()),
        "&" => {
            return Ok(if is_false(left) || is_false(right) {
                "0"
            } else {
                left
            }
            .to_owned());
        }
        ":" => return matched(left, right),
        "+" | "-" | "*" | "/" | "%" => {
            let (left, right) = numbers.ok_or("non-numeric argument")?;
            if right == 0 && matches!(operator, "/" | "%") {
                return Err("division by zero".to_owned());
            }
            let value = match operator {
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
            return Ok(value.to_string());
        }
        _ => {}
    }
    let order = match numbers {
        Some((left, right)) => left.cmp(&right),
        None => left.cmp(right),
    };
    let met = match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "=" | "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        _ => order.is_gt(),
    };
    Ok(u8::from(met).to_string())
}

/// The group that matched, or the length of the match; anchored at the start.
fn matched(text: &str, pattern: &str) -> Value {
    let regex = Regex::new(&format!("^(?:{})", from_basic(pattern)))
        .map_err(|error| format!("bad regex '{pattern}': {error}"))?;
    let groups = regex.captures_len() > 1;
    let captures = regex.captures(text);
    Ok(match (captures, groups) {
        (Some(captures), true) => captures
            .get(1)
            .map_or("", |group| group.as_str())
            .to_owned(),
        (Some(captures), false) => captures
            .get(0)
            .map_or(0, |all| all.as_str().chars().count())
            .to_string(),
        (None, true) => String::new(),
        (None, false) => "0".to_owned(),
    })
}
