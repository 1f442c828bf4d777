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
use weft_proto::Ack;

use crate::pipeline::decode::{Counted, Echo};

/// The answer to what a page has posted, in the form that it reads; and how long it is asked to pause.
pub(crate) fn ack(echo: Echo, pause: Duration) -> Response<Body> {
    let wait_ms = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
    match echo {
        Echo::Batch { digest, number } => protobuf(Ack { digest, number, wait_ms }.encode()),
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

/// The answer to OTLP.
pub(crate) fn taken(counted: Counted) -> Response<Body> {
    let partial_success = (counted.refused > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(counted.refused).unwrap_or(i64::MAX),
        error_message:
            "Spans were refused whose trace id is not 16 bytes, whose span, parent or link id is not 8, \
                        or whose id is all zero: check the SDK that made them."
                .to_owned(),
    });
    protobuf(ExportTraceServiceResponse { partial_success }.encode_to_vec())
}

/// The answer to logs and metrics: an empty message of either says that all was taken.
pub(crate) fn passed_on() -> Response<Body> {
    protobuf(Vec::new())
}

fn protobuf(body: Vec<u8>) -> Response<Body> {
    answer(body, "application/x-protobuf")
}

fn answer(body: Vec<u8>, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
