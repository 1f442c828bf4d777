//! Those of metrics.

use super::{
    KEY_VALUE,
    Kind::{Bool, Double, Enum, Id, Many, One, Packed, Text, Zigzag},
    Message, Number, RESOURCE, SCOPE, SIGNED, U32, UNSIGNED,
};

pub(in super::super) static METRICS: Message = Message(&[("resourceMetrics", 1, Many(&RESOURCE_METRICS))]);

static RESOURCE_METRICS: Message = Message(&[
    ("resource", 1, One(&RESOURCE)),
    ("scopeMetrics", 2, Many(&SCOPE_METRICS)),
    ("schemaUrl", 3, Text),
]);

static SCOPE_METRICS: Message =
    Message(&[("scope", 1, One(&SCOPE)), ("metrics", 2, Many(&METRIC)), ("schemaUrl", 3, Text)]);

static METRIC: Message = Message(&[
    ("name", 1, Text),
    ("description", 2, Text),
    ("unit", 3, Text),
    ("gauge", 5, One(&GAUGE)),
    ("sum", 7, One(&SUM)),
    ("histogram", 9, One(&HISTOGRAM)),
    ("exponentialHistogram", 10, One(&EXPONENTIAL_HISTOGRAM)),
    ("summary", 11, One(&SUMMARY)),
    ("metadata", 12, Many(&KEY_VALUE)),
]);

static TEMPORALITIES: [&str; 3] = [
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
];

static GAUGE: Message = Message(&[("dataPoints", 1, Many(&NUMBER_POINT))]);

static SUM: Message = Message(&[
    ("dataPoints", 1, Many(&NUMBER_POINT)),
    ("aggregationTemporality", 2, Enum(&TEMPORALITIES)),
    ("isMonotonic", 3, Bool),
]);

static HISTOGRAM: Message = Message(&[
    ("dataPoints", 1, Many(&HISTOGRAM_POINT)),
    ("aggregationTemporality", 2, Enum(&TEMPORALITIES)),
]);

static EXPONENTIAL_HISTOGRAM: Message = Message(&[
    ("dataPoints", 1, Many(&EXPONENTIAL_POINT)),
    ("aggregationTemporality", 2, Enum(&TEMPORALITIES)),
]);

static SUMMARY: Message = Message(&[("dataPoints", 1, Many(&SUMMARY_POINT))]);

static NUMBER_POINT: Message = Message(&[
    ("startTimeUnixNano", 2, UNSIGNED),
    ("timeUnixNano", 3, UNSIGNED),
    ("asDouble", 4, Double),
    ("exemplars", 5, Many(&EXEMPLAR)),
    ("asInt", 6, SIGNED),
    ("attributes", 7, Many(&KEY_VALUE)),
    ("flags", 8, U32),
]);

static HISTOGRAM_POINT: Message = Message(&[
    ("startTimeUnixNano", 2, UNSIGNED),
    ("timeUnixNano", 3, UNSIGNED),
    ("count", 4, UNSIGNED),
    ("sum", 5, Double),
    ("bucketCounts", 6, Packed(Number::Fixed64)),
    ("explicitBounds", 7, Packed(Number::Double)),
    ("exemplars", 8, Many(&EXEMPLAR)),
    ("attributes", 9, Many(&KEY_VALUE)),
    ("flags", 10, U32),
    ("min", 11, Double),
    ("max", 12, Double),
]);

static EXPONENTIAL_POINT: Message = Message(&[
    ("attributes", 1, Many(&KEY_VALUE)),
    ("startTimeUnixNano", 2, UNSIGNED),
    ("timeUnixNano", 3, UNSIGNED),
    ("count", 4, UNSIGNED),
    ("sum", 5, Double),
    ("scale", 6, Zigzag),
    ("zeroCount", 7, UNSIGNED),
    ("positive", 8, One(&BUCKETS)),
    ("negative", 9, One(&BUCKETS)),
    ("flags", 10, U32),
    ("exemplars", 11, Many(&EXEMPLAR)),
    ("min", 12, Double),
    ("max", 13, Double),
    ("zeroThreshold", 14, Double),
]);

static BUCKETS: Message = Message(&[("offset", 1, Zigzag), ("bucketCounts", 2, Packed(Number::Varint))]);

static SUMMARY_POINT: Message = Message(&[
    ("startTimeUnixNano", 2, UNSIGNED),
    ("timeUnixNano", 3, UNSIGNED),
    ("count", 4, UNSIGNED),
    ("sum", 5, Double),
    ("quantileValues", 6, Many(&QUANTILE)),
    ("attributes", 7, Many(&KEY_VALUE)),
    ("flags", 8, U32),
]);

static QUANTILE: Message = Message(&[("quantile", 1, Double), ("value", 2, Double)]);

static EXEMPLAR: Message = Message(&[
    ("timeUnixNano", 2, UNSIGNED),
    ("asDouble", 3, Double),
    ("spanId", 4, Id),
    ("traceId", 5, Id),
    ("asInt", 6, SIGNED),
    ("filteredAttributes", 7, Many(&KEY_VALUE)),
]);
