//! Cases on events. Every feed is opened before what it shall show.

use super::prelude;
use crate::{
    case::Case,
    check::{Verdict, same},
    context::actions,
};
use wharf_core::Event;

mod feeds;
mod lives;
mod told;

const GROUP: &str = "events";

pub(super) const CASES: &[&[Case]] = &[told::CASES, lives::CASES, feeds::CASES];

/// The actions of a container's life that every engine tells in this order.
fn expect(events: &[Event], expected: &[&str]) -> Verdict {
    same("actions", actions(events), expected.to_vec())
}
