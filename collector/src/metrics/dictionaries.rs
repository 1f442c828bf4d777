//! Page dictionaries: how much is kept of pages, and how often it is what they refer to.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use prometheus_client::encoding::DescriptorEncoder;

use super::rows::{counter, gauge};

/// Counts of page dictionaries.
#[derive(Debug, Default)]
pub(crate) struct DictionaryMeters {
    pages: AtomicU64,
    bytes: AtomicU64,
    known: AtomicU64,
    unknown: AtomicU64,
}

impl DictionaryMeters {
    /// So much is kept now.
    pub(crate) fn sizes(&self, pages: usize, bytes: usize) {
        self.pages.store(pages as u64, Ordering::Relaxed);
        self.bytes.store(bytes as u64, Ordering::Relaxed);
    }

    /// A batch stands behind others: whether it could be read, or has to come again alone.
    pub(crate) fn count(&self, is_known: bool) {
        let count = if is_known { &self.known } else { &self.unknown };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn encode(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let [pages, bytes, known, unknown] =
            [&self.pages, &self.bytes, &self.known, &self.unknown].map(|value| value.load(Ordering::Relaxed));
        let one = |value: u64| vec![(Vec::new(), value)];
        let by_base = [("known", known), ("unknown", unknown)];
        let by_base = by_base.map(|(base, count)| (vec![("base", base)], count)).into();
        gauge(to, "page_dictionaries_pages", "Pages of which earlier bodies are kept", one(pages))?;
        gauge(to, "page_dictionaries_bytes", "Memory that these take", one(bytes))?;
        counter(to, "page_dictionaries_batches", "Batches that stand behind earlier ones", by_base)
    }
}
