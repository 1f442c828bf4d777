//! A dry run: what would become of a batch, told to whoever sent it, and nothing else is done.

use std::collections::{BTreeMap, BTreeSet};

use axum::{body::Body, http::Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};
use weft_proto::{Batch, StrId};

use super::{Intake, answers};
use crate::{
    config::EventsAs,
    pipeline::{
        admit::Admitted,
        decode::SealedBatch,
        link::{self, claims, is_reserved},
        spool::{Intervals, Record},
    },
    reject::Reject,
};

impl Intake {
    /// What would be forwarded, linked by rules, and left out, as JSON. Whether it came before is not looked up.
    pub(in crate::pipeline) fn rehearse(
        &self,
        admitted: &Admitted,
        batches: Vec<SealedBatch>,
    ) -> Result<Response<Body>, Reject> {
        let told: Result<Vec<Value>, Reject> =
            batches.into_iter().map(|one| self.rehearsal(admitted, one)).collect();
        let told = told.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))?;
        Ok(answers::json(&json!({ "weft": "dry-run", "batches": told })))
    }

    fn rehearsal(&self, admitted: &Admitted, sealed: SealedBatch) -> Result<Value, Reject> {
        let SealedBatch { bytes, head, batch } = sealed;
        let record = self.batch_record(Admitted { body: bytes, ..admitted.clone() }, &head);
        let finished = batch.events.iter().filter(|event| event.open.is_none());
        let numbers = Intervals::from_ascending(finished.map(|event| event.number));
        let mut rules = BTreeMap::<&str, u64>::new();
        let changing = self.changing();
        let candidates = changing.rules.in_batch(&record, &head, &batch);
        for look in candidates.iter().flat_map(|candidate| &candidate.looks) {
            *rules.entry(&look.rule.name).or_default() += 1;
        }
        let record = Record { taken: numbers.to_wire(), events: numbers.count(), ..record };
        let parts = link::linked(&record, &self.limits, EventsAs::Spans);
        let parts = parts.map_err(|why| Reject::NotABatch(why.to_string()))?;
        let bytes = parts.first().map_or(&[][..], |part| part.bytes.as_slice());
        let forwarded = ExportTraceServiceRequest::decode(bytes).unwrap_or_default();
        Ok(json!({
            "number": head.number,
            "events": numbers.count(),
            "open": batch.events.len() as u64 - numbers.count(),
            "clock_ahead_ms": record.skew_ms,
            "left_out": left_out(&batch),
            "events_that_rules_look_at": rules,
            "forwarded": serde_json::to_value(forwarded).unwrap_or_default(),
        }))
    }
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
