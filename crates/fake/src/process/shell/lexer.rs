//! Tokens and words: quotes, dollars, here-documents.

use std::sync::{Arc, OnceLock};

use super::ast::{Operator, Parameter, Part, Word};
use super::parser::{Parser, SyntaxError};

/// Longest first, so that the first match is the right one.
const OPERATORS: [&str; 19] = [
    "<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "&", "|", ";", "<", ">",
    "(", ")", "\n",
];

#[derive(Debug, Clone)]
pub(super) enum Token {
    Word(Word),
    /// A number right before `<` or `>`.
    Descriptor(u32),
    Operator(&'static str),
    End,
}

impl Token {
    pub(super) fn is(&self, operator: &str) -> bool {
        matches!(self, Self::Operator(found) if *found == operator)
    }

    /// As the shell's complaints name it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(_) => "word".to_owned(),
            Self::Descriptor(_) => "redirection".to_owned(),
            Self::Operator("\n") => "newline".to_owned(),
            Self::Operator(redirect) if redirect.contains(['<', '>']) => "redirection".to_owned(),
            Self::Operator(operator) => format!("\"{operator}\""),
            Self::End => "end of file".to_owned(),
        }
    }
}

/// A here-document whose body is still to come.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) slot: Arc<OnceLock<Word>>,
    pub(super) delimiter: String,
    pub(super) quoted: bool,
    pub(super) strip_tabs: bool,
}

/// What ends a run of word parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// A blank or an operator.
    Word,
    /// `"`
    Quote,
    /// `}`, or `/` or `:` for the first half of a replacement or a substring.
    Brace { quoted: bool, separator: Option<u8> },
    /// `))`
    Arithmetic,
    /// The end of the text.
    HereDocument,
}

