//! Signals that ask us to end.

use crate::failure::complain;
use std::{io, pin::pin};
use tokio::signal::unix::{self, SignalKind};
use wharf::Signal;

/// After so many signals we wait no longer, whatever keeps us.
pub(crate) const PATIENCE: usize = 3;

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

    /// What comes of the work; none where the last signal of our patience comes first. The work hears of those before.
    pub(crate) async fn patiently<T>(
        &mut self,
        work: impl Future<Output = T>,
        mut hear: impl FnMut(Signal),
    ) -> Option<T> {
        let mut work = pin!(work);
        for _ in 1..PATIENCE {
            tokio::select! {
                done = &mut work => return Some(done),
                signal = self.next() => hear(signal),
            }
        }
        tokio::select! {
            done = &mut work => Some(done),
            _ = self.next() => {
                complain(&format!("that was signal {PATIENCE}: no longer waiting"));
                None
            }
        }
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
