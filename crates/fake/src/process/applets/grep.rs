//! `grep`.

use regex_lite::{Regex, RegexBuilder};

use super::args::Arguments;
use super::{Fail, Lines, Outcome, Printer, open};
use crate::process::Process;

/// A pattern may compile to so many bytes, and no more.
const SIZE_LIMIT: usize = 1024 * 1024;

pub(super) async fn grep(process: &Process) -> Outcome {
    let letters = "vcnqilLEFowxe:sm:hHrRA:B:C:a";
    let given = Arguments::parse(process.args(), letters, &[("color", 'a'), ("quiet", 'q')])?;
    if let Some(letter) = ['A', 'B', 'C']
        .into_iter()
        .find(|letter| given.has(*letter))
    {
        return Err(Fail::Usage(format!("option -{letter} is not supported")));
    }
    let mut operands = given.operands.as_slice();
    let mut patterns: Vec<&str> = given.values('e').collect();
    if patterns.is_empty() {
        let Some((first, rest)) = operands.split_first() else {
            return Err(Fail::Usage(String::new()));
        };
        patterns.push(first);
        operands = rest;
    }
    let regex = compile(&patterns, &given)?;
    let recursive = given.has('r') || given.has('R');
    let files = match (operands, recursive) {
        ([], false) => vec!["-".to_owned()],
        ([], true) => tree(process, &[".".to_owned()]),
        (files, true) => tree(process, files),
        (files, false) => files.to_vec(),
    };
    let named = given.has('H') || (files.len() > 1 || recursive) && !given.has('h');
    let mut printer = Printer::new(process);
    let (mut found, mut failed) = (false, false);
    for name in files {
        let stream = match open(process, &name) {
            Ok(stream) => stream,
            Err(error) => {
                if !given.has('s') {
                    printer.flush().await?;
                    process.complain(&format!("{name}: {error}")).await;
                }
                failed = true;
                continue;
            }
        };
        let shown = if name == "-" {
            "(standard input)"
        } else {
            &name
        };
        let search = Search {
            given: &given,
            regex: &regex,
            name: shown,
            named,
        };
        let count = search
            .run(&mut printer, Lines::new(process, stream))
            .await?;
        found |= count > 0;
        if found && given.has('q') {
            return Ok(0);
        }
    }
    let code = if failed && !(found && given.has('q')) {
        2
    } else {
        u8::from(!found)
    };
    printer.finish(code).await
}

/// All files below `names`.
fn tree(process: &Process, names: &[String]) -> Vec<String> {
    let mut files = Vec::new();
    let mut todo: Vec<String> = names.iter().rev().cloned().collect();
    while let Some(name) = todo.pop() {
        let path = process.path(&name);
        if process.files.lstat(&path).is_ok_and(|stat| stat.is_dir()) {
            let entries = process.files.list(&path).unwrap_or_default();
            todo.extend(
                entries
                    .into_iter()
                    .rev()
                    .map(|entry| format!("{name}/{entry}")),
            );
        } else {
            files.push(name);
        }
    }
    files
}

fn compile(patterns: &[&str], given: &Arguments) -> Result<Regex, Fail> {
    let lines = patterns.iter().flat_map(|pattern| pattern.split('\n'));
    let alternatives: Vec<String> = lines
        .map(|pattern| {
            let translated = if given.has('F') {
                regex_lite::escape(pattern)
            } else if given.has('E') {
                pattern.to_owned()
            } else {
                from_basic(pattern)
            };
            if given.has('x') {
                format!("^(?:{translated})$")
            } else if given.has('w') {
                format!(r"\b(?:{translated})\b")
            } else {
                format!("(?:{translated})")
            }
        })
        .collect();
    RegexBuilder::new(&alternatives.join("|"))
        .case_insensitive(given.has('i'))
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| Fail::Message(format!("bad regex '{}': {error}", patterns.join("|"))))
}

/// A basic regular expression as an extended one: the backslash changes sides.
pub(super) fn from_basic(pattern: &str) -> String {
    let mut text = String::new();
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    let mut start = true;
    while let Some(character) = characters.next() {
        let at_start = std::mem::replace(&mut start, false);
        match character {
            ']' if in_class => {
                in_class = false;
                text.push(']');
            }
            _ if in_class => {
                // Inside a class a bracket or a backslash is itself, except in [:name:].
                if character == '\\' || character == '[' && characters.peek() != Some(&':') {
                    text.push('\\');
                }
                text.push(character);
                if character == '[' && characters.peek() == Some(&':') {
                    for inner in characters.by_ref() {
                        text.push(inner);
                        if inner == ']' {
                            break;
                        }
                    }
                }
            }
            '[' => {
                in_class = true;
                text.push('[');
                if characters.peek() == Some(&'^') {
                    text.extend(characters.next());
                }
                if characters.peek() == Some(&']') {
                    characters.next();
                    text.push_str("\\]");
                }
            }
            '\\' => match characters.next() {
                Some(next @ ('(' | '{' | ')' | '}' | '|' | '+' | '?')) => {
                    start = matches!(next, '(' | '|');
                    text.push(next);
                }
                Some('<' | '>') => text.push_str("\\b"),
                Some(next) => text.extend(['\\', next]),
                None => text.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => text.extend(['\\', character]),
            '*' if at_start => text.push_str("\\*"),
            '^' => {
                start = true;
                text.push_str(if at_start { "^" } else { "\\^" });
            }
            '$' if characters.peek().is_some_and(|next| *next != '\\') => text.push_str("\\$"),
            other => text.push(other),
        }
    }
    text
}

struct Search<'a> {
    given: &'a Arguments,
    regex: &'a Regex,
    name: &'a str,
    named: bool,
}

impl Search<'_> {
    /// Searches one input and answers the number of lines that matched.
    async fn run(&self, printer: &mut Printer<'_>, mut lines: Lines<'_>) -> Result<u64, Fail> {
        let limit = match self.given.value('m') {
            Some(text) => super::args::number(text)?,
            None => u64::MAX,
        };
        let names_only = self.given.has('l') || self.given.has('L');
        let silent = self.given.has('q') || self.given.has('c') || names_only;
        let mut count = 0;
        let mut number = 0_u64;
        while count < limit
            && let Some(line) = lines.next().await?
        {
            number += 1;
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = String::from_utf8_lossy(line);
            if self.regex.is_match(&text) == self.given.has('v') {
                continue;
            }
            count += 1;
            if self.given.has('q') || names_only {
                break;
            }
            if silent {
                continue;
            }
            if self.given.has('o') {
                for found in self
                    .regex
                    .find_iter(&text)
                    .filter(|found| !found.is_empty())
                {
                    self.print(printer, number, found.as_str().as_bytes())
                        .await?;
                }
            } else {
                self.print(printer, number, line).await?;
            }
        }
        if self.given.has('c') {
            let prefix = if self.named {
                format!("{}:", self.name)
            } else {
                String::new()
            };
            printer.line(&format!("{prefix}{count}")).await?;
        }
        if names_only && (count > 0) == self.given.has('l') {
            printer.line(self.name).await?;
        }
        Ok(count)
    }

    async fn print(&self, printer: &mut Printer<'_>, number: u64, line: &[u8]) -> Result<(), Fail> {
        let mut text = Vec::with_capacity(line.len() + 1);
        if self.named {
            text.extend_from_slice(format!("{}:", self.name).as_bytes());
        }
        if self.given.has('n') {
            text.extend_from_slice(format!("{number}:").as_bytes());
        }
        text.extend_from_slice(line);
        text.push(b'\n');
        Ok(printer.write(&text).await?)
    }
}
