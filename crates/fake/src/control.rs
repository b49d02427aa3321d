//! The test's side: how a fake is made.

use crate::{
    clock::EngineClock,
    dump::Dump,
    image::{EPOCH, ImageFixture},
    leaks::Leaks,
    program::{Commands, Program, Rule},
    registry::{Registries, Registry},
    runtime::{Engine, FakeRuntime, Shared},
    seed::{Held, Seed},
    state::{Host, State},
};
use std::{fmt, sync::Arc, time::SystemTime};
use wharf_core::{Checked, Error, ImageRef, Result, Timestamp};

/// A container engine in memory: the test's handle. The code under test gets [`runtime`](Self::runtime).
///
/// Each has a world of its own: containers, images, registries, a clock. Nothing is shared between two, and nothing of
/// it stays when the last handle is dropped. It lives in the tokio runtime that first uses it, which needs its timers
/// enabled; with tokio's time paused, all waiting in it is instant.
///
/// In its containers run a shell and the commonest applets of busybox, and whatever a test puts there: a
/// [script](crate::Script) or a closure as a [`Program`], [added](Self::add_program) to the fake or
/// [brought by an image](ImageFixture::with_program).
///
/// It can be asked what there is ([`dump`](Self::dump)) and what the code under test has left ([`leaks`](Self::leaks)),
/// and be brought back to where it was, or doubled ([`snapshot`](Self::snapshot), [`fork`](Self::fork)).
///
/// What it cannot do it refuses by name, and [`capabilities`](wharf_core::Runtime::capabilities) says so. What a real
/// engine's kernel would see to is kept and shown only, since there is none: `privileged`, `cap_add`, `cap_drop`,
/// and `cpus` of a container change nothing that its programs do, and `memory` only bounds what one of busybox's holds.
///
/// ```
/// use wharf_core::{ContainerConfig, RunOptions, RuntimeExt};
/// use wharf_fake::Fake;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wharf_core::Result<()> {
/// let fake = Fake::new();
/// let config = ContainerConfig::new("busybox").with_command(["sh", "-c", "echo hello; exit 3"]);
/// let output = fake.runtime().run(config, RunOptions::default()).await?;
/// assert_eq!(output.stdout_text(), "hello\n");
/// assert_eq!(output.code(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fake {
    held: Arc<Held>,
}

impl Fake {
    /// An engine that has busybox, and a Docker Hub that has it too.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// An engine made to measure.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A connection to the engine: what the code under test is given. Its clones share it, and closing one closes them
    /// all; another call gives another.
    pub fn runtime(&self) -> FakeRuntime {
        Checked::new(Engine::connect(Arc::clone(self.shared())))
    }

    /// The engine's whole visible state as data: to look at, to compare, or to keep as a golden file.
    ///
    /// It is a look that changes nothing. What is in it, and what is hidden, is said at [`Dump`].
    ///
    /// ```
    /// # use wharf_core::*;
    /// # use wharf_fake::Fake;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let fake = Fake::new();
    /// let runtime = fake.runtime();
    /// let config = ContainerConfig::new("busybox").with_command(["touch", "/left"]);
    /// let id = runtime.create_container(config).await?.id;
    /// let exit = runtime.wait_container(&id, WaitOptions::default().with_condition(WaitCondition::NextExit)).await?;
    /// runtime.start_container(&id, StartOptions::default()).await?;
    /// exit.await?;
    /// let dump = fake.dump();
    /// assert_eq!(dump.containers[0].info.exit_code, Some(0));
    /// assert_eq!(dump.containers[0].files[0].path, "/left");
    /// # Ok(())
    /// # }
    /// ```
    pub fn dump(&self) -> Dump {
        self.shared().dump()
    }

    /// What the code under test has left: containers, programs that still run in one, volumes, streams and waits that
    /// are open, calls that wait for their answer, and, where they are asked for, images. What was there when the fake
    /// was built, or at the last [`mark`](Self::mark), is no leak.
    ///
    /// ```
    /// # use wharf_core::*;
    /// # use wharf_fake::Fake;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let fake = Fake::new();
    /// let config = ContainerConfig::new("busybox").with_command(["true"]);
    /// fake.runtime().run(config, RunOptions::default()).await?;
    /// fake.leaks().none();
    /// # Ok(())
    /// # }
    /// ```
    pub fn leaks(&self) -> Leaks {
        Leaks::new(self.seed(), self.shared().leaks())
    }

    /// From now on what is there is no leak: for what a test itself has made before the code under test begins.
    pub fn mark(&self) {
        self.shared().mark();
    }

    /// What all its ids, names, ports and pids come from, and what looks random to its programs. A test that panics
    /// prints it: the last handle does, when it is dropped by a thread that panics. One that is
    /// [taken at random](Builder::random_seed) is also printed when the fake is built.
    pub fn seed(&self) -> u64 {
        self.shared().seed()
    }

    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self {
            held: Arc::new(Held(shared)),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.held.0
    }
}

impl Default for Fake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake")
            .field("seed", &self.seed())
            .finish_non_exhaustive()
    }
}

/// What a [`Fake`] is made from.
///
/// ```
/// use wharf_fake::{Fake, ImageFixture, Registry};
///
/// let fake = Fake::builder()
///     .seed(7)
///     .image("app:1", ImageFixture::busybox().with_command(["sleep", "60"]))?
///     .registry(Registry::hub().with_pull_limit(3))?
///     .cpus(4)
///     .build();
/// assert_eq!(fake.seed(), 7);
/// # Ok::<(), wharf_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    seed: Seed,
    start: Timestamp,
    host: Host,
    images: Vec<(ImageRef, ImageFixture)>,
    registries: Registries,
    /// What the pretended host has on its disk.
    files: ImageFixture,
    rules: Vec<Arc<Rule>>,
}

