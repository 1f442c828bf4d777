//! What a client may not say: names that only the collector gives, because an operator must be able to rely on them.

use weft_proto::{Batch, Event};

const RESERVED: [&str; 6] = ["weft.", "session.", "service.", "telemetry.", "deployment.", "client."];

/// What the SDK says about itself under our name.
const FROM_SDK: [&str; 3] = ["weft.clock.jump_ms", "weft.suspended_ms", "weft.state"];

/// Whether an attribute of this name is removed from a client's event.
pub(crate) fn is_reserved(key: &str) -> bool {
    RESERVED.iter().any(|prefix| key.starts_with(prefix)) && !FROM_SDK.contains(&key)
}

/// Whether a client may say this of what sends; it is marked as a claim.
pub(crate) fn is_claimable(key: &str) -> bool {
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
    let keys = batch.resource.iter().map(|claim| batch.strings.get(claim.key));
    keys.filter(|key| !is_claimable(key)).count()
}
