//! Connections that wait for their next request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime;

use super::connection::Connection;

/// More than this many are not kept: whoever needs more at once opens them anew.
const KEPT: usize = 32;
/// An idle connection is closed after this time, when the pool is next used.
const KEPT_FOR: Duration = Duration::from_secs(20);

/// The most recently used connections, for calls that may be repeated.
pub(crate) struct Pool(
    /// None once it is closed: whoever brings a connection back after that keeps it no longer.
    Mutex<Option<Vec<Idle>>>,
);

impl Default for Pool {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

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
        let mut kept = self.lock();
        let Some(kept) = kept.as_mut() else { return };
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(idle);
    }

    /// Closes all connections, and those that are brought back later.
    pub(crate) fn close(&self) {
        *self.lock() = None;
    }

    fn pop(&self) -> Option<Connection> {
        let home = runtime::Handle::current().id();
        let mut kept = self.lock();
        let kept = kept.as_mut()?;
        kept.retain(|idle| idle.since.elapsed() < KEPT_FOR);
        let at = kept.iter().rposition(|idle| idle.home == home)?;
        Some(kept.remove(at).connection)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Idle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::super::socket::Socket;
    use super::*;

    #[tokio::test]
    async fn what_is_brought_back_after_the_end_is_closed() {
        let pool = Pool::default();
        let (mut engine, ours) = tokio::io::duplex(64);
        let connection = Connection::handshake(Socket::new(Box::new(ours)))
            .await
            .unwrap();
        pool.close();
        pool.put(connection);
        assert!(pool.take().await.is_none());
        assert_eq!(engine.read(&mut [0; 8]).await.unwrap(), 0, "it is open");
    }
}
