//! The lies: what is told, which case catches it, and how it is told.

mod containers;
mod done;
mod finer;
mod heard;
mod lives;
mod others;
mod told;

use crate::lie::{Fate, Lie};
use wharf_core::{Event, EventAction};

/// What is told, the case that catches it, and how it is told.
type Row = (&'static str, &'static str, Lie);

/// A lie that says by itself what it is, and the case that catches it.
type Small = (&'static str, Lie);

/// All of them.
pub(crate) fn lies() -> impl Iterator<Item = (String, &'static str, Lie)> {
    let told = [
        told::LIES,
        done::LIES,
        heard::LIES,
        lives::LIES,
        finer::LIES,
    ]
    .into_iter()
    .flatten()
    .map(|&(what, name, lie)| (what.to_owned(), name, lie));
    let small = [containers::LIES, others::LIES]
        .into_iter()
        .flatten()
        .map(|&(name, lie)| (format!("{name}::{lie:?}"), name, lie));
    told.chain(small)
}

/// The cases that no lie of a backend's could make fail, each with the reason. A case that is neither here nor named by
/// a lie is one that nobody has seen fail.
pub(crate) const WITHOUT: &[(&str, &str)] = &[
    (
        "a_layer_that_does_nothing_changes_nothing",
        "it compares a backend with itself, through a layer of the suite",
    ),
    (
        "pointers_are_what_they_point_to",
        "it compares a backend with itself, through pointers of the core",
    ),
    (
        "streams_and_waits_outlive_handle_and_arguments",
        "a backend is not told when a clone of the pointer to it goes",
    ),
    (
        "the_escape_hatch_refuses_another_type",
        "it is the core that asks what type a backend is of",
    ),
];

/// The keys of filters that nobody is deaf to: the engine in memory has no networks to tell of.
pub(crate) const KEYS_WITHOUT: &[&str] = &["EventsOptions.filters.network"];

/// Rows of small lies: the case, and the lies that it catches.
macro_rules! small {
    ($($case:ident: $($lie:expr),+;)*) => { &[$($((stringify!($case), $lie),)+)*] };
}
use small;

/// Changes a value, where it is of that type.
macro_rules! edit {
    (|$value:ident: $Type:ty| $change:expr) => {
        |value: &mut dyn Any| {
            if let Some($value) = value.downcast_mut::<$Type>() {
                $change;
            }
        }
    };
}
use edit;

/// What becomes of an item, where it is of that type.
macro_rules! fate {
    (|$item:ident: $Type:ty| $fate:expr) => {
        |item: &mut dyn Any| match item.downcast_mut::<$Type>() {
            Some($item) => $fate,
            None => crate::lie::Fate::Kept,
        }
    };
}
use fate;

/// That fate for events that say this, none for others.
fn when(event: &Event, action: &EventAction, fate: Fate) -> Fate {
    if event.action == *action {
        fate
    } else {
        Fate::Kept
    }
}
