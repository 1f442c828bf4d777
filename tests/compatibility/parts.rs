//! The messages of OTLP 1.11 as far as the recordings go: names and numbers of their fields, written down from the .proto files so
//! that nothing which is tested here judges itself.

use self::{Kind::*, Part::*};

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Traces,
    Logs,
    Metrics,
    ResourceSpans,
    ResourceLogs,
    ResourceMetrics,
    ScopeSpans,
    ScopeLogs,
    ScopeMetrics,
    Resource,
    EntityRef,
    Scope,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
    Span,
    Event,
    Link,
    Status,
    LogRecord,
    Metric,
    Gauge,
    Sum,
    Histogram,
    ExponentialHistogram,
    NumberPoint,
    HistogramPoint,
    ExponentialPoint,
    Buckets,
    Summary,
    SummaryPoint,
    Quantile,
    Exemplar,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Bytes; in JSON base64.
    Bytes,
    /// Bytes; in JSON hex.
    Id,
    Bool,
    /// `int32`, `int64` and enumerations.
    Int,
    /// `uint32` and `uint64`.
    Uint,
    /// `sint32`.
    Sint,
    Fixed32,
    Fixed64,
    Sfixed64,
    Double,
    Of(Part),
}

/// How often a field may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// Once; its default value is the same as none.
    One,
    /// Once; its default value is something else than none.
    Optional,
    Many,
}

/// A field: number, name in JSON, what it holds.
pub(super) type Field = (u32, &'static str, Kind, Times);

const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    (number, name, kind, Times::One)
}

const fn optional(number: u32, name: &'static str, kind: Kind) -> Field {
    (number, name, kind, Times::Optional)
}

const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    (number, name, kind, Times::Many)
}

const SCHEMA: Field = one(3, "schemaUrl", Text);
const RESOURCE: Field = one(1, "resource", Of(Resource));
const SCOPE: Field = one(1, "scope", Of(Scope));
const AT_OF_LOG: Field = one(1, "timeUnixNano", Fixed64);
const BEGAN: Field = one(2, "startTimeUnixNano", Fixed64);
const AT: Field = one(3, "timeUnixNano", Fixed64);
const COUNT: Field = one(4, "count", Fixed64);
const TEMPORALITY: Field = one(2, "aggregationTemporality", Int);

const fn attributes(number: u32) -> Field {
    many(number, "attributes", Of(KeyValue))
}

const fn dropped_attributes(number: u32) -> Field {
    one(number, "droppedAttributesCount", Uint)
}

