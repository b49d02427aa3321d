//! Connections that wait for their next request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime;

use super::connection::Connection;

/// More than this many are not kept: whoever needs more at once opens them anew.
const KEPT: usize = 32;
/// An idle connection is closed after this time, when the pool is next used.
const KEPT_FOR: Duration = Duration::from_secs(20);

/// The most recently used connections, for calls that may be repeated.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Idle>>);

struct Idle {
    connection: Connection,
    /// A socket only wakes in the runtime that opened it; a handle may be used from several.
    home: runtime::Id,
    since: Instant,
}

impl Pool {
    /// A connection on which the engine has not hung up, as far as can be seen from here.
    pub(crate) async fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.pop()?;
            if connection.is_idle().await {
                return Some(connection);
            }
        }
    }

    pub(crate) fn put(&self, connection: Connection) {
        let idle = Idle {
            connection,
            home: runtime::Handle::current().id(),
            since: Instant::now(),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(idle);
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn pop(&self) -> Option<Connection> {
        let home = runtime::Handle::current().id();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|idle| idle.since.elapsed() < KEPT_FOR);
        let at = kept.iter().rposition(|idle| idle.home == home)?;
        Some(kept.remove(at).connection)
    }
}
