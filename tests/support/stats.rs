//! What `stats()` of the SDK says: the browser's side of the ledger.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::browser::Tab;

/// Counts of one page.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Events handed to the recorder.
    pub recorded: i64,
    /// Of those: acknowledged by the collector.
    pub acknowledged: i64,
    /// Of those: not acknowledged yet.
    pub pending: i64,
    /// Of those: given up, by reason.
    pub dropped: BTreeMap<String, i64>,
    /// Bytes of requests to the collector.
    pub bytes_sent: u64,
    /// Requests to the collector.
    pub requests: u64,
    /// Attributes that were left out.
    pub attributes_left_out: u64,
    /// Requests of the page that were repeated without our headers.
    pub repeated: u64,
    /// Failures inside the SDK.
    pub errors: u64,
}

impl Stats {
    /// Asks a page whose `weft` is the SDK.
    pub async fn of(tab: &Tab<'_>) -> Self {
        tab.evaluate("weft.stats()").await
    }

    /// Events given up, for whatever reason.
    #[must_use]
    pub fn lost(&self) -> i64 {
        self.dropped.values().sum()
    }

    /// Asserts that every event is acknowledged, waits or has a named end.
    ///
    /// # Panics
    /// If one is not.
    pub fn assert_balances(&self) {
        assert!(self.pending >= 0 && self.acknowledged >= 0, "{self:?}");
        assert!(self.dropped.values().all(|count| *count > 0), "{self:?}");
        assert_eq!(self.recorded, self.acknowledged + self.pending + self.lost(), "{self:?}");
    }
}
