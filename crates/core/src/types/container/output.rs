//! What containers and programs write: bytes as they are.

use crate::{Timestamp, data::words, types::Exit};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

words! {
    /// Where a chunk of output was written.
    pub enum LogSource {
        /// Standard output.
        Stdout = "stdout",
        /// Standard error.
        Stderr = "stderr",
        /// A terminal, where both are one.
        Console = "console",
    }
}

/// A piece of output, as the engine gave it: often a line, but lines may be split and joined at will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogChunk {
    /// Where it was written.
    pub source: LogSource,
    /// The bytes, never changed and never decoded.
    #[serde(with = "crate::serde_with::bytes")]
    pub bytes: Bytes,
    /// When it was written, where that was asked for.
    #[serde(default)]
    pub timestamp: Option<Timestamp>,
}

impl LogChunk {
    /// Bytes from there.
    pub fn new(source: LogSource, bytes: impl Into<Bytes>) -> Self {
        Self {
            source,
            bytes: bytes.into(),
            timestamp: None,
        }
    }

    /// When it was written.
    #[must_use]
    pub fn with_timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }
}

/// What a program wrote, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExecOutput {
    /// How it ended; a code that is not zero is data, not an error. 126 and 127 mean that it could not be run.
    pub exit: Exit,
    /// What it wrote to stdout, or to its terminal.
    #[serde(with = "crate::serde_with::bytes")]
    pub stdout: Bytes,
    /// What it wrote to stderr.
    #[serde(with = "crate::serde_with::bytes")]
    pub stderr: Bytes,
}

impl ExecOutput {
    /// That exit, without output.
    pub fn new(exit: Exit) -> Self {
        Self {
            exit,
            stdout: Bytes::new(),
            stderr: Bytes::new(),
        }
    }

    /// What was written to stdout.
    #[must_use]
    pub fn with_stdout(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stdout = bytes.into();
        self
    }

    /// What was written to stderr.
    #[must_use]
    pub fn with_stderr(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stderr = bytes.into();
        self
    }

    /// The exit code.
    pub fn code(&self) -> i64 {
        self.exit.code
    }

    /// Stdout as text, for people: what is not UTF-8 is replaced.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Stderr as text, for people: what is not UTF-8 is replaced.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}