impl Default for Builder {
    fn default() -> Self {
        let mut registries = Registries::default();
        registries.add(Registry::hub());
        let busybox = "busybox"
            .parse()
            .map(|name| (name, ImageFixture::busybox()));
        let host = Host {
            cpus: 2,
            memory: 8 << 30,
            log_limit: 256 << 20,
            disk_limit: 256 << 20,
        };
        Self {
            seed: Seed::default(),
            start: EPOCH,
            host,
            images: busybox.into_iter().collect(),
            registries,
            files: ImageFixture::scratch(),
            rules: Vec::new(),
        }
    }
}

impl Builder {
    /// What all ids, names, ports and pids come from; else 0. The same seed and the same calls give the same ones.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed::new(seed);
        self
    }

    /// Takes another seed at each run; where the environment variable `WHARF_FAKE_SEED` is set, that one. One that is
    /// taken at random is printed to stderr when the fake is built, which test harnesses show of a test that fails,
    /// however it does: its run can be had again.
    ///
    /// Fails with [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where the variable is no whole number.
    ///
    /// ```
    /// # use wharf_fake::Fake;
    /// let fake = Fake::builder().random_seed()?.build();
    /// println!("this run has the seed {}", fake.seed());
    /// # Ok::<(), wharf_core::Error>(())
    /// ```
    pub fn random_seed(mut self) -> Result<Self> {
        self.seed = Seed::varying()?;
        Ok(self)
    }

    /// What the engine's clock shows at its first look; else 2024-01-01T00:00:00Z. It runs with tokio's from then on.
    pub fn start_time(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// Starts the engine's clock at the real time.
    pub fn real_time(self) -> Self {
        self.start_time(SystemTime::now().into())
    }

    /// How many CPUs the pretended host has; else 2.
    pub fn cpus(mut self, cpus: u32) -> Self {
        self.host.cpus = cpus.max(1);
        self
    }

    /// How many bytes of memory the pretended host has; else 8 GiB.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.host.memory = bytes;
        self
    }

    /// How many bytes a container may log before its disk is full; else 256 MiB. A record of it, a line as a rule,
    /// counts for 64 bytes more than it has: it is the memory of the test that this bounds.
    pub fn log_limit(mut self, bytes: usize) -> Self {
        self.host.log_limit = bytes;
        self
    }

    /// How many bytes a container may write over its image, and each volume, each tmpfs and the host's own disk may
    /// hold, before it is a full disk; else 256 MiB. A tmpfs has less where its size says so. It is the memory of the
    /// test that it bounds.
    pub fn disk_limit(mut self, bytes: u64) -> Self {
        self.host.disk_limit = bytes;
        self
    }

    /// A folder of the pretended host, with these files by relative path. It can be bound, as can what is in it, a
    /// single file too; all containers that bind it share it. Fails with
    /// [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where the path is not absolute, or one of the files cannot
    /// be there.
    pub fn host_folder<'a>(
        mut self,
        path: impl Into<String>,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self> {
        let path = path.into();
        let climbs = |path: &str| path.split('/').any(|part| part == "..");
        if !path.starts_with('/') || climbs(&path) {
            let why = format_args!("{path:?} is not absolute, or has `..`; give it as /srv/data");
            return Err(Error::invalid("path", why));
        }
        self.files = self.files.with_folder(&path)?;
        for (name, content) in files {
            if name.starts_with('/') || climbs(name) {
                let why = format_args!("{name:?} is not relative to {path}, or has `..`");
                return Err(Error::invalid("files", why));
            }
            self.files = self.files.with_file(&format!("{path}/{name}"), content)?;
        }
        Ok(self)
    }

    /// An image that is here from the start; of two with one name the first is left without, as after a build. Fails
    /// where the name is none.
    pub fn image(mut self, name: &str, image: ImageFixture) -> Result<Self> {
        self.images.push((name.parse()?, image));
        Ok(self)
    }

    /// Has no image from the start, not even busybox.
    pub fn without_images(mut self) -> Self {
        self.images.clear();
        self
    }

    /// A registry to pull from; one of the same host is replaced. Fails with
    /// [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where no reference can mean one of its images, or where it
    /// [breaks off](Registry::with_cuts) after more bytes than any layer has.
    pub fn registry(mut self, registry: Registry) -> Result<Self> {
        registry.check()?;
        self.registries.add(registry);
        Ok(self)
    }

    /// What runs as those commands, as [`Fake::add_program`] has it. Fails with
    /// [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where it could never run.
    pub fn program(
        mut self,
        commands: impl Into<Commands>,
        program: impl Into<Program>,
    ) -> Result<Self> {
        self.rules.push(Rule::new(commands.into(), program.into())?);
        Ok(self)
    }

    /// The fake.
    pub fn build(self) -> Fake {
        let clock = Arc::new(EngineClock::new(self.start));
        let seed = self.seed.take();
        let mut state = State::new(self.host, &self.files.files, seed, Arc::clone(&clock));
        for rule in self.rules {
            state.rules().add(rule);
        }
        for (name, image) in &self.images {
            state.install(image, name);
        }
        state.look();
        Fake::of(Shared::new(state, clock, self.registries))
    }
}
