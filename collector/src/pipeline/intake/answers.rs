//! The answers that say that something is durable.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::{Value, json};
use weft_proto::Ack;

use crate::{
    config::Policy,
    pipeline::{
        admit::Encoding,
        decode::{Counted, Echo},
    },
};

/// The answer to what a page has posted, in the form that it reads; how long it is asked to pause; and the policy, if it has
/// another one.
pub(crate) fn ack(echo: Echo, pause: Duration, policy: &Policy) -> Response<Body> {
    let wait_ms = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
    match echo {
        Echo::Batch { digest, number, policy: known } => {
            let mut answer = Ack { digest, number, wait_ms }.encode();
            if let Some(policy) = policy.for_page(known) {
                Ack::put_policy(&mut answer, policy);
            }
            protobuf(answer)
        }
        Echo::Json { number } => {
            let ack = format!(r#"{{"weft":"ack","number":{number}}}"#);
            answer(ack.into_bytes(), "application/json")
        }
    }
}

/// The answer to an erasure.
pub(crate) fn erased() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A token, which nobody in between may keep.
pub(crate) fn token(token: String) -> Response<Body> {
    let mut response = answer(token.into_bytes(), "text/plain; charset=utf-8");
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to OTLP, written as that was.
pub(crate) fn taken(counted: Counted, encoding: Encoding) -> Response<Body> {
    let partial_success = (counted.refused > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(counted.refused).unwrap_or(i64::MAX),
        error_message:
            "Spans were refused that violate OTLP: a trace id that is not 16 bytes, a span, parent or link \
                        id that is not 8, one that is all zero, an attribute, field or value given twice, or text that \
                        is no UTF-8: check the SDK that made them."
                .to_owned(),
    });
    match encoding {
        Encoding::Protobuf => protobuf(ExportTraceServiceResponse { partial_success }.encode_to_vec()),
        Encoding::Json => json(&partial_success.map_or_else(
            || json!({}),
            |partial| {
                // 64-bit integers are strings in OTLP's JSON.
                let rejected = partial.rejected_spans.to_string();
                json!({ "partialSuccess": { "rejectedSpans": rejected, "errorMessage": partial.error_message } })
            },
        )),
    }
}

/// The answer to logs and metrics: an empty message of either says that all was taken.
pub(crate) fn passed_on(encoding: Encoding) -> Response<Body> {
    match encoding {
        Encoding::Protobuf => protobuf(Vec::new()),
        Encoding::Json => json(&json!({})),
    }
}

pub(super) fn json(value: &Value) -> Response<Body> {
    answer(value.to_string().into_bytes(), "application/json")
}

fn protobuf(body: Vec<u8>) -> Response<Body> {
    answer(body, "application/x-protobuf")
}

fn answer(body: Vec<u8>, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