impl Parser<'_> {
    pub(super) fn scan(&mut self) -> Result<Token, SyntaxError> {
        self.skip_blanks();
        let rest = self.rest();
        if rest.is_empty() {
            self.read_here_documents();
            return Ok(Token::End);
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0
            && matches!(rest.as_bytes().get(digits), Some(b'<' | b'>'))
            && let Ok(number) = rest[..digits].parse()
        {
            self.position += digits;
            return Ok(Token::Descriptor(number));
        }
        if let Some(operator) = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator))
        {
            self.position += operator.len();
            if *operator == "\n" {
                self.line += 1;
                self.read_here_documents();
            }
            return Ok(Token::Operator(operator));
        }
        self.parts(Until::Word)
            .map(|parts| Token::Word(Word(parts)))
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.byte(0) {
                Some(b' ' | b'\t') => self.position += 1,
                Some(b'\\') if self.byte(1) == Some(b'\n') => {
                    self.position += 2;
                    self.line += 1;
                }
                Some(b'#') => {
                    self.position += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                _ => return,
            }
        }
    }

    fn read_here_documents(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let mut body = String::new();
            let mut ended = false;
            while !self.rest().is_empty() {
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
                self.position += line.len();
                self.line += 1;
                let line = if pending.strip_tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line.trim_end_matches('\n') == pending.delimiter {
                    ended = true;
                    break;
                }
                body.push_str(line);
            }
            self.unfinished |= !ended;
            let word = if pending.quoted {
                Ok(vec![Part::Quoted(body)])
            } else {
                Parser::nested(&body, self).parts(Until::HereDocument)
            };
            match word {
                Ok(parts) => {
                    let _ = pending.slot.set(Word(vec![Part::Double(parts)]));
                }
                Err(error) => self.here_document_error = Some(error),
            }
        }
    }

    fn parts(&mut self, until: Until) -> Result<Vec<Part>, SyntaxError> {
        self.deeper(|parser| parser.parts_inner(until))
    }

    fn parts_inner(&mut self, until: Until) -> Result<Vec<Part>, SyntaxError> {
        let quoted = match until {
            Until::Quote | Until::HereDocument | Until::Arithmetic => true,
            Until::Brace { quoted, .. } => quoted,
            Until::Word => false,
        };
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut parens = 0_u32;
        loop {
            let Some(byte) = self.byte(0) else {
                match until {
                    Until::Word | Until::HereDocument => break,
                    Until::Quote => return Err(self.incomplete("unterminated quoted string")),
                    Until::Brace { .. } => return Err(self.incomplete("missing '}'")),
                    Until::Arithmetic => return Err(self.incomplete("missing '))'")),
                }
            };
            match (until, byte) {
                (
                    Until::Word,
                    b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')',
                )
                | (Until::Quote, b'"')
                | (Until::Brace { .. }, b'}') => break,
                (Until::Brace { separator, .. }, byte) if separator == Some(byte) => break,
                (Until::Arithmetic, b'(') => parens += 1,
                (Until::Arithmetic, b')') if parens > 0 => parens -= 1,
                (Until::Arithmetic, b')') if self.byte(1) == Some(b')') => break,
                _ => {}
            }
            let special = match byte {
                b'\\' => self.backslash(quoted, matches!(until, Until::HereDocument)),
                b'\'' if !quoted => Some(self.single_quotes()?),
                b'"' if !matches!(until, Until::HereDocument | Until::Arithmetic) => {
                    self.position += 1;
                    let inner = self.parts(Until::Quote)?;
                    self.position += 1;
                    Some(Part::Double(inner))
                }
                b'$' => self.dollar(quoted)?,
                b'`' => Some(self.backquotes(quoted)?),
                _ => {
                    let length = self.rest().chars().next().map_or(1, char::len_utf8);
                    literal.push_str(&self.rest()[..length]);
                    self.position += length;
                    self.line += u32::from(byte == b'\n');
                    continue;
                }
            };
            match special {
                Some(Part::Literal(text)) => literal.push_str(&text),
                Some(part) => {
                    flush(&mut literal, &mut parts);
                    parts.push(part);
                }
                None => {}
            }
        }
        flush(&mut literal, &mut parts);
        Ok(parts)
    }

    /// A backslash: quotes the next character, or joins two lines.
    fn backslash(&mut self, quoted: bool, here: bool) -> Option<Part> {
        let Some(next) = self.rest()[1..].chars().next() else {
            self.position += 1;
            return Some(Part::Quoted("\\".to_owned()));
        };
        self.position += 1 + next.len_utf8();
        if next == '\n' {
            self.line += 1;
            return None;
        }
        let escapes = matches!(next, '$' | '`' | '\\') || (next == '"' && !here) || next == '}';
        Some(if !quoted || escapes {
            Part::Quoted(next.to_string())
        } else {
            Part::Literal(format!("\\{next}"))
        })
    }

    fn single_quotes(&mut self) -> Result<Part, SyntaxError> {
        let Some(length) = self.rest()[1..].find('\'') else {
            return Err(self.incomplete("unterminated quoted string"));
        };
        let text = self.rest()[1..=length].to_owned();
        self.line += u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
        self.position += length + 2;
        Ok(Part::Quoted(text))
    }

    fn backquotes(&mut self, quoted: bool) -> Result<Part, SyntaxError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        loop {
            match characters.next() {
                None => return Err(self.incomplete("EOF in backquote substitution")),
                Some((at, '`')) => {
                    self.position += at + 1;
                    break;
                }
                Some((_, '\\')) => match characters.next() {
                    Some((_, next @ ('`' | '\\' | '$'))) => text.push(next),
                    Some((_, '"')) if quoted => text.push('"'),
                    Some((_, next)) => text.extend(['\\', next]),
                    None => return Err(self.incomplete("EOF in backquote substitution")),
                },
                Some((_, other)) => text.push(other),
            }
        }
        Ok(Part::Command(Parser::nested(&text, self).whole()?))
    }

    fn dollar(&mut self, quoted: bool) -> Result<Option<Part>, SyntaxError> {
        let rest = &self.rest()[1..];
        if rest.starts_with("((") {
            let (position, line) = (self.position, self.line);
            self.position += 3;
            if let Ok(parts) = self.parts(Until::Arithmetic) {
                self.position += 2;
                return Ok(Some(Part::Arithmetic(Word(parts))));
            }
            // A subshell in a command substitution looks the same up to its end.
            (self.position, self.line) = (position, line);
        }
        if rest.starts_with('(') {
            self.position += 2;
            return self.substitution().map(|list| Some(Part::Command(list)));
        }
        if rest.starts_with('{') {
            self.position += 2;
            return self
                .braces(quoted)
                .map(|parameter| Some(Part::Parameter(Box::new(parameter))));
        }
        let length = name_length(rest);
        if length == 0 {
            self.position += 1;
            return Ok(Some(Part::Literal("$".to_owned())));
        }
        let name = rest[..length].to_owned();
        self.position += 1 + length;
        Ok(Some(Part::Parameter(Box::new(Parameter {
            name,
            operator: Operator::Value,
        }))))
    }

    /// The inside of `${…}`.
    fn braces(&mut self, quoted: bool) -> Result<Parameter, SyntaxError> {
        if self.byte(0) == Some(b'#') && self.byte(1) != Some(b'}') {
            let length = name_length(&self.rest()[1..]);
            if length > 0 && self.byte(1 + length) == Some(b'}') {
                let name = self.rest()[1..=length].to_owned();
                self.position += length + 2;
                return Ok(Parameter {
                    name,
                    operator: Operator::Length,
                });
            }
        }
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let length = if digits > 0 {
            digits
        } else {
            name_length(self.rest())
        };
        if length == 0 {
            return Err(self.error("bad substitution"));
        }
        let name = self.rest()[..length].to_owned();
        self.position += length;
        let operator = self.operator(quoted)?;
        if self.byte(0) != Some(b'}') {
            return Err(self.error("bad substitution"));
        }
        self.position += 1;
        Ok(Parameter { name, operator })
    }

    fn operator(&mut self, quoted: bool) -> Result<Operator, SyntaxError> {
        let colon = self.byte(0) == Some(b':');
        match (self.byte(0), self.byte(1)) {
            (Some(b'}'), _) => Ok(Operator::Value),
            (Some(b':'), Some(kind @ (b'-' | b'=' | b'+' | b'?')))
            | (Some(kind @ (b'-' | b'=' | b'+' | b'?')), _) => {
                self.position += 1 + usize::from(colon);
                let word = self.operand(quoted, None)?;
                Ok(Operator::Conditional {
                    kind: char::from(kind),
                    colon,
                    word,
                })
            }
            (Some(kind @ (b'%' | b'#')), next) => {
                let longest = next == Some(kind);
                self.position += 1 + usize::from(longest);
                // Quotes around the whole do not quote the pattern.
                let pattern = self.operand(false, None)?;
                Ok(Operator::Trim {
                    kind: char::from(kind),
                    longest,
                    pattern,
                })
            }
            (Some(b'/'), next) => {
                let all = next == Some(b'/');
                self.position += 1 + usize::from(all);
                let pattern = self.operand(false, Some(b'/'))?;
                let with = self.second(quoted, b'/')?.unwrap_or_default();
                Ok(Operator::Replace { all, pattern, with })
            }
            (Some(b':'), _) => {
                self.position += 1;
                let offset = self.operand(true, Some(b':'))?;
                let length = self.second(true, b':')?;
                Ok(Operator::Substring { offset, length })
            }
            (None, _) => Err(self.incomplete("missing '}'")),
            _ => Err(self.error("bad substitution")),
        }
    }

    fn operand(&mut self, quoted: bool, separator: Option<u8>) -> Result<Word, SyntaxError> {
        self.parts(Until::Brace { quoted, separator }).map(Word)
    }

    fn second(&mut self, quoted: bool, separator: u8) -> Result<Option<Word>, SyntaxError> {
        if self.byte(0) != Some(separator) {
            return Ok(None);
        }
        self.position += 1;
        self.operand(quoted, None).map(Some)
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

/// Length of the parameter name at the start of `text`: a name, a digit or a special character.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9') => 1,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => bytes
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count(),
        _ => 0,
    }
}

/// Whether `text` can name a variable.
pub(super) fn is_name(text: &str) -> bool {
    let starts_well = !text.starts_with(|first: char| first.is_ascii_digit());
    let all = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    !text.is_empty() && starts_well && all
}
