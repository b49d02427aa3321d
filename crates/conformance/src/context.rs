//! What a case works with: a runtime, names that are its own, and the steps that most cases begin with.

use crate::{
    check::{Failure, Verdict, holds},
    harness::Harness,
};
use futures::{StreamExt, TryStreamExt};
use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use wharf_core::*;

/// Borne by all that a run makes and that can bear it, with the run as its value.
pub(crate) const RUN_LABEL: &str = "wharf.conformance";
/// Borne by all that a case makes and that can bear it, with the case's own text as its value.
pub(crate) const CASE_LABEL: &str = "wharf.conformance.case";
/// Runs until it is told to end, and then ends well.
pub(crate) const IDLE: &str = "trap 'exit 0' TERM; while true; do sleep 0.2; done";
/// Runs until it is killed.
pub(crate) const STUBBORN: &str = "trap '' TERM; while true; do sleep 0.2; done";

pub(crate) struct Context {
    pub(crate) rt: Arc<dyn Runtime>,
    pub(crate) harness: Harness,
    /// The case's own text: the beginning of its names and the value of its label.
    pub(crate) text: String,
    names: AtomicU32,
    made: Mutex<Made>,
}

/// What is to be removed even where a list does not show it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Made {
    pub(crate) containers: Vec<ContainerId>,
    pub(crate) images: Vec<ImageRef>,
    pub(crate) volumes: Vec<String>,
    pub(crate) networks: Vec<String>,
    /// The image under test, where it may have lost the name that cases know it by.
    pub(crate) held_image: Option<ImageId>,
}

impl Context {
    pub(crate) fn new(harness: &Harness, rt: Arc<dyn Runtime>) -> Self {
        Self {
            rt,
            harness: harness.clone(),
            text: harness.run.next_case(),
            names: AtomicU32::new(0),
            made: Mutex::default(),
        }
    }

