//! A span as every backend can show it, for comparing.

use serde_json::Value;
use support::received::Received;

/// What a backend must not change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) name: String,
    pub(crate) start_ns: u64,
    pub(crate) links: Vec<Link>,
}

/// A link and what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// `weft.link`, sorted.
    pub(crate) kinds: Vec<String>,
}

impl Span {
    /// As the collector sent it to the strict sink.
    pub(crate) fn sent(received: &Received) -> Self {
        let link = |link: support::received::Linked| Link {
            trace_id: link.trace_id,
            span_id: link.span_id,
            kinds: link.kinds,
        };
        Self {
            trace_id: received.trace_id(),
            span_id: received.span_id(),
            name: received.name().to_owned(),
            start_ns: received.span.start_time_unix_nano,
            links: sorted(received.links().into_iter().map(link).collect()),
        }
    }

    /// From JSON that looks like OTLP's, whatever the backend calls its fields.
    ///
    /// # Panics
    /// If a field is missing.
    pub(crate) fn from_json(span: &Value, names: &Names, id: impl Fn(&str) -> String) -> Self {
        let text = |value: &Value, name: &str| {
            value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value:#}")).to_owned()
        };
        let ids = |value: &Value| (id(&text(value, names.trace_id)), id(&text(value, names.span_id)));
        let link = |link: &Value| {
            let (trace_id, span_id) = ids(link);
            Link { trace_id, span_id, kinds: kinds(&link["attributes"], names) }
        };
        let links = span["links"].as_array().into_iter().flatten().map(link).collect();
        let (trace_id, span_id) = ids(span);
        let start = &span[names.start];
        let start_ns = start.as_u64().or_else(|| start.as_str()?.parse().ok());
        let start_ns = start_ns.unwrap_or_else(|| panic!("no {}: {span:#}", names.start));
        Self { trace_id, span_id, name: text(span, "name"), start_ns, links: sorted(links) }
    }

    /// Every span of a request, ids in hex.
    pub(crate) fn of_otlp_json(request: &Value, names: &Names) -> Vec<Self> {
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let scopes = list(request, "resourceSpans").into_iter();
        let scopes = scopes.flat_map(|resource| list(&resource, "scopeSpans"));
        let spans = scopes.flat_map(|scope| list(&scope, "spans"));
        spans.map(|span| Self::from_json(&span, names, str::to_owned)).collect()
    }
}

/// How a backend spells the fields of OTLP.
pub(crate) struct Names {
    pub(crate) trace_id: &'static str,
    pub(crate) span_id: &'static str,
    pub(crate) start: &'static str,
    pub(crate) string_value: &'static str,
    pub(crate) array_value: &'static str,
}

/// As OTLP/JSON has it.
pub(crate) const CAMEL: Names = Names {
    trace_id: "traceId",
    span_id: "spanId",
    start: "startTimeUnixNano",
    string_value: "stringValue",
    array_value: "arrayValue",
};

/// As protobuf has it.
pub(crate) const SNAKE: Names = Names {
    trace_id: "trace_id",
    span_id: "span_id",
    start: "start_time_unix_nano",
    string_value: "string_value",
    array_value: "array_value",
};

fn kinds(attributes: &Value, names: &Names) -> Vec<String> {
    let attributes = attributes.as_array().into_iter().flatten();
    let kinds = attributes.filter(|attribute| attribute["key"] == "weft.link");
    let values = kinds.flat_map(|kinds| kinds["value"][names.array_value]["values"].as_array());
    let texts = values.flatten().filter_map(|value| value[names.string_value].as_str());
    sorted(texts.map(str::to_owned).collect())
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}
