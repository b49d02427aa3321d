//! Signals that ask us to end.

use std::io;
use tokio::signal::unix::{self, SignalKind};
use wharf::Signal;

/// SIGINT, SIGTERM and SIGHUP. Once caught they never again end the process by themselves.
pub(crate) struct Interrupts {
    int: unix::Signal,
    term: unix::Signal,
    hup: unix::Signal,
}

impl Interrupts {
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            int: unix::signal(SignalKind::interrupt())?,
            term: unix::signal(SignalKind::terminate())?,
            hup: unix::signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.int.recv() => Signal::INT,
            _ = self.term.recv() => Signal::TERM,
            _ = self.hup.recv() => Signal::HUP,
        }
    }
}
