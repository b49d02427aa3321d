//! How the tour looks.

use crate::output::{BOLD, CYAN, DIM, GREEN, stdout};
use std::io::{self, Write};

/// Where the tour is told: on stdout, or to nobody where the result is for a machine.
pub(crate) struct Screen {
    on: bool,
    step: usize,
}

/// Names in front of lines are this wide.
const NAME: usize = 8;

impl Screen {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, step: 0 }
    }

    /// Whether a person watches.
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    fn line(&self, text: &str) -> io::Result<()> {
        if self.on {
            writeln!(stdout(), "{text}")
        } else {
            Ok(())
        }
    }

    pub(crate) fn title(&self, title: &str, rest: &str) -> io::Result<()> {
        self.line(&format!("{BOLD}{title}{BOLD:#}  {rest}"))
    }

    /// The next step, and what it is about.
    pub(crate) fn step(&mut self, title: &str) -> io::Result<()> {
        self.step += 1;
        self.line(&format!(
            "\n{CYAN}{BOLD}{:>2}{BOLD:#}{CYAN:#}  {BOLD}{title}{BOLD:#}",
            self.step
        ))
    }

    /// A part without a number.
    pub(crate) fn part(&self, title: &str) -> io::Result<()> {
        self.line(&format!("\n    {BOLD}{title}{BOLD:#}"))
    }

    /// What was done.
    pub(crate) fn say(&self, text: &str) -> io::Result<()> {
        self.line(&format!("    {text}"))
    }

    /// What is known by now, said quietly.
    pub(crate) fn note(&self, text: &str) -> io::Result<()> {
        self.line(&format!("    {DIM}{text}{DIM:#}"))
    }

    /// A line that a container has written.
    pub(crate) fn log(&self, name: &str, line: &str) -> io::Result<()> {
        self.line(&format!(
            "    {CYAN}{name:NAME$}{CYAN:#} {DIM}|{DIM:#} {line}"
        ))
    }

    /// What happened, and when.
    pub(crate) fn event(&self, seconds: f64, name: &str, what: &str) -> io::Result<()> {
        self.line(&format!(
            "    {DIM}{seconds:7.3} s{DIM:#}  {CYAN}{name:NAME$}{CYAN:#}  {what}"
        ))
    }

    pub(crate) fn good(&self, text: &str) -> io::Result<()> {
        self.line(&format!("    {GREEN}{text}{GREEN:#}"))
    }
}
