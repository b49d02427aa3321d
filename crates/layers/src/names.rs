//! Which container has which name, learned from the calls that go by.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound::{Included, Unbounded},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use wharf_core::{
    Call, ContainerInfo, ContainerSummary, CreatedContainer, Operation, Pruned, Resource,
    ResourceKind,
};

/// How many containers that are gone are remembered, for calls that come too late.
const GONE: usize = 10_000;

/// How many containers are remembered of which nobody told that they are gone: of one that its engine removes when it
/// ends, no call tells.
const HERE: usize = 100_000;

/// The shortest beginning of an id that is taken for one. Words that are hexadecimal, and so may begin an id by chance,
/// are shorter, nearly all.
const SHORTEST: usize = 6;

/// Whether a text is a beginning of an id.
pub(crate) fn begins(text: &str, id: &str) -> bool {
    text.len() >= SHORTEST && id.starts_with(text)
}

/// Whether a text is a whole id.
pub(crate) fn is_whole(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 64 && text.bytes().all(digit)
}

/// A container, for as long as it has one name: who holds it knows what the container was called then.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: Arc<str>,
    name: OnceLock<Arc<str>>,
}

impl Known {
    fn new(id: Arc<str>, name: Option<&str>) -> Arc<Self> {
        let name = name.map(|name| OnceLock::from(Arc::from(name)));
        let name = name.unwrap_or_default();
        Arc::new(Self { id, name })
    }

    /// Its name, where that was told so far.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.get().map(AsRef::as_ref)
    }

    /// Whether the text is its id, or a beginning of that.
    pub(crate) fn has_id(&self, text: &str) -> bool {
        *text == *self.id || begins(text, &self.id)
    }
}

#[derive(Default)]
pub(crate) struct Names(Mutex<Containers>);

#[derive(Default)]
struct Containers {
    by_id: BTreeMap<Arc<str>, Container>,
    by_name: HashMap<Arc<str>, Arc<Known>>,
    /// The ids of those that may be there, by when they were learned of.
    here: BTreeMap<u64, Arc<str>>,
    /// The ids of those that were removed, the first one first.
    gone: VecDeque<Arc<str>>,
    /// How many were learned of.
    learned: u64,
}

struct Container {
    /// Its place among those that may be there.
    place: u64,
    /// As it was when it was learned of, and so before.
    first: Arc<Known>,
    now: Arc<Known>,
    /// It was created by a call that went by, so that no earlier call can have been to it.
    is_made_here: bool,
}

impl Names {
    /// The container that a call is to, as an engine would find it. A create is to none yet.
    pub(crate) fn find(&self, call: Call<'_>) -> Option<Arc<Known>> {
        if call.target_kind() != Some(ResourceKind::Container)
            || call.operation() == Operation::CreateContainer
        {
            return None;
        }
        self.containers().find(call.target_id()?).cloned()
    }

    /// The container that such a call was to, which was not known when it came.
    pub(crate) fn find_late(&self, operation: Operation, target: &Resource) -> Option<Arc<Known>> {
        if target.kind != ResourceKind::Container || operation == Operation::CreateContainer {
            return None;
        }
        let containers = self.containers();
        let id = containers.find(&target.id)?.id.clone();
        let Container {
            first,
            is_made_here,
            ..
        } = containers.by_id.get(&id)?;
        let was_it = first.name() == Some(&target.id) || begins(&target.id, &id);
        (was_it && !is_made_here).then(|| first.clone())
    }

