//! What callers want beside the operations: built from them, the same for every backend.

use crate::{
    Error, ErrorKind, Layer, Layered, Operation, Result, Runtime,
    data::{data, words},
    types::*,
    validate,
};
use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt, future::Either};

words! {
    /// When an image is fetched from its registry.
    #[derive(Default)]
    pub enum PullPolicy {
        /// Where it is not here.
        #[default]
        Missing = "missing",
        /// In any case.
        Always = "always",
        /// Not at all: a missing one is an error.
        Never = "never",
    }
}

data! {
    /// How to run a container to its end.
    #[derive(Default, Eq)]
    pub struct RunOptions {
        /// How many bytes of output are collected before it fails, 16 MiB unless set.
        pub output_limit: OutputLimit,
    }
}

/// What a container wrote, and how it ended.
pub type RunOutput = ExecOutput;

/// What callers want beside the operations. Implemented for every [`Runtime`], never by hand.
pub trait RuntimeExt: Runtime {
    /// Runs a container to its end: creates it, starts it, collects its output, waits, and removes it, also where
    /// something fails on the way. The image must be here: see [`ensure_image`](Self::ensure_image).
    ///
    /// Fails as those operations do, and with [`InvalidInput`](crate::ErrorKind::InvalidInput) where the output is
    /// larger than the limit. `auto_remove` is not passed on, since the output of a short-lived container would be gone
    /// before it is read. Dropping the future may leave the container: label what you make.
    fn run(
        &self,
        config: ContainerConfig,
        options: RunOptions,
    ) -> impl Future<Output = Result<RunOutput>> + Send {
        async move {
            if config.restart != RestartPolicy::No {
                let why = "a container that is started again has no end to run to; leave it out";
                return Err(Error::invalid("restart", why));
            }
            let mut config = config;
            config.auto_remove = false;
            let created = self.create_container(config).await?;
            let outcome = run_created(self, &created.id, options).await;
            let remove = RemoveOptions::default().with_force(true).with_volumes(true);
            let removed = self.remove_container(&created.id, remove).await;
            // What went wrong first is what the caller needs to know.
            let output = outcome?;
            removed.map(|()| output)
        }
    }

    /// What a container has written so far, as text: what is not UTF-8 is replaced. At most 16 MiB.
    fn logs_text(&self, id: &str) -> impl Future<Output = Result<String>> + Send {
        async move {
            let logs = self.container_logs(id, LogsOptions::default()).await?;
            let OutputLimit(limit) = OutputLimit::default();
            let output = collect(logs, limit, Operation::ContainerLogs, true).await?;
            Ok(String::from_utf8_lossy(&output.0).into_owned())
        }
    }

    /// Sees to it that an image is here, and tells everything about it. One that is named by its id is never fetched.
    fn ensure_image(
        &self,
        reference: &str,
        policy: PullPolicy,
    ) -> impl Future<Output = Result<ImageInfo>> + Send {
        async move {
            match look_for(self, reference, &policy, None).await? {
                Either::Left(image) => Ok(image),
                Either::Right(missing) => {
                    let pull = self.pull_image(&missing, PullOptions::default()).await?;
                    pull.try_for_each(|_| async { Ok(()) }).await?;
                    let options = InspectImageOptions::default();
                    self.inspect_image(reference, options).await
                }
            }
        }
    }

    /// What must be pulled before a container can be made from the image, where anything must: for callers who show
    /// the progress of a pull. [`ensure_image`](Self::ensure_image) pulls it.
    ///
    /// By [`PullPolicy::Missing`] that is an image that is not here, or is here for another platform than the one that
    /// is asked for. One that is named by its id is never pulled.
    ///
    /// Fails as inspecting the image does: with [`ImageNotFound`](crate::ErrorKind::ImageNotFound) where it is missing
    /// and may not be pulled, and with [`InvalidInput`](crate::ErrorKind::InvalidInput) for a policy that nobody knows.
    fn image_to_pull(
        &self,
        reference: &str,
        policy: &PullPolicy,
        platform: Option<&Platform>,
    ) -> impl Future<Output = Result<Option<ImageRef>>> + Send {
        async move {
            let found = look_for(self, reference, policy, platform).await?;
            Ok(match found {
                Either::Left(_) => None,
                Either::Right(missing) => Some(missing),
            })
        }
    }

