//! The engine's events on their way to those who listen.

use std::{collections::VecDeque, sync::Arc};
use tokio::sync::broadcast;
use wharf_core::{Event, Timestamp};

/// How many events are remembered for `since`: as many as dockerd remembers.
const HISTORY: usize = 256;
/// How far a listener may stay behind before it is told that it lags. All listeners read from one ring, so that a
/// thousand of them take no more memory than one.
const RING: usize = 4096;

/// Publishes events in the order of the transitions: it is only touched under the engine's lock.
#[derive(Debug)]
pub(crate) struct Bus {
    history: VecDeque<Arc<Event>>,
    ring: broadcast::Sender<Arc<Event>>,
}

/// What a listener gets: what it missed, and what will come, without a gap between the two.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) past: VecDeque<Arc<Event>>,
    pub(crate) live: broadcast::Receiver<Arc<Event>>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self::after(VecDeque::new())
    }

    /// One that remembers what happened before it.
    pub(crate) fn after(history: VecDeque<Arc<Event>>) -> Self {
        Self {
            history,
            ring: broadcast::Sender::new(RING),
        }
    }

    pub(crate) fn publish(&mut self, event: Event) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        let event = Arc::new(event);
        self.history.push_back(Arc::clone(&event));
        // That nobody listens is no error.
        let _ = self.ring.send(event);
    }

    /// What it remembers, the oldest first.
    pub(crate) fn history(&self) -> &VecDeque<Arc<Event>> {
        &self.history
    }

    pub(crate) fn subscribe(&self, since: Option<Timestamp>) -> Subscription {
        let past = match since {
            Some(since) => self
                .history
                .iter()
                .filter(|event| event.time >= since)
                .cloned()
                .collect(),
            None => VecDeque::new(),
        };
        Subscription {
            past,
            live: self.ring.subscribe(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use tokio::sync::broadcast::error::TryRecvError;
    use wharf_core::{EventAction, EventKind};

    fn event(second: i64) -> Event {
        let time = Timestamp::UNIX_EPOCH + TimeDelta::seconds(second);
        Event::new(
            time,
            EventKind::Container,
            EventAction::Create,
            second.to_string(),
        )
    }

    #[test]
    fn the_last_256_are_remembered() {
        let mut bus = Bus::new();
        (0..300).for_each(|second| bus.publish(event(second)));
        let all = bus.subscribe(Some(Timestamp::UNIX_EPOCH)).past;
        assert_eq!((all.len(), all[0].id.as_str()), (256, "44"));
        let since = Timestamp::UNIX_EPOCH + TimeDelta::seconds(298);
        assert_eq!(bus.subscribe(Some(since)).past.len(), 2);
        assert!(bus.subscribe(None).past.is_empty());
    }

    #[test]
    fn who_stays_far_behind_is_told_so() {
        let mut bus = Bus::new();
        let mut slow = bus.subscribe(None).live;
        (0..5000).for_each(|second| bus.publish(event(second)));
        assert!(matches!(slow.try_recv(), Err(TryRecvError::Lagged(_))));
    }
}
