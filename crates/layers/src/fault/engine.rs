//! Whether the engine is there, as the caller sees it.

use std::{future::pending, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Tells all that is open when the engine goes.
#[derive(Default)]
pub(super) struct Engine(watch::Sender<State>);

#[derive(Default)]
struct State {
    /// How often it went: what was open before the last time is broken, also where it was not looked at since.
    outages: u64,
    gone: Gone,
}

#[derive(Default)]
enum Gone {
    #[default]
    No,
    Yes,
    Until(Instant),
}

impl Engine {
    /// It goes: for so long, or until it is called back.
    pub(super) fn go(&self, time: Option<Duration>) {
        // A time that no clock reaches is never.
        let until = time.and_then(|time| Instant::now().checked_add(time));
        self.0.send_modify(|state| {
            state.outages += 1;
            state.gone = until.map_or(Gone::Yes, Gone::Until);
        });
    }

    pub(super) fn come_back(&self) {
        self.0.send_modify(|state| state.gone = Gone::No);
    }

    pub(super) fn is_gone(&self) -> bool {
        match self.0.borrow().gone {
            Gone::No => false,
            Gone::Yes => true,
            Gone::Until(back) => Instant::now() < back,
        }
    }

    pub(super) fn outages(&self) -> u64 {
        self.0.borrow().outages
    }

    /// Ends when it goes; at once where it has gone since it had gone so often.
    pub(super) async fn outage_after(&self, outages: u64) {
        let mut state = self.0.subscribe();
        if state
            .wait_for(|state| state.outages > outages)
            .await
            .is_err()
        {
            // Only without a sender, and `self` is the sender.
            pending::<()>().await;
        }
    }
}
