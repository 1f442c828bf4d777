//! What a policy has saved, as the SDKs say, and what they lost otherwise: beside what came, so that nobody takes that for
//! all there was.

use serde_json::{Value as Json, json};

use super::costs::Costs;
use crate::{config::CANARY, ledger::Book};

/// By key and verb. Bytes are about so many: as many as the events of the key that came have in the mean.
pub(super) fn to_json(book: &Book, costs: &Costs) -> Json {
    let mut rows = Vec::new();
    let (mut accepted, mut dropped, mut lost) = (0_u64, 0_u64, 0_u64);
    for (key, page) in book.keys.iter().filter(|(key, _)| ***key != *CANARY) {
        accepted += page.accepted;
        dropped = page.sdk_dropped.values().fold(dropped, |sum, count| sum.saturating_add(*count));
        lost += page.gaps.lost_in_browser;
        let event_bytes = costs.event_bytes(key);
        rows.extend(page.sdk_reduced.iter().map(|(verb, events)| {
            let bytes = event_bytes.map(|bytes| (bytes * *events as f64).round());
            json!({ "key": &**key, "verb": verb, "events": events, "bytes": bytes, "accepted": page.accepted })
        }));
    }
    json!({ "rows": rows, "accepted": accepted, "dropped": dropped, "lost_in_browser": lost })
}
