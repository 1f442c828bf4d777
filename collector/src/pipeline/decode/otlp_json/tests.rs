//! What OpenTelemetry's own types write as JSON is the protobuf that they write; what the mapping allows beyond that is
//! read, and everything else is refused with a reason.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, ArrayValue, any_value::Value as Of},
};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};

use super::*;

const LIMIT: usize = 1024 * 1024;

fn read<M: prost::Message + Default>(signal: Signal, json: &Value) -> M {
    let bytes = protobuf(json.to_string().as_bytes(), signal, LIMIT).unwrap();
    M::decode(bytes.as_slice()).unwrap()
}

/// A request with this as the value of a span's only attribute.
fn with_value(value: &Value) -> Value {
    let span = json!({ "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
                       "attributes": [{ "key": "it", "value": value }] });
    json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] })
}

fn value(value: &Value) -> Option<Of> {
    let read: ExportTraceServiceRequest = read(Signal::Traces, &with_value(value));
    let mut attributes = read.resource_spans[0].scope_spans[0].spans[0].attributes.clone();
    attributes.remove(0).value?.value
}

fn refused(json: &str) -> String {
    let reject = protobuf(json.as_bytes(), Signal::Traces, LIMIT).expect_err(json);
    assert!(matches!(reject, Reject::NotABatch(_) | Reject::Truncated(_)), "{json}: {reject:?}");
    reject.to_string()
}

#[test]
fn every_field_of_a_trace_is_read_as_opentelemetry_writes_it() {
    let attribute = json!([{ "key": "a", "value": { "stringValue": "b" } }]);
    let json = json!({ "resourceSpans": [{
        "resource": { "attributes": attribute, "droppedAttributesCount": 1,
                      "entityRefs": [{ "schemaUrl": "u", "type": "t", "idKeys": ["a", "b"], "descriptionKeys": ["c"] }] },
        "scopeSpans": [{
            "scope": { "name": "n", "version": "v", "attributes": attribute, "droppedAttributesCount": 2 },
            "spans": [{
                "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "traceState": "a=b",
                "parentSpanId": "eee19b7ec3c1b173", "flags": 257, "name": "I", "kind": 3,
                "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
                "attributes": attribute, "droppedAttributesCount": 3,
                "events": [{ "timeUnixNano": "1544712660300000000", "name": "e", "attributes": attribute, "droppedAttributesCount": 4 }],
                "droppedEventsCount": 5,
                "links": [{ "traceId": "5b8efff798038103d269b633813fc60d", "spanId": "eee19b7ec3c1b175",
                            "traceState": "c=d", "attributes": attribute, "droppedAttributesCount": 6, "flags": 1 }],
                "droppedLinksCount": 7, "status": { "message": "m", "code": 2 } }],
            "schemaUrl": "s" }],
        "schemaUrl": "r" }] });
    let ours: ExportTraceServiceRequest = read(Signal::Traces, &json);
    let theirs: ExportTraceServiceRequest = serde_json::from_value(json).unwrap();
    assert_eq!(ours, theirs);
    assert_eq!(ours.resource_spans[0].resource.as_ref().unwrap().entity_refs[0].id_keys, ["a", "b"]);
}

