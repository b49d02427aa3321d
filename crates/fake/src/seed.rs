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

/// Another one at each run, unless the environment says which.
pub(crate) fn varying() -> Result<u64> {
    match env::var_os(VARIABLE) {
        Some(text) => {
            let seed = text.to_str().and_then(|text| text.trim().parse().ok());
            let text = text.display();
            let refused = || format!("{text} is no seed; give a whole number");
            seed.ok_or_else(|| Error::invalid(VARIABLE, refused()))
        }
        // The system's randomness, as the standard library's hash maps have it.
        None => Ok(RandomState::new().build_hasher().finish()),
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
