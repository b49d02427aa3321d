//! A conversation with a program: its output, its input, its terminal, its end.

use crate::{
    Result,
    types::{Exit, Items, LogChunk},
};
use async_trait::async_trait;
use std::{fmt, pin::Pin, sync::Arc};
use tokio::io::AsyncWrite;

/// A conversation with a running program. The parts are owned and independent: each can move to a task of its own.
#[non_exhaustive]
pub struct Session {
    /// What the program writes, until it ends.
    pub output: Items<LogChunk>,
    /// What it reads. Shutting it down ends its stdin and leaves the output open; dropping it does not.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// Its terminal and its end.
    pub control: Arc<dyn SessionControl>,
}

impl Session {
    /// A session of these parts.
    pub fn new(
        output: Items<LogChunk>,
        input: impl AsyncWrite + Send + 'static,
        control: Arc<dyn SessionControl>,
    ) -> Self {
        Self {
            output,
            input: Box::pin(input),
            control,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

/// What can be said to a session beside its streams.
#[async_trait]
pub trait SessionControl: Send + Sync {
    /// Gives the program's terminal another size.
    async fn resize(&self, rows: u16, columns: u16) -> Result<()>;

    /// Waits for the program's end, and gives the exit code that the engine knows: asked until the program no longer
    /// runs, never made up.
    async fn wait(&self) -> Result<Exit>;
}
