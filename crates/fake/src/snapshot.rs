//! Going back: a fake as it was at a moment.

use crate::{
    control::Fake,
    runtime::{Frozen, Shared},
};
use std::{fmt, sync::Arc};

/// A fake as it was when the snapshot was taken: see [`Fake::snapshot`].
///
/// It has containers with their files and logs, images, volumes, networks, the events that the engine remembers, what
/// registries have counted, the programs that the test has chosen and how often each was started, the clock, and the
/// state of all that looks random. Taking one is cheap: files are shared until one side writes to them. Its clones are
/// the same snapshot.
///
/// **Running programs begin anew.** A program is a future, which cannot be copied. In what is made from a snapshot the
/// main program of each running container begins again from its start, quietly: no event tells it, `started_at`, pid,
/// address and number of runs are as they were, and so are the files that it has changed and the log that it has
/// written, but for a line that it had not ended. One that is paused begins when it is unpaused. Programs that an exec
/// started do not come along, nor do calls, streams and waits: a stop that was under way is not under way there. What
/// the engine had still to do by itself it does there too: probe a container, start it again, remove one that removes
/// itself. What a closure has captured is the test's own and no part of a snapshot.
#[derive(Clone)]
pub struct Snapshot(Arc<Frozen>);

impl Snapshot {
    /// A fake of its own that goes on from there: see [`Fake::fork`].
    pub fn fork(&self) -> Fake {
        Fake::of(Shared::fork(&self.0))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("seed", &self.0.seed())
            .field("time", &self.0.time())
            .finish_non_exhaustive()
    }
}

impl Fake {
    /// The fake as it is now, to come back to with [`restore`](Self::restore), or to make others from with
    /// [`fork`](Self::fork).
    ///
    /// ```
    /// # use wharf_core::*;
    /// # use wharf_fake::Fake;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let fake = Fake::new();
    /// let runtime = fake.runtime();
    /// let id = runtime.create_container(ContainerConfig::new("busybox")).await?.id;
    /// let made = fake.snapshot();
    /// runtime.remove_container(&id, RemoveOptions::default()).await?;
    /// fake.restore(&made);
    /// runtime.inspect_container(&id, InspectOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(Arc::new(self.shared().freeze()))
    }

    /// Makes this fake again what it was when the snapshot was taken; the snapshot may also be another fake's.
    ///
    /// Its handles go on working, with their logins. The programs that run end without a trace, and those of the
    /// snapshot begin anew, as [`Snapshot`] says. Calls, streams and waits that are open end with
    /// [`ConnectionFailed`](wharf_core::ErrorKind::ConnectionFailed). The clock shows the snapshot's time, and runs on
    /// from there.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.shared().restore(&snapshot.0);
    }

    /// A fake of its own that is at first like this one. What then happens in one does not happen in the other.
    ///
    /// It belongs to the tokio runtime that uses it first, which may be another one; until then its time stands still.
    /// The same calls on two forks of one snapshot give the same ids, names, addresses and ports. Logins are a handle's
    /// own, and its handles are new: log in again.
    #[must_use]
    pub fn fork(&self) -> Fake {
        self.snapshot().fork()
    }
}
