//! A world on an engine: what a program makes there, what it looks like, and what happened in it.

use super::{
    names::Names,
    program::{LABEL, Step},
    watch::{self, Output, Watch, answer},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use wharf_core::*;

/// An operation that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct World {
    runtime: Arc<dyn Runtime>,
    names: Names,
    waits: Vec<Watch<Value>>,
    follows: Vec<Watch<Output>>,
    events: Watch<Vec<Result<Event>>>,
}

impl World {
    /// A world of that name. `image` is the id of the image that all its containers are made from.
    pub(super) async fn open(runtime: Arc<dyn Runtime>, name: &str, image: &str) -> Result<Self> {
        let events = watch::events(&*runtime).await?;
        let host = runtime.info().await?.name.unwrap_or_default();
        Ok(Self {
            runtime,
            names: Names::new(name, &host, image),
            waits: Vec::new(),
            follows: Vec::new(),
            events,
        })
    }

    /// Does a step, and gives what the engine says to it.
    pub(super) async fn perform(&mut self, step: &Step) -> Result<Value> {
        let step = step
            .within(self.names.world())
            .map_err(|error| no_json(&error))?;
        let answer = tokio::time::timeout(PATIENCE, self.call(step)).await;
        Ok(self
            .names
            .common(answer.unwrap_or_else(|_| "no answer".into())))
    }

    async fn call(&mut self, step: Step) -> Value {
        let runtime = Arc::clone(&self.runtime);
        let id = |text: &str| self.names.resolve(text);
        match step {
            Step::CreateContainer(config) => {
                let created = runtime.create_container(config).await;
                if let Ok(created) = &created {
                    self.names.made(&created.id);
                }
                answer(created)
            }
            Step::StartContainer(c) => answer(
                runtime
                    .start_container(&id(&c), StartOptions::default())
                    .await,
            ),
            Step::StopContainer(c, options) => {
                answer(runtime.stop_container(&id(&c), options).await)
            }
            Step::RestartContainer(c, options) => {
                answer(runtime.restart_container(&id(&c), options).await)
            }
            Step::KillContainer(c, options) => {
                answer(runtime.kill_container(&id(&c), options).await)
            }
            Step::PauseContainer(c) => answer(runtime.pause_container(&id(&c)).await),
            Step::UnpauseContainer(c) => answer(runtime.unpause_container(&id(&c)).await),
            Step::RenameContainer(c, name) => {
                answer(runtime.rename_container(&id(&c), &name).await)
            }
            Step::RemoveContainer(c, options) => {
                answer(runtime.remove_container(&id(&c), options).await)
            }
            Step::InspectContainer(c, options) => {
                answer(runtime.inspect_container(&id(&c), options).await)
            }
            Step::WaitContainer(c, options) => {
                let pending = runtime.wait_container(&id(&c), options).await;
                answer(pending.map(|pending| self.waits.push(watch::exit(pending))))
            }
            Step::ExecContainer(c, config) => answer(runtime.exec_container(&id(&c), config).await),
            Step::ContainerLogs(c, options) => {
                let follow = options.follow;
                match runtime.container_logs(&id(&c), options).await {
                    Ok(chunks) if follow => {
                        self.follows.push(watch::follow(chunks));
                        answer(Ok("followed"))
                    }
                    Ok(chunks) => answer(Ok(Output::of(chunks).await)),
                    Err(error) => answer::<()>(Err(error)),
                }
            }
            Step::ListContainers(options) => answer(runtime.list_containers(options).await),
            Step::PruneContainers(options) => answer(prune(&*runtime, options).await),
            Step::TagImage(source, target) => match target.parse() {
                Ok(target) => answer(runtime.tag_image(&source, &target).await),
                Err(error) => answer::<()>(Err(error)),
            },
            Step::InspectImage(image) => {
                let options = InspectImageOptions::default();
                let info = runtime.inspect_image(&image, options).await;
                answer(info.map(|mut info| {
                    self.own(&mut info.tags, &mut info.digests);
                    info
                }))
            }
            Step::ListImages(options) => {
                let images = runtime.list_images(options).await;
                answer(images.map(|mut images| {
                    for image in &mut images {
                        self.own(&mut image.tags, &mut image.digests);
                    }
                    images
                }))
            }
            Step::RemoveImage(image, options) => {
                answer(runtime.remove_image(&image, options).await)
            }
            volume => match runtime.volumes() {
                Some(volumes) => of_volumes(volumes, volume).await,
                None => "no volumes".into(),
            },
        }
    }

