//! What arrived at the sink, as a test reads it: spans with their attributes and links, grouped to traces.

use std::{collections::BTreeMap, sync::Arc};

use hyper::body::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{Span, span::Link},
};

/// One span with what it came with.
#[derive(Clone, Debug)]
pub struct Received {
    /// The span as it was sent.
    pub span: Span,
    /// The same, to the byte.
    pub bytes: Bytes,
    /// Who made it.
    pub resource: Arc<Resource>,
}

impl Received {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.span.name
    }

    /// Trace id in hex.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// Span id in hex.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// Span id of its parent in hex. `None`: it is a root.
    #[must_use]
    pub fn parent_id(&self) -> Option<String> {
        (!self.span.parent_span_id.is_empty()).then(|| hex(&self.span.parent_span_id))
    }

    /// Start in milliseconds since 1970.
    #[must_use]
    pub fn start_ms(&self) -> f64 {
        self.span.start_time_unix_nano as f64 / 1e6
    }

    /// Duration in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> f64 {
        self.span.end_time_unix_nano.saturating_sub(self.span.start_time_unix_nano) as f64 / 1e6
    }

    /// `service.name` of its resource, or nothing.
    #[must_use]
    pub fn service(&self) -> &str {
        text(&self.resource.attributes, "service.name").unwrap_or_default()
    }

    /// A text attribute.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        text(&self.span.attributes, key)
    }

    /// An attribute that is a list of texts; empty: there is none.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<String> {
        match find(&self.span.attributes, key) {
            Some(Value::ArrayValue(list)) => {
                list.values.iter().filter_map(as_text).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A whole number attribute.
    #[must_use]
    pub fn int(&self, key: &str) -> Option<i64> {
        match find(&self.span.attributes, key)? {
            Value::IntValue(value) => Some(*value),
            _ => None,
        }
    }

    /// A number attribute, whole or not.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        match find(&self.span.attributes, key)? {
            Value::IntValue(value) => Some(*value as f64),
            Value::DoubleValue(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether an attribute is there and true.
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        matches!(find(&self.span.attributes, key), Some(Value::BoolValue(true)))
    }

    /// Its links.
    #[must_use]
    pub fn links(&self) -> Vec<Linked> {
        self.span.links.iter().map(Linked::from).collect()
    }

    /// Kinds of its link to that span; empty: there is none.
    #[must_use]
    pub fn kinds_to(&self, target: &Self) -> Vec<String> {
        let to_target = self.links().into_iter().find(|link| link.span_id == target.span_id());
        to_target.filter(|link| link.trace_id == target.trace_id()).map(|link| link.kinds).unwrap_or_default()
    }
}

/// A link and what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Trace id of the target in hex.
    pub trace_id: String,
    /// Span id of the target in hex.
    pub span_id: String,
    /// `weft.link`, sorted.
    pub kinds: Vec<String>,
    /// `weft.link.rule`: who inferred it.
    pub rule: Option<String>,
    /// `weft.link.inferred`.
    pub inferred: bool,
    /// `weft.link.late`: it points to what came after, and was sent before.
    pub late: bool,
}

impl From<&Link> for Linked {
    fn from(link: &Link) -> Self {
        let mut kinds = match find(&link.attributes, "weft.link") {
            Some(Value::ArrayValue(list)) => {
                list.values.iter().filter_map(as_text).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        kinds.sort();
        Self {
            trace_id: hex(&link.trace_id),
            span_id: hex(&link.span_id),
            kinds,
            rule: text(&link.attributes, "weft.link.rule").map(str::to_owned),
            inferred: flag(&link.attributes, "weft.link.inferred"),
            late: flag(&link.attributes, "weft.link.late"),
        }
    }
}

/// The spans of one trace, by start time.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its id in hex.
    pub id: String,
    /// Its spans; the first began first.
    pub spans: Vec<Received>,
}

impl Trace {
    /// The span without a parent.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[must_use]
    pub fn root(&self) -> &Received {
        let mut roots = self.spans.iter().filter(|span| span.parent_id().is_none());
        match (roots.next(), roots.next()) {
            (Some(root), None) => root,
            _ => panic!("trace {} has not exactly one root: {:#?}", self.id, self.spans),
        }
    }
}

/// Groups spans to traces, in the order in which the traces began.
#[must_use]
pub fn traces(spans: &[Received]) -> Vec<Trace> {
    let mut by_id: BTreeMap<String, Vec<Received>> = BTreeMap::new();
    for span in spans {
        by_id.entry(span.trace_id()).or_default().push(span.clone());
    }
    let mut traces: Vec<Trace> = by_id.into_iter().map(|(id, spans)| Trace { id, spans }).collect();
    let start = |span: &Received| span.span.start_time_unix_nano;
    traces.iter_mut().for_each(|trace| trace.spans.sort_by_key(start));
    traces.sort_by_key(|trace| trace.spans.first().map(start));
    traces
}

/// Bytes as ids are written.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match find(attributes, key)? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn flag(attributes: &[KeyValue], key: &str) -> bool {
    matches!(find(attributes, key), Some(Value::BoolValue(true)))
}

fn as_text(value: &AnyValue) -> Option<&str> {
    match value.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}
