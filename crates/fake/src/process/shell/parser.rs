//! The grammar of the shell: POSIX, as busybox ash has it.
//!
//! A parser of our own: scripts come from outside, and this one reads them line by line (a shell
//! runs what comes before a syntax error), bounds its depth, and pulls in no other crate.

use std::sync::{Arc, OnceLock};

use super::ast::{
    AndOr, Assignment, Command, CommandKind, Connector, Item, List, Part, Pipeline, Redirect,
    RedirectKind, Word,
};
use super::lexer::{Pending, Token, is_name};

/// Deeper nesting than this is refused: no script may exhaust the stack of the engine.
const DEPTH_LIMIT: u32 = 100;

/// Words that end a list, and therefore start no command.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) line: u32,
    /// More input might mend it.
    pub(super) incomplete: bool,
}

#[derive(Debug)]
pub(super) struct Parser<'a> {
    source: &'a str,
    pub(super) position: usize,
    pub(super) line: u32,
    depth: u32,
    peeked: Option<Token>,
    pub(super) pending: Vec<Pending>,
    pub(super) here_document_error: Option<SyntaxError>,
    /// A here-document ended with the text, not with its delimiter.
    pub(super) unfinished: bool,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str, line: u32) -> Self {
        Self {
            source,
            position: 0,
            line,
            depth: 0,
            peeked: None,
            pending: Vec::new(),
            here_document_error: None,
            unfinished: false,
        }
    }

    /// A parser of a piece of what `outer` reads, as deep as that is.
    pub(super) fn nested<'b>(source: &'b str, outer: &Parser<'_>) -> Parser<'b> {
        Parser {
            depth: outer.depth,
            ..Parser::new(source, outer.line)
        }
    }

    /// The commands up to the end of the next line that has any; `None` at the end.
    pub(super) fn next_line(&mut self) -> Parsed<Option<List>> {
        while self.peek()?.is("\n") {
            self.peeked = None;
        }
        if matches!(self.peek()?, Token::End) {
            return Ok(None);
        }
        let mut items = Vec::new();
        loop {
            items.push(self.item()?);
            match self.peek()? {
                Token::End => break,
                token if token.is("\n") => break,
                _ => {}
            }
        }
        if self.peek()?.is("\n") {
            self.peeked = None;
        }
        if let Some(error) = self.here_document_error.take() {
            return Err(error);
        }
        Ok(Some(items.into()))
    }

    /// All of the source as one list.
    pub(super) fn whole(mut self) -> Parsed<List> {
        let list = self.list()?;
        match self.next()? {
            Token::End => Ok(list),
            token => Err(self.unexpected(&token, None)),
        }
    }

    /// The inside of `$(…)`, with its closing parenthesis.
    pub(super) fn substitution(&mut self) -> Parsed<List> {
        let list = self.deeper(Self::list)?;
        self.expect_operator(")")?;
        Ok(list)
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.source[self.position..]
    }

    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.position + ahead).copied()
    }

    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_LIMIT {
            return Err(self.error("nested too deeply"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(super) fn error(&self, message: &str) -> SyntaxError {
        SyntaxError {
            message: message.to_owned(),
            line: self.line,
            incomplete: false,
        }
    }

    pub(super) fn incomplete(&self, message: &str) -> SyntaxError {
        SyntaxError {
            incomplete: true,
            ..self.error(message)
        }
    }

    pub(super) fn unexpected(&self, token: &Token, expected: Option<&str>) -> SyntaxError {
        let described = match token {
            Token::Word(word) => match word.literal() {
                Some(text) if is_keyword(text) => format!("\"{text}\""),
                _ => token.describe(),
            },
            _ => token.describe(),
        };
        let expecting = expected.map(|word| format!(" (expecting \"{word}\")"));
        let message = format!("unexpected {described}{}", expecting.unwrap_or_default());
        // The newline has been counted already.
        let line = self.line.saturating_sub(u32::from(token.is("\n")));
        SyntaxError {
            message,
            line,
            incomplete: matches!(token, Token::End),
        }
    }

    pub(super) fn peek(&mut self) -> Parsed<&Token> {
        if self.peeked.is_none() {
            self.peeked = Some(self.scan()?);
        }
        Ok(self.peeked.get_or_insert(Token::End))
    }

    pub(super) fn next(&mut self) -> Parsed<Token> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.scan(),
        }
    }

    fn peek_keyword(&mut self) -> Parsed<Option<&str>> {
        Ok(match self.peek()? {
            Token::Word(word) => word.literal(),
            _ => None,
        })
    }

    pub(super) fn take_keyword(&mut self, keyword: &str) -> Parsed<bool> {
        let found = self.peek_keyword()? == Some(keyword);
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    pub(super) fn expect_keyword(&mut self, keyword: &str) -> Parsed<()> {
        if self.take_keyword(keyword)? {
            return Ok(());
        }
        let token = self.next()?;
        Err(self.unexpected(&token, Some(keyword)))
    }

    pub(super) fn take_operator(&mut self, operator: &str) -> Parsed<bool> {
        let found = self.peek()?.is(operator);
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    pub(super) fn expect_operator(&mut self, operator: &str) -> Parsed<()> {
        if self.take_operator(operator)? {
            return Ok(());
        }
        let token = self.next()?;
        Err(self.unexpected(&token, Some(operator)))
    }

    pub(super) fn skip_newlines(&mut self) -> Parsed<()> {
        while self.take_operator("\n")? {}
        Ok(())
    }

    /// Commands up to something that ends a list: a closing word or parenthesis, `;;`, the end.
    pub(super) fn list(&mut self) -> Parsed<List> {
        let mut items = Vec::new();
        loop {
            self.skip_newlines()?;
            match self.peek()? {
                Token::End => break,
                token if token.is(")") || token.is(";;") => break,
                Token::Word(word) if word.literal().is_some_and(|text| CLOSERS.contains(&text)) => {
                    break;
                }
                _ => items.push(self.item()?),
            }
        }
        Ok(items.into())
    }

    /// A list that must not be empty, and the word after it.
    pub(super) fn body(&mut self, closer: &str) -> Parsed<List> {
        let list = self.deeper(Self::list)?;
        if list.is_empty() {
            let token = self.next()?;
            let expected = matches!(token, Token::End).then_some(closer);
            return Err(self.unexpected(&token, expected));
        }
        self.expect_keyword(closer)?;
        Ok(list)
    }

    fn item(&mut self) -> Parsed<Item> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let connector = if self.take_operator("&&")? {
                Connector::And
            } else if self.take_operator("||")? {
                Connector::Or
            } else {
                break;
            };
            self.skip_newlines()?;
            rest.push((connector, self.pipeline()?));
        }
        let background = self.take_operator("&")?;
        if !background && !self.take_operator(";")? {
            let ends = match self.peek()? {
                Token::End => true,
                token => token.is("\n") || token.is(")") || token.is(";;"),
            };
            if !ends {
                let token = self.next()?;
                return Err(self.unexpected(&token, None));
            }
            if self.depth == 0 && (self.peek()?.is(")") || self.peek()?.is(";;")) {
                let token = self.next()?;
                return Err(self.unexpected(&token, None));
            }
        }
        Ok(Item {
            and_or: Arc::new(AndOr { first, rest }),
            background,
        })
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let mut negated = false;
        while self.take_keyword("!")? {
            negated = !negated;
        }
        let mut commands = vec![self.deeper(Self::command)?];
        while self.take_operator("|")? {
            self.skip_newlines()?;
            commands.push(self.deeper(Self::command)?);
        }
        Ok(Pipeline { negated, commands })
    }

    pub(super) fn command(&mut self) -> Parsed<Command> {
        if matches!(self.peek()?, Token::End) {
            return Err(self.unexpected(&Token::End, None));
        }
        let line = self.line;
        if self.take_operator("(")? {
            let list = self.list()?;
            if list.is_empty() {
                let token = self.next()?;
                return Err(self.unexpected(&token, None));
            }
            self.expect_operator(")")?;
            return self.with_redirects(CommandKind::Subshell(list), line);
        }
        let keyword = self
            .peek_keyword()?
            .filter(|word| is_keyword(word))
            .map(str::to_owned);
        let Some(keyword) = keyword else {
            return self.simple();
        };
        let token = self.next()?;
        let kind = match keyword.as_str() {
            "{" => CommandKind::Group(self.body("}")?),
            "if" => self.conditional()?,
            "while" | "until" => {
                let condition = self.body("do")?;
                let body = self.body("done")?;
                CommandKind::While {
                    negated: keyword == "until",
                    condition,
                    body,
                }
            }
            "for" => self.for_loop()?,
            "case" => self.case()?,
            "function" => {
                let name = self.name("bad function name")?;
                if self.take_operator("(")? {
                    self.expect_operator(")")?;
                }
                return self.function(name, line);
            }
            _ => return Err(self.unexpected(&token, None)),
        };
        self.with_redirects(kind, line)
    }

    fn simple(&mut self) -> Parsed<Command> {
        let line = self.line;
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        loop {
            // Between double brackets operators are operands of the test.
            if words.first().and_then(Word::literal) == Some("[[")
                && words.last().and_then(Word::literal) != Some("]]")
                && let Token::Operator(operator @ ("&&" | "||" | "<" | ">" | "(" | ")")) =
                    self.peek()?
            {
                words.push(Word(vec![Part::Literal((*operator).to_owned())]));
                self.peeked = None;
                continue;
            }
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            match self.peek()? {
                Token::Word(_) => {}
                token if token.is("(") && words.len() == 1 && assignments.is_empty() => {
                    self.peeked = None;
                    let name = words[0].literal().unwrap_or_default().to_owned();
                    self.expect_operator(")")?;
                    if !is_name(&name) {
                        return Err(self.error("bad function name"));
                    }
                    return self.function(name, line);
                }
                _ => break,
            }
            let Token::Word(word) = self.next()? else {
                break;
            };
            match assignment(word) {
                Ok(assignment) if words.is_empty() => assignments.push(assignment),
                Ok(assignment) => words.push(assignment.into_word()),
                Err(word) => words.push(word),
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            let token = self.next()?;
            return Err(self.unexpected(&token, None));
        }
        Ok(Command {
            kind: CommandKind::Simple { assignments, words },
            redirects,
            line,
        })
    }

    pub(super) fn word(&mut self) -> Parsed<Word> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            token => Err(self.unexpected(&token, None)),
        }
    }

    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let number = match self.peek()? {
            Token::Descriptor(number) => Some(*number),
            Token::Operator(operator) if operator.contains(['<', '>']) => None,
            _ => return Ok(None),
        };
        if number.is_some() {
            self.peeked = None;
        }
        let Token::Operator(operator) = self.next()? else {
            return Err(self.error("bad redirection"));
        };
        let descriptor = number.unwrap_or(u32::from(!operator.starts_with('<')));
        let word = self.word()?;
        let kind = match operator {
            "<" => RedirectKind::Read(word),
            ">" | ">|" => RedirectKind::Write(word),
            ">>" => RedirectKind::Append(word),
            "<>" => RedirectKind::ReadWrite(word),
            "&>" => RedirectKind::WriteBoth(word),
            "<&" | ">&" => RedirectKind::Duplicate(word),
            _ => RedirectKind::HereDocument(self.here_document(&word, operator == "<<-")),
        };
        Ok(Some(Redirect { descriptor, kind }))
    }

    fn here_document(&mut self, delimiter: &Word, strip_tabs: bool) -> Arc<OnceLock<Word>> {
        let slot = Arc::new(OnceLock::new());
        self.pending.push(Pending {
            slot: Arc::clone(&slot),
            delimiter: plain_text(&delimiter.0),
            quoted: delimiter.literal().is_none(),
            strip_tabs,
        });
        slot
    }
}