    /// An image has names of other worlds too, and came to each engine in another way.
    fn own(&self, tags: &mut Vec<String>, digests: &mut Vec<String>) {
        tags.retain(|tag| tag.starts_with(self.names.world()));
        digests.clear();
    }

    /// Everything that there is of this world now.
    pub(super) async fn look(&mut self) -> Result<Value> {
        let runtime = Arc::clone(&self.runtime);
        let mine = Filters::new().label(LABEL, self.names.world());
        let all = ListOptions::default().with_all(true).with_filters(mine);
        let listed = runtime.list_containers(all).await;
        let mut containers = Map::new();
        for summary in listed.iter().flatten() {
            self.names.invented(&summary.name);
            let options = InspectOptions::default();
            let info = runtime.inspect_container(&summary.id, options).await;
            let log = match runtime
                .container_logs(&summary.id, LogsOptions::default())
                .await
            {
                Ok(chunks) => Ok(Output::of(chunks).await),
                Err(error) => Err(error),
            };
            let key = self
                .names
                .containers()
                .iter()
                .position(|id| *id == *summary.id);
            let key = key.map_or_else(|| "unknown".to_owned(), |at| format!("c{at}"));
            containers.insert(key, json!({"info": answer(info), "log": answer(log)}));
        }
        let images = runtime.list_images(self.own_images()).await.map(|images| {
            // An image has names of other worlds too.
            let tags = images.into_iter().flat_map(|image| image.tags);
            tags.filter(|tag| tag.starts_with(self.names.world()))
                .collect::<BTreeSet<_>>()
        });
        let volumes = match runtime.volumes() {
            Some(volumes) => {
                let mine = Filters::new().name(self.names.world());
                let options = ListVolumesOptions::default().with_filters(mine);
                answer(volumes.list_volumes(options).await)
            }
            None => Value::Null,
        };
        let waits: Vec<_> = self.waits.iter().map(|wait| wait.seen().clone()).collect();
        let follows: Vec<_> = self
            .follows
            .iter()
            .map(|follow| json!(*follow.seen()))
            .collect();
        Ok(self.names.common(json!({
            "containers": containers,
            "listed": answer(listed),
            "images": answer(images),
            "volumes": volumes,
            "waits": waits,
            "follows": follows,
        })))
    }

    /// What the engine has told of this world, in its order.
    pub(super) fn happened(&self) -> Value {
        let anonymous = self.anonymous_volumes();
        let events = self.events.seen();
        let mut own: BTreeSet<&str> = self.names.containers().iter().map(String::as_str).collect();
        own.extend(anonymous.iter().map(String::as_str));
        let world = self.names.world();
        let of_this_world = |event: &Event| {
            own.contains(event.id.as_str())
                || event.id.starts_with(world)
                || event
                    .attributes
                    .values()
                    .any(|value| own.contains(value.as_str()) || value.starts_with(world))
        };
        // A container that was gone before anybody looked.
        let invented = |event: &Event| {
            let mut event = event.clone();
            if let Some(name) = event.attributes.get_mut("name")
                && event.kind == EventKind::Container
                && !name.starts_with(world)
                && !self.names.knows(name)
            {
                "<name>".clone_into(name);
            }
            event
        };
        let told: Vec<Value> = events
            .iter()
            .filter_map(|event| match event {
                Ok(event) => of_this_world(event).then(|| json!(invented(event))),
                Err(error) => Some(json!({"error": error.kind()})),
            })
            .collect();
        self.names.common(Value::Array(told))
    }

