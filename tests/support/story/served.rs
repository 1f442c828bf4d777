//! Spans of servers, as a stock OpenTelemetry SDK sends them, with the times and attributes that a test gives them.

use hyper::Method;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Link},
};
use prost::Message;

use super::Id;
use crate::{collector::Addresses, http::send};

/// A span of a server.
#[derive(Clone, Debug)]
pub struct Served(Span);

impl Served {
    pub(super) fn new(number: u32, start_ns: u64) -> Self {
        let mut span_id = [0x5e; 8];
        span_id[..4].copy_from_slice(&number.to_be_bytes());
        Self(Span {
            trace_id: span_id.repeat(2),
            span_id: span_id.to_vec(),
            name: "POST /api/cart".to_owned(),
            kind: 2,
            start_time_unix_nano: start_ns,
            end_time_unix_nano: start_ns + 2_000_000,
            ..Span::default()
        })
    }

    /// With this attribute.
    #[must_use]
    pub fn with(self, key: &str, value: &str) -> Self {
        self.with_value(key, Value::StringValue(value.to_owned()))
    }

    /// With this whole number.
    #[must_use]
    pub fn with_number(self, key: &str, value: i64) -> Self {
        self.with_value(key, Value::IntValue(value))
    }

    /// With this list of texts.
    #[must_use]
    pub fn with_list<const N: usize>(self, key: &str, values: [&str; N]) -> Self {
        let text = |value: &str| AnyValue { value: Some(Value::StringValue(value.to_owned())) };
        self.with_value(key, Value::ArrayValue(ArrayValue { values: values.map(text).to_vec() }))
    }

    /// A call of its own to another server.
    #[must_use]
    pub fn calling(mut self) -> Self {
        self.0.kind = 3;
        self
    }

    /// In this session.
    #[must_use]
    pub fn in_session(self, session: &str) -> Self {
        self.with("session.id", session)
    }

    /// In a session that came after this one.
    #[must_use]
    pub fn after_session(self, session: &str) -> Self {
        self.with("session.previous_id", session)
    }

    /// Inside this one: in its trace, and no root.
    #[must_use]
    pub fn inside(mut self, parent: &Self) -> Self {
        self.0.parent_span_id.clone_from(&parent.0.span_id);
        self.in_trace_of(parent)
    }

    /// In the trace of this one, but not inside it.
    #[must_use]
    pub fn in_trace_of(mut self, other: &Self) -> Self {
        self.0.trace_id.clone_from(&other.0.trace_id);
        self
    }

    /// With a link of the server's own, which has this attribute.
    #[must_use]
    pub fn linked_to(mut self, target: &Self, key: &str, value: &str) -> Self {
        let Span { trace_id, span_id, .. } = target.0.clone();
        let attributes = vec![pair(key, Value::StringValue(value.to_owned()))];
        self.0.links.push(Link { trace_id, span_id, attributes, ..Link::default() });
        self
    }

    /// Of its trace, and its own.
    pub(super) fn ids(&self) -> ([u8; 16], [u8; 8]) {
        let Span { trace_id, span_id, .. } = &self.0;
        (trace_id.as_slice().try_into().expect("16 bytes"), span_id.as_slice().try_into().expect("8 bytes"))
    }

    fn with_value(mut self, key: &str, value: Value) -> Self {
        self.0.attributes.push(pair(key, value));
        self
    }

    /// What it is known by.
    #[must_use]
    pub fn id(&self) -> Id {
        Id::new(&self.0.trace_id, &self.0.span_id)
    }
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// One request with these spans.
#[must_use]
pub fn spans_request<'a>(spans: impl IntoIterator<Item = &'a Served>) -> Vec<u8> {
    request([("service.name", "shop-api")], spans)
}

/// One request with these spans, as OpenTelemetry JS in a browser sends it.
#[must_use]
pub fn browser_request<'a>(spans: impl IntoIterator<Item = &'a Served>) -> Vec<u8> {
    request([("service.name", "shop-web"), ("telemetry.sdk.language", "webjs")], spans)
}

fn request<'a, const N: usize>(
    resource: [(&str, &str); N],
    spans: impl IntoIterator<Item = &'a Served>,
) -> Vec<u8> {
    let attributes = resource.map(|(key, value)| pair(key, Value::StringValue(value.to_owned()))).to_vec();
    let resource = Some(Resource { attributes, ..Resource::default() });
    let spans = spans.into_iter().map(|Served(span)| span.clone()).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// Posts a request as a server with this key does.
///
/// # Panics
/// If it is not acknowledged.
pub async fn post_spans(to: Addresses, key: &str, request: Vec<u8>) {
    let (url, key) = (format!("{}/v1/traces", to.otlp_endpoint()), format!("Bearer {key}"));
    let headers = [("authorization", key.as_str()), ("content-type", "application/x-protobuf")];
    let answer = send(Method::POST, &url, &headers, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
