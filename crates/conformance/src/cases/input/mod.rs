//! Cases on input that cannot be right: refused alike by every backend, by the field's name, with nothing made.

use super::prelude;
use crate::case::Case;

mod calls;
mod create;
mod everywhere;

const GROUP: &str = "input";

pub(super) const CASES: &[&[Case]] = &[create::CASES, everywhere::CASES, calls::CASES];
