//! What runs in containers where a test says so: scripts and closures, and the rules that choose them.

mod commands;
mod context;
mod data;
mod files;
mod play;
mod rules;
mod script;
mod step;

pub use commands::Commands;
pub use context::Context;
pub use script::Script;

pub(crate) use commands::Role;
pub(crate) use rules::{Programs, Rule, Rules, Start};

use crate::{
    control::Fake,
    outside::Outside,
    process::{ExitStatus, Process},
};
use futures::{FutureExt, future::BoxFuture};
use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::Arc,
};
use wharf_core::{Error, Result};

/// A line of stdin is no longer.
const LINE_LIMIT: usize = 1 << 20;

/// What a program exits with that panics, as Rust's own do.
pub(crate) const PANICKED: u8 = 101;

/// Something that runs in a container: a [`Script`], or a closure that is given a [`Context`].
///
/// A closure is a process as any other, and what it returns is its exit code. Signals that it does not
/// [catch](Context::catch) act on it as on any program, at its next `await`, and so do a kill, a stop and a pause. As
/// PID 1, which the main program of a container is, it outlives a SIGTERM that it does not catch, and a stop ends it
/// with SIGKILL after the grace. One that panics has exited with 101: the panic's text is on its stderr and in the
/// [error](wharf_core::Exit::error) of the exit.
///
/// What it awaits of its context [takes time](Context), so that a loop without an end can be stopped also where time is
/// paused. Other loops hold up the test: one that never comes to an `await` holds up its whole thread, and one that
/// does nothing but `tokio::task::yield_now().await`, or asks anew for what is there at once, keeps a paused clock
/// from going on, since there is always a task to run. What it starts as tasks of tokio is not part of the
/// process, and is not killed with it.
///
/// Do not move a [`Fake`](crate::Fake) or its runtime into a closure of its own programs: neither would ever go.
///
/// ```
/// use std::time::Duration;
/// use wharf_core::{ContainerConfig, ContainerOps, Signal, StartOptions, StopOptions, RuntimeExt};
/// use wharf_fake::{Context, Fake, ImageFixture, Program};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Program::new(|context: Context| async move {
///     context.catch(Signal::TERM);
///     let port = context.env().get("PORT").map_or("80", String::as_str);
///     if context.print(format!("listening on {port}\n")).await.is_err() {
///         return 1;
///     }
///     context.signal().await;
///     context.sleep(Duration::from_millis(20)).await;
///     0
/// });
/// let image = ImageFixture::scratch().with_command(["server"]).with_program("server", server)?;
/// let runtime = Fake::builder().image("server:1", image)?.build().runtime();
///
/// let config = ContainerConfig::new("server:1").with_name("web").with_env([("PORT", "8080")]);
/// runtime.create_container(config).await?;
/// runtime.start_container("web", StartOptions::default()).await?;
/// // As with any engine, a stop right after the start may come before the program has caught its signal.
/// tokio::task::yield_now().await;
/// runtime.stop_container("web", StopOptions::default()).await?;
/// assert_eq!(runtime.logs_text("web").await?, "listening on 8080\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Program(Kind);

#[derive(Clone)]
enum Kind {
    Script(Script),
    Closure {
        run: Arc<dyn Fn(Context) -> BoxFuture<'static, u8> + Send + Sync>,
        /// Where it stands in the source: all that tells one closure from another.
        place: &'static Location<'static>,
    },
}

impl Program {
    /// A closure as a program. It is called anew for each start, and exits with what its future gives.
    #[track_caller]
    pub fn new<F, Fut>(program: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = u8> + Send + 'static,
    {
        // The last one who has it may be the engine.
        let program = Outside::new(program);
        Self(Kind::Closure {
            run: Arc::new(move |context| Box::pin((*program)(context))),
            place: Location::caller(),
        })
    }

    /// Refuses a script that can never run.
    fn check(&self) -> Result<()> {
        match &self.0 {
            Kind::Script(script) => script.check(),
            Kind::Closure { .. } => Ok(()),
        }
    }

    /// Runs it as `process` to its end.
    fn run(&self, process: Process, start: Start) -> BoxFuture<'static, ExitStatus> {
        match &self.0 {
            Kind::Script(script) => Box::pin(play::play(script.steps(), process, start)),
            Kind::Closure { run, .. } => Box::pin(context::run(Arc::clone(run), process, start)),
        }
    }
}

