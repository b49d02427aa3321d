//! Which container has which name, learned from the calls that go by.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound::{Included, Unbounded},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use wharf_core::{
    Call, ContainerInfo, ContainerSummary, CreatedContainer, Operation, Resource, ResourceKind,
};

/// How many containers that are gone are remembered, for calls that come too late.
const GONE: usize = 10_000;

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
}

#[derive(Default)]
pub(crate) struct Names(Mutex<Containers>);

#[derive(Default)]
struct Containers {
    by_id: BTreeMap<Arc<str>, Container>,
    by_name: HashMap<Arc<str>, Arc<Known>>,
    /// The ids of those that were removed, the first one first.
    gone: VecDeque<Arc<str>>,
}

struct Container {
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
        } else {
            match (call.new_name(), known) {
                (Some(name), Some(known)) => {
                    self.containers().renamed(known, name);
                }
                (Some(name), None) => {
                    let id = call.target_id().filter(|id| is_whole(id))?;
                    let mut containers = self.containers();
                    let known = containers.add(id, None, false);
                    containers.renamed(&known, name);
                }
                (None, Some(known)) if call.operation() == Operation::RemoveContainer => {
                    self.containers().removed(known);
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
        // A list that somebody else asked for may have been faster.
        match self.by_id.get(id) {
            Some(container) => container.now.clone(),
            None => self.add(id, name, true),
        }
    }

    fn told(&mut self, id: &str, name: &str) -> Arc<Known> {
        let Some(container) = self.by_id.get(id) else {
            return self.add(id, Some(name), false);
        };
        let now = container.now.clone();
        match now.name() {
            Some(told) if told == name => now,
            // Somebody else renamed it.
            Some(_) => self.renamed(&now, name),
            None => {
                let name = now.name.get_or_init(|| name.into()).clone();
                self.give(name, &now);
                now
            }
        }
    }

    fn renamed(&mut self, known: &Known, name: &str) -> Arc<Known> {
        self.unname(known);
        let now = Known::new(known.id.clone(), Some(name));
        if let Some(container) = self.by_id.get_mut(&known.id) {
            container.now = now.clone();
        }
        self.give(name.into(), &now);
        now
    }

    fn removed(&mut self, known: &Known) {
        self.unname(known);
        self.gone(known.id.clone());
    }

    /// It is kept for a while: who removes it twice still means it.
    fn gone(&mut self, id: Arc<str>) {
        self.gone.push_back(id);
        if self.gone.len() > GONE
            && let Some(oldest) = self.gone.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    /// Takes the name that it has now, which may be another than it had.
    fn unname(&mut self, known: &Known) {
        if let Some(name) = self.by_id.get(&known.id).and_then(|it| it.now.name())
            && self
                .by_name
                .get(name)
                .is_some_and(|named| named.id == known.id)
        {
            self.by_name.remove(name);
        }
    }

    fn add(&mut self, id: &str, name: Option<&str>, is_made_here: bool) -> Arc<Known> {
        let known = Known::new(id.into(), name);
        let container = Container {
            first: known.clone(),
            now: known.clone(),
            is_made_here,
        };
        self.by_id.insert(known.id.clone(), container);
        if let Some(name) = known.name.get() {
            self.give(name.clone(), &known);
        }
        known
    }

    /// Gives a name to one. Who had it must be gone, however that came about.
    fn give(&mut self, name: Arc<str>, known: &Arc<Known>) {
        if let Some(before) = self.by_name.insert(name, known.clone())
            && before.id != known.id
        {
            self.gone(before.id.clone());
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
                containers.removed(&known);
            }
        }
        for n in GONE + 4..=2 * GONE + 3 {
            let known = containers.made(&id(n), Some("other"));
            containers.removed(&known);
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