fn is_keyword(text: &str) -> bool {
    matches!(
        text,
        "if" | "while" | "until" | "for" | "case" | "{" | "!" | "function" | "in"
    ) || CLOSERS.contains(&text)
}

fn plain_text(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(piece) | Part::Quoted(piece) => text.push_str(piece),
            Part::Double(inner) => text.push_str(&plain_text(inner)),
            Part::Parameter(_) | Part::Command(_) | Part::Arithmetic(_) => {}
        }
    }
    text
}

/// The word as an assignment, if it looks like one.
fn assignment(mut word: Word) -> Result<Assignment, Word> {
    let Some(Part::Literal(first)) = word.0.first_mut() else {
        return Err(word);
    };
    let Some((name, value)) = first.split_once('=').filter(|(name, _)| is_name(name)) else {
        return Err(word);
    };
    let (name, value) = (name.to_owned(), value.to_owned());
    if value.is_empty() {
        word.0.remove(0);
    } else {
        *first = value;
    }
    Ok(Assignment { name, value: word })
}

impl Assignment {
    fn into_word(self) -> Word {
        let mut parts = vec![Part::Literal(format!("{}=", self.name))];
        let mut rest = self.value.0.into_iter();
        if let Some(first) = rest.next() {
            match (parts.first_mut(), first) {
                (Some(Part::Literal(text)), Part::Literal(more)) => text.push_str(&more),
                (_, other) => parts.push(other),
            }
        }
        parts.extend(rest);
        Word(parts)
    }
}
