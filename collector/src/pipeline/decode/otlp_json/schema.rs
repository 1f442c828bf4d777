//! The messages of OTLP: names of fields in JSON, numbers and kinds in protobuf. Those of opentelemetry-proto 1.11.

mod metrics;

use self::Kind::{Bool, Bytes, Double, Enum, Fixed32, Fixed64, Id, Int, Many, One, Text};

/// A message, by its fields.
pub(super) struct Message(pub(super) &'static [Field]);

/// Name in JSON, number, kind.
pub(super) type Field = (&'static str, u32, Kind);

/// What a field holds, and how protobuf writes it.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// base64 in JSON.
    Bytes,
    /// Hexadecimal in JSON.
    Id,
    Bool,
    /// An integer between the two, as a varint.
    Int(i128, i128),
    /// A signed 64-bit integer; a number that is none is a double, in the field of this number: exporters in JavaScript
    /// take every number without a fraction for an integer.
    IntOrDouble(u32),
    /// A signed 32-bit integer in zigzag.
    Zigzag,
    Fixed32,
    /// 64 bits, from so much on.
    Fixed64(i128),
    Double,
    /// Its names, by number.
    Enum(&'static [&'static str]),
    One(&'static Message),
    Many(&'static Message),
    /// Texts, each a field.
    Texts,
    /// Numbers in one field.
    Packed(Number),
}

/// Kinds of numbers that are packed.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Fixed64,
    Double,
    Varint,
}

const U32: Kind = Int(0, u32::MAX as i128);
const I32: Kind = Int(i32::MIN as i128, i32::MAX as i128);
const UNSIGNED: Kind = Fixed64(0);
const SIGNED: Kind = Fixed64(i64::MIN as i128);

pub(super) static TRACES: Message = Message(&[("resourceSpans", 1, Many(&RESOURCE_SPANS))]);
pub(super) static LOGS: Message = Message(&[("resourceLogs", 1, Many(&RESOURCE_LOGS))]);
pub(super) use metrics::METRICS;

static RESOURCE_SPANS: Message = Message(&[
    ("resource", 1, One(&RESOURCE)),
    ("scopeSpans", 2, Many(&SCOPE_SPANS)),
    ("schemaUrl", 3, Text),
]);

static SCOPE_SPANS: Message =
    Message(&[("scope", 1, One(&SCOPE)), ("spans", 2, Many(&SPAN)), ("schemaUrl", 3, Text)]);

static RESOURCE: Message = Message(&[
    ("attributes", 1, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 2, U32),
    ("entityRefs", 3, Many(&ENTITY)),
]);

static ENTITY: Message = Message(&[
    ("schemaUrl", 1, Text),
    ("type", 2, Text),
    ("idKeys", 3, Kind::Texts),
    ("descriptionKeys", 4, Kind::Texts),
]);

static SCOPE: Message = Message(&[
    ("name", 1, Text),
    ("version", 2, Text),
    ("attributes", 3, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 4, U32),
]);

static SPAN: Message = Message(&[
    ("traceId", 1, Id),
    ("spanId", 2, Id),
    ("traceState", 3, Text),
    ("parentSpanId", 4, Id),
    ("name", 5, Text),
    ("kind", 6, Enum(&SPAN_KINDS)),
    ("startTimeUnixNano", 7, UNSIGNED),
    ("endTimeUnixNano", 8, UNSIGNED),
    ("attributes", 9, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 10, U32),
    ("events", 11, Many(&EVENT)),
    ("droppedEventsCount", 12, U32),
    ("links", 13, Many(&LINK)),
    ("droppedLinksCount", 14, U32),
    ("status", 15, One(&STATUS)),
    ("flags", 16, Fixed32),
]);

static SPAN_KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];

static EVENT: Message = Message(&[
    ("timeUnixNano", 1, UNSIGNED),
    ("name", 2, Text),
    ("attributes", 3, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 4, U32),
]);

static LINK: Message = Message(&[
    ("traceId", 1, Id),
    ("spanId", 2, Id),
    ("traceState", 3, Text),
    ("attributes", 4, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 5, U32),
    ("flags", 6, Fixed32),
]);

static STATUS: Message = Message(&[("message", 2, Text), ("code", 3, Enum(&STATUS_CODES))]);

static STATUS_CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

static KEY_VALUE: Message =
    Message(&[("key", 1, Text), ("value", 2, One(&ANY_VALUE)), ("keyStrindex", 3, I32)]);

static ANY_VALUE: Message = Message(&[
    ("stringValue", 1, Text),
    ("boolValue", 2, Bool),
    ("intValue", 3, Kind::IntOrDouble(4)),
    ("doubleValue", 4, Double),
    ("arrayValue", 5, One(&VALUES)),
    ("kvlistValue", 6, One(&PAIRS)),
    ("bytesValue", 7, Bytes),
    ("stringValueStrindex", 8, I32),
]);

static VALUES: Message = Message(&[("values", 1, Many(&ANY_VALUE))]);

static PAIRS: Message = Message(&[("values", 1, Many(&KEY_VALUE))]);

static RESOURCE_LOGS: Message =
    Message(&[("resource", 1, One(&RESOURCE)), ("scopeLogs", 2, Many(&SCOPE_LOGS)), ("schemaUrl", 3, Text)]);

static SCOPE_LOGS: Message =
    Message(&[("scope", 1, One(&SCOPE)), ("logRecords", 2, Many(&LOG_RECORD)), ("schemaUrl", 3, Text)]);

static LOG_RECORD: Message = Message(&[
    ("timeUnixNano", 1, UNSIGNED),
    ("severityNumber", 2, Enum(&[])),
    ("severityText", 3, Text),
    ("body", 5, One(&ANY_VALUE)),
    ("attributes", 6, Many(&KEY_VALUE)),
    ("droppedAttributesCount", 7, U32),
    ("flags", 8, Fixed32),
    ("traceId", 9, Id),
    ("spanId", 10, Id),
    ("observedTimeUnixNano", 11, UNSIGNED),
    ("eventName", 12, Text),
]);

impl Message {
    /// The field that JSON calls so, in either case style.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.0.iter().find(|(known, ..)| is_same(known, name))
    }
}

/// Whether `name` is `camel`, or its snake_case.
fn is_same(camel: &str, name: &str) -> bool {
    if !name.contains('_') {
        return camel == name;
    }
    let snake = camel.chars().flat_map(|letter| {
        let (first, second) = if letter.is_ascii_uppercase() {
            (Some('_'), letter.to_ascii_lowercase())
        } else {
            (None, letter)
        };
        first.into_iter().chain([second])
    });
    snake.eq(name.chars())
}
