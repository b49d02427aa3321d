//! Everything that looks random: from one seed, so that a run can be had again.

use std::fmt::Write as _;

/// A sequence that its seed determines, the same in every version and on every machine (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is far smaller than 2^64: the bias of the remainder is nothing.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or_default()
    }

    pub(crate) fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let bound = u32::try_from(words.len()).unwrap_or(u32::MAX);
        words
            .get(self.below(bound) as usize)
            .copied()
            .unwrap_or_default()
    }

    /// A new id: 64 hexadecimal digits.
    pub(crate) fn id(&mut self) -> String {
        let mut id = String::with_capacity(64);
        for _ in 0..4 {
            // Writing to a `String` cannot fail.
            let _ = write!(id, "{:016x}", self.next());
        }
        id
    }
}

/// A seed for what is random within the thing of that [id](Random::id).
pub(crate) fn seed_of(id: &str) -> u64 {
    let start = id.get(..16).unwrap_or(id);
    u64::from_str_radix(start, 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Random, seed_of};

    #[test]
    fn a_seed_gives_the_same_sequence_every_time() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        assert_eq!(a.id(), b.id());
        assert_ne!(a.id(), Random::new(8).id());
        // The published test vector of SplitMix64 for this seed.
        assert_eq!(Random::new(1_234_567).next(), 6_457_827_717_110_365_317);
    }

    #[test]
    fn an_id_is_64_hexadecimal_digits() {
        let id = Random::new(0).id();
        assert_eq!(id.len(), 64);
        assert_eq!(format!("{:016x}", seed_of(&id)), id[..16]);
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        );
    }
}