    /// Removes all that is left of this world.
    pub(super) async fn sweep(self) -> Result<()> {
        let late = |_| {
            let why = format!("what {} has left could not be removed", self.names.world());
            Error::new(ErrorKind::Timeout, why)
        };
        tokio::time::timeout(PATIENCE, self.remove_all())
            .await
            .map_err(late)?
    }

    /// Images that have a name in this world: a star does not go over a slash.
    fn own_images(&self) -> ListImagesOptions {
        let world = self.names.world();
        let own = Filters::new().reference(format!("{world}*"));
        ListImagesOptions::default().with_filters(own.reference(format!("{world}*/*")))
    }

    /// The volumes without a name that its containers mounted: only the feed of events knows them.
    fn anonymous_volumes(&self) -> BTreeSet<String> {
        let containers = self.names.containers();
        let events = self.events.seen();
        let mounts = events.iter().flatten().filter(|event| {
            let container = event.attributes.get("container");
            event.kind == EventKind::Volume && container.is_some_and(|id| containers.contains(id))
        });
        mounts.map(|event| event.id.clone()).collect()
    }

    async fn remove_all(&self) -> Result<()> {
        let world = self.names.world();
        let runtime = &*self.runtime;
        let mine = Filters::new().label(LABEL, world);
        let all = ListOptions::default().with_all(true).with_filters(mine);
        // The newest first: a container may depend on an older one.
        for container in runtime.list_containers(all).await? {
            remove(runtime, &container.id).await?;
        }
        for image in runtime.list_images(self.own_images()).await? {
            for tag in image.tags.iter().filter(|tag| tag.starts_with(world)) {
                let options = RemoveImageOptions::default();
                unless_gone(runtime.remove_image(tag, options).await.map(drop))?;
            }
        }
        if let Some(volumes) = runtime.volumes() {
            let mine = Filters::new().name(world);
            let options = ListVolumesOptions::default().with_filters(mine);
            for volume in volumes.list_volumes(options).await? {
                let force = RemoveVolumeOptions::default().with_force(true);
                volumes.remove_volume(&volume.name, force).await?;
            }
            for volume in self.anonymous_volumes() {
                let force = RemoveVolumeOptions::default().with_force(true);
                volumes.remove_volume(&volume, force).await?;
            }
        }
        Ok(())
    }
}

async fn of_volumes(volumes: &dyn VolumeOps, step: Step) -> Value {
    match step {
        Step::CreateVolume(config) => answer(volumes.create_volume(config).await),
        Step::InspectVolume(name) => answer(volumes.inspect_volume(&name).await),
        Step::ListVolumes(options) => answer(volumes.list_volumes(options).await),
        Step::RemoveVolume(name, options) => answer(volumes.remove_volume(&name, options).await),
        other => json!({"not for volumes": other}),
    }
}

/// Prunes, once nobody else does.
async fn prune(runtime: &dyn Runtime, options: PruneContainersOptions) -> Result<Pruned> {
    loop {
        match runtime.prune_containers(options.clone()).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Removes a container, or waits for the end of a removal that is under way.
async fn remove(runtime: &dyn Runtime, id: &str) -> Result<()> {
    let options = RemoveOptions::default().with_force(true).with_volumes(true);
    loop {
        match runtime.remove_container(id, options.clone()).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            outcome => return unless_gone(outcome),
        }
    }
}

fn unless_gone(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

fn no_json(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("the step is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_takes_all_its_names_with_it() {
        crate::paused().unwrap().block_on(async {
            let runtime: Arc<dyn Runtime> = Arc::new(crate::engine().unwrap().runtime());
            let mut world = World::open(Arc::clone(&runtime), "wx-", "").await.unwrap();
            for name in ["@img", "@img:v1", "@other/img:v1"] {
                let step = Step::TagImage("busybox".to_owned(), name.to_owned());
                assert_eq!(
                    world.perform(&step).await.unwrap(),
                    json!({ "ok": null }),
                    "{name}"
                );
            }
            world.sweep().await.unwrap();
            let images = runtime.list_images(ListImagesOptions::default()).await;
            let tags = images.unwrap().into_iter().flat_map(|image| image.tags);
            assert_eq!(tags.collect::<Vec<_>>(), ["busybox:latest"]);
        });
    }
}
