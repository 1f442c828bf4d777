//! How much memory the process takes, and whether that is too much: then requests are turned away, so that the system
//! does not end the process with all that is under way.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// What is taken, and what may be.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) limit: u64,
    resident: AtomicU64,
    sheds: AtomicBool,
}

/// Less than it takes to fill what bounds leave between two looks.
const EVERY: Duration = Duration::from_millis(250);

impl Memory {
    /// Nothing is known of it yet.
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, resident: AtomicU64::new(0), sheds: AtomicBool::new(false) })
    }

    /// Whether requests are to be turned away.
    pub(crate) fn sheds(&self) -> bool {
        self.sheds.load(Ordering::Relaxed)
    }

    /// Bytes in memory when that was last looked at.
    pub(crate) fn resident(&self) -> u64 {
        self.resident.load(Ordering::Relaxed)
    }

    /// Looks until `stop`.
    pub(crate) async fn watch(self: Arc<Self>, clock: Clock, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Some(resident) = resident() {
                self.look(resident);
            }
            let _ = clock.within(EVERY, stop.cancelled()).await;
        }
    }

    fn look(&self, resident: u64) {
        self.resident.store(resident, Ordering::Relaxed);
        let sheds = resident > self.limit;
        if sheds != self.sheds.swap(sheds, Ordering::Relaxed) {
            let limit = self.limit;
            if sheds {
                tracing::warn!(
                    resident,
                    limit,
                    "memory_limit_mib is reached: requests are turned away until there is room"
                );
            } else {
                tracing::info!(resident, limit, "there is memory again: requests are taken");
            }
        }
    }
}

/// Three quarters of what the machine has, or of what the process may have of it.
pub(crate) fn default_limit() -> u64 {
    let all = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let of_group =
        all.iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok()).min();
    let of_machine = fs::read_to_string("/proc/meminfo").ok().and_then(|about| kib(&about, "MemTotal:"));
    let most = [of_group, of_machine].into_iter().flatten().min();
    // Where nothing is known nothing is limited.
    most.map_or(u64::MAX, |most| most / 4 * 3)
}

fn resident() -> Option<u64> {
    kib(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Bytes of a line that says KiB.
fn kib(about: &str, name: &str) -> Option<u64> {
    let line = about.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sheds_above_the_limit_and_not_below() {
        assert!(resident().unwrap() > 1024 * 1024);
        assert!(default_limit() > 64 * 1024 * 1024);
        let memory = Memory::new(100);
        for (resident, sheds) in [(99, false), (101, true), (150, true), (100, false)] {
            memory.look(resident);
            assert_eq!((memory.sheds(), memory.resident()), (sheds, resident));
        }
    }
}
