//! From the words of a script to the arguments of a command.

use super::ast::{Operator, Parameter, Part, Word};
use super::pattern::{Marked, Pattern};
use super::{Evaluating, Shell, Stop, arith};
use crate::process::account;

/// What is to become of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Arguments: unquoted results are split into fields.
    Fields,
    /// One text: an assignment, a redirection, the subject of a `case`.
    Text,
}

/// Fields in the making. Each character knows whether it was quoted, for the globbing to come.
#[derive(Debug, Default)]
struct Builder {
    fields: Vec<Vec<Marked>>,
    current: Option<Vec<Marked>>,
    after_blank: bool,
    /// What splits unquoted results; empty for no splitting.
    separators: String,
}

impl Builder {
    fn push(&mut self, text: &str, quoted: bool) {
        let current = self.current.get_or_insert_default();
        current.extend(text.chars().map(|character| (character, quoted)));
        self.after_blank = false;
    }

    fn end_field(&mut self) {
        self.fields.extend(self.current.take());
    }

    /// Adds the result of an expansion that was not quoted.
    fn push_split(&mut self, text: &str) {
        for character in text.chars() {
            if !self.separators.contains(character) {
                self.current
                    .get_or_insert_default()
                    .push((character, false));
                self.after_blank = false;
            } else if character.is_ascii_whitespace() {
                if self.current.is_some() {
                    self.end_field();
                    self.after_blank = true;
                }
            } else if self.after_blank {
                self.after_blank = false;
            } else {
                self.current.get_or_insert_default();
                self.end_field();
            }
        }
    }
}

impl Shell {
    /// Expands `words` to arguments: everything up to globbing.
    pub(super) fn expand_words<'a>(&'a mut self, words: &'a [Word]) -> Evaluating<'a, Vec<String>> {
        Box::pin(async move {
            let mut arguments = Vec::with_capacity(words.len());
            for word in words {
                match word.literal() {
                    Some(text) if !text.contains(['*', '?', '[', '~']) => {
                        arguments.push(text.to_owned());
                    }
                    _ => {
                        for field in self.expand(word, Mode::Fields).await? {
                            self.glob(&field, &mut arguments);
                        }
                    }
                }
            }
            Ok(arguments)
        })
    }

    /// Expands `word` to one text, its quotes removed.
    pub(super) fn expand_text<'a>(&'a mut self, word: &'a Word) -> Evaluating<'a, String> {
        Box::pin(async move { Ok(unmark(&self.expand_marked(word).await?)) })
    }

    /// Expands `word` to a pattern; what was quoted stands for itself.
    pub(super) async fn expand_pattern(&mut self, word: &Word) -> Result<Pattern, Stop> {
        Ok(Pattern::new(&self.expand_marked(word).await?))
    }

    fn expand_marked<'a>(&'a mut self, word: &'a Word) -> Evaluating<'a, Vec<Marked>> {
        Box::pin(async move {
            Ok(self
                .expand(word, Mode::Text)
                .await?
                .into_iter()
                .next()
                .unwrap_or_default())
        })
    }

    fn expand<'a>(&'a mut self, word: &'a Word, mode: Mode) -> Evaluating<'a, Vec<Vec<Marked>>> {
        Box::pin(async move {
            let mut builder = Builder::default();
            if mode == Mode::Fields {
                builder.separators = self.variable("IFS").unwrap_or_else(|| " \t\n".to_owned());
            }
            self.expand_parts(&word.0, mode, false, false, &mut builder)
                .await?;
            builder.end_field();
            Ok(builder.fields)
        })
    }