#[test]
fn every_field_of_logs_and_metrics_is_read_as_opentelemetry_writes_it() {
    let record = json!({ "timeUnixNano": "1", "observedTimeUnixNano": "2", "severityNumber": 10, "severityText": "I",
                         "body": { "stringValue": "x" }, "attributes": [], "droppedAttributesCount": 1, "flags": 1,
                         "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "eventName": "e" });
    let json = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record], "schemaUrl": "s" }], "schemaUrl": "r" }] });
    let ours: ExportLogsServiceRequest = read(Signal::Logs, &json);
    assert_eq!(ours, serde_json::from_value(json).unwrap());

    let (times, exemplar) = (
        json!({ "startTimeUnixNano": "1", "timeUnixNano": "2" }),
        json!({ "asDouble": 1.5, "timeUnixNano": "3",
        "spanId": "eee19b7ec3c1b174", "traceId": "5b8efff798038103d269b633813fc60c", "filteredAttributes": [] }),
    );
    let with = |more: Value| {
        let mut all = times.as_object().unwrap().clone();
        all.extend(more.as_object().unwrap().clone());
        json!([all])
    };
    let metrics = json!([
        { "name": "g", "description": "d", "unit": "u", "metadata": [], "gauge": { "dataPoints": with(json!({ "asDouble": 0.5, "exemplars": [exemplar] })) } },
        { "name": "s", "sum": { "dataPoints": with(json!({ "asInt": "-7", "flags": 1 })), "aggregationTemporality": 2, "isMonotonic": true } },
        { "name": "h", "histogram": { "aggregationTemporality": 1, "dataPoints": with(json!({ "count": "3", "sum": 1.5,
            "bucketCounts": ["1", "2"], "explicitBounds": [0.5], "min": 0.25, "max": 2.0 })) } },
        { "name": "e", "exponentialHistogram": { "aggregationTemporality": 1, "dataPoints": with(json!({ "count": "3",
            "scale": -2, "zeroCount": "1", "positive": { "offset": -3, "bucketCounts": ["1", "300"] }, "zeroThreshold": 0.1 })) } },
        { "name": "q", "summary": { "dataPoints": with(json!({ "count": "1", "sum": 2.0, "quantileValues": [{ "quantile": 0.5, "value": 2.0 }] })) } },
    ]);
    let json = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] });
    let ours: ExportMetricsServiceRequest = read(Signal::Metrics, &json);
    let all = &ours.resource_metrics[0].scope_metrics[0].metrics;
    assert_eq!(all.len(), 5);
    let written = format!("{all:?}");
    for part in [
        "AsDouble(0.5)",
        "AsInt(-7)",
        "bucket_counts: [1, 2]",
        "explicit_bounds: [0.5]",
        "min: Some(0.25)",
        "scale: -2",
        "offset: -3, bucket_counts: [1, 300]",
        "zero_threshold: 0.1",
        "quantile: 0.5",
        "is_monotonic: true",
        "exemplars: [Exemplar",
        "span_id: [238",
    ] {
        assert!(written.contains(part), "{part} is not in {written}");
    }
}

#[test]
fn what_the_mapping_allows_is_read() {
    let cases = [
        (json!({ "intValue": "-9223372036854775808" }), Of::IntValue(i64::MIN)),
        (json!({ "intValue": i64::MAX }), Of::IntValue(i64::MAX)),
        (json!({ "intValue": 1e3 }), Of::IntValue(1000)),
        (json!({ "int_value": "12" }), Of::IntValue(12)),
        (json!({ "intValue": 1e300 }), Of::DoubleValue(1e300)),
        (json!({ "intValue": u64::MAX }), Of::DoubleValue(u64::MAX as f64)),
        (
            json!({ "arrayValue": { "values": [null] } }),
            Of::ArrayValue(ArrayValue { values: vec![AnyValue::default()] }),
        ),
        (json!({ "doubleValue": "Infinity" }), Of::DoubleValue(f64::INFINITY)),
        (json!({ "doubleValue": "-Infinity" }), Of::DoubleValue(f64::NEG_INFINITY)),
        (json!({ "doubleValue": 3 }), Of::DoubleValue(3.0)),
        (json!({ "doubleValue": "1.5" }), Of::DoubleValue(1.5)),
        (json!({ "boolValue": false }), Of::BoolValue(false)),
        (json!({ "stringValue": "" }), Of::StringValue(String::new())),
        (json!({ "stringValue": "\u{1f600}\u{0}" }), Of::StringValue("\u{1f600}\u{0}".into())),
        (json!({ "bytesValue": "-_8=" }), Of::BytesValue(vec![0xfb, 0xff])),
        (json!({ "bytesValue": "+/8" }), Of::BytesValue(vec![0xfb, 0xff])),
        (json!({ "arrayValue": {} }), Of::ArrayValue(Default::default())),
        (json!({ "kvlistValue": { "values": null } }), Of::KvlistValue(Default::default())),
        (json!({ "ofTomorrow": { "deep": [1, {}] }, "intValue": 1, "stringValue": null }), Of::IntValue(1)),
    ];
    for (json, expected) in cases {
        assert_eq!(value(&json), Some(expected), "{json}");
    }
    assert!(matches!(value(&json!({ "doubleValue": "NaN" })), Some(Of::DoubleValue(nan)) if nan.is_nan()));
    let half = with_value(&json!({ "stringValue": "HALF" })).to_string().replace("HALF", "a\\ud83dz");
    let bytes = protobuf(half.as_bytes(), Signal::Traces, LIMIT).unwrap();
    assert!(bytes.windows(5).any(|part| part == "a\u{fffd}z".as_bytes()));
    assert_eq!((value(&json!({})), value(&json!(null))), (None, None));

    for nothing in ["{}", "null", r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[]}"#, "{\"later\":[{}]}"]
    {
        assert_eq!(protobuf(nothing.as_bytes(), Signal::Traces, LIMIT), Ok(Vec::new()), "{nothing}");
    }
    let names = json!({ "resource_spans": [{ "scope_spans": [{ "spans": [{ "trace_id": "5B8EFFF798038103D269B633813FC60C",
        "kind": "SPAN_KIND_CLIENT", "status": { "code": "STATUS_CODE_ERROR" }, "start_time_unix_nano": 7 }] }] }] });
    let read: ExportTraceServiceRequest = read(Signal::Traces, &names);
    let span = &read.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((span.trace_id[0], span.kind, span.start_time_unix_nano), (0x5b, 3, 7));
    assert_eq!(span.status.as_ref().unwrap().code, 2);
}

