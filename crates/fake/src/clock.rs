//! The engine's wall clock: it starts at a fixed time and runs with tokio's.

use crate::fs;
use chrono::TimeDelta;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use wharf_core::Timestamp;

/// A clock that stands still where tokio's does, but for a nanosecond at each event: what happens one after the other
/// also has times one after the other, so that `since` and `until` can tell them apart; and between two of them there
/// is never less than what tokio's clock has shown.
#[derive(Debug)]
pub(crate) struct EngineClock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    start: Timestamp,
    /// When it began to run, by the clock of the runtime that the fake belongs to.
    origin: Option<Instant>,
    /// How often somebody took the time of something that happened.
    taken: u64,
}

impl EngineClock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self(Mutex::new(Reading {
            start,
            origin: None,
            taken: 0,
        }))
    }

    /// It runs from now on, where it did not run already.
    pub(crate) fn begin(&self) {
        self.lock().origin.get_or_insert_with(Instant::now);
    }

    /// The time of something that happens. It does not begin with that: what happens to an engine that nobody has used
    /// yet, and that may not even be in a runtime, happens while its time stands still.
    pub(crate) fn now(&self) -> Timestamp {
        let mut reading = self.lock();
        let now = reading.time();
        reading.taken += 1;
        now
    }

    /// The time for somebody who only looks, which must change nothing.
    pub(crate) fn peek(&self) -> Timestamp {
        self.lock().time()
    }

    /// Makes it show `time`, from which it runs on.
    pub(crate) fn set(&self, time: Timestamp) {
        let mut reading = self.lock();
        *reading = Reading {
            start: time,
            origin: reading.origin.map(|_| Instant::now()),
            taken: 0,
        };
    }

    /// The instant of tokio's clock at which this one shows `time`; now where that is past.
    pub(crate) fn instant(&self, time: Timestamp) -> Instant {
        let now = Instant::now();
        let ahead = (time - self.peek()).to_std().unwrap_or_default();
        now.checked_add(ahead).unwrap_or(now)
    }
}

impl EngineClock {
    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn time(&self) -> Timestamp {
        let elapsed = self
            .origin
            .as_ref()
            .map_or(Duration::ZERO, Instant::elapsed);
        let elapsed = elapsed.as_nanos().saturating_add(self.taken.into());
        let elapsed = TimeDelta::nanoseconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        let time = self.start.checked_add_signed(elapsed);
        time.unwrap_or(Timestamp::MAX_UTC)
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
        clock.begin();
        let first = clock.now();
        let second = clock.now();
        assert!(first < second);
        assert!(second - first < TimeDelta::microseconds(1));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!((clock.now() - first).num_seconds(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn before_it_begins_it_stands_still_but_for_what_happens() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        let first = clock.now();
        tokio::time::advance(Duration::from_secs(10)).await;
        let second = clock.now();
        assert_eq!((second - first).num_nanoseconds(), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_be_set_and_runs_on() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        clock.begin();
        let then = clock.now();
        tokio::time::advance(Duration::from_secs(10)).await;
        clock.set(then);
        assert_eq!(clock.peek(), then);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!((clock.now() - then).num_seconds(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_to_come_has_its_instant_and_a_past_one_is_now() {
        let clock = EngineClock::new(Timestamp::UNIX_EPOCH);
        clock.begin();
        let ahead = clock.now() + TimeDelta::seconds(5);
        let wait = clock.instant(ahead) - Instant::now();
        assert_eq!(wait.as_millis(), 4_999);
        assert_eq!(clock.instant(Timestamp::UNIX_EPOCH), Instant::now());
    }
}
