//! All that can be seen, as data.

use super::{State, container::Container, network::network_type};
use crate::{
    dump::{ContainerDump, Dump, FileDump, VolumeDump},
    fs::Tree,
};
use wharf_core::{DriverOptions, Env, Event, NetworkInfo};

/// What stands for a value that is better not shown.
const HIDDEN: &str = "…";

impl State {
    pub(crate) fn dump(&self, events: Vec<Event>) -> Dump {
        // What cannot be inspected is not there: these loops ask only for what is.
        let containers = self.containers.iter().filter_map(|(key, container)| {
            let mut info = self.inspect(key, true).ok()?;
            hide_env(&mut info.config.env);
            let files = files(&container.root);
            let log = container.log.all();
            Some(ContainerDump { info, files, log })
        });
        let images = self.images.ids().filter_map(|id| {
            let mut info = self.inspect_image(id).ok()?;
            hide_env(&mut info.config.env);
            Some(info)
        });
        let volumes = self.volumes.iter().map(|(mut info, anonymous, tree)| {
            info.options = hidden(info.options.keys()).collect::<DriverOptions>();
            let files = files(tree);
            VolumeDump {
                info,
                anonymous,
                files,
            }
        });
        Dump {
            seed: self.seed,
            time: self.now,
            containers: containers.collect(),
            images: images.collect(),
            volumes: volumes.collect(),
            networks: self.networks().collect(),
            host: files(&self.disk),
            events,
        }
    }

    fn networks(&self) -> impl Iterator<Item = NetworkInfo> {
        self.networks.iter().map(|(name, id)| {
            let mut info = NetworkInfo::new(id, name)
                .with_driver(network_type(name))
                .with_scope("local");
            let inside = |container: &&Container| {
                let place = container.active.as_ref().map(|active| &active.endpoint);
                place.is_some_and(|place| place.attachment.network_id.as_deref() == Some(id))
            };
            info.containers = self
                .containers
                .iter()
                .map(|(_, container)| container)
                .filter(inside)
                .map(|container| (container.id.to_string(), container.name.clone()))
                .collect();
            info
        })
    }
}

fn hidden<'a>(
    names: impl Iterator<Item = &'a String>,
) -> impl Iterator<Item = (&'a str, &'static str)> {
    names.map(|name| (name.as_str(), HIDDEN))
}

fn hide_env(env: &mut Env) {
    *env = hidden(env.keys()).collect();
}

fn files(tree: &Tree) -> Vec<FileDump> {
    let changes = tree.changes().into_iter();
    let file = changes.map(|changed| FileDump {
        path: changed.path,
        change: changed.kind,
        size: changed.size,
    });
    file.collect()
}
