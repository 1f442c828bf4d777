//! When canaries are made, and whether they are taken: what destinations know of them is measured there.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What there is to know before one has left.
#[derive(Debug, Default)]
pub(crate) struct CanaryMeters {
    /// Milliseconds between two; 0: none is made.
    every_ms: AtomicU64,
    /// When the last one was taken; 0: none was.
    taken_ms: AtomicU64,
    turned_away: AtomicU64,
}

/// For how many that should have come somebody is not worried yet.
const MISSED: u64 = 3;

/// What a busy machine and a busy destination may take beside that.
const GRACE_MS: u64 = 10_000;

impl CanaryMeters {
    /// One is made each time so many milliseconds have passed.
    pub(crate) fn begin(&self, every_ms: u64) {
        self.every_ms.store(every_ms, Relaxed);
    }

    /// One was made, and taken or not.
    pub(crate) fn made(&self, now_ms: u64, is_taken: bool) {
        if is_taken {
            self.taken_ms.store(now_ms, Relaxed);
        } else {
            self.turned_away.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn every_ms(&self) -> u64 {
        self.every_ms.load(Relaxed)
    }

    pub(crate) fn taken_ms(&self) -> Option<u64> {
        Some(self.taken_ms.load(Relaxed)).filter(|ms| *ms > 0)
    }

    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Relaxed)
    }

    /// Whether a destination should have had one by now that got its last one then, if any, of `sent` since the start.
    pub(crate) fn is_late(&self, arrived_ms: Option<u64>, sent: u64, now_ms: u64) -> bool {
        let every_ms = self.every_ms();
        every_ms > 0
            && match arrived_ms {
                Some(ms) => now_ms.saturating_sub(ms) > every_ms.saturating_mul(MISSED) + GRACE_MS,
                None => sent >= MISSED,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_late_where_three_have_not_come_and_never_where_none_is_made() {
        let canary = CanaryMeters::default();
        assert!(!canary.is_late(None, 9, 1_000_000));
        canary.begin(60_000);
        for (arrived_ms, sent, is_late) in [
            (None, 0, false),
            (None, 2, false),
            (None, 3, true),
            (Some(900_000), 3, false),
            (Some(1), 3, true),
        ] {
            assert_eq!(canary.is_late(arrived_ms, sent, 1_000_000), is_late, "{arrived_ms:?} {sent}");
        }
    }
}