    /// Learns from a call to that container that succeeded. Where the answer tells what it was to, that is returned.
    pub(crate) fn learn<T: 'static>(
        &self,
        call: Call<'_>,
        known: Option<&Arc<Known>>,
        answer: &T,
    ) -> Option<Arc<Known>> {
        let answer: &dyn Any = answer;
        if let Some(made) = answer.downcast_ref::<CreatedContainer>() {
            Some(self.containers().made(&made.id, call.target_id()))
        } else if let Some(info) = answer.downcast_ref::<ContainerInfo>() {
            Some(self.containers().told(&info.id, &info.name))
        } else if let Some(list) = answer.downcast_ref::<Vec<ContainerSummary>>() {
            let mut containers = self.containers();
            for listed in list {
                containers.told(&listed.id, &listed.name);
            }
            None
        } else if let (Operation::PruneContainers, Some(pruned)) =
            (call.operation(), answer.downcast_ref::<Pruned>())
        {
            let mut containers = self.containers();
            for id in &pruned.removed {
                containers.removed(id);
            }
            None
        } else {
            match (call.new_name(), known) {
                (Some(name), Some(known)) => {
                    self.containers().renamed(known, name);
                }
                (Some(name), None) => {
                    let id = call.target_id().filter(|id| is_whole(id))?;
                    let mut containers = self.containers();
                    let known = containers.known(id, None, false);
                    containers.renamed(&known, name);
                }
                (None, Some(known)) if call.operation() == Operation::RemoveContainer => {
                    self.containers().removed(&known.id);
                }
                _ => {}
            }
            None
        }
    }

    fn containers(&self) -> MutexGuard<'_, Containers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Containers {
    /// By whole id, name, or the beginning of an id that is only its: in this order, as engines do.
    fn find(&self, text: &str) -> Option<&Arc<Known>> {
        if let Some(container) = self.by_id.get(text) {
            return Some(&container.now);
        }
        self.by_name.get(text).or_else(|| {
            let behind = self.by_id.range::<str, _>((Included(text), Unbounded));
            let mut begun = behind.take_while(|(id, _)| begins(text, id));
            let (_, container) = begun.next()?;
            begun.next().is_none().then_some(&container.now)
        })
    }

    fn made(&mut self, id: &str, name: Option<&str>) -> Arc<Known> {
        self.known(id, name, true)
    }

    fn told(&mut self, id: &str, name: &str) -> Arc<Known> {
        // An engine that is about to remove a container may tell no name of it.
        let name = Some(name).filter(|name| !name.is_empty());
        let now = self.known(id, name, false);
        match (now.name(), name) {
            (_, None) => now,
            (Some(told), Some(name)) if told == name => now,
            // Somebody else renamed it.
            (Some(_), Some(name)) => self.renamed(&now, name),
            (None, Some(name)) => {
                let name = now.name.get_or_init(|| name.into()).clone();
                self.give(name, &now);
                now
            }
        }
    }

    fn renamed(&mut self, known: &Known, name: &str) -> Arc<Known> {
        self.unname(&known.id);
        let now = Known::new(known.id.clone(), Some(name));
        if let Some(container) = self.by_id.get_mut(&known.id) {
            container.now = now.clone();
            self.give(name.into(), &now);
        }
        now
    }

    fn removed(&mut self, id: &str) {
        self.unname(id);
        self.gone(id);
    }

    /// It is kept for a while: who removes it twice still means it.
    fn gone(&mut self, id: &str) {
        let place = self.by_id.get(id).map(|container| container.place);
        let Some(id) = place.and_then(|place| self.here.remove(&place)) else {
            return;
        };
        self.gone.push_back(id);
        if self.gone.len() > GONE
            && let Some(oldest) = self.gone.pop_front()
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, id: &str) {
        self.unname(id);
        self.by_id.remove(id);
    }

    /// Takes the name that it has now, which may be another than it had.
    fn unname(&mut self, id: &str) {
        if let Some(name) = self.by_id.get(id).and_then(|it| it.now.name())
            && self.by_name.get(name).is_some_and(|named| *named.id == *id)
        {
            self.by_name.remove(name);
        }
    }

    /// The container with this id, as it is known already (a list that somebody else asked for may have been faster than
    /// a create), or else from now on.
    fn known(&mut self, id: &str, name: Option<&str>, is_made_here: bool) -> Arc<Known> {
        if let Some(container) = self.by_id.get(id) {
            return container.now.clone();
        }
        let known = Known::new(id.into(), name);
        let container = Container {
            place: self.learned,
            first: known.clone(),
            now: known.clone(),
            is_made_here,
        };
        self.here.insert(self.learned, known.id.clone());
        self.learned += 1;
        self.by_id.insert(known.id.clone(), container);
        if let Some(name) = known.name.get() {
            self.give(name.clone(), &known);
        }
        if self.here.len() > HERE
            && let Some((_, oldest)) = self.here.pop_first()
        {
            self.forget(&oldest);
        }
        known
    }

    /// Gives a name to one. Who had it must be gone, however that came about.
    fn give(&mut self, name: Arc<str>, known: &Arc<Known>) {
        if let Some(before) = self.by_name.insert(name, known.clone())
            && before.id != known.id
        {
            self.gone(&before.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> String {
        format!("{n:064x}")
    }

    #[test]
    fn what_is_gone_is_forgotten_in_the_end_and_nothing_else_is() {
        let mut containers = Containers::default();
        containers.made(&id(1), Some("stays"));
        // Removed through the layer, and otherwise: then the name is given again.
        for n in 2..=GONE + 3 {
            let known = containers.made(&id(n), Some("job"));
            if n % 2 == 0 {
                containers.removed(&known.id);
            }
        }
        for n in GONE + 4..=2 * GONE + 3 {
            let known = containers.made(&id(n), Some("other"));
            containers.removed(&known.id);
        }
        assert_eq!((containers.by_name.len(), containers.gone.len()), (2, GONE));
        assert!(
            containers.by_id.len() <= GONE + 2,
            "{}",
            containers.by_id.len()
        );
        assert_eq!(containers.find("stays").unwrap().id.as_ref(), id(1));
        assert!(containers.find(&id(2)).is_none());
        assert!(containers.find(&id(2 * GONE + 3)).is_some());
    }

    #[test]
    fn what_nobody_was_seen_to_remove_is_forgotten_in_the_end_too() {
        let mut containers = Containers::default();
        for n in 0..=HERE {
            containers.made(&id(n), Some(&format!("job-{n}")));
        }
        assert_eq!(containers.by_id.len(), HERE);
        assert_eq!(containers.by_name.len(), HERE);
        assert!(containers.find("job-0").is_none());
        assert!(containers.find("job-1").is_some());
        // Who still holds what is forgotten brings nothing back.
        let forgotten = Known::new(id(0).into(), Some("job-0"));
        containers.renamed(&forgotten, "old");
        containers.removed(&forgotten.id);
        assert!(containers.find("old").is_none());
        assert_eq!(containers.gone.len(), 0);
    }

    #[test]
    fn what_is_removed_twice_is_gone_once() {
        let mut containers = Containers::default();
        let known = containers.made(&id(1), Some("db"));
        containers.removed(&known.id);
        containers.removed(&known.id);
        assert_eq!(containers.gone.len(), 1);
    }

    #[test]
    fn an_empty_name_is_none() {
        let mut containers = Containers::default();
        containers.made(&id(1), Some("db"));
        assert_eq!(containers.told(&id(1), "").name(), Some("db"));
        assert_eq!(containers.find("db").unwrap().id.as_ref(), id(1));
        assert_eq!(containers.told(&id(2), "").name(), None);
        assert_eq!(containers.told(&id(2), "web").name(), Some("web"));
        assert!(containers.find("").is_none());
    }

    #[test]
    fn a_beginning_names_one_or_none() {
        let mut containers = Containers::default();
        containers.made(&format!("abcdef0{}", "0".repeat(57)), None);
        containers.made(&format!("abcdef1{}", "0".repeat(57)), Some("feed"));
        let found = |text: &str| containers.find(text).map(|known| known.id[..7].to_owned());
        assert_eq!(found("abcdef0").unwrap(), "abcdef0");
        assert_eq!(found("feed").unwrap(), "abcdef1");
        for none in ["abcdef", "abcdef2", "abcd", "feeds", ""] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
