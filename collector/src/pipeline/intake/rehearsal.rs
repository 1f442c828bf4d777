//! A dry run: what would become of a batch, told to whoever sent it, and nothing else is done.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{body::Body, http::Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};
use weft_proto::{Batch, StrId};

use super::{Intake, answers};
use crate::{
    config::{EventsAs, Limits},
    pipeline::{
        admit::Admitted,
        decode::SealedBatch,
        link::{self, Rules, claims, is_reserved},
        spool::{Intervals, Record},
    },
    reject::Reject,
};

impl Intake {
    /// What would be forwarded, linked by rules, and left out, as JSON. Whether it came before is not looked up.
    pub(in crate::pipeline) async fn rehearse(
        &self,
        admitted: Admitted,
        batches: Vec<SealedBatch>,
    ) -> Result<Response<Body>, Reject> {
        let (key, changing, limits) = (Arc::clone(&admitted.key), self.changing(), self.limits.clone());
        let with_records = batches.into_iter().map(|sealed| {
            let admitted = Admitted { body: sealed.bytes.clone(), ..admitted.clone() };
            (self.batch_record(admitted, &sealed.head), sealed)
        });
        let batches: Vec<_> = with_records.collect();
        // OTLP as JSON is many times as large as what it is of.
        let told = self.aside(self.limits.otlp_body_bytes, move || {
            batches
                .into_iter()
                .map(|(record, sealed)| rehearsal(&changing.rules, &limits, record, &sealed))
                .collect()
        });
        let told: Vec<Value> = told.await.map_err(|reject| self.refuse(reject.by(Some(&key))))?;
        Ok(answers::json(&json!({ "weft": "dry-run", "batches": told })))
    }
}

fn rehearsal(rules: &Rules, limits: &Limits, record: Record, sealed: &SealedBatch) -> Result<Value, Reject> {
    let SealedBatch { head, batch, .. } = sealed;
    let finished = batch.events.iter().filter(|event| event.open.is_none());
    let numbers = Intervals::from_ascending(finished.map(|event| event.number));
    let mut looked_at = BTreeMap::<&str, u64>::new();
    let candidates = rules.in_batch(&record, head, batch);
    for look in candidates.iter().flat_map(|candidate| &candidate.looks) {
        *looked_at.entry(&look.rule.name).or_default() += 1;
    }
    let record = Record { taken: numbers.to_wire(), events: numbers.count(), ..record };
    let parts = link::linked(&record, limits, EventsAs::Spans);
    let parts = parts.map_err(|why| Reject::NotABatch(why.to_string()))?;
    let bytes = parts.first().map_or(&[][..], |part| part.bytes.as_slice());
    let forwarded = ExportTraceServiceRequest::decode(bytes).unwrap_or_default();
    Ok(json!({
        "number": head.number,
        "events": numbers.count(),
        "open": batch.events.len() as u64 - numbers.count(),
        "clock_ahead_ms": record.skew_ms,
        "left_out": left_out(batch),
        "events_that_rules_look_at": looked_at,
        "forwarded": serde_json::to_value(forwarded).unwrap_or_default(),
    }))
}

/// Names of attributes and claims that only the collector gives.
fn left_out(batch: &Batch) -> Vec<Value> {
    let used: BTreeSet<StrId> = batch.attributes.iter().map(|attribute| attribute.key).collect();
    let reserved = used.into_iter().map(|id| batch.strings.get(id)).filter(|name| is_reserved(name));
    let reserved = reserved.map(|name| json!({ "attribute": name, "why": "reserved" }));
    let claimed = claims(batch).filter(|(_, claim)| claim.is_none());
    let claimed =
        claimed.map(|(name, _)| json!({ "resource": name, "why": "not for a page to say, or said twice" }));
    reserved.chain(claimed).collect()
}
