//! What happened, as the engine tells it; and who wants to hear of it.

use super::{
    State,
    container::{Container, Key, Mounted, Source},
    network::network_type,
    volume::DRIVER,
};
use std::collections::BTreeMap;
use wharf_core::{Event, EventAction, EventKind, Filters, ImageRef, Timestamp};

impl State {
    /// Tells that something happened to a container; its name, image and labels are told with it.
    pub(super) fn tell_container<const N: usize>(
        &mut self,
        key: Key,
        action: EventAction,
        more: [(&str, String); N],
    ) {
        if let Some(container) = self.containers.get(key) {
            self.happened.push(about(container, self.now, action, more));
        }
    }

    /// The same with more on the action: the command line of a program that is run in it, its health.
    pub(super) fn tell_detail<const N: usize>(
        &mut self,
        key: Key,
        action: EventAction,
        detail: &str,
        more: [(&str, String); N],
    ) {
        if let Some(container) = self.containers.get(key) {
            let event = about(container, self.now, action, more);
            self.happened.push(event.with_detail(detail));
        }
    }

    /// Tells that something happened to something else.
    pub(super) fn tell<const N: usize>(
        &mut self,
        kind: EventKind,
        action: EventAction,
        id: &str,
        attributes: [(&str, String); N],
    ) {
        let event = Event::new(self.now, kind, action, id).with_attributes(attributes);
        self.happened.push(event);
    }

    pub(super) fn tell_network(&mut self, key: Key, network: Option<&str>, action: EventAction) {
        let Some(network) = network else { return };
        let Some(id) = self.networks.id(network).map(str::to_owned) else {
            return;
        };
        let container = self.id_of(key);
        let kind = network_type(network).to_owned();
        let attributes = [
            ("container", container),
            ("name", network.to_owned()),
            ("type", kind),
        ];
        self.tell(EventKind::Network, action, &id, attributes);
    }

    pub(super) fn tell_mounted(&mut self, key: Key) {
        for (name, target, writable) in self.mounted_volumes(key) {
            let attributes = [
                ("container", self.id_of(key)),
                ("destination", target),
                ("driver", DRIVER.to_owned()),
                ("propagation", String::new()),
                ("read/write", writable.to_string()),
            ];
            self.tell(EventKind::Volume, EventAction::Mount, &name, attributes);
        }
    }

    pub(super) fn tell_unmounted(&mut self, key: Key) {
        for (name, ..) in self.mounted_volumes(key) {
            let attributes = [
                ("container", self.id_of(key)),
                ("driver", DRIVER.to_owned()),
            ];
            self.tell(EventKind::Volume, EventAction::Unmount, &name, attributes);
        }
    }

    /// A container's volumes: their names, where they are mounted, and whether they can be written to.
    fn mounted_volumes(&self, key: Key) -> Vec<(String, String, bool)> {
        let mounts = self
            .containers
            .get(key)
            .map_or(&[][..], |container| &container.mounts);
        let volume = |mount: &Mounted| match &mount.source {
            Source::Volume { name, .. } => {
                Some((name.clone(), mount.target.clone(), !mount.read_only))
            }
            _ => None,
        };
        mounts.iter().filter_map(volume).collect()
    }

    fn id_of(&self, key: Key) -> String {
        self.containers
            .get(key)
            .map_or_else(String::new, |container| container.id.to_string())
    }
}

fn about<const N: usize>(
    container: &Container,
    now: Timestamp,
    action: EventAction,
    more: [(&str, String); N],
) -> Event {
    let mut attributes: BTreeMap<String, String> = container.config.labels.clone();
    attributes.insert("name".to_owned(), container.name.clone());
    attributes.insert("image".to_owned(), container.config.image.clone());
    attributes.extend(more.map(|(key, value)| (key.to_owned(), value)));
    let mut event = Event::new(now, EventKind::Container, action, container.id.as_str());
    event.attributes = attributes;
    event
}

/// Which events a listener wants: filters on what an event says.
#[derive(Debug)]
pub(crate) struct EventFilter(Filters);

impl EventFilter {
    pub(crate) fn new(filters: Filters) -> Self {
        Self(filters)
    }

    pub(crate) fn lets_through(&self, event: &Event) -> bool {
        self.0.iter().all(|(key, values)| {
            let any = |fits: &dyn Fn(&str) -> bool| values.iter().any(|value| fits(value));
            match key {
                "type" => any(&|kind| event.kind.as_str() == kind),
                "event" => any(&|action| says(event, action)),
                "container" => any(&|id| is_about(event, &EventKind::Container, id)),
                "volume" => any(&|name| event.kind == EventKind::Volume && event.id == name),
                "network" => any(&|id| is_about(event, &EventKind::Network, id)),
                "image" => any(&|image| names_image(event, image)),
                // Labels are the one key whose values must all fit.
                "label" => values
                    .iter()
                    .all(|label| has_label(&event.attributes, label)),
                // Core lets no other key through.
                _ => false,
            }
        })
    }
}

/// `exec_create` says every such event, `exec_create: ls` only that one.
fn says(event: &Event, action: &str) -> bool {
    match action.split_once(": ") {
        Some((action, detail)) => {
            event.action.as_str() == action && event.detail.as_deref() == Some(detail)
        }
        None => event.action.as_str() == action,
    }
}

/// The beginning of an id will do, as it does elsewhere; a name is a whole one.
fn is_about(event: &Event, kind: &EventKind, id: &str) -> bool {
    let named = || event.attributes.get("name").is_some_and(|name| name == id);
    event.kind == *kind && (event.id.starts_with(id) || named())
}

/// An image's own event, or one of a container that was made from it; with its tag or without.
fn names_image(event: &Event, image: &str) -> bool {
    let known = match event.kind {
        EventKind::Image => event.attributes.get("name"),
        EventKind::Container => event.attributes.get("image"),
        _ => None,
    };
    let same = |known: &String| known == image || familiar_name(known).as_deref() == Some(image);
    event.kind == EventKind::Image && event.id == image || known.is_some_and(same)
}

fn familiar_name(image: &str) -> Option<String> {
    image
        .parse::<ImageRef>()
        .ok()
        .map(|reference| reference.familiar_name())
}

/// Whether there is such a label: `key`, or `key=value`.
pub(super) fn has_label(labels: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|known| known == value),
        None => labels.contains_key(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::new(
            Timestamp::UNIX_EPOCH,
            EventKind::Container,
            EventAction::ExecCreate,
            "abcdef",
        )
        .with_detail("ls -l")
        .with_attributes([("name", "web"), ("image", "busybox:1"), ("team", "harbour")])
    }

    #[test]
    fn filters_are_and_between_keys_and_or_within_one_but_for_labels() {
        let fits = |filters: Filters| EventFilter::new(filters).lets_through(&event());
        assert!(fits(Filters::new()));
        assert!(fits(Filters::new().container("web").action("exec_create")));
        assert!(fits(Filters::new().container("abc").container("other")));
        assert!(!fits(Filters::new().container("we")));
        assert!(fits(Filters::new().with("event", "exec_create: ls -l")));
        assert!(!fits(Filters::new().with("event", "exec_create: ls")));
        assert!(fits(
            Filters::new()
                .with("image", "busybox")
                .label("team", "harbour")
        ));
        assert!(!fits(
            Filters::new().label("team", "harbour").label_key("none")
        ));
        assert!(!fits(Filters::new().kind(EventKind::Image)));
        assert!(!fits(Filters::new().with("volume", "web")));
    }
}
