//! The lies: what is told, which case catches it, and how it is told.

mod done;
mod heard;
mod lives;
mod told;

use crate::lie::Lie;

/// What is told, the case that catches it, and how it is told.
pub(crate) type Row = (&'static str, &'static str, Lie);

/// All of them.
pub(crate) fn lies() -> impl Iterator<Item = &'static Row> {
    [told::LIES, done::LIES, heard::LIES, lives::LIES]
        .into_iter()
        .flatten()
}

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
