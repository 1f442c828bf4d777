//! Where in a request its spans stand: copies are compared to the byte, and decoding forgets how a span was written.

use hyper::body::Bytes;
use prost::{DecodeError, Message};

/// `ExportTraceServiceRequest`: its `resource_spans`.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    resources: Vec<Bytes>,
}

/// `ResourceSpans` with its `scope_spans`, and `ScopeSpans` with its `spans`: both have them in the same field.
#[derive(Clone, PartialEq, Message)]
struct Holder {
    #[prost(bytes = "bytes", repeated, tag = "2")]
    held: Vec<Bytes>,
}

/// The spans of a request as they are written there, in order.
pub(super) fn spans(request: Bytes) -> Result<Vec<Bytes>, DecodeError> {
    held_by(held_by(Request::decode(request)?.resources)?)
}

fn held_by(holders: Vec<Bytes>) -> Result<Vec<Bytes>, DecodeError> {
    let mut held = Vec::new();
    for holder in holders {
        held.append(&mut Holder::decode(holder)?.held);
    }
    Ok(held)
}
