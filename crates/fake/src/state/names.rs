//! Names for those who have none.

use super::State;
use wharf_core::{Error, ErrorKind, Result};

const ADJECTIVES: &[&str] = &[
    "amber", "brave", "bright", "calm", "candid", "clever", "cosmic", "crisp", "daring", "eager",
    "early", "epic", "fair", "fine", "gentle", "glad", "golden", "grand", "happy", "humble",
    "jolly", "keen", "kind", "lively", "lucid", "mellow", "merry", "modest", "noble", "patient",
    "proud", "quick", "quiet", "rapid", "serene", "sharp", "silver", "sunny", "swift", "tidy",
    "tranquil", "upbeat", "vivid", "warm", "wise", "witty", "young", "zesty",
];
const SURNAMES: &[&str] = &[
    "abel", "babbage", "banach", "bessel", "bohr", "boole", "cantor", "carnot", "cauchy", "clarke",
    "crick", "dirac", "doppler", "euler", "faraday", "fermi", "fourier", "franklin", "galois",
    "gauss", "goodall", "hamilton", "hertz", "hilbert", "hopper", "hubble", "joule", "kepler",
    "knuth", "lagrange", "laplace", "leibniz", "lovelace", "maxwell", "meitner", "mendel",
    "minsky", "newton", "noether", "ohm", "pascal", "pauli", "planck", "raman", "ritchie",
    "shannon", "tesla", "turing", "volta", "watt", "wiles", "wright",
];
/// After so many names that are taken a number is put behind.
const TRIES: usize = 6;

impl State {
    /// The name that a new container gets: the wished one where it is free, else an invented one.
    pub(super) fn new_name(&mut self, wished: Option<&str>) -> Result<String> {
        match wished {
            Some(name) => self.check_free(name).map(|()| name.to_owned()),
            None => Ok(self.invent_name()),
        }
    }

    pub(super) fn check_free(&self, name: &str) -> Result<()> {
        let Some(holder) = self
            .containers
            .by_name(name)
            .and_then(|key| self.containers.get(key))
        else {
            return Ok(());
        };
        let message = format!(
            "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or \
             rename) that container to be able to reuse that name.",
            holder.id
        );
        Err(Error::new(ErrorKind::AlreadyExists, message))
    }

    fn invent_name(&mut self) -> String {
        let mut attempt = 0;
        loop {
            let mut name = format!(
                "{}_{}",
                self.random.pick(ADJECTIVES),
                self.random.pick(SURNAMES)
            );
            if attempt >= TRIES {
                name.push_str(&self.random.below(1 << 30).to_string());
            }
            if self.containers.by_name(&name).is_none() {
                return name;
            }
            attempt += 1;
        }
    }
}
