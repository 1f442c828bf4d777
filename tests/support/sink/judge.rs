//! What the sink expects, and how it words what it did not.

use std::{io::Read, sync::Arc};

use flate2::read::GzDecoder;
use hyper::{Method, StatusCode, body::Bytes, header, http::request::Parts};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message;

use super::{Answer, Dislike, State, raw};
use crate::received::{Received, hex};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// All but so many spans.
    Partly(usize),
    Refused(StatusCode),
}

/// Takes a request's spans into `state` unless something in it is disliked, or complains.
pub(super) fn take(state: &mut State, head: &Parts, body: &Bytes, answer: Option<Answer>) -> Verdict {
    let spans: Vec<_> = match read(head, body) {
        Ok(spans) => spans,
        Err(complaint) => {
            state.complaints.push(complaint);
            return Verdict::Taken;
        }
    };
    if let Some(status) = state.dislikes.iter().find_map(|dislike| dislike.status(&spans)) {
        return Verdict::Refused(status);
    }
    let rejected = match answer {
        Some(Answer::RejectSome(most)) => most.min(spans.len()),
        _ => 0,
    };
    state.rejected += rejected;
    state.taken.push(spans.len() - rejected);
    if answer.is_some_and(Answer::takes_and_does_not_say) {
        state.unsaid += spans.len();
    }
    spans.into_iter().skip(rejected).for_each(|received| take_span(state, received));
    if rejected > 0 { Verdict::Partly(rejected) } else { Verdict::Taken }
}

impl Dislike {
    fn status(self, spans: &[Received]) -> Option<StatusCode> {
        let marked = |received: &Received, mark| {
            received.span.attributes.iter().any(|attribute| attribute.key == mark)
        };
        match self {
            Self::Marked(mark) if spans.iter().any(|span| marked(span, mark)) => {
                Some(StatusCode::BAD_REQUEST)
            }
            Self::Larger(most) if spans.len() > most => Some(StatusCode::PAYLOAD_TOO_LARGE),
            _ => None,
        }
    }
}

/// The spans of a request, of which there is at least one.
fn read(head: &Parts, body: &Bytes) -> Result<Vec<Received>, String> {
    let header = |name| head.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if head.method != Method::POST || head.uri != "/v1/traces" {
        return Err(format!("{} {}: only POST /v1/traces is expected", head.method, head.uri));
    }
    if header(header::CONTENT_TYPE) != Some("application/x-protobuf") {
        return Err(format!("content type {:?}", header(header::CONTENT_TYPE)));
    }
    let body = match header(header::CONTENT_ENCODING) {
        None | Some("identity") => body.clone(),
        Some("gzip") => {
            let mut inflated = Vec::new();
            let read = GzDecoder::new(&**body).read_to_end(&mut inflated);
            read.map_err(|error| format!("not gzip: {error}"))?;
            inflated.into()
        }
        other => return Err(format!("content encoding {other:?}")),
    };
    let not_otlp = |error| format!("not OTLP: {error}");
    let request = ExportTraceServiceRequest::decode(body.clone()).map_err(not_otlp)?;
    let bytes = raw::spans(body).map_err(not_otlp)?;
    let spans: Vec<Received> = spans(request, bytes).collect();
    if spans.is_empty() { Err("a request without spans".to_owned()) } else { Ok(spans) }
}

fn spans(request: ExportTraceServiceRequest, bytes: Vec<Bytes>) -> impl Iterator<Item = Received> {
    let spans = request.resource_spans.into_iter().flat_map(|of_resource| {
        let resource = Arc::new(of_resource.resource.unwrap_or_default());
        let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        spans.map(move |span| (span, resource.clone()))
    });
    spans.zip(bytes).map(|((span, resource), bytes)| Received { span, bytes, resource })
}

fn take_span(state: &mut State, received: Received) {
    let span = &received.span;
    let of = format!("span {} ({})", hex(&span.span_id), span.name);
    state.complaints.extend(oddities(span).into_iter().map(|oddity| format!("{of}: {oddity}")));
    let place = state.places.get(&span.span_id).copied();
    match place.and_then(|place| state.spans.get(place)) {
        None => {
            state.places.insert(span.span_id.clone(), state.spans.len());
            state.spans.push(received);
        }
        Some(earlier) if earlier.bytes == received.bytes && earlier.resource == received.resource => {
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