impl From<Script> for Program {
    fn from(script: Script) -> Self {
        Self(Kind::Script(script))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Script(script) => script.fmt(f),
            Kind::Closure { place, .. } => write!(f, "closure at {place}"),
        }
    }
}

impl Fake {
    /// What runs as those commands from now on, in containers that there are and in those to come: a
    /// [`Script`], or a closure as a [`Program`]. What runs already runs on. Which of several decides
    /// [`Commands`] says; another for exactly the same commands goes.
    ///
    /// Fails with [`InvalidInput`](wharf_core::ErrorKind::InvalidInput) where it could never run: a step of a script
    /// that cannot be done is named, as `steps[3].trap.signal`.
    ///
    /// ```
    /// use wharf_core::{ContainerConfig, ContainerOps, ExecConfig, RunOptions, RuntimeExt, StartOptions};
    /// use wharf_fake::{Commands, Fake, Script};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wharf_core::Result<()> {
    /// let fake = Fake::new();
    /// // A command, wherever it is started: as main program, as exec, or by a shell in the container.
    /// fake.add_program("pg_isready", Script::new().on_starts(..=2, Script::new().exit(2)))?;
    /// // All that the image lacks.
    /// fake.add_program(Commands::unknown(), Script::new().forever())?;
    ///
    /// let runtime = fake.runtime();
    /// let config = ContainerConfig::new("busybox").with_name("db").with_command(["postgres"]);
    /// runtime.create_container(config).await?;
    /// runtime.start_container("db", StartOptions::default()).await?;
    /// let mut codes = Vec::new();
    /// for _ in 0..3 {
    ///     let exec = ExecConfig::new(["sh", "-c", "pg_isready && echo ready"]);
    ///     codes.push(runtime.exec_container("db", exec).await?.code());
    /// }
    /// assert_eq!(codes, [2, 2, 0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_program(
        &self,
        commands: impl Into<Commands>,
        program: impl Into<Program>,
    ) -> Result<()> {
        let rule = Rule::new(commands.into(), program.into())?;
        self.shared().add_program(rule);
        Ok(())
    }

    /// Holds that each program that was added to the fake was started at least once, anywhere: one that was not tests
    /// nothing, or is for other commands than the test's author thinks. What images bring need not run.
    ///
    /// # Panics
    ///
    /// Where one was not, naming its commands, and the seed.
    #[track_caller]
    pub fn assert_all_programs_started(&self) {
        let never = self.shared().programs_never_started();
        let never: Vec<_> = never.iter().map(ToString::to_string).collect();
        assert!(
            never.is_empty(),
            "programs that were never started, under seed {}:\n  {}",
            self.seed(),
            never.join("\n  ")
        );
    }
}

/// Runs what a rule has chosen. A panic ends the process: it has its text on stderr, and of what the engine itself has
/// started the engine is told.
pub(crate) fn run(
    rule: Arc<Rule>,
    process: Process,
    start: Start,
) -> BoxFuture<'static, ExitStatus> {
    let stderr = process.descriptors.get(2).clone();
    let (name, child) = (process.name().to_owned(), process.is_child());
    Box::pin(async move {
        let running = async { rule.program.run(process, start).await };
        match AssertUnwindSafe(running).catch_unwind().await {
            Ok(status) => status,
            Err(panic) => {
                let text = format!("{name}: panicked: {}\n", text_of(&*panic));
                // Where nobody reads it there is nobody to tell.
                let _ = stderr.write(text.into()).await;
                if !child {
                    resume_unwind(panic);
                }
                defuse(panic);
                ExitStatus::Code(PANICKED)
            }
        }
    })
}

/// The text of a panic.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or_default()
}

/// Drops what a program panicked with, which may panic in turn. What that panics with is let be: there is no end to it.
pub(crate) fn defuse(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}

fn invalid(why: impl fmt::Display) -> Error {
    Error::invalid("program", why)
}
