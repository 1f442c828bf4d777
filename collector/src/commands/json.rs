//! A record of the spool as OTLP/JSON, as any tool reads it.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;

use super::Failure;
use crate::{
    config::{EventsAs, Limits},
    pipeline::{
        link,
        spool::{Kind, Record},
    },
};

/// What would be exported of `record`.
pub(super) fn of(record: &Record, limits: &Limits) -> Result<String, Failure> {
    let parts = link::linked(record, limits, EventsAs::Spans).map_err(|why| why.to_string())?;
    // When all of a record waits, there is nothing yet.
    let bytes = parts.first().map_or(&[][..], |part| part.bytes.as_slice());
    Ok(match record.kind() {
        Kind::Logs => serde_json::to_string(&ExportLogsServiceRequest::decode(bytes)?)?,
        Kind::Metrics => serde_json::to_string(&ExportMetricsServiceRequest::decode(bytes)?)?,
        _ => serde_json::to_string(&ExportTraceServiceRequest::decode(bytes)?)?,
    })
}
