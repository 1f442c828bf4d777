//! A recorded visit: spans of OTLP/JSON, as events of one page.

use std::{borrow::Cow, io::Write};

use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::{Span, status::StatusCode},
};
use weft_sdk::write::{FrameWriter, Value};

use crate::commands::Failure;

/// The events of a visit, in the order in which they began.
pub(super) struct Recorded {
    pub(super) events: Vec<Event>,
    /// Bytes of the same as OTLP/JSON, twenty spans a request, as OpenTelemetry JS sends them; and with gzip.
    pub(super) json_bytes: usize,
    pub(super) gzip_bytes: usize,
}

/// One of them.
pub(super) struct Event {
    pub(super) name: String,
    pub(super) start_ms: f64,
    pub(super) duration_ms: f64,
    pub(super) kind: u32,
    pub(super) status: u32,
    /// Position of its parent.
    pub(super) parent: Option<usize>,
    /// Name and attributes.
    pub(super) frame: FrameWriter,
    /// Path of its page, if it says so.
    pub(super) path: Option<String>,
}

impl Event {
    /// Whether somebody will look for it: its status, or what it is.
    pub(super) fn failed(&self) -> bool {
        self.status == StatusCode::Error as u32 || self.name == "exception"
    }
}

impl Recorded {
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let request: ExportTraceServiceRequest = serde_json::from_str(text)?;
        let resources = request.resource_spans.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        let mut spans: Vec<&Span> = scopes.flat_map(|scope| &scope.spans).collect();
        if spans.is_empty() {
            return Err("there is no span in it".into());
        }
        spans.sort_by_key(|span| span.start_time_unix_nano);
        let (json_bytes, gzip_bytes) = otlp(&request, &spans)?;
        let place = |id: &[u8]| spans.iter().position(|span| !id.is_empty() && span.span_id == id);
        let events = spans.iter().map(|span| event(span, place(&span.parent_span_id))).collect();
        Ok(Self { events, json_bytes, gzip_bytes })
    }
}

fn event(span: &Span, parent: Option<usize>) -> Event {
    let text = |key: &str| {
        let known = span.attributes.iter().find(|attribute| attribute.key == key)?;
        match known.value.as_ref()?.value.as_ref()? {
            Any::StringValue(text) => Some(text.as_str()),
            _ => None,
        }
    };
    let own = text("url.full").filter(|_| span.name.starts_with("browser.navigation"));
    let url = own.or_else(|| text("browser.document.url.full"));
    let status = span.status.as_ref().map_or(0, |status| status.code);
    let took = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let attributes: Vec<_> = span.attributes.iter().filter_map(attribute).collect();
    Event {
        name: span.name.clone(),
        start_ms: span.start_time_unix_nano as f64 / 1e6,
        duration_ms: took as f64 / 1e6,
        kind: u32::try_from(span.kind).unwrap_or(0),
        status: u32::try_from(status).unwrap_or(0),
        parent,
        frame: FrameWriter::default().text(&span.name).attributes(&attributes),
        path: text("app.route").map(str::to_owned).or_else(|| url.map(path)),
    }
}

fn path(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.find('/').and_then(|at| behind.get(at..)).unwrap_or("/").to_owned()
}

/// What the collector says of an event is not the page's: it follows.
fn attribute(attribute: &KeyValue) -> Option<(Cow<'_, str>, Value<'_>)> {
    if crate::pipeline::link::is_reserved(&attribute.key) {
        return None;
    }
    let value = value(attribute.value.as_ref()?)?;
    Some((attribute.key.as_str().into(), value))
}

fn value(value: &AnyValue) -> Option<Value<'_>> {
    Some(match value.value.as_ref()? {
        Any::StringValue(text) => Value::Text(text.as_str().into()),
        Any::BoolValue(value) => Value::Bool(*value),
        Any::IntValue(value) => Value::Number(*value as f64),
        Any::DoubleValue(value) => Value::Number(*value),
        Any::ArrayValue(list) => {
            let texts = list.values.iter().filter_map(|value| match value.value.as_ref()? {
                Any::StringValue(text) => Some(text.as_str().into()),
                _ => None,
            });
            Value::Texts(texts.collect())
        }
        _ => return None,
    })
}

/// The same spans in the order in which they end, under the first resource and scope.
fn otlp(request: &ExportTraceServiceRequest, spans: &[&Span]) -> Result<(usize, usize), Failure> {
    let mut by_end = spans.to_vec();
    by_end.sort_by_key(|span| span.end_time_unix_nano);
    let mut first = request.resource_spans.first().cloned().unwrap_or_default();
    first.scope_spans.truncate(1);
    let (mut plain, mut packed) = (0, 0);
    for some in by_end.chunks(super::BATCH) {
        if let Some(scope) = first.scope_spans.first_mut() {
            scope.spans = some.iter().map(|span| (*span).clone()).collect();
        }
        let json = serde_json::to_vec(&ExportTraceServiceRequest { resource_spans: vec![first.clone()] })?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
        gzip.write_all(&json)?;
        plain += json.len();
        packed += gzip.finish()?.len();
    }
    Ok((plain, packed))
}