impl Part {
    /// Its fields.
    #[rustfmt::skip]
    pub(super) const fn fields(self) -> &'static [Field] {
        match self {
            Traces => const { &[many(1, "resourceSpans", Of(ResourceSpans))] },
            Logs => const { &[many(1, "resourceLogs", Of(ResourceLogs))] },
            Metrics => const { &[many(1, "resourceMetrics", Of(ResourceMetrics))] },
            ResourceSpans => const { &[RESOURCE, many(2, "scopeSpans", Of(ScopeSpans)), SCHEMA] },
            ResourceLogs => const { &[RESOURCE, many(2, "scopeLogs", Of(ScopeLogs)), SCHEMA] },
            ResourceMetrics => const { &[RESOURCE, many(2, "scopeMetrics", Of(ScopeMetrics)), SCHEMA] },
            ScopeSpans => const { &[SCOPE, many(2, "spans", Of(Span)), SCHEMA] },
            ScopeLogs => const { &[SCOPE, many(2, "logRecords", Of(LogRecord)), SCHEMA] },
            ScopeMetrics => const { &[SCOPE, many(2, "metrics", Of(Metric)), SCHEMA] },
            Resource => const { &[attributes(1), dropped_attributes(2), many(3, "entityRefs", Of(EntityRef))] },
            Span | Event | Link | Status => self.fields_of_spans(),
            LogRecord => const { &[
                AT_OF_LOG, one(2, "severityNumber", Int), one(3, "severityText", Text), one(5, "body", Of(AnyValue)),
                attributes(6), dropped_attributes(7), one(8, "flags", Fixed32), one(9, "traceId", Id),
                one(10, "spanId", Id), one(11, "observedTimeUnixNano", Fixed64), one(12, "eventName", Text),
            ] },
            EntityRef | Scope | KeyValue | AnyValue | ArrayValue | KeyValueList => self.fields_of_values(),
            _ => self.fields_of_metrics(),
        }
    }

    #[rustfmt::skip]
    const fn fields_of_values(self) -> &'static [Field] {
        match self {
            EntityRef => const { &[
                one(1, "schemaUrl", Text), one(2, "type", Text), many(3, "idKeys", Text), many(4, "descriptionKeys", Text),
            ] },
            Scope => const { &[one(1, "name", Text), one(2, "version", Text), attributes(3), dropped_attributes(4)] },
            KeyValue => const { &[one(1, "key", Text), one(2, "value", Of(AnyValue))] },
            AnyValue => const { &[
                optional(1, "stringValue", Text), optional(2, "boolValue", Bool), optional(3, "intValue", Int),
                optional(4, "doubleValue", Double), optional(5, "arrayValue", Of(ArrayValue)),
                optional(6, "kvlistValue", Of(KeyValueList)), optional(7, "bytesValue", Bytes),
            ] },
            ArrayValue => const { &[many(1, "values", Of(AnyValue))] },
            KeyValueList => const { &[many(1, "values", Of(KeyValue))] },
            _ => &[],
        }
    }

    #[rustfmt::skip]
    const fn fields_of_spans(self) -> &'static [Field] {
        match self {
            Span => const { &[
                one(1, "traceId", Id), one(2, "spanId", Id), one(3, "traceState", Text), one(4, "parentSpanId", Id),
                one(5, "name", Text), one(6, "kind", Int), one(7, "startTimeUnixNano", Fixed64),
                one(8, "endTimeUnixNano", Fixed64), attributes(9), dropped_attributes(10),
                many(11, "events", Of(Event)), one(12, "droppedEventsCount", Uint), many(13, "links", Of(Link)),
                one(14, "droppedLinksCount", Uint), one(15, "status", Of(Status)), one(16, "flags", Fixed32),
            ] },
            Event => const { &[AT_OF_LOG, one(2, "name", Text), attributes(3), dropped_attributes(4)] },
            Link => const { &[
                one(1, "traceId", Id), one(2, "spanId", Id), one(3, "traceState", Text), attributes(4),
                dropped_attributes(5), one(6, "flags", Fixed32),
            ] },
            Status => const { &[one(2, "message", Text), one(3, "code", Int)] },
            _ => &[],
        }
    }

    #[rustfmt::skip]
    const fn fields_of_metrics(self) -> &'static [Field] {
        match self {
            Metric => const { &[
                one(1, "name", Text), one(2, "description", Text), one(3, "unit", Text), one(5, "gauge", Of(Gauge)),
                one(7, "sum", Of(Sum)), one(9, "histogram", Of(Histogram)),
                one(10, "exponentialHistogram", Of(ExponentialHistogram)), one(11, "summary", Of(Summary)),
                many(12, "metadata", Of(KeyValue)),
            ] },
            Gauge => const { &[many(1, "dataPoints", Of(NumberPoint))] },
            Sum => const { &[many(1, "dataPoints", Of(NumberPoint)), TEMPORALITY, one(3, "isMonotonic", Bool)] },
            Histogram => const { &[many(1, "dataPoints", Of(HistogramPoint)), TEMPORALITY] },
            ExponentialHistogram => const { &[many(1, "dataPoints", Of(ExponentialPoint)), TEMPORALITY] },
            Summary => const { &[many(1, "dataPoints", Of(SummaryPoint))] },
            _ => self.fields_of_points(),
        }
    }

    #[rustfmt::skip]
    const fn fields_of_points(self) -> &'static [Field] {
        match self {
            NumberPoint => const { &[
                BEGAN, AT, optional(4, "asDouble", Double), many(5, "exemplars", Of(Exemplar)),
                optional(6, "asInt", Sfixed64), attributes(7), one(8, "flags", Uint),
            ] },
            HistogramPoint => const { &[
                BEGAN, AT, COUNT, optional(5, "sum", Double), many(6, "bucketCounts", Fixed64),
                many(7, "explicitBounds", Double), many(8, "exemplars", Of(Exemplar)), attributes(9),
                one(10, "flags", Uint), optional(11, "min", Double), optional(12, "max", Double),
            ] },
            ExponentialPoint => const { &[
                attributes(1), BEGAN, AT, COUNT, optional(5, "sum", Double), one(6, "scale", Sint),
                one(7, "zeroCount", Fixed64), one(8, "positive", Of(Buckets)), one(9, "negative", Of(Buckets)),
                one(10, "flags", Uint), many(11, "exemplars", Of(Exemplar)), optional(12, "min", Double),
                optional(13, "max", Double), one(14, "zeroThreshold", Double),
            ] },
            Buckets => const { &[one(1, "offset", Sint), many(2, "bucketCounts", Uint)] },
            SummaryPoint => const { &[
                BEGAN, AT, COUNT, one(5, "sum", Double), many(6, "quantileValues", Of(Quantile)), attributes(7),
                one(8, "flags", Uint),
            ] },
            Quantile => const { &[one(1, "quantile", Double), one(2, "value", Double)] },
            Exemplar => const { &[
                one(2, "timeUnixNano", Fixed64), optional(3, "asDouble", Double), one(4, "spanId", Id), one(5, "traceId", Id),
                optional(6, "asInt", Sfixed64), many(7, "filteredAttributes", Of(KeyValue)),
            ] },
            _ => &[],
        }
    }
}
