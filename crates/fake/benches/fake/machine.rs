//! What the machine says of itself, where it does.

use std::fs;

/// How many programs wanted to run, on average over the last minute.
pub(crate) fn load() -> String {
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads
        .split(' ')
        .next()
        .filter(|load| !load.is_empty())
        .unwrap_or("?")
        .to_owned()
}

/// How many bytes of memory this process holds now.
pub(crate) fn memory() -> Option<u64> {
    status("VmRSS:")
}

/// The most that it has held.
pub(crate) fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes as megabytes, for people.
#[allow(clippy::cast_precision_loss, reason = "nobody reads so many digits")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