    pub(crate) fn made(&self) -> Made {
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn remember(&self, note: impl FnOnce(&mut Made)) {
        note(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A name that nobody else has.
    pub(crate) fn name(&self) -> String {
        format!(
            "{}-{}",
            self.text,
            self.names.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// A name for an image that nobody else has; it is removed when the case is over.
    pub(crate) fn image_name(&self) -> Verdict<ImageRef> {
        Ok(self.own_image()?)
    }

    /// As [`image_name`](Self::image_name), for those who answer as a runtime does.
    pub(crate) fn own_image(&self) -> Result<ImageRef> {
        let image: ImageRef = format!("{}:v1", self.name()).parse()?;
        self.remember(|made| made.images.push(image.clone()));
        Ok(image)
    }

    /// A name that the case gives an image; it is removed when the case is over.
    pub(crate) fn also_removes(&self, image: &ImageRef) {
        self.remember(|made| made.images.push(image.clone()));
    }

    /// A name for a volume that nobody else has; it is removed when the case is over.
    pub(crate) fn volume_name(&self) -> String {
        let name = self.name();
        self.remember(|made| made.volumes.push(name.clone()));
        name
    }

    /// A volume of the case's own, with its labels. Where none can be made, the first mount of that name makes it.
    pub(crate) async fn volume(&self) -> Verdict<String> {
        let name = self.volume_name();
        let can_make = self.rt.capabilities().supports(Operation::CreateVolume);
        if let Some(volumes) = self.rt.volumes().filter(|_| can_make) {
            let config = VolumeConfig::new(&name).with_labels(self.labels());
            volumes.create_volume(config).await?;
        }
        Ok(name)
    }

    /// A name for a network that nobody else has; it is removed when the case is over.
    pub(crate) fn network_name(&self) -> String {
        let name = self.name();
        self.remember(|made| made.networks.push(name.clone()));
        name
    }

    /// The image under test has its name again when the case is over.
    pub(crate) fn give_name_back(&self, image: &ImageId) {
        self.remember(|made| made.held_image = Some(image.clone()));
    }

    /// The image that can be pulled. It is not here when this returns, and is removed when the case is over.
    pub(crate) async fn pullable(&self) -> Verdict<ImageRef> {
        let image = self.harness.pull_image.clone();
        let image = image.ok_or_else(|| Failure::new("the case does not say that it pulls"))?;
        self.remember(|made| made.images.push(image.clone()));
        let force = RemoveImageOptions::default().with_force(true);
        match self.rt.remove_image(image.as_str(), force).await {
            Err(error) if error.kind() != ErrorKind::ImageNotFound => Err(error.into()),
            _ => Ok(image),
        }
    }

    /// Pulls to the end.
    pub(crate) async fn pull(&self, image: &ImageRef) -> Verdict<Vec<PullProgress>> {
        let steps = self.rt.pull_image(image, PullOptions::default()).await?;
        Ok(steps.try_collect().await?)
    }

    pub(crate) fn image(&self) -> &str {
        &self.harness.image
    }

    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        [
            label(RUN_LABEL, &self.harness.run.id),
            label(CASE_LABEL, &self.text),
        ]
        .into()
    }

    /// What is the case's own.
    pub(crate) fn mine(&self) -> Filters {
        Filters::new().label(CASE_LABEL, &self.text)
    }

    /// A container of the image under test, with nothing said but the labels.
    pub(crate) fn bare(&self) -> ContainerConfig {
        ContainerConfig::new(self.image()).with_labels(self.labels())
    }

    /// A container that runs a script of the shell.
    pub(crate) fn config(&self, script: &str) -> ContainerConfig {
        self.bare().with_command(["sh", "-c", script])
    }

    pub(crate) async fn create(&self, config: ContainerConfig) -> Verdict<ContainerId> {
        let id = self.rt.create_container(config).await?.id;
        self.remember(|made| made.containers.push(id.clone()));
        Ok(id)
    }

    pub(crate) async fn start(&self, id: &str) -> Verdict {
        Ok(self.rt.start_container(id, StartOptions::default()).await?)
    }

    pub(crate) async fn created(&self, script: &str) -> Verdict<ContainerId> {
        self.create(self.config(script)).await
    }

    pub(crate) async fn started(&self, config: ContainerConfig) -> Verdict<ContainerId> {
        let id = self.create(config).await?;
        self.start(&id).await?;
        Ok(id)
    }

    pub(crate) async fn running(&self, script: &str) -> Verdict<ContainerId> {
        self.started(self.config(script)).await
    }

    /// A container one of whose programs wants to hold more than it may.
    pub(crate) fn hungry(&self) -> ContainerConfig {
        // Where nothing holds it to its limit it ends nevertheless.
        let config = self.config("head -c 64000000 /dev/zero | tail > /dev/null");
        config.with_memory(8 << 20)
    }

    /// A container that fails, and that its restart policy has started again and again: it waits for its next run, a
    /// second and more.
    pub(crate) async fn between_runs(&self, script: &str) -> Verdict<ContainerId> {
        let policy = RestartPolicy::on_failure(12);
        let id = self.started(self.config(script).with_restart(policy));
        let id = id.await?;
        self.eventually("it waits for its next run", || async {
            let info = self.inspect(&id).await?;
            let over = info.state == ContainerState::Exited;
            holds("there are waits between its runs", !over)?;
            Ok(info.state == ContainerState::Restarting && info.restart_count >= 5)
        })
        .await?;
        Ok(id)
    }

    /// Starts a container, and waits until it has written something: its traps are set by then.
    pub(crate) async fn up(&self, config: ContainerConfig) -> Verdict<ContainerId> {
        let id = self.started(config).await?;
        let follow = LogsOptions::default().with_follow(true);
        let mut log = self.rt.container_logs(&id, follow).await?;
        let first = log.next().await;
        first.ok_or_else(|| Failure::new("it ended without a word"))??;
        Ok(id)
    }

    /// Runs a container to its end, and leaves it there.
    pub(crate) async fn finished(&self, config: ContainerConfig) -> Verdict<(ContainerId, Exit)> {
        let id = self.create(config).await?;
        let exit = self.wait(&id, WaitCondition::NextExit).await?;
        self.start(&id).await?;
        Ok((id, exit.await?))
    }

    pub(crate) async fn exited(&self, script: &str) -> Verdict<ContainerId> {
        Ok(self.finished(self.config(script)).await?.0)
    }

    /// What a container writes to stdout until it ends.
    pub(crate) async fn output(&self, config: ContainerConfig) -> Verdict<String> {
        let (id, _) = self.finished(config).await?;
        Ok(text(
            &self.logs(&id, LogsOptions::default()).await?,
            &LogSource::Stdout,
        ))
    }

    pub(crate) async fn wait(&self, id: &str, until: WaitCondition) -> Verdict<Pending<Exit>> {
        let options = WaitOptions::default().with_condition(until);
        Ok(self.rt.wait_container(id, options).await?)
    }

    /// How a container that runs, or has run, ends.
    pub(crate) async fn exit(&self, id: &str) -> Verdict<Exit> {
        Ok(self.wait(id, WaitCondition::NotRunning).await?.await?)
    }

    /// Stops with a grace of one second.
    pub(crate) async fn stop(&self, id: &str) -> Verdict {
        let options = StopOptions::default().with_grace(Duration::from_secs(1));
        Ok(self.rt.stop_container(id, options).await?)
    }

    pub(crate) async fn kill(&self, id: &str, signal: Signal) -> Verdict {
        let options = KillOptions::default().with_signal(signal);
        Ok(self.rt.kill_container(id, options).await?)
    }

    /// Removes by force.
    pub(crate) async fn remove(&self, id: &str) -> Verdict {
        let options = RemoveOptions::default().with_force(true);
        Ok(self.rt.remove_container(id, options).await?)
    }

    pub(crate) async fn inspect(&self, id: &str) -> Verdict<ContainerInfo> {
        Ok(self
            .rt
            .inspect_container(id, InspectOptions::default())
            .await?)
    }

    pub(crate) async fn state(&self, id: &str) -> Verdict<ContainerState> {
        Ok(self.inspect(id).await?.state)
    }

    pub(crate) async fn exec(&self, id: &str, script: &str) -> Verdict<ExecOutput> {
        let config = ExecConfig::new(["sh", "-c", script]);
        Ok(self.rt.exec_container(id, config).await?)
    }

    /// A log until it ends.
    pub(crate) async fn logs(&self, id: &str, options: LogsOptions) -> Verdict<Vec<LogChunk>> {
        let log = self.rt.container_logs(id, options).await?;
        Ok(log.try_collect().await?)
    }

    /// The case's own containers that match, all states, in the order of the list.
    pub(crate) async fn list(&self, filters: Filters) -> Verdict<Vec<ContainerId>> {
        self.listed(ListOptions::default().with_all(true).with_filters(filters))
            .await
    }

    /// The case's own containers, in the order of the list.
    pub(crate) async fn listed(&self, mut options: ListOptions) -> Verdict<Vec<ContainerId>> {
        options.filters = options.filters.label(CASE_LABEL, &self.text);
        let list = self.rt.list_containers(options).await?;
        Ok(list.into_iter().map(|container| container.id).collect())
    }

    /// Gives the image under test one more name.
    pub(crate) async fn tag(&self) -> Verdict<ImageRef> {
        let name = self.image_name()?;
        self.rt.tag_image(self.image(), &name).await?;
        Ok(name)
    }

    pub(crate) async fn image_info(&self, reference: &str) -> Verdict<ImageInfo> {
        Ok(self
            .rt
            .inspect_image(reference, InspectImageOptions::default())
            .await?)
    }

    /// The events of the case's own containers from now on.
    pub(crate) async fn watch(&self) -> Verdict<Watch> {
        self.watch_for(self.mine().kind(EventKind::Container)).await
    }

    /// Watches a container that has been started and has written something. Engines may tell what happened just before
    /// a feed was opened, so the feed is opened first and read up to the start.
    pub(crate) async fn watched(&self, config: ContainerConfig) -> Verdict<(Watch, ContainerId)> {
        let mut watch = self.watch().await?;
        let id = self.up(config).await?;
        watch.until(EventAction::Start).await?;
        Ok((watch, id))
    }

    pub(crate) async fn watch_for(&self, filters: Filters) -> Verdict<Watch> {
        let options = EventsOptions::default().with_filters(filters);
        Ok(Watch(self.rt.events(options).await?))
    }

    /// Calls again while it conflicts: an engine does one prune of a kind at a time, whoever asks for it.
    pub(crate) async fn in_turn<T, F>(&self, call: impl Fn() -> F) -> Verdict<T>
    where
        F: Future<Output = Result<T>>,
    {
        loop {
            match call().await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Asks until it is so, where nothing can tell of the change.
    pub(crate) async fn eventually<F>(&self, what: &str, mut so: impl FnMut() -> F) -> Verdict
    where
        F: Future<Output = Verdict<bool>>,
    {
        for _ in 0..100 {
            if so().await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Failure::new(format_args!("waited 10 s in vain: {what}")))
    }
}

/// Events as they come.
pub(crate) struct Watch(pub(crate) Items<Event>);

impl Watch {
    pub(crate) async fn next(&mut self) -> Verdict<Event> {
        let next = self.0.next().await;
        Ok(next.ok_or_else(|| Failure::new("the feed of events has ended"))??)
    }

    /// All events until, and with, the first that says this.
    pub(crate) async fn until(&mut self, last: EventAction) -> Verdict<Vec<Event>> {
        let mut seen = Vec::new();
        loop {
            let event = self.next().await?;
            let done = event.action == last;
            seen.push(event);
            if done {
                return Ok(seen);
            }
        }
    }
}

/// What events say, in their order.
pub(crate) fn actions(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.action.as_str()).collect()
}

/// What was written there, as text.
pub(crate) fn text(chunks: &[LogChunk], source: &LogSource) -> String {
    let from_there = chunks.iter().filter(|chunk| chunk.source == *source);
    let bytes: Vec<u8> = from_there
        .flat_map(|chunk| chunk.bytes.iter().copied())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What was written to stdout and stderr together, as text.
pub(crate) fn all_text(chunks: &[LogChunk]) -> String {
    let bytes: Vec<u8> = chunks
        .iter()
        .flat_map(|chunk| chunk.bytes.iter().copied())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
