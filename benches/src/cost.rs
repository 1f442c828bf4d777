//! What a process has cost so far, as Linux tells it.

use rustix::time::{ClockId, clock_gettime};

use crate::Failure;

/// CPU seconds of all its threads. Cheap enough to be asked for every request.
#[must_use]
pub fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Memory it has now, in MiB.
///
/// # Errors
/// There is no `/proc`.
pub fn resident_mib() -> Result<u64, Failure> {
    let about = std::fs::read_to_string("/proc/self/status")?;
    let kib = about.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = kib.trim().trim_end_matches(" kB").parse()?;
    Ok(kib >> 10)
}
