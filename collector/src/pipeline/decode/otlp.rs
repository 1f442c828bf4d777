//! OTLP from any SDK: what violates the specification is refused span by span, the rest goes on.

use std::borrow::Cow;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, Span},
};
use prost::Message;

use super::{inflate, weigh};
use crate::{pipeline::admit::Coding, reject::Reject};

/// The valid part of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Traces {
    pub(crate) resource_spans: Vec<ResourceSpans>,
    /// Spans in it.
    pub(crate) spans: u64,
    /// Spans that were taken out of it.
    pub(crate) refused: u64,
}

/// Reads an OTLP request. The same bytes always give the same spans, today and on replay.
pub(crate) fn otlp(bytes: &[u8], coding: Coding, limit: usize) -> Result<Traces, Reject> {
    let bytes = plain(bytes, coding, limit)?;
    weigh::check(&bytes, limit)?;
    let request = ExportTraceServiceRequest::decode(&*bytes)
        .map_err(|_| Reject::NotABatch("no valid ExportTraceServiceRequest".to_owned()))?;
    let mut traces = Traces { resource_spans: request.resource_spans, ..Traces::default() };
    for scope in traces.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans) {
        let all = scope.spans.len();
        scope.spans.retain(valid);
        traces.spans += scope.spans.len() as u64;
        traces.refused += (all - scope.spans.len()) as u64;
    }
    Ok(traces)
}

/// A body as it was before it was compressed.
pub(crate) fn plain(bytes: &[u8], coding: Coding, limit: usize) -> Result<Cow<'_, [u8]>, Reject> {
    match coding {
        Coding::Identity if bytes.len() > limit => Err(Reject::InflatedTooLarge(limit)),
        Coding::Identity => Ok(Cow::Borrowed(bytes)),
        Coding::Gzip => Ok(Cow::Owned(inflate::gzip(bytes, limit)?)),
    }
}

/// Whether ids have the lengths of W3C Trace Context and are not all zero.
fn valid(span: &Span) -> bool {
    let id = |bytes: &[u8], length| bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    id(&span.trace_id, 16)
        && id(&span.span_id, 8)
        && (span.parent_span_id.is_empty() || id(&span.parent_span_id, 8))
        && span.links.iter().all(|link| id(&link.trace_id, 16) && id(&link.span_id, 8))
}
