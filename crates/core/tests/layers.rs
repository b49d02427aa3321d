//! Layers see every operation of every group without naming one, and stay out of the way.

#![allow(clippy::unwrap_used, reason = "a test's way to fail")]

mod toy;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use std::{
    sync::{Arc, Mutex, atomic::Ordering::SeqCst},
    time::Duration,
};
use toy::Toy;
use wharf_core::*;

#[derive(Debug, Clone, Default)]
struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Layer for Trace {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        let outcome = next().await;
        let said = match &outcome {
            Ok(value) => format!("{:?}", value.data()),
            Err(error) => format!("{:?}", error.kind()),
        };
        self.0.lock().unwrap().push(format!("{call:?} -> {said}"));
        outcome
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let items = self.around(call, next).await?;
        let (trace, operation) = (self.clone(), call.operation());
        Ok(Items::new(items.inspect_ok(move |item| {
            let line = format!("{operation} item of {} bytes", item.byte_len());
            trace.0.lock().unwrap().push(line);
        })))
    }
}

#[derive(Debug, Clone)]
struct Retry(u32);

impl Layer for Retry {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        let mut left = if call.may_repeat() { self.0 } else { 0 };
        loop {
            match next().await {
                Err(error) if error.is_transient() && left > 0 => left -= 1,
                outcome => return outcome,
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

#[derive(Debug, Clone)]
struct NoUploads;

impl Layer for NoUploads {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        match call.operation() {
            operation @ Operation::UploadArchive => Err(Error::unsupported(operation)),
            _ => next().await,
        }
    }
    fn capabilities(&self, below: Capabilities) -> Capabilities {
        below.without(Operation::UploadArchive)
    }
}

fn layered() -> (Arc<Toy>, Trace, Arc<dyn Runtime>) {
    let (toy, trace) = (Arc::new(Toy::default()), Trace::default());
    let base: Arc<dyn Runtime> = toy.clone();
    (
        toy,
        trace.clone(),
        Arc::new(base.layer(Retry(3)).layer(trace)),
    )
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_repeated_is_retried() {
    let (toy, _, runtime) = layered();
    toy.failures.store(2, SeqCst);
    runtime
        .inspect_container("web", InspectOptions::default())
        .await
        .unwrap();
    assert_eq!(toy.calls.swap(0, SeqCst), 3);

    toy.failures.store(1, SeqCst);
    let error = runtime
        .create_container(ContainerConfig::new("busybox"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), toy.calls.swap(0, SeqCst)),
        (ErrorKind::ConnectionFailed, 1)
    );

    toy.failures.store(1, SeqCst);
    let logs = runtime
        .container_logs("web", LogsOptions::default())
        .await
        .unwrap();
    assert_eq!((logs.count().await, toy.calls.load(SeqCst)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_body_is_sent_again_unless_it_is_spent() {
    let (toy, _, runtime) = layered();
    let upload = |body| runtime.upload_archive("web", "/", body, UploadOptions::default());
    let stream = || Items::from_items([Bytes::from_static(b"tar")]);

    toy.failures.store(1, SeqCst);
    upload("tar".into()).await.unwrap();
    toy.failures.store(1, SeqCst);
    upload(Body::reopen(move || async move { Ok(stream()) }))
        .await
        .unwrap();
    assert_eq!(toy.uploaded.load(SeqCst), 6);

    toy.failures.store(1, SeqCst);
    let once = Body::from_stream(stream());
    assert_eq!(
        upload(once.clone()).await.unwrap_err().kind(),
        ErrorKind::ConnectionFailed
    );
    assert_eq!(
        upload(once).await.unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[tokio::test]
async fn every_group_goes_through_a_layer() {
    let (_, trace, runtime) = layered();
    let volumes = runtime.volumes().unwrap();
    volumes
        .create_volume(VolumeConfig::new("data"))
        .await
        .unwrap();
    assert!(runtime.networks().is_none());
    let config = ContainerConfig::new("busybox").with_env([("TOKEN", "hunter2")]);
    runtime.create_container(config).await.unwrap();
    let lines = trace.lines();
    assert!(
        lines[0].starts_with("create_volume(config: VolumeConfig"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("[TOKEN=…]") && !lines[1].contains("hunter2"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_stream_outlives_its_arguments_and_the_runtime() {
    let (_, trace, runtime) = layered();
    let logs = {
        let id = String::from("gone");
        let logs = runtime
            .container_logs(&id, LogsOptions::default())
            .await
            .unwrap();
        drop(runtime);
        logs
    };
    let chunks: Vec<LogChunk> = tokio::spawn(logs.try_collect()).await.unwrap().unwrap();
    assert_eq!(chunks[1], LogChunk::new(LogSource::Stderr, "gone err\n"));
    assert_eq!(
        trace
            .lines()
            .iter()
            .filter(|l| l.ends_with("item of 9 bytes"))
            .count(),
        2
    );
}

#[derive(Debug)]
struct Spoils;

impl Layer for Spoils {
    async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        next().await
    }
    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let pending = self.around(call, next).await?;
        Ok(Pending::new(async move {
            let exit = pending.await?;
            Err(Error::new(
                ErrorKind::Internal,
                format!("{:?}", exit.data()),
            ))
        }))
    }
}

#[tokio::test]
async fn a_layer_sees_how_a_wait_ends() {
    let (_, _, runtime) = layered();
    let runtime = runtime.layer(Spoils);
    let pending = runtime
        .wait_container("web", WaitOptions::default())
        .await
        .unwrap();
    let error = pending.await.unwrap_err();
    assert_eq!(error.message(), format!("{:?}", Some(Exit::new(7))));
}

#[tokio::test]
async fn capabilities_hold_through_layers_and_the_backend_is_found_below_them() {
    let (_, _, runtime) = layered();
    assert!(runtime.capabilities().supports(Operation::UploadArchive));
    let runtime = runtime.layer(NoUploads);
    assert!(!runtime.capabilities().supports(Operation::UploadArchive));
    let body = Body::from("tar");
    let error = runtime
        .upload_archive("web", "/", body, UploadOptions::default())
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(
        runtime.ping().await.unwrap_err().operation(),
        Some(Operation::Ping)
    );
    assert!(runtime.backend_as::<Toy>().is_some());
    assert!(runtime.backend_as::<String>().is_none());
}

#[tokio::test]
async fn one_group_is_enough_for_a_function() {
    async fn name(containers: &dyn ContainerOps) -> String {
        let info = containers
            .inspect_container("web", InspectOptions::default())
            .await;
        info.unwrap().name
    }
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (_, _, runtime) = layered();
    assert_eq!(name(&*runtime).await, "web");
    let upcast: Arc<dyn ContainerOps> = runtime.clone();
    assert_eq!(name(&upcast).await, "web");
    let config = ContainerConfig::new("busybox");
    let output = is_send(runtime.run(config, RunOptions::default()))
        .await
        .unwrap();
    assert_eq!(output.code(), 7);
    assert_eq!(
        (&*output.stdout, &*output.stderr),
        (&b"abc out\n"[..], &b"abc err\n"[..])
    );
    assert!(!runtime.remove_container_if_exists("missing").await.unwrap());
}

#[tokio::test]
async fn run_refuses_more_output_than_the_limit_and_still_removes() {
    let (_, trace, runtime) = layered();
    let options = RunOptions::default().with_output_limit(10);
    let error = runtime
        .run(ContainerConfig::new("busybox"), options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().starts_with("output_limit: "), "{error}");
    assert!(
        trace
            .lines()
            .last()
            .unwrap()
            .starts_with("remove_container")
    );
}
