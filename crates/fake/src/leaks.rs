//! What code under test has left behind, and the assertion that it left nothing.

use std::fmt;
use wharf_core::Timestamp;

/// What was left behind: see [`Fake::leaks`](crate::Fake::leaks).
///
/// It holds nothing by itself: end the sentence with [`none`](Self::none), or look. `Display` has a line for each.
#[derive(Debug, Clone)]
#[must_use = "leaks assert nothing by themselves: end the sentence with `none`"]
pub struct Leaks {
    seed: u64,
    found: Vec<Leak>,
    /// Counted only where somebody asks for them.
    images: Vec<Leak>,
}

/// One thing that was left behind. `Display` is a line that says what it is, since when, and how to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// What it is.
    pub kind: LeakKind,
    /// Its name; of a call, a stream or a wait what it is about, as the caller named it.
    pub name: String,
    /// When it was made, where the engine knows: not of an image.
    pub since: Option<Timestamp>,
    line: String,
}

/// What a [`Leak`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeakKind {
    /// A container, running or not.
    Container,
    /// A program that was started in a container and runs there still.
    Exec,
    /// A volume, with a name or without.
    Volume,
    /// An image.
    Image,
    /// A stream that is neither at its end nor dropped.
    Stream,
    /// An armed wait that is neither answered nor dropped.
    Wait,
    /// A call that is neither answered nor dropped.
    Call,
}

impl Leak {
    pub(crate) fn new(
        kind: LeakKind,
        name: impl Into<String>,
        since: Option<Timestamp>,
        line: String,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            since,
            line,
        }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl Leaks {
    pub(crate) fn new(seed: u64, leaks: Vec<Leak>) -> Self {
        let (images, found) = leaks
            .into_iter()
            .partition(|leak| leak.kind == LeakKind::Image);
        Self {
            seed,
            found,
            images,
        }
    }

    /// Images too: most code that pulls one means to leave it.
    pub fn and_images(mut self) -> Self {
        self.found.append(&mut self.images);
        self
    }

    /// Those of one kind.
    pub fn of(&self, kind: LeakKind) -> Self {
        let mut these = self.clone();
        these.found.append(&mut these.images);
        these.found.retain(|leak| leak.kind == kind);
        these
    }

    /// Holds that nothing was left behind.
    ///
    /// # Panics
    ///
    /// Where something was: the message has a line for each, and the fake's seed.
    #[track_caller]
    pub fn none(&self) {
        assert!(
            self.found.is_empty(),
            "expected that nothing was left behind, but there is (seed {}):\n{self}",
            self.seed
        );
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One after another: containers in the order of their making, then execs, volumes, images, and what is open.
    pub fn iter(&self) -> std::slice::Iter<'_, Leak> {
        self.found.iter()
    }
}

impl<'a> IntoIterator for &'a Leaks {
    type Item = &'a Leak;
    type IntoIter = std::slice::Iter<'a, Leak>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found
            .iter()
            .try_for_each(|leak| writeln!(f, "  {leak}"))
    }
}