    /// `operand` says that the parts stand inside `${x:-…}`, where even literal text is split.
    fn expand_parts<'a>(
        &'a mut self,
        parts: &'a [Part],
        mode: Mode,
        quoted: bool,
        operand: bool,
        builder: &'a mut Builder,
    ) -> Evaluating<'a, ()> {
        Box::pin(async move {
            for (index, part) in parts.iter().enumerate() {
                match part {
                    Part::Literal(text) => {
                        let rest = if index == 0 && !quoted {
                            self.push_tilde(text, parts.len() == 1, builder)
                        } else {
                            text
                        };
                        if operand && !quoted {
                            builder.push_split(rest);
                        } else if !rest.is_empty() {
                            builder.push(rest, quoted);
                        }
                    }
                    Part::Quoted(text) => builder.push(text, true),
                    Part::Double(inner) => {
                        // A lone "$@" without parameters is no field at all.
                        if !is_all_parameters(inner) || !self.positional.is_empty() {
                            builder.push("", true);
                        }
                        self.expand_parts(inner, mode, true, operand, builder)
                            .await?;
                    }
                    Part::Parameter(parameter) => {
                        self.expand_parameter(parameter, mode, quoted, builder)
                            .await?;
                    }
                    Part::Command(list) => {
                        let text = self.substitute(list.clone()).await?;
                        push_value(builder, &text, quoted);
                    }
                    Part::Arithmetic(word) => {
                        let text = self.expand_text(word).await?;
                        let value = self.arithmetic(&text).await?;
                        push_value(builder, &value.to_string(), quoted);
                    }
                }
            }
            Ok(())
        })
    }

    /// Replaces `~` or `~user` at the start of `text` and answers what is left of it.
    fn push_tilde<'t>(&self, text: &'t str, alone: bool, builder: &mut Builder) -> &'t str {
        let Some(after) = text.strip_prefix('~') else {
            return text;
        };
        let length = after.find('/').unwrap_or(after.len());
        if length == after.len() && !alone {
            return text;
        }
        let (user, rest) = after.split_at(length);
        let home = if user.is_empty() {
            self.variable("HOME")
        } else {
            account::home_of(&self.process.files, user)
        };
        match home {
            Some(home) => {
                builder.push(&home, true);
                rest
            }
            None => text,
        }
    }

    fn expand_parameter<'a>(
        &'a mut self,
        parameter: &'a Parameter,
        mode: Mode,
        quoted: bool,
        builder: &'a mut Builder,
    ) -> Evaluating<'a, ()> {
        Box::pin(async move {
            let name = parameter.name.as_str();
            if matches!(name, "@" | "*") && matches!(parameter.operator, Operator::Value) {
                self.push_positional(name, mode, quoted, builder);
                return Ok(());
            }
            let value = self.variable(name);
            let text = match &parameter.operator {
                Operator::Conditional { kind, colon, word } => {
                    let usable = value.filter(|value| !(*colon && value.is_empty()));
                    let used = match (kind, usable) {
                        ('+', Some(_)) | ('-', None) => None,
                        ('+', None) => return Ok(()),
                        ('=', None) => {
                            let text = self.expand_text(word).await?;
                            self.assign(name, text.clone()).await?;
                            Some(text)
                        }
                        ('?', None) => {
                            let message = self.expand_text(word).await?;
                            let message = match (message.is_empty(), colon) {
                                (false, _) => message,
                                (true, true) => "parameter not set or null".to_owned(),
                                (true, false) => "parameter not set".to_owned(),
                            };
                            return Err(self.fatal(&format!("{name}: {message}")).await);
                        }
                        (_, usable) => usable,
                    };
                    let Some(text) = used else {
                        return self
                            .expand_parts(&word.0, mode, quoted, true, builder)
                            .await;
                    };
                    text
                }
                operator => {
                    let value = match value {
                        Some(value) => value,
                        None if self.options.nounset && !matches!(name, "@" | "*") => {
                            return Err(self.fatal(&format!("{name}: parameter not set")).await);
                        }
                        None => String::new(),
                    };
                    self.operate(operator, value).await?
                }
            };
            push_value(builder, &text, quoted);
            Ok(())
        })
    }

    fn operate<'a>(&'a mut self, operator: &'a Operator, value: String) -> Evaluating<'a, String> {
        Box::pin(async move {
            Ok(match operator {
                Operator::Value | Operator::Conditional { .. } => value,
                Operator::Length => value.chars().count().to_string(),
                Operator::Trim {
                    kind,
                    longest,
                    pattern,
                } => {
                    let pattern = self.expand_pattern(pattern).await?;
                    trim(&value, &pattern, *kind, *longest)
                }
                Operator::Replace { all, pattern, with } => {
                    let pattern = self.expand_pattern(pattern).await?;
                    let with = self.expand_text(with).await?;
                    replace(&value, &pattern, &with, *all)
                }
                Operator::Substring { offset, length } => {
                    let offset = self.expand_text(offset).await?;
                    let offset = self.arithmetic(&offset).await?;
                    let length = match length {
                        Some(length) => {
                            let length = self.expand_text(length).await?;
                            Some(self.arithmetic(&length).await?)
                        }
                        None => None,
                    };
                    substring(&value, offset, length)
                }
            })
        })
    }

    fn push_positional(&self, name: &str, mode: Mode, quoted: bool, builder: &mut Builder) {
        if quoted && name == "*" || mode == Mode::Text {
            let ifs = self.variable("IFS");
            let separator = match ifs.as_deref() {
                None => " ".to_owned(),
                Some(ifs) => ifs.chars().take(1).collect(),
            };
            push_value(builder, &self.positional.join(&separator), true);
            return;
        }
        for (index, value) in self.positional.iter().enumerate() {
            if index > 0 {
                builder.end_field();
            }
            if quoted {
                builder.push(value, true);
            } else {
                builder.push_split(value);
            }
        }
    }

    pub(super) async fn arithmetic(&mut self, text: &str) -> Result<i64, Stop> {
        match arith::evaluate(text, self) {
            Ok(value) => Ok(value),
            Err(message) => Err(self.fatal(&message).await),
        }
    }

    /// Adds the files that `field` matches, sorted, or the field itself if it matches none.
    fn glob(&self, field: &[Marked], arguments: &mut Vec<String>) {
        if self.options.noglob || !Pattern::is_magic(field) {
            arguments.push(unmark(field));
            return;
        }
        let mut found = vec![String::new()];
        let components: Vec<&[Marked]> = field.split(|(character, _)| *character == '/').collect();
        let last = components.len() - 1;
        for (index, component) in components.into_iter().enumerate() {
            found = found
                .iter()
                .flat_map(|base| self.glob_in(base, component))
                .collect();
            if index < last {
                for path in &mut found {
                    path.push('/');
                }
            }
        }
        if found.is_empty() {
            arguments.push(unmark(field));
        } else {
            found.sort();
            arguments.append(&mut found);
        }
    }

    /// `base` with each name in that directory which `component` matches.
    fn glob_in(&self, base: &str, component: &[Marked]) -> Vec<String> {
        if !Pattern::is_magic(component) {
            let path = format!("{base}{}", unmark(component));
            let there =
                component.is_empty() || self.process.files.lstat(&self.process.path(&path)).is_ok();
            return if there { vec![path] } else { Vec::new() };
        }
        let directory = if base.is_empty() {
            &self.process.cwd
        } else {
            &self.process.path(base)
        };
        let names = self.process.files.list(directory).unwrap_or_default();
        let pattern = Pattern::new(component);
        let hidden = component
            .first()
            .is_some_and(|(character, _)| *character == '.');
        let matching = names
            .into_iter()
            .filter(|name| hidden || !name.starts_with('.'));
        matching
            .filter(|name| pattern.matches(name))
            .map(|name| format!("{base}{name}"))
            .collect()
    }
}

