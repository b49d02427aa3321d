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
}
