//! Removing what is not used.

use super::{State, container::Key, event::has_label, until};
use std::collections::BTreeMap;
use wharf_core::{
    ContainerState, Error, EventAction, EventKind, Filters, Pruned, Result, Timestamp,
};

/// What a prune is limited to: the filters that all prunes of things with an age know.
pub(super) struct PruneFilter<'a> {
    filters: &'a Filters,
    until: Option<Timestamp>,
}

impl<'a> PruneFilter<'a> {
    pub(super) fn new(filters: &'a Filters, now: Timestamp) -> Result<Self> {
        let until = match filters.values("until") {
            [] => None,
            [until] => Some(until::parse(until, now)?),
            _ => {
                return Err(Error::invalid(
                    "filters",
                    "more than one until filter specified",
                ));
            }
        };
        Ok(Self { filters, until })
    }

    pub(super) fn lets_through(
        &self,
        labels: &BTreeMap<String, String>,
        created: Timestamp,
    ) -> bool {
        self.until.is_none_or(|until| created <= until)
            && self
                .filters
                .values("label")
                .iter()
                .all(|label| has_label(labels, label))
            && !self
                .filters
                .values("label!")
                .iter()
                .any(|label| has_label(labels, label))
    }
}

impl State {
    pub(crate) fn prune_containers(&mut self, filters: &Filters) -> Result<Pruned> {
        let filter = PruneFilter::new(filters, self.now)?;
        let unused: Vec<Key> = self
            .containers
            .newest_first()
            .filter(|(_, container)| {
                matches!(
                    container.state,
                    ContainerState::Created | ContainerState::Exited
                ) && filter.lets_through(&container.config.labels, container.created)
            })
            .map(|(key, _)| key)
            .collect();
        let mut pruned = Pruned::default();
        for key in unused {
            if let Ok(container) = self.container(key) {
                pruned.reclaimed += container.root.written();
                pruned.removed.push(container.id.to_string());
            }
            self.destroy(key, false);
        }
        self.tell_pruned(EventKind::Container, pruned.reclaimed);
        Ok(pruned)
    }

    /// A prune is told even where there was nothing to remove.
    pub(super) fn tell_pruned(&mut self, kind: EventKind, reclaimed: u64) {
        self.tell(
            kind,
            EventAction::Prune,
            "",
            [("reclaimed", reclaimed.to_string())],
        );
    }
}
