//! A refusal as its client reads it: a sentence for pages, `google.rpc.Status` for OTLP, and for both whether to send again.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use prost::Message;
use serde_json::json;

use super::Reject;
use crate::pipeline::Encoding;

/// Which clients a route serves: it decides how a refusal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Pages: a sentence that shows in the network panel.
    Batches,
    /// OTLP: `google.rpc.Status`, written as the request was.
    Otlp(Encoding),
}

impl Door {
    /// Of OTLP whose head has these; what is neither encoding is answered in protobuf.
    pub(crate) fn otlp(headers: &HeaderMap) -> Self {
        Self::Otlp(Encoding::of(headers).unwrap_or(Encoding::Protobuf))
    }
}

/// On every refusal of ours, and on nothing else: `final` if the same bytes would be refused again, `base` if the batch is
/// to be sent again at once and by itself, `token` if it is to be sent again with another token, or `later`. A client gives
/// events up only for `final`; what a proxy or a captive portal answers has no such header.
const REFUSED: HeaderName = HeaderName::from_static("weft-refused");

impl Reject {
    /// The answer as clients of `door` read it.
    #[must_use]
    pub(crate) fn answer(&self, door: Door) -> Response<Body> {
        let (body, content_type) = match door {
            Door::Batches => (self.sentence().into_bytes(), "text/plain; charset=utf-8"),
            Door::Otlp(Encoding::Protobuf) => {
                (self.status_message().encode_to_vec(), "application/x-protobuf")
            }
            Door::Otlp(Encoding::Json) => {
                let RpcStatus { code, message, .. } = self.status_message();
                (json!({ "code": code, "message": message }).to_string().into_bytes(), "application/json")
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let refused = match self {
            Self::BaseUnknown => "base",
            Self::Token(_) if self.may_pass_later() => "token",
            _ if self.may_pass_later() => "later",
            _ => "final",
        };
        headers.insert(REFUSED, HeaderValue::from_static(refused));
        if let Some(wait) = self.retry_after() {
            // Whole seconds, rounded up: coming back early would only be refused again.
            let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self {
            Self::MethodNotAllowed => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
            }
            Self::KeyMissing | Self::KeyUnknown if door != Door::Batches => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }

    fn status_message(&self) -> RpcStatus {
        let code = match self.status() {
            StatusCode::UNAUTHORIZED => 16,
            StatusCode::FORBIDDEN => 7,
            StatusCode::NOT_FOUND => 5,
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE => 12,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => 8,
            StatusCode::REQUEST_TIMEOUT => 4,
            StatusCode::SERVICE_UNAVAILABLE => 14,
            _ => 3,
        };
        RpcStatus { code, message: self.sentence(), details: Vec::new() }
    }
}

/// `google.rpc.Status`, which OTLP demands as the body of every refusal.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcStatus {
    /// `google.rpc.Code`.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// What to change.
    #[prost(string, tag = "2")]
    pub message: String,
    /// `google.protobuf.Any`; never used here.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub details: Vec<Vec<u8>>,
}
