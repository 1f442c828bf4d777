//! `weft decode FILE`: a request's body, ours or OTLP, as OTLP/JSON.

use std::{fs, path::Path, sync::Arc};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use weft_proto::Ids;

use super::{Failure, json};
use crate::{
    config::Limits,
    metrics::Meters,
    pipeline::{
        decode::{self as step, PageDictionaries, SealedBatch},
        spool::{Intervals, Kind, Record},
    },
};

/// What `file`, a body as it was sent, would be exported as; `weft.page.id` and all.
///
/// # Errors
/// If it cannot be read, or is neither a batch nor OTLP.
pub fn decode(file: &Path, limits: &Limits) -> Result<String, Failure> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // A batch that stands behind others says nothing by itself.
    let nothing = PageDictionaries::new(0, &Arc::new(Meters::new()));
    let ours = match step::of_page(bytes.clone().into(), limits.body_bytes, &Arc::from(""), &nothing) {
        Ok(posted) => return posted.batches.into_iter().map(|batch| of_batch(batch, limits)).collect(),
        Err(reject) => reject,
    };
    match ExportTraceServiceRequest::decode(&*bytes) {
        Ok(request) if !request.resource_spans.is_empty() => Ok(serde_json::to_string(&request)?),
        _ => Err(format!("{}: no batch ({ours}), and no OTLP traces", file.display()).into()),
    }
}

fn of_batch(SealedBatch { bytes, head, batch }: SealedBatch, limits: &Limits) -> Result<String, Failure> {
    let numbers = Intervals::from_ascending(batch.events.iter().map(|event| event.number));
    let record = Record {
        kind: Kind::Batch.into(),
        events: batch.events.len() as u64,
        taken: numbers.to_wire(),
        page: Ids::new(head.seed).page().to_vec(),
        body: bytes,
        ..Record::default()
    };
    json::of(&record, limits)
}
