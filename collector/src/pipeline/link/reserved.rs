//! What a client may not say: names that only the collector gives, because an operator must be able to rely on them.

use std::collections::HashSet;

use weft_proto::{Attribute, Batch, Event};

const RESERVED: [&str; 6] = ["weft.", "session.", "service.", "telemetry.", "deployment.", "client."];

/// What the SDK says about itself under our name.
const FROM_SDK: [&str; 19] = [
    "weft.bytes",
    "weft.clock.jump_ms",
    "weft.count",
    "weft.debug_ids",
    "weft.duration.max_ms",
    "weft.duration.min_ms",
    "weft.duration.sum_ms",
    "weft.flight",
    "weft.histogram.counts",
    "weft.histogram.offset",
    "weft.histogram.scale",
    "weft.histogram.zero",
    "weft.killed.last_seen",
    "weft.killed.loss",
    "weft.killed.page.id",
    "weft.killed.state",
    "weft.reduced",
    "weft.state",
    "weft.suspended_ms",
];

/// Whether an attribute of this name is removed from a client's event.
pub(crate) fn is_reserved(key: &str) -> bool {
    // Asked of every name: most begin with another letter.
    matches!(key.as_bytes().first(), Some(b'w' | b's' | b't' | b'd' | b'c'))
        && RESERVED.iter().any(|prefix| key.starts_with(prefix))
        && !FROM_SDK.contains(&key)
}

/// What a client says of itself, by key; each is marked as a claim. `None`: it is removed, because it is not for a
/// client to say, or was said before. Two strings of a batch may be the same text, and a key has one value.
pub(crate) fn claims(batch: &Batch) -> impl Iterator<Item = (&str, Option<&Attribute>)> {
    let mut seen = HashSet::new();
    batch.resource.iter().map(move |claim| {
        let key = batch.strings.get(claim.key);
        (key, (is_claimable(key) && seen.insert(key)).then_some(claim))
    })
}

/// Nothing that the collector stamps is among these: a claim stands beside it, not before it.
fn is_claimable(key: &str) -> bool {
    matches!(key, "service.version" | "telemetry.sdk.version" | "app.build_id")
        || key.starts_with("browser.")
        || key.starts_with("device.")
}

/// Attributes of `event` that are removed.
pub(super) fn in_event(batch: &Batch, event: &Event) -> usize {
    let keys = batch.attributes_of(event).iter().map(|attribute| batch.strings.get(attribute.key));
    keys.filter(|key| is_reserved(key)).count()
}

/// Claims that are removed.
pub(super) fn in_resource(batch: &Batch) -> usize {
    claims(batch).filter(|(_, claim)| claim.is_none()).count()
}
