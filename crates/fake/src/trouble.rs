//! The test's side: what befalls the engine and its containers.

use crate::control::Fake;
use wharf_core::Result;

impl Fake {
    /// The kernel kills a container's main program for want of memory: the engine tells `oom` and then `die` with 137,
    /// and `oom_killed` stands until the next start. A restart policy takes it for any other failure.
    ///
    /// Fails with [`ContainerNotFound`](wharf_core::ErrorKind::ContainerNotFound) where there is no such container, and
    /// with [`Conflict`](wharf_core::ErrorKind::Conflict) where it does not run.
    ///
    /// ```
    /// # use wharf_core::*;
    /// # use wharf_fake::Fake;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let fake = Fake::new();
    /// let runtime = fake.runtime();
    /// let config = ContainerConfig::new("busybox").with_command(["sleep", "1000"]);
    /// runtime.create_container(config.with_name("hungry")).await?;
    /// runtime.start_container("hungry", StartOptions::default()).await?;
    /// fake.out_of_memory("hungry")?;
    /// let info = runtime.inspect_container("hungry", InspectOptions::default()).await?;
    /// assert_eq!((info.exit_code, info.oom_killed), (Some(137), true));
    /// # Ok(())
    /// # }
    /// ```
    pub fn out_of_memory(&self, container: &str) -> Result<()> {
        self.shared().intervene(|world| {
            let key = world.state.find(container)?;
            world.state.out_of_memory(key)
        })
    }

    /// The engine stops, as a daemon does that is told to; back once it is gone.
    ///
    /// From the first moment on no call is taken: each answers
    /// [`ConnectionFailed`](wharf_core::ErrorKind::ConnectionFailed), and that nothing was sent. All running containers
    /// are stopped, each with its own signal and grace, and that is told to those who listen and wait. Then all that is
    /// open ends: event feeds, once they are read to their end, and waits for a removal with `ConnectionFailed`. What
    /// is on disk stays: containers with their files and logs, images, volumes. The events that it remembers do not.
    ///
    /// The handles stay good: they work again once it is started. Stopping what is stopped is Ok. Dropping the future
    /// does not keep the engine from stopping. Fails outside of the tokio runtime that the engine lives in.
    pub async fn stop_engine(&self) -> Result<()> {
        self.shared().stop_engine().await
    }

    /// The engine starts again, and with it, before it takes any call, the containers whose restart policies want it:
    /// `always`, even what was stopped by hand; `unless-stopped`, but not what was; `on-failure` what has failed and may be
    /// tried again, and that is also what ended so when the engine stopped. What was never started is not. A container
    /// that removes itself and was never started is removed.
    ///
    /// Starting what runs is Ok; while it stops, this waits. Fails outside of the tokio runtime that the engine lives
    /// in.
    pub async fn start_engine(&self) -> Result<()> {
        self.shared().start_engine().await
    }

    /// [`stop_engine`](Self::stop_engine), and then [`start_engine`](Self::start_engine).
    ///
    /// ```
    /// # use wharf_core::*;
    /// # use wharf_fake::Fake;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let fake = Fake::new();
    /// let runtime = fake.runtime();
    /// let config = ContainerConfig::new("busybox")
    ///     .with_command(["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"])
    ///     .with_name("web")
    ///     .with_restart(RestartPolicy::Always);
    /// runtime.create_container(config).await?;
    /// runtime.start_container("web", StartOptions::default()).await?;
    /// let first = runtime.inspect_container("web", InspectOptions::default()).await?;
    /// fake.restart_engine().await?;
    /// let second = runtime.inspect_container("web", InspectOptions::default()).await?;
    /// assert_eq!(second.state, ContainerState::Running);
    /// assert!(second.started_at > first.started_at);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn restart_engine(&self) -> Result<()> {
        self.stop_engine().await?;
        self.start_engine().await
    }
}
