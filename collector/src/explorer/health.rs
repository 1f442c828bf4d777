//! How the collector is: what is full, and how each destination keeps up. The ledger is asked for beside it.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::{admin::Admin, bounds::Used};

/// All of it, now.
pub(super) fn to_json(admin: &Arc<Admin>) -> Json {
    let now_ms = admin.clock.wall_ms();
    let meters = admin.intake.meters.destinations();
    let destinations = admin.segments.depths().into_iter().map(|(name, bytes, most_bytes)| {
        let now = meters.get(&name).map(|meters| meters.now()).unwrap_or_default();
        let oldest_age_ms = (now.oldest_ms > 0).then(|| now_ms.saturating_sub(now.oldest_ms));
        json!({
            "name": &*name,
            "bytes_waiting": bytes,
            "most_bytes": most_bytes,
            "oldest_age_ms": oldest_age_ms,
            "events_under_way": now.in_flight,
            "requests_repeated": now.retries,
            "has_given_way": now.is_open,
            "is_misconfigured": now.is_misconfigured,
        })
    });
    let bounds = admin.bounds.all().into_iter().map(|used| {
        let (percent, change) = (used.percent(), used.change());
        let Used { bound, destination, used, most, .. } = used;
        json!({
            "bound": bound,
            "destination": destination.as_deref(),
            "used": used,
            "most": most,
            "percent": percent,
            "change": change,
        })
    });
    json!({
        "destinations": destinations.collect::<Vec<_>>(),
        "bounds": bounds.collect::<Vec<_>>(),
        "is_draining": admin.intake.is_draining(),
        "explorer": admin.explorer.kept_json(),
        "now_ms": now_ms,
    })
}
