//! What an operator wants to know of the disk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Free, Segments};
use crate::config;

/// Flags and counts, shared by all who touch the disk.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// The last write failed.
    pub(crate) failing: AtomicBool,
    /// Bytes of the largest group that found no room, where smaller ones may still fit. 0: there is room.
    pub(crate) no_room_for: AtomicU64,
    /// The claims of what is in the spool cannot be written to their store.
    pub(crate) claims_failing: AtomicBool,
    /// The link index cannot be written.
    pub(crate) linker_failing: AtomicBool,
    /// Bytes found damaged at start.
    pub(crate) damaged_bytes: AtomicU64,
    /// Bytes that a reader skipped because their checksum does not hold.
    pub(crate) skipped_bytes: AtomicU64,
    /// Segments that somebody else had deleted.
    pub(crate) missing_segments: AtomicU64,
    /// Segments found with a record that was being written when the collector died.
    pub(crate) torn_tails: AtomicU64,
    /// Event numbers and bodies forgotten by the claims before their time.
    pub(crate) forgotten_claims: AtomicU64,
}

impl Health {
    pub(crate) fn add_skipped(&self, bytes: u64) {
        self.skipped_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Segments {
    /// Whether something was refused for want of room, and anything would be, as far as is known without trying.
    pub(crate) fn is_full(&self, disk: Option<Free>, settings: &config::Spool) -> bool {
        let refused = self.health.no_room_for.load(Ordering::Relaxed);
        // A group that is to be written needs room beside the reserve.
        let is_disk_full = |disk: Free| disk.is_below(settings, refused.max(disk.all / 20));
        refused > 0 && (disk.is_some_and(is_disk_full) || self.bytes() > settings.max_bytes / 10 * 9)
    }
}
