//! What is written to stdout: lines, tables and JSON. Colours are taken out where stdout is no terminal.

use crate::{failure::Failure, human::one_line};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::{
    fmt::Display,
    io::{self, Write},
};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Stdout, for text of ours.
pub(crate) fn stdout() -> impl Write {
    anstream::stdout()
}

/// Whether a machine reads the result.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Format {
    /// Write the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A line of ours.
pub(crate) fn line(text: impl Display) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{text}")?)
}

/// A result as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// One of many results as a line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// Bytes as they are, at once.
pub(crate) fn raw(mut to: impl Write, bytes: &[u8]) -> Result<(), Failure> {
    to.write_all(bytes)?;
    Ok(to.flush()?)
}

/// Columns under titles, each as wide as its widest cell. A cell is one line, whatever is in it.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(titles: [&str; N]) -> Self {
        Self {
            rows: vec![titles.map(str::to_owned).to_vec()],
        }
    }

    /// One more row; what it lacks stays empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| one_line(&cell));
        self.rows.push(cells.collect());
    }

    /// One more column at the right: its title, then a cell a row.
    pub(crate) fn column(&mut self, cells: impl IntoIterator<Item = String>) {
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.push(one_line(&cell));
        }
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    pub(crate) fn write(&self, mut to: impl Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(|column| self.width(column)).collect();
        for row in &self.rows {
            let padded: Vec<_> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            writeln!(to, "{}", padded.join("   ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["ID", "NAME"]);
        table.row(["1".to_owned(), "web".to_owned()]);
        table.row(["größer".to_owned(), String::new()]);
        table.column(["SIZE", "1B", "2\nB"].map(str::to_owned));
        let mut text = Vec::new();
        table.write(&mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "ID       NAME   SIZE\n1        web    1B\ngrößer          2\\nB\n"
        );
    }
}
