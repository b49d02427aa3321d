//! What a script says, after parsing.

use std::sync::{Arc, OnceLock};

/// Commands in sequence.
pub(super) type List = Arc<[Item]>;

/// One `a && b || c`, ended by `;`, a newline or `&`.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) and_or: Arc<AndOr>,
    pub(super) background: bool,
}

#[derive(Debug)]
pub(super) struct AndOr {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Connector, Pipeline)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connector {
    And,
    Or,
}

#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: CommandKind,
    pub(super) redirects: Vec<Redirect>,
    pub(super) line: u32,
}

#[derive(Debug)]
pub(super) enum CommandKind {
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
    },
    Subshell(List),
    Group(List),
    /// Conditions with what they lead to, then the `else` branch.
    If {
        branches: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    /// `until` if `negated`.
    While {
        negated: bool,
        condition: List,
        body: List,
    },
    /// Without words over the positional parameters.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    Case {
        subject: Word,
        arms: Vec<(Vec<Word>, List)>,
    },
    Function {
        name: String,
        body: Arc<Command>,
    },
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) value: Word,
}

#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) descriptor: u32,
    pub(super) kind: RedirectKind,
}

#[derive(Debug)]
pub(super) enum RedirectKind {
    Read(Word),
    Write(Word),
    Append(Word),
    ReadWrite(Word),
    /// `<&` and `>&`: a number or `-`.
    Duplicate(Word),
    /// `&>`: both outputs.
    WriteBoth(Word),
    /// Filled in when the parser comes to the end of the line.
    HereDocument(Arc<OnceLock<Word>>),
}

/// A word before expansion.
#[derive(Debug, Clone, Default)]
pub(super) struct Word(pub(super) Vec<Part>);

#[derive(Debug, Clone)]
pub(super) enum Part {
    /// As typed, without quotes.
    Literal(String),
    /// Between single quotes or after a backslash.
    Quoted(String),
    /// Between double quotes.
    Double(Vec<Part>),
    Parameter(Box<Parameter>),
    Command(List),
    Arithmetic(Word),
}

/// `$name` or `${name…}`.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) operator: Operator,
}

#[derive(Debug, Clone)]
pub(super) enum Operator {
    /// Nothing but the value.
    Value,
    /// `${#x}`
    Length,
    /// `-`, `=`, `+` or `?`; with a colon the empty value counts as unset.
    Conditional { kind: char, colon: bool, word: Word },
    /// `%` or `#`; doubled for the longest match.
    Trim {
        kind: char,
        longest: bool,
        pattern: Word,
    },
    /// `${x/a/b}`, `${x//a/b}`
    Replace {
        all: bool,
        pattern: Word,
        with: Word,
    },
    /// `${x:1:2}`
    Substring { offset: Word, length: Option<Word> },
}

impl Word {
    /// Its text, if it is one that nothing was quoted in.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}