    /// Removes a container, by force; a missing one is Ok. Tells whether there was one.
    fn remove_container_if_exists(&self, id: &str) -> impl Future<Output = Result<bool>> + Send {
        async move {
            let options = RemoveOptions::default().with_force(true).with_volumes(true);
            match self.remove_container(id, options).await {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::ContainerNotFound => Ok(false),
                Err(error) => Err(error),
            }
        }
    }

    /// Puts a layer around this runtime. The layer added last is the outermost.
    fn layer<L: Layer>(self, layer: L) -> Layered<L, Self>
    where
        Self: Sized,
    {
        Layered::new(layer, self)
    }

    /// The backend itself, through all layers and pointers, where it is a `B`: for what is its own alone.
    fn backend_as<B: 'static>(&self) -> Option<&B> {
        self.backend()?.downcast_ref()
    }
}

impl<R: Runtime + ?Sized> RuntimeExt for R {}

/// The image, or what must be pulled to have it.
async fn look_for<R: Runtime + ?Sized>(
    runtime: &R,
    reference: &str,
    policy: &PullPolicy,
    platform: Option<&Platform>,
) -> Result<Either<ImageInfo, ImageRef>> {
    if let PullPolicy::Other(word) = policy {
        let known = PullPolicy::WORDS.join(", ");
        let why = format_args!("{word:?} is none of {known}");
        return Err(Error::invalid("policy", why));
    }
    // An id says nothing of a registry: what is not here cannot be fetched by it.
    let fetches = *policy != PullPolicy::Never && !validate::is_image_id(reference);
    if !fetches || *policy == PullPolicy::Missing {
        let options = InspectImageOptions::default();
        match runtime.inspect_image(reference, options).await {
            Ok(image) if fetches && !fits(&image, platform) => {}
            Err(error) if fetches && error.kind() == ErrorKind::ImageNotFound => {}
            outcome => return outcome.map(Either::Left),
        }
    }
    Ok(Either::Right(reference.parse()?))
}

/// Whether an image is for that platform. Neither image nor caller need name a variant.
fn fits(image: &ImageInfo, platform: Option<&Platform>) -> bool {
    let (Some(asked), Some(has)) = (platform, &image.platform) else {
        return true;
    };
    let variants = asked.variant.as_ref().zip(has.variant.as_ref());
    (&asked.os, &asked.architecture) == (&has.os, &has.architecture)
        && variants.is_none_or(|(asked, has)| asked == has)
}

async fn run_created<R: Runtime + ?Sized>(
    runtime: &R,
    id: &str,
    options: RunOptions,
) -> Result<RunOutput> {
    // Armed before the start, so that the exit of the shortest run is not missed.
    let next_exit = WaitOptions::default().with_condition(WaitCondition::NextExit);
    let exit = runtime.wait_container(id, next_exit).await?;
    runtime.start_container(id, StartOptions::default()).await?;
    let logs = runtime
        .container_logs(id, LogsOptions::default().with_follow(true))
        .await?;
    let OutputLimit(limit) = options.output_limit;
    let (stdout, stderr) = collect(logs, limit, Operation::ContainerLogs, false).await?;
    Ok(RunOutput::new(exit.await?)
        .with_stdout(stdout)
        .with_stderr(stderr))
}

/// Collects stdout and stderr, at most `limit` bytes of them; or both as one.
async fn collect(
    logs: Items<LogChunk>,
    limit: usize,
    operation: Operation,
    merged: bool,
) -> Result<(Bytes, Bytes)> {
    let collected = logs
        .try_fold(
            (BytesMut::new(), BytesMut::new()),
            |(mut out, mut err), chunk| async move {
                if out.len() + err.len() + chunk.bytes.len() > limit {
                    let why =
                        format_args!("there is more than {limit} bytes; read the stream instead");
                    return Err(Error::invalid("output_limit", why)
                        .with_operation(operation)
                        .with_sent(true));
                }
                let split = !merged && chunk.source == LogSource::Stderr;
                (if split { &mut err } else { &mut out }).extend_from_slice(&chunk.bytes);
                Ok((out, err))
            },
        )
        .await?;
    Ok((collected.0.freeze(), collected.1.freeze()))
}
