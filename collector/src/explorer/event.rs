//! An event as it is kept: where it belongs, and the bytes it was exported as.

use std::sync::Arc;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{Span, span::Link},
};
use prost::Message;

/// A span: its trace and itself.
pub(super) type End = ([u8; 16], [u8; 8]);

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) end: End,
    pub(super) start_ns: u64,
    pub(super) page: Option<[u8; 16]>,
    /// `weft.seq`.
    pub(super) number: Option<u64>,
    /// What it links to.
    pub(super) links: Box<[End]>,
    pub(super) from: Arc<From>,
    span: Box<[u8]>,
}

/// Who sent it.
#[derive(Debug, Default)]
pub(super) struct From {
    pub(super) service: String,
    pub(super) resource: Resource,
}

/// What an event takes beside its bytes, with its places in the tables.
const BESIDE: usize = size_of::<Event>() + 128;

impl Event {
    /// `None`: it has no ids to be known by.
    pub(super) fn of(span: &Span, from: &Arc<From>) -> Option<Self> {
        Some(Self {
            end: end(&span.trace_id, &span.span_id)?,
            start_ns: span.start_time_unix_nano,
            page: text(&span.attributes, "weft.page.id").and_then(crate::pipeline::decode::session_id),
            number: int(&span.attributes, "weft.seq").and_then(|number| u64::try_from(number).ok()),
            links: span.links.iter().filter_map(|link| end(&link.trace_id, &link.span_id)).collect(),
            from: Arc::clone(from),
            span: span.encode_to_vec().into(),
        })
    }

    /// All of it.
    pub(super) fn span(&self) -> Span {
        Span::decode(&*self.span).unwrap_or_default()
    }

    /// Bytes it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.span.len() + BESIDE + self.links.len() * 2 * size_of::<End>()
    }
}

impl From {
    pub(super) fn new(resource: Resource) -> Self {
        let service = text(&resource.attributes, "service.name").unwrap_or("unknown").to_owned();
        Self { service, resource }
    }
}

/// A span by its ids.
pub(super) fn end(trace: &[u8], span: &[u8]) -> Option<End> {
    Some((trace.try_into().ok()?, span.try_into().ok()?))
}

/// Why there is a link.
pub(super) fn kinds(link: &Link) -> impl Iterator<Item = &str> {
    texts(&link.attributes, "weft.link")
}

/// An attribute that is a list of texts.
pub(super) fn texts<'a>(attributes: &'a [KeyValue], key: &str) -> impl Iterator<Item = &'a str> {
    let all = match value(attributes, key) {
        Some(Value::ArrayValue(texts)) => texts.values.as_slice(),
        _ => &[],
    };
    all.iter().filter_map(|text| match &text.value {
        Some(Value::StringValue(text)) => Some(text.as_str()),
        _ => None,
    })
}

/// An attribute that is a text.
pub(super) fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// An attribute that is a whole number.
pub(super) fn int(attributes: &[KeyValue], key: &str) -> Option<i64> {
    match value(attributes, key)? {
        Value::IntValue(int) => Some(*int),
        _ => None,
    }
}

/// An attribute that is a number.
pub(super) fn number(attributes: &[KeyValue], key: &str) -> Option<f64> {
    match value(attributes, key)? {
        Value::IntValue(int) => Some(*int as f64),
        Value::DoubleValue(double) => Some(*double),
        _ => None,
    }
}

pub(super) fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let pair = attributes.iter().find(|pair| pair.key == key)?;
    pair.value.as_ref().and_then(|AnyValue { value }| value.as_ref())
}
