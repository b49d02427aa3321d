//! The grammar of compound commands: `if`, `for`, `case` and their like.

use std::sync::Arc;

use super::ast::{Command, CommandKind};
use super::lexer::{Token, is_name};
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn with_redirects(&mut self, kind: CommandKind, line: u32) -> Parsed<Command> {
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command {
            kind,
            redirects,
            line,
        })
    }

    pub(super) fn conditional(&mut self) -> Parsed<CommandKind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.body("then")?;
            let body = self.deeper(Self::list)?;
            if body.is_empty() {
                let token = self.next()?;
                return Err(self.unexpected(&token, None));
            }
            branches.push((condition, body));
            if self.take_keyword("elif")? {
                continue;
            }
            if self.take_keyword("else")? {
                otherwise = Some(self.body("fi")?);
            } else {
                self.expect_keyword("fi")?;
            }
            return Ok(CommandKind::If {
                branches,
                otherwise,
            });
        }
    }

    pub(super) fn name(&mut self, complaint: &str) -> Parsed<String> {
        match self.next()? {
            Token::Word(word) if word.literal().is_some_and(is_name) => {
                Ok(word.literal().unwrap_or_default().to_owned())
            }
            Token::Word(_) => Err(self.error(complaint)),
            token => Err(self.unexpected(&token, None)),
        }
    }

    pub(super) fn for_loop(&mut self) -> Parsed<CommandKind> {
        let name = self.name("bad for loop variable")?;
        let newlines = self.peek()?.is("\n");
        self.skip_newlines()?;
        let words = if self.take_keyword("in")? {
            let mut words = Vec::new();
            while let Token::Word(_) = self.peek()? {
                if let Token::Word(word) = self.next()? {
                    words.push(word);
                }
            }
            if !self.take_operator(";")? && !self.take_operator("\n")? {
                let token = self.next()?;
                return Err(self.unexpected(&token, None));
            }
            Some(words)
        } else {
            if !newlines {
                self.take_operator(";")?;
            }
            None
        };
        self.skip_newlines()?;
        self.expect_keyword("do")?;
        Ok(CommandKind::For {
            name,
            words,
            body: self.body("done")?,
        })
    }

    pub(super) fn case(&mut self) -> Parsed<CommandKind> {
        let subject = self.word()?;
        self.skip_newlines()?;
        self.expect_keyword("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.take_keyword("esac")? {
                return Ok(CommandKind::Case { subject, arms });
            }
            self.take_operator("(")?;
            let mut patterns = vec![self.word()?];
            while self.take_operator("|")? {
                patterns.push(self.word()?);
            }
            self.expect_operator(")")?;
            let list = self.deeper(Self::list)?;
            arms.push((patterns, list));
            if !self.take_operator(";;")? {
                self.expect_keyword("esac")?;
                return Ok(CommandKind::Case { subject, arms });
            }
        }
    }

    pub(super) fn function(&mut self, name: String, line: u32) -> Parsed<Command> {
        self.skip_newlines()?;
        let body = Arc::new(self.deeper(Self::command)?);
        Ok(Command {
            kind: CommandKind::Function { name, body },
            redirects: Vec::new(),
            line,
        })
    }
}
