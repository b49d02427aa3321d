//! How the suite reaches a backend, and what it may do there.

use crate::{
    case::Case,
    variance::{VARIANCES, Variance},
};
use futures::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Mutex;
use wharf_core::{ImageRef, Result, Runtime};

type Connect = dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Runtime>>> + Send + Sync;

/// How the suite reaches a backend, and what it may do there. Clones share one run: its label and its turns.
#[derive(Clone)]
pub struct Harness {
    pub(crate) name: String,
    connect: Arc<Connect>,
    pub(crate) image: String,
    pub(crate) pull_image: Option<ImageRef>,
    pub(crate) missing_image: Option<ImageRef>,
    pub(crate) bind_dir: Option<String>,
    pub(crate) exclusive: bool,
    pub(crate) variances: &'static [Variance],
    pub(crate) deadline: Duration,
    pub(crate) filter: String,
    pub(crate) run: Arc<Run>,
}

/// What all cases of one run share.
pub(crate) struct Run {
    pub(crate) id: String,
    cases: AtomicU64,
    /// Held by the one case that pulls and removes the image that can be pulled.
    pub(crate) pulls: Mutex<()>,
}

impl Run {
    fn new() -> Self {
        // Two runs on one engine must not meet: the process and the moment tell them apart.
        let moment = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| age.as_nanos());
        let id = format!("{:x}-{:x}", std::process::id(), moment & 0xffff_ffff);
        Self {
            id,
            cases: AtomicU64::new(0),
            pulls: Mutex::new(()),
        }
    }

    /// A text of its own for each case that is run.
    pub(crate) fn next_case(&self) -> String {
        format!(
            "wharf-{}-{}",
            self.id,
            self.cases.fetch_add(1, Ordering::Relaxed)
        )
    }
}

impl Harness {
    /// A harness that reaches the backend by `connect`, which gives a handle of its own each time: closing one must not
    /// close another. The image under test is `busybox:latest`; nothing can be pulled, no host directory is bound, the
    /// engine is somebody else's too, the known [`VARIANCES`] apply, and each case has 30 seconds.
    pub fn new(
        name: impl Into<String>,
        connect: impl Fn() -> BoxFuture<'static, Result<Arc<dyn Runtime>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            connect: Arc::new(connect),
            image: "busybox:latest".into(),
            pull_image: None,
            missing_image: None,
            bind_dir: None,
            exclusive: false,
            variances: VARIANCES,
            deadline: Duration::from_secs(30),
            filter: String::new(),
            run: Arc::new(Run::new()),
        }
    }

    /// The image that containers are made from. It must be there, with a name and `busybox`' shell and applets.
    #[must_use]
    pub fn with_image(mut self, image: impl Into<String>) -> Self {
        self.image = image.into();
        self
    }

    /// An image that can be pulled without credentials, and that nobody minds losing: cases remove it by force. Not
    /// the image under test.
    #[must_use]
    pub fn with_pull_image(mut self, image: ImageRef) -> Self {
        self.pull_image = Some(image);
        self
    }

    /// An image that a registry which answers does not have; else an unlikely tag of the pullable one.
    #[must_use]
    pub fn with_missing_image(mut self, image: ImageRef) -> Self {
        self.missing_image = Some(image);
        self
    }

    /// A folder on the engine's host that containers may write to.
    #[must_use]
    pub fn with_bind_dir(mut self, dir: impl Into<String>) -> Self {
        self.bind_dir = Some(dir.into());
        self
    }

    /// Whether the engine is the suite's alone: cases that count or prune everything then run too. Never say so of an
    /// engine that somebody uses. Without it prunes are narrowed by a label: a backend that does not yet mind the
    /// filters of its prunes should be tried on an engine of its own only.
    #[must_use]
    pub fn with_exclusive(mut self, exclusive: bool) -> Self {
        self.exclusive = exclusive;
        self
    }

    /// The known departures from the contract, in place of [`VARIANCES`].
    #[must_use]
    pub fn with_variances(mut self, variances: &'static [Variance]) -> Self {
        self.variances = variances;
        self
    }

    /// How long a case may take, on tokio's clock.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Only the cases whose name or group contains the text.
    #[must_use]
    pub fn with_filter(mut self, text: impl Into<String>) -> Self {
        self.filter = text.into();
        self
    }

    /// Whether the case is among those that [`with_filter`](Self::with_filter) asks for.
    pub fn wants(&self, case: &Case) -> bool {
        [case.name, case.group]
            .iter()
            .any(|text| text.contains(&self.filter))
    }

    /// Whether the image that cases pull and remove is the one under test.
    pub(crate) fn pulls_what_it_runs(&self) -> bool {
        let image = self.image.parse::<ImageRef>().ok();
        image.is_some() && image == self.pull_image
    }

    /// A name for the backend, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A fresh handle.
    pub(crate) fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Runtime>>> {
        (self.connect)()
    }
}

impl fmt::Debug for Harness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness")
            .field("name", &self.name)
            .field("image", &self.image)
            .field("pull_image", &self.pull_image)
            .field("bind_dir", &self.bind_dir)
            .field("exclusive", &self.exclusive)
            .field("run", &self.run.id)
            .finish_non_exhaustive()
    }
}
