//! Where engines truly differ from the contract, and cannot be brought to it.

/// A known departure of an engine from a row of the contract. A case that fails under one is reported as unsupported,
/// with the reason, never as passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variance {
    /// The engine, as [`Info::engine`](wharf_core::Info::engine) names it, and optionally the beginning of its version
    /// after a space: `podman`, `podman 4.`.
    pub engine: &'static str,
    /// The case that shows it.
    pub case: &'static str,
    /// What the engine does instead.
    pub what: &'static str,
}

impl Variance {
    pub(crate) fn applies(&self, engine: &str, version: &str, case: &str) -> bool {
        let (name, since) = self.engine.split_once(' ').unwrap_or((self.engine, ""));
        self.case == case && name == engine && version.starts_with(since)
    }
}

/// The departures that are known; the contract lists them with its rows.
pub const VARIANCES: &[Variance] = &[];
