//! OTLP as JSON → the same request as protobuf, in one pass: behind this file nothing knows that it came as JSON.
//!
//! What is read is what protobuf's JSON mapping and OTLP's exceptions to it allow: ids in hexadecimal of either case,
//! enums as numbers (or by name, but for severities), 64-bit integers as numbers or strings, doubles as numbers or "NaN" and the like, names
//! in either case style, `null` for what is absent, and fields of later versions, which are left out. Whether a span is
//! valid is asked of the protobuf (`strict.rs`). Source: OTLP specification, "JSON Protobuf Encoding".

mod scalar;
mod schema;
mod write;

use serde::de::DeserializeSeed;

use self::{schema::Message, write::Content};
use crate::{pipeline::signal::Signal, reject::Reject};

/// Characters of a reason that are told: it may quote what was sent.
const MAX_REASON_CHARS: usize = 200;

/// The protobuf of an `Export…ServiceRequest` in JSON. It is hardly ever longer. `limit`: bytes of it.
pub(crate) fn protobuf(json: &[u8], signal: Signal, limit: usize) -> Result<Vec<u8>, Reject> {
    let request: &Message = match signal {
        Signal::Traces => &schema::TRACES,
        Signal::Logs => &schema::LOGS,
        Signal::Metrics => &schema::METRICS,
    };
    // Asked of all of it at once: texts may hold halves of surrogate pairs, as escapes.
    let json =
        str::from_utf8(json).map_err(|_| Reject::NotABatch("OTLP in JSON that is no UTF-8".to_owned()))?;
    let mut out = Vec::with_capacity(json.len() / 2);
    // Nesting is bounded by the reader of JSON, at 128.
    let mut reader = serde_json::Deserializer::from_str(json);
    let content = Content { of: request, out: &mut out, limit };
    let read = content.deserialize(&mut reader).and_then(|()| reader.end());
    if out.len() > limit {
        return Err(Reject::InflatedTooLarge(limit));
    }
    read.map(|()| out).map_err(|error| why(&error))
}

fn why(error: &serde_json::Error) -> Reject {
    if error.is_eof() {
        return Reject::Truncated("JSON");
    }
    Reject::NotABatch(format!("OTLP in JSON: {error}").chars().take(MAX_REASON_CHARS).collect())
}

#[cfg(test)]
mod tests;
