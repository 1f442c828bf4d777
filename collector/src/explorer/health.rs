//! How the collector is: what is full, how each destination keeps up, and whether canaries arrive. The ledger is asked for
//! beside it.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::{admin::Admin, bounds::Used, config::CANARY};

/// All of it, now.
pub(super) fn to_json(admin: &Arc<Admin>) -> Json {
    let (canary, now_ms) = (&admin.intake.meters.canary, admin.clock.wall_ms());
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
        "destinations": destinations(admin, now_ms),
        "canary": {
            "every_ms": canary.every_ms(),
            "last_taken_ms": canary.taken_ms(),
            "turned_away": canary.turned_away(),
        },
        "bounds": bounds.collect::<Vec<_>>(),
        "is_draining": admin.intake.is_draining(),
        "explorer": admin.explorer.kept_json(),
        "now_ms": now_ms,
    })
}

fn destinations(admin: &Arc<Admin>, now_ms: u64) -> Vec<Json> {
    let meters = admin.intake.meters.destinations();
    let canary = &admin.intake.meters.canary;
    let book = admin.ledger.snapshot();
    let canaries = book.keys.get(CANARY).map(|page| &page.destinations);
    let one = |(name, bytes, most_bytes): (Arc<str>, u64, u64)| {
        let now = meters.get(&name).map(|meters| meters.now()).unwrap_or_default();
        let oldest_age_ms = (now.oldest_ms > 0).then(|| now_ms.saturating_sub(now.oldest_ms));
        let sent = canaries.and_then(|of| of.get(&name)).map_or(0, |fates| fates.accepted);
        json!({
            "name": &*name,
            "bytes_waiting": bytes,
            "most_bytes": most_bytes,
            "oldest_age_ms": oldest_age_ms,
            "events_under_way": now.in_flight,
            "requests_repeated": now.retries,
            "latency": now.took.map(|took| json!({
                "requests": took.requests,
                "p50_ms": took.p50.as_secs_f64() * 1e3,
                "p95_ms": took.p95.as_secs_f64() * 1e3,
            })),
            "canary": {
                "arrived_ms": now.canary.map(|arrived| arrived.at_ms),
                "took_ms": now.canary.map(|arrived| arrived.took_ms),
                "is_late": canary.is_late(now.canary.map(|arrived| arrived.at_ms), sent, now_ms),
            },
            "has_given_way": now.is_open,
            "is_misconfigured": now.is_misconfigured,
        })
    };
    admin.segments.depths().into_iter().map(one).collect()
}
