//! Which containers a list is about.

use super::{
    State,
    container::{Container, Key, Source, no_such_container},
    event::has_label,
    glance::Glance,
    network::network_name,
};
use regex_lite::Regex;
use wharf_core::{ContainerState, Filters, ImageId, ListOptions, Protocol, Result};

/// The filters of a list, looked up and parsed once.
pub(super) struct ContainerFilter<'a> {
    filters: &'a Filters,
    all: bool,
    labels: Glance,
    names: Vec<Regex>,
    before: Option<Key>,
    since: Option<Key>,
    ancestors: Vec<ImageId>,
    published: Vec<PortRange>,
    exposed: Vec<PortRange>,
}

struct PortRange {
    first: u16,
    last: u16,
    protocol: Protocol,
}

impl PortRange {
    /// `80`, `80-90`, with `/udp` behind or nothing for TCP. Core lets nothing else through.
    fn parse(text: &str) -> Option<Self> {
        let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        Some(Self {
            first,
            last,
            protocol: protocol.into(),
        })
    }

    fn has(&self, port: u16, protocol: &Protocol) -> bool {
        (self.first..=self.last).contains(&port) && self.protocol == *protocol
    }
}

impl State {
    pub(super) fn container_filter<'a>(
        &self,
        options: &'a ListOptions,
    ) -> Result<ContainerFilter<'a>> {
        let filters = &options.filters;
        let limited = options.limit.is_some_and(|limit| limit > 0);
        let states = ["status", "exited"]
            .iter()
            .any(|key| !filters.values(key).is_empty());
        let ranges = |key: &str| {
            filters
                .values(key)
                .iter()
                .filter_map(|text| PortRange::parse(text))
                .collect()
        };
        // An expression that is none matches nothing.
        let names = filters
            .values("name")
            .iter()
            .filter_map(|name| Regex::new(name).ok());
        let images = filters.values("ancestor").iter();
        let ancestors = images.filter_map(|text| Some(self.images.resolve(text).ok()?.id.clone()));
        Ok(ContainerFilter {
            filters,
            all: options.all || limited || states,
            labels: Glance::wanted(filters.values("label")),
            names: names.collect(),
            before: self.exact(filters.values("before"))?,
            since: self.exact(filters.values("since"))?,
            ancestors: ancestors.collect(),
            published: ranges("publish"),
            exposed: ranges("expose"),
        })
    }

    /// A container by its name or full id: for `before` and `since` a prefix will not do.
    fn exact(&self, values: &[String]) -> Result<Option<Key>> {
        let Some(id) = values.last() else {
            return Ok(None);
        };
        let found = self
            .containers
            .by_id(id)
            .or_else(|| self.containers.by_name(id));
        found.map(Some).ok_or_else(|| no_such_container(id))
    }

    pub(super) fn matches(&self, filter: &ContainerFilter<'_>, key: Key, c: &Container) -> bool {
        let shown = filter.all || c.is_up();
        shown
            && c.glance.may_have(filter.labels)
            && filter.before.is_none_or(|before| key < before)
            && filter.since.is_none_or(|since| key > since)
            && filter
                .filters
                .iter()
                .all(|(name, values)| self.fits(filter, name, values, c))
    }

    fn fits(
        &self,
        filter: &ContainerFilter<'_>,
        key: &str,
        values: &[String],
        container: &Container,
    ) -> bool {
        let config = &container.config;
        let any = |fits: &dyn Fn(&str) -> bool| values.iter().any(|value| fits(value));
        match key {
            "label" => values.iter().all(|label| has_label(&config.labels, label)),
            "name" => {
                let slashed = format!("/{}", container.name);
                let fits = |name: &Regex| name.is_match(&container.name) || name.is_match(&slashed);
                filter.names.iter().any(fits)
            }
            "id" => any(&|id| container.id.starts_with(id)),
            "status" => any(&|state| container.state.as_str() == state),
            "exited" => {
                let ended = container.state == ContainerState::Exited;
                ended && any(&|code| code.parse().ok() == container.exit_code)
            }
            "ancestor" => {
                let image = &container.image.id;
                filter
                    .ancestors
                    .iter()
                    .any(|ancestor| self.images.descends(image, ancestor))
            }
            "health" => any(&|health| health == container.health_status().as_str()),
            "network" => {
                let name = network_name(config);
                let id = name.as_deref().and_then(|name| self.networks.id(name));
                any(&|network| name.as_deref() == Some(network) || id == Some(network))
            }
            "volume" => any(&|volume| {
                container.mounts.iter().any(|mount| {
                    let named =
                        matches!(&mount.source, Source::Volume { name, .. } if name == volume);
                    named || mount.target == volume
                })
            }),
            // Docker takes either of the two.
            "publish" | "expose" => container.active.as_ref().is_some_and(|active| {
                active.endpoint.ports.iter().any(|port| {
                    let host = port.host.map(|host| host.port());
                    let published = |range: &PortRange| {
                        host.is_some_and(|host| range.has(host, &port.protocol))
                    };
                    let exposed = |range: &PortRange| range.has(port.container, &port.protocol);
                    filter.published.iter().any(published) || filter.exposed.iter().any(exposed)
                })
            }),
            // Looked at already, by key.
            "before" | "since" => true,
            // Core lets no other key through.
            _ => false,
        }
    }
}
