//! What the sink expects, and how it words what it did not.

use std::{io::Read, sync::Arc};

use flate2::read::GzDecoder;
use hyper::{Method, header, http::request::Parts};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message;

use super::State;
use crate::received::{Received, hex};

/// Takes a request's spans into `state`, or complains.
pub(super) fn take(state: &mut State, head: &Parts, body: &[u8]) {
    match read(head, body) {
        Ok(request) => spans(request).for_each(|received| take_span(state, received)),
        Err(complaint) => state.complaints.push(complaint),
    }
}

fn read(head: &Parts, body: &[u8]) -> Result<ExportTraceServiceRequest, String> {
    let header = |name| head.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if head.method != Method::POST || head.uri != "/v1/traces" {
        return Err(format!("{} {}: only POST /v1/traces is expected", head.method, head.uri));
    }
    if header(header::CONTENT_TYPE) != Some("application/x-protobuf") {
        return Err(format!("content type {:?}", header(header::CONTENT_TYPE)));
    }
    let mut inflated = Vec::new();
    let body = match header(header::CONTENT_ENCODING) {
        None | Some("identity") => body,
        Some("gzip") => {
            GzDecoder::new(body).read_to_end(&mut inflated).map_err(|error| format!("not gzip: {error}"))?;
            &inflated
        }
        other => return Err(format!("content encoding {other:?}")),
    };
    let request = ExportTraceServiceRequest::decode(body).map_err(|error| format!("not OTLP: {error}"))?;
    if spans(request.clone()).next().is_none() {
        return Err("a request without spans".to_owned());
    }
    Ok(request)
}

fn spans(request: ExportTraceServiceRequest) -> impl Iterator<Item = Received> {
    request.resource_spans.into_iter().flat_map(|of_resource| {
        let resource = Arc::new(of_resource.resource.unwrap_or_default());
        let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        spans.map(move |span| Received { span, resource: resource.clone() })
    })
}

fn take_span(state: &mut State, received: Received) {
    let span = &received.span;
    let of = format!("span {} ({})", hex(&span.span_id), span.name);
    state.complaints.extend(oddities(span).into_iter().map(|oddity| format!("{of}: {oddity}")));
    let earlier = state.spans.iter().find(|earlier| earlier.span.span_id == span.span_id);
    match earlier {
        None => state.spans.push(received),
        Some(earlier) if earlier.span == *span && earlier.resource == received.resource => {
            state.duplicates += 1
        }
        Some(earlier) => {
            let complaint = format!("{of} came twice, and different:\n{:#?}\n{span:#?}", earlier.span);
            state.complaints.push(complaint);
        }
    }
}

fn oddities(span: &Span) -> Vec<String> {
    let mut odd = Vec::new();
    let mut check = |fine: bool, oddity: &str| {
        if !fine {
            odd.push(oddity.to_owned());
        }
    };
    let id = |bytes: &[u8], length: usize| bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    check(id(&span.trace_id, 16), "its trace id is zero or of odd length");
    check(id(&span.span_id, 8), "its span id is zero or of odd length");
    check(
        span.parent_span_id.is_empty() || id(&span.parent_span_id, 8),
        "its parent id is zero or of odd length",
    );
    check(span.parent_span_id != span.span_id, "it is its own parent");
    check(!span.name.is_empty(), "it has no name");
    check((1..=5).contains(&span.kind), "its kind is not one of OTLP's five");
    check(span.start_time_unix_nano > 0, "it has no start");
    check(span.end_time_unix_nano >= span.start_time_unix_nano, "it ends before it starts");
    check(distinct(span.attributes.iter().map(|attribute| &attribute.key)), "it has an attribute twice");
    check(
        span.attributes.iter().all(|attribute| attribute.value.is_some()),
        "it has an attribute without a value",
    );
    check(
        span.links.iter().all(|link| id(&link.trace_id, 16) && id(&link.span_id, 8)),
        "a link has an odd id",
    );
    check(distinct(span.links.iter().map(|link| &link.span_id)), "it has two links to one span");
    check(span.links.iter().all(|link| link.span_id != span.span_id), "it links to itself");
    check(span.dropped_attributes_count + span.dropped_links_count == 0, "something of it was dropped");
    odd
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> bool {
    let mut all: Vec<T> = all.collect();
    let count = all.len();
    all.sort();
    all.dedup();
    all.len() == count
}