#[test]
fn what_it_does_not_allow_is_refused_with_a_reason() {
    let span =
        |fields: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let deep = (0..60).fold(json!({}), |inner, _| json!({ "arrayValue": { "values": [inner] } }));
    for (json, says) in [
        ("", "truncated"),
        ("{", "truncated"),
        ("7", "an object"),
        ("[]", "an object"),
        ("{} {}", "trailing"),
        ("{resourceSpans:[]}", "key must be a string"),
        (r#"{"resourceSpans":{}}"#, "a list"),
        (r#"{"resourceSpans":[7]}"#, "number"),
        (r#"{"resourceSpans":[[]]}"#, "one value"),
        (&with_value(&deep).to_string(), "recursion"),
        (&span(r#""traceId":"xyz""#), "hexadecimal"),
        (&span(r#""traceId":"abc""#), "hexadecimal"),
        (&span(r#""traceId":7"#), "a string"),
        (&span(r#""name":7"#), "a string"),
        (&span(r#""kind":"SERVER""#), "whole number"),
        (&span(r#""flags":4294967296"#), "from 0 to 4294967295"),
        (&span(r#""flags":-1"#), "from 0"),
        (&span(r#""startTimeUnixNano":1.5"#), "whole number"),
        (&span(r#""startTimeUnixNano":"18446744073709551616""#), "whole number"),
        (&span(r#""startTimeUnixNano":"nan""#), "whole number"),
        (&with_value(&json!({ "bytesValue": "a" })).to_string(), "base64"),
        (&with_value(&json!({ "doubleValue": "inf" })).to_string(), "a number"),
        (&with_value(&json!({ "doubleValue": "1e400" })).to_string(), "a number"),
        (&with_value(&json!({ "intValue": "9223372036854775808" })).to_string(), "whole number"),
        (&with_value(&json!({ "boolValue": "true" })).to_string(), "true or false"),
        (&with_value(&json!({ "arrayValue": [1] })).to_string(), "one value"),
    ] {
        let said = refused(json);
        assert!(said.contains(says), "{json}: {said}");
    }
    let long = json!({ "resourceSpans": [{ "schemaUrl": "x".repeat(100) }] }).to_string();
    assert_eq!(protobuf(long.as_bytes(), Signal::Traces, 50), Err(Reject::InflatedTooLarge(50)));
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Of::StringValue),
        any::<bool>().prop_map(Of::BoolValue),
        any::<i64>().prop_map(Of::IntValue),
        (-1e300..1e300_f64).prop_map(Of::DoubleValue),
        any::<Vec<u8>>().prop_map(Of::BytesValue),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        let values = prop::collection::vec(inner.prop_map(|value| AnyValue { value: Some(value) }), 0..4);
        values.prop_map(|values| Of::ArrayValue(ArrayValue { values }))
    });
    value.prop_map(|value| AnyValue { value: Some(value) })
}

/// As OTLP writes a value: the types of OpenTelemetry write bytes as a list of numbers.
fn written(value: &AnyValue) -> Value {
    use base64::Engine;
    match value.value.as_ref().unwrap() {
        Of::StringValue(text) => json!({ "stringValue": text }),
        Of::BoolValue(flag) => json!({ "boolValue": flag }),
        Of::IntValue(int) => json!({ "intValue": int.to_string() }),
        Of::DoubleValue(double) => json!({ "doubleValue": double }),
        Of::BytesValue(bytes) => json!({ "bytesValue": base64::prelude::BASE64_STANDARD.encode(bytes) }),
        Of::ArrayValue(list) => {
            json!({ "arrayValue": { "values": list.values.iter().map(written).collect::<Vec<_>>() } })
        }
        other => unreachable!("{other:?} is not made here"),
    }
}

proptest! {
    #[test]
    fn a_value_is_the_same_in_json_and_in_protobuf(of in any_value()) {
        prop_assert_eq!(value(&written(&of)), of.value);
    }

    #[test]
    fn no_text_makes_it_panic_and_what_is_read_is_protobuf(text in "[\\[\\]{}:,\"a-zA-Z0-9.eE+-]{0,200}") {
        if let Ok(bytes) = protobuf(text.as_bytes(), Signal::Traces, LIMIT) {
            prop_assert!(ExportTraceServiceRequest::decode(bytes.as_slice()).is_ok());
        }
    }
}
