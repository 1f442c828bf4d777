//! Who sent it: stamped from the key; of what the client says of itself only harmless claims, marked as such.

use opentelemetry_proto::tonic::resource::v1::Resource;
use weft_proto::{Attribute, Batch};

use super::{Record, attributes};

/// The resource of a record's spans.
pub(super) fn stamped(record: &Record, batch: &Batch) -> Resource {
    let stamp = record.stamp.clone().unwrap_or_default();
    let mut found = vec![attributes::text("service.name", stamp.service)];
    found.extend(stamp.namespace.map(|namespace| attributes::text("service.namespace", namespace)));
    found.extend(stamp.environment.map(|name| attributes::text("deployment.environment.name", name)));
    found.push(attributes::text("telemetry.sdk.name", "weft"));
    found.push(attributes::text("telemetry.sdk.language", "webjs"));
    let agent = record.user_agent.as_deref();
    found.extend(agent.map(|agent| attributes::text("user_agent.original", agent)));
    let claims: Vec<_> =
        batch.resource.iter().filter(|claim| is_allowed(batch.strings.get(claim.key))).collect();
    for claim in &claims {
        found.push(attributes::pair(batch.strings.get(claim.key), attributes::value(batch, &claim.value)));
    }
    if !claims.is_empty() {
        let keys = claims.iter().map(|claim| batch.strings.get(claim.key));
        found.push(attributes::texts("weft.resource.claimed", keys));
    }
    Resource { attributes: found, ..Resource::default() }
}

/// Claims that are removed.
pub(super) fn refused(batch: &Batch) -> impl Iterator<Item = &Attribute> {
    batch.resource.iter().filter(|claim| !is_allowed(batch.strings.get(claim.key)))
}

fn is_allowed(key: &str) -> bool {
    matches!(key, "service.version" | "telemetry.sdk.version" | "app.build_id")
        || key.starts_with("browser.")
        || key.starts_with("device.")
}
