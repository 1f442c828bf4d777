//! `weft decode FILE`: a request's body, ours or OTLP, as OTLP/JSON.

use std::{fs, path::Path};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use weft_proto::{Head, Ids};

use super::{Failure, json};
use crate::{
    config::Limits,
    pipeline::{
        decode as step,
        spool::{Intervals, Kind, Record},
    },
};

/// What `file`, a body as it was sent, would be exported as; `weft.page.id` and all.
///
/// # Errors
/// If it cannot be read, or is neither a batch nor OTLP.
pub fn decode(file: &Path, limits: &Limits) -> Result<String, Failure> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let ours = match step::batch(&bytes, limits.body_bytes) {
        Ok((head, batch)) => return of_batch(bytes, &head, &batch, limits),
        Err(reject) => reject,
    };
    match ExportTraceServiceRequest::decode(&*bytes) {
        Ok(request) if !request.resource_spans.is_empty() => Ok(serde_json::to_string(&request)?),
        _ => Err(format!("{}: no batch ({ours}), and no OTLP traces", file.display()).into()),
    }
}

fn of_batch(
    bytes: Vec<u8>,
    head: &Head,
    batch: &weft_proto::Batch,
    limits: &Limits,
) -> Result<String, Failure> {
    let numbers = Intervals::from_ascending(batch.events.iter().map(|event| event.number));
    let record = Record {
        kind: Kind::Batch.into(),
        events: batch.events.len() as u64,
        taken: numbers.to_wire(),
        page: Ids::new(head.seed).page().to_vec(),
        body: bytes.into(),
        ..Record::default()
    };
    json::of(&record, limits)
}
