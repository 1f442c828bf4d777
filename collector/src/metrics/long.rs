//! Long spans: how many are open, and what becomes of them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::pipeline::link::Why;

/// Counts of long spans.
#[derive(Debug, Default)]
pub(crate) struct LongMeters {
    open: AtomicU64,
    bytes: AtomicU64,
    /// By [`Why`].
    closed: [AtomicU64; Why::ALL.len()],
    resumed: AtomicU64,
    /// By [`NotKept`].
    not_kept: [AtomicU64; NotKept::ALL.len()],
}

/// Why a page's word of something open is not kept: its end would not be missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// It says more than is kept of one.
    TooLarge,
    /// Its page has more open, or says more of that, than is kept of one page.
    PageFull,
    /// `long_spans.max_open` or `max_mib` is reached.
    Full,
    /// What was kept of it can no longer be read.
    Unreadable,
}

impl NotKept {
    pub(crate) const ALL: [Self; 4] = [Self::TooLarge, Self::PageFull, Self::Full, Self::Unreadable];

    const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::PageFull => "page_full",
            Self::Full => "full",
            Self::Unreadable => "unreadable",
        }
    }
}

impl LongMeters {
    /// So much is open now.
    pub(crate) fn sizes(&self, open: u64, bytes: u64) {
        self.open.store(open, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// An end is not waited for any more.
    pub(crate) fn close(&self, why: Why) {
        count(&self.closed, why as usize, 1);
    }

    /// Ends came after they had been given up.
    pub(crate) fn resume(&self, events: u64) {
        self.resumed.fetch_add(events, Ordering::Relaxed);
    }

    /// Words were not kept.
    pub(crate) fn keep_not(&self, why: NotKept, words: u64) {
        count(&self.not_kept, why as usize, words);
    }

    /// What is open, its bytes, and ends that came after all.
    pub(super) fn now(&self) -> [u64; 3] {
        [&self.open, &self.bytes, &self.resumed].map(|count| count.load(Ordering::Relaxed))
    }

    pub(super) fn closed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Why::ALL.map(Why::name).into_iter().zip(loaded(&self.closed))
    }

    pub(super) fn not_kept(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NotKept::ALL.map(NotKept::name).into_iter().zip(loaded(&self.not_kept))
    }
}

fn count(counts: &[AtomicU64], at: usize, more: u64) {
    if let Some(count) = counts.get(at) {
        count.fetch_add(more, Ordering::Relaxed);
    }
}

fn loaded(counts: &[AtomicU64]) -> impl Iterator<Item = u64> {
    counts.iter().map(|count| count.load(Ordering::Relaxed))
}