impl arith::Scope for Shell {
    fn get(&self, name: &str) -> Option<String> {
        self.variable(name)
    }

    fn set(&mut self, name: &str, value: i64) -> Result<(), String> {
        self.variables
            .set(name, value.to_string())
            .map_err(|_| format!("{name}: is read only"))
    }
}

fn is_all_parameters(parts: &[Part]) -> bool {
    matches!(parts, [Part::Parameter(only)]
        if only.name == "@" && matches!(only.operator, Operator::Value))
}

fn push_value(builder: &mut Builder, text: &str, quoted: bool) {
    if quoted {
        builder.push(text, true);
    } else {
        builder.push_split(text);
    }
}

fn unmark(field: &[Marked]) -> String {
    field.iter().map(|(character, _)| character).collect()
}

fn trim(value: &str, pattern: &Pattern, kind: char, longest: bool) -> String {
    let characters: Vec<char> = value.chars().collect();
    let length = characters.len();
    // Lengths of the matched part, in the order of preference.
    let mut lengths: Vec<usize> = (0..=length).collect();
    if longest {
        lengths.reverse();
    }
    for matched in lengths {
        let (part, rest) = if kind == '#' {
            characters.split_at(matched)
        } else {
            let (rest, part) = characters.split_at(length - matched);
            (part, rest)
        };
        if pattern.matches_all(part) {
            return rest.iter().collect();
        }
    }
    value.to_owned()
}

fn replace(value: &str, pattern: &Pattern, with: &str, all: bool) -> String {
    let characters: Vec<char> = value.chars().collect();
    let mut result = String::new();
    let mut at = 0;
    let mut done = false;
    while at < characters.len() {
        let matched = (at + 1..=characters.len())
            .rev()
            .find(|end| !done && pattern.matches_all(&characters[at..*end]));
        if let Some(end) = matched {
            result.push_str(with);
            at = end;
            done = !all;
        } else {
            result.push(characters[at]);
            at += 1;
        }
    }
    result
}

fn substring(value: &str, offset: i64, length: Option<i64>) -> String {
    let characters: Vec<char> = value.chars().collect();
    let count = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 {
        (count + offset).max(0)
    } else {
        offset.min(count)
    };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => start.saturating_add(length).min(count),
    };
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    characters.get(range).unwrap_or_default().iter().collect()
}
