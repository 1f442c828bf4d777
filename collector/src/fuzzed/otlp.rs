//! OTLP of strangers: what the strict pass lets through is what everybody else reads.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;

use crate::pipeline::{
    admit::Coding,
    decode::{self, Spans},
    signal::Signal,
};

/// As small as a bound gets that anything fits into: a fuzzer's inputs are small.
const LIMIT: usize = 64 * 1024;

/// Reads a request as servers send it, plain and as gzip. The valid spans of it are a request that is valid, that prost
/// reads too, and in which nothing is lost.
pub fn otlp(bytes: &[u8]) {
    if let Ok(plain) = decode::plain(bytes, Coding::Gzip, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
    _ = decode::count_items(bytes);
    let Ok(spans) = Spans::of(bytes) else { return };
    let counted = spans.counted();
    for (_, span) in spans.raw() {
        _ = spans.is_of_browser(&span);
    }
    let (request, wanted) = spans.request(|_| true);
    assert_eq!(wanted, counted.spans);
    let again = Spans::of(&request).map(|again| again.counted());
    assert!(
        again.as_ref().is_ok_and(|again| again.spans == counted.spans && again.refused == 0),
        "{again:?}"
    );
    let read = ExportTraceServiceRequest::decode(request.as_slice());
    assert!(read.is_ok(), "what passed the strict pass is no message: {read:?}");
    let read = read.unwrap_or_default();
    let scopes = read.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    assert_eq!(scopes.map(|scope| scope.spans.len() as u64).sum::<u64>(), counted.spans);
}

/// Reads a request in JSON, as each signal: what comes of it is the protobuf of that.
pub fn otlp_json(bytes: &[u8]) {
    let read = |signal| decode::otlp_json::protobuf(bytes, signal, LIMIT).ok();
    let are_messages = [
        read(Signal::Traces).is_none_or(|bytes| ExportTraceServiceRequest::decode(bytes.as_slice()).is_ok()),
        read(Signal::Logs).is_none_or(|bytes| ExportLogsServiceRequest::decode(bytes.as_slice()).is_ok()),
        read(Signal::Metrics)
            .is_none_or(|bytes| ExportMetricsServiceRequest::decode(bytes.as_slice()).is_ok()),
    ];
    assert_eq!(are_messages, [true; 3]);
}
