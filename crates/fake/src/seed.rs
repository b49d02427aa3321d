//! The seed: where a varying one comes from, and how the reader of a failed test gets to know it.

use crate::runtime::Shared;
use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    thread,
};
use wharf_core::{Error, Result};

/// Says which seed to take where one is to vary.
const VARIABLE: &str = "WHARF_FAKE_SEED";

/// What a fake is built from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seed {
    number: u64,
    /// Nobody has said which one.
    at_random: bool,
}

impl Seed {
    pub(crate) fn new(number: u64) -> Self {
        let at_random = false;
        Self { number, at_random }
    }

    /// Another one at each run, unless the environment says which.
    pub(crate) fn varying() -> Result<Self> {
        match env::var_os(VARIABLE) {
            Some(text) => {
                let seed = text.to_str().and_then(|text| text.trim().parse().ok());
                let text = text.display();
                let refused = || format!("{text} is no seed; give a whole number");
                let seed = seed.ok_or_else(|| Error::invalid(VARIABLE, refused()))?;
                Ok(Self::new(seed))
            }
            None => Ok(Self {
                // The system's randomness, as the standard library's hash maps have it.
                number: RandomState::new().build_hasher().finish(),
                at_random: true,
            }),
        }
    }

    /// The number, for a fake that is built from it. One that nobody has said is told, or it would be lost where a test
    /// fails without a panic.
    #[expect(
        clippy::print_stderr,
        reason = "it is for who reads what a failed test has written"
    )]
    pub(crate) fn take(self) -> u64 {
        let Self { number, at_random } = self;
        if at_random {
            eprintln!(
                "wharf-fake: seed {number}, taken at random; {VARIABLE}={number} gives the same run again"
            );
        }
        number
    }
}

/// What all clones of a fake's handle share. A test that fails drops the last of them while it panics.
pub(crate) struct Held(pub(crate) Arc<Shared>);

impl Drop for Held {
    #[expect(
        clippy::print_stderr,
        reason = "a panic is under way, and there is nobody else who could be told"
    )]
    fn drop(&mut self) {
        if thread::panicking() {
            let seed = self.0.seed();
            eprintln!(
                "wharf-fake: seed {seed}; Fake::builder().seed({seed}) gives the same run again"
            );
        }
    }
}
