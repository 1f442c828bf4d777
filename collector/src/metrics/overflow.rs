//! What was one too many, by key.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::encoding::DescriptorEncoder;

use super::rows::counter;

/// Counts of attributes that were left out, and of values that became `__overflow__`.
#[derive(Debug, Default)]
pub(crate) struct OverflowMeters(Mutex<BTreeMap<Arc<str>, [u64; 2]>>);

impl OverflowMeters {
    /// So many different ones of a batch.
    pub(crate) fn count(&self, key: &Arc<str>, attributes: usize, values: usize) {
        if attributes + values > 0 {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let [of_attributes, of_values] = all.entry(Arc::clone(key)).or_default();
            *of_attributes += attributes as u64;
            *of_values += values as u64;
        }
    }

    pub(super) fn encode(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = all.iter().flat_map(|(key, counts)| {
            ["attribute", "value"]
                .into_iter()
                .zip(counts)
                .map(|(what, count)| (vec![("key", &**key), ("what", what)], *count))
        });
        counter(
            to,
            "overflowed",
            "Attributes and values that were one too many of a key's day",
            rows.collect(),
        )
    }
}
