//! What an operator wants to know of the disk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Flags and counts, shared by all who touch the disk.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// The last write failed.
    pub(crate) failing: AtomicBool,
    /// The last batch found no room.
    pub(crate) full: AtomicBool,
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
