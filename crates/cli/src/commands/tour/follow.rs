//! A log that is followed line by line.

use super::screen::Screen;
use crate::failure::Failure;
use futures::TryStreamExt;
use std::{collections::VecDeque, time::Duration};
use tokio::time::timeout;
use wharf::{Items, LogChunk, Result};

/// Nothing in the tour takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The log of one container.
pub(crate) struct Follow {
    name: &'static str,
    logs: Items<LogChunk>,
    /// What came after the last line's end.
    rest: Vec<u8>,
    ready: VecDeque<String>,
    pub(crate) lines: Vec<String>,
}

impl Follow {
    pub(crate) fn new(name: &'static str, logs: Items<LogChunk>) -> Self {
        Self {
            name,
            logs,
            rest: Vec::new(),
            ready: VecDeque::new(),
            lines: Vec::new(),
        }
    }

    /// Shows lines until one has the text in it.
    pub(crate) async fn until(&mut self, text: &str, screen: &mut Screen) -> Result<(), Failure> {
        let name = self.name;
        let found = async {
            while let Some(line) = self.next().await? {
                screen.log(name, &line)?;
                if line.contains(text) {
                    return Ok(());
                }
            }
            Err(Failure::Usage(format!(
                "{name} ended before it said {text:?}"
            )))
        };
        let late = |_| {
            Failure::Usage(format!(
                "{name} did not say {text:?} within {} s",
                PATIENCE.as_secs()
            ))
        };
        timeout(PATIENCE, found).await.map_err(late)?
    }

    /// Shows lines until the container has ended.
    pub(crate) async fn until_the_end(&mut self, screen: &mut Screen) -> Result<(), Failure> {
        let name = self.name;
        let ended = async {
            while let Some(line) = self.next().await? {
                screen.log(name, &line)?;
            }
            Ok(())
        };
        let late = |_| {
            Failure::Usage(format!(
                "{name} did not end within {} s",
                PATIENCE.as_secs()
            ))
        };
        timeout(PATIENCE, ended).await.map_err(late)?
    }

    async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                self.lines.push(line.clone());
                return Ok(Some(line));
            }
            let Some(chunk) = self.logs.try_next().await? else {
                return Ok(None);
            };
            self.rest.extend_from_slice(&chunk.bytes);
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                self.ready
                    .push_back(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf::LogSource;

    #[tokio::test]
    async fn lines_are_put_together_from_pieces() {
        let pieces =
            ["one\ntw", "o\n", "\nthree"].map(|text| LogChunk::new(LogSource::Stdout, text));
        let mut follow = Follow::new("web", Items::from_items(pieces));
        let mut screen = Screen::new(false);
        follow.until("two", &mut screen).await.unwrap();
        assert_eq!(follow.lines, ["one", "two"]);
        assert!(follow.until("four", &mut screen).await.is_err());
    }
}
