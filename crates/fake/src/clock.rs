//! The engine's wall clock: it starts at a fixed time and runs with tokio's.

use crate::fs;
use chrono::TimeDelta;
use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use wharf_core::Timestamp;

/// A clock that stands still where tokio's does, but for a nanosecond at each event: what happens one after the other
/// also has times one after the other, so that `since` and `until` can tell them apart; and between two of them there is
/// never less than what tokio's clock has shown.
#[derive(Debug)]
pub(crate) struct EngineClock {
    start: Timestamp,
    /// Taken at the first use, which is in the runtime that the fake will belong to.
    origin: OnceLock<Instant>,
    /// How often somebody took the time of something that happened.
    taken: AtomicU64,
}

impl EngineClock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self {
            start,
            origin: OnceLock::new(),
            taken: AtomicU64::new(0),
        }
    }

    /// The time of something that happens.
    pub(crate) fn now(&self) -> Timestamp {
        self.origin.get_or_init(Instant::now);
        self.after(self.taken.fetch_add(1, Ordering::Relaxed))
    }

    /// The time for somebody who only looks, which must change nothing: before its first use the clock stands still.
    pub(crate) fn peek(&self) -> Timestamp {
        self.after(self.taken.load(Ordering::Relaxed))
    }

    fn after(&self, taken: u64) -> Timestamp {
        let elapsed = self.origin.get().map_or(Duration::ZERO, Instant::elapsed);
        let elapsed = elapsed.as_nanos().saturating_add(taken.into());
        let elapsed = TimeDelta::nanoseconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        let time = self.start.checked_add_signed(elapsed);
        time.unwrap_or(Timestamp::MAX_UTC)
    }

    /// The instant of tokio's clock at which this one shows `time`; now where that is past.
    pub(crate) fn instant(&self, time: Timestamp) -> Instant {
        let now = Instant::now();
        let ahead = (time - self.peek()).to_std().unwrap_or_default();
        now.checked_add(ahead).unwrap_or(now)
    }
}

impl fs::Clock for EngineClock {
    fn now(&self) -> Timestamp {
        EngineClock::now(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn it_runs_with_tokio_and_never_shows_a_time_twice() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        let first = clock.now();
        let second = clock.now();
        assert!(first < second);
        assert!(second - first < TimeDelta::microseconds(1));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!((clock.now() - first).num_seconds(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_to_come_has_its_instant_and_a_past_one_is_now() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        let ahead = clock.now() + TimeDelta::seconds(5);
        let wait = clock.instant(ahead) - Instant::now();
        assert_eq!(wait.as_millis(), 4_999);
        assert_eq!(clock.instant(Timestamp::UNIX_EPOCH), Instant::now());
    }
}
