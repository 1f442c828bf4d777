//! What no exporter of the recordings does and OpenTelemetry's rules of JSON allow, each with what it means.

use serde_json::{Value, json};

use super::{assert_success, post};
use crate::compatibility::{end, meaning::of_protobuf, parts::Part, start};

/// As it is written, and what it means.
type Case = (&'static str, Value);

fn int(digits: &str) -> Value {
    json!({ "intValue": digits })
}

/// Values of an attribute that are numbers.
fn numbers() -> Vec<Case> {
    let double = |digits: &str| json!({ "doubleValue": digits });
    vec![
        (r#"{"intValue":"9223372036854775807"}"#, int("9223372036854775807")),
        (r#"{"intValue":9223372036854775807}"#, int("9223372036854775807")),
        (r#"{"intValue":"-9223372036854775808"}"#, int("-9223372036854775808")),
        (r#"{"intValue":-9223372036854775808}"#, int("-9223372036854775808")),
        (r#"{"intValue":9007199254740993}"#, int("9007199254740993")),
        (r#"{"intValue":1.0}"#, int("1")),
        (r#"{"intValue":1e3}"#, int("1000")),
        (r#"{"intValue":-0}"#, int("0")),
        (r#"{"intValue":0}"#, int("0")),
        (r#"{"doubleValue":"NaN"}"#, double("NaN")),
        (r#"{"doubleValue":"Infinity"}"#, double("inf")),
        (r#"{"doubleValue":"-Infinity"}"#, double("-inf")),
        (r#"{"doubleValue":"1.5"}"#, double("1.5")),
        (r#"{"doubleValue":3}"#, double("3.0")),
        // What the exporter of JavaScript writes for numbers that are whole, and too large.
        (r#"{"intValue":1e+300}"#, double("1e300")),
        (r#"{"intValue":9223372036854776000}"#, double("9.223372036854776e18")),
        (r#"{"doubleValue":-0}"#, double("-0.0")),
        (r#"{"doubleValue":-0.0}"#, double("-0.0")),
        (r#"{"doubleValue":4.9E-324}"#, double("5e-324")),
        (r#"{"doubleValue":1.7976931348623157E+308}"#, double("1.7976931348623157e308")),
        // Halfway between two doubles, and just beyond.
        (r#"{"doubleValue":9007199254740993}"#, double("9007199254740992.0")),
        (r#"{"doubleValue":9007199254740993.00000000000000000001}"#, double("9007199254740994.0")),
    ]
}

/// Values of an attribute that are something else, or nothing.
fn others() -> Vec<Case> {
    let text = |text: &str| json!({ "stringValue": text });
    let bytes = |hex: &str| json!({ "bytesValue": hex });
    vec![
        (r#"{"stringValue":"half \ud83d"}"#, text("half \u{fffd}")),
        (r#"{"bytesValue":"AP/+AQ=="}"#, bytes("00fffe01")),
        (r#"{"bytesValue":"AP/+AQ"}"#, bytes("00fffe01")),
        (r#"{"bytesValue":"AP_-AQ=="}"#, bytes("00fffe01")),
        (r#"{"bytesValue":""}"#, bytes("")),
        (r#"{"boolValue":false}"#, json!({ "boolValue": false })),
        (r#"{"stringValue":""}"#, text("")),
        (r#"{"stringValue":"\ud83e\uddf6\u0000\/\b"}"#, text("\u{1F9F6}\0/\u{8}")),
        (r#"{"arrayValue":{}}"#, json!({ "arrayValue": {} })),
        (r#"{"arrayValue":{"values":null}}"#, json!({ "arrayValue": {} })),
        (
            r#"{"arrayValue":{"values":[{},{"stringValue":null},{"intValue":"7"}]}}"#,
            json!({ "arrayValue": { "values": [{}, {}, { "intValue": "7" }] } }),
        ),
        (r#"{"kvlistValue":{}}"#, json!({ "kvlistValue": {} })),
        (
            r#"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}},{"key":"b"}]}}"#,
            json!({ "kvlistValue": { "values": [{ "key": "a", "value": { "boolValue": true } }, { "key": "b" }] } }),
        ),
        (r#"{}"#, json!({})),
        (r#"{"doubleValue":null}"#, json!({})),
        (r#"{"stringValue":null,"intValue":"5","boolValue":null}"#, int("5")),
        (r#"{"int_value":"5"}"#, int("5")),
        (
            r#"{"array_value":{"values":[{"string_value":"a"}]}}"#,
            json!({ "arrayValue": { "values": [{ "stringValue": "a" }] } }),
        ),
        (r#"{"future":[{"x":[1e999,"\ud83e\uddf6",null]}],"stringValue":"a","also":{}}"#, text("a")),
    ]
}

/// Fields of a span beside its ids, one by one.
fn fields() -> Vec<Case> {
    vec![
        ("", json!({})),
        (
            r#", "traceState":null,"parentSpanId":null,"name":null,"kind":null,"startTimeUnixNano":null,
                "endTimeUnixNano":null,"attributes":null,"droppedAttributesCount":null,"events":null,
                "droppedEventsCount":null,"links":null,"droppedLinksCount":null,"status":null,"flags":null"#,
            json!({}),
        ),
        (
            r#", "parentSpanId":"","events":[],"links":[],"attributes":[],"kind":0,"status":{}"#,
            json!({ "status": {} }),
        ),
        (r#", "parentSpanId":"ABCDEFabcdef0123""#, json!({ "parentSpanId": "abcdefabcdef0123" })),
        (
            r#", "kind":3,"status":{"code":2,"message":null}"#,
            json!({ "kind": "3", "status": { "code": "2" } }),
        ),
        (
            r#", "startTimeUnixNano":1700000000123456789,"endTimeUnixNano":"1700000000987654321""#,
            json!({ "startTimeUnixNano": "1700000000123456789", "endTimeUnixNano": "1700000000987654321" }),
        ),
        (r#", "flags":4294967295"#, json!({ "flags": "4294967295" })),
        (r#", "flags":"257","droppedLinksCount":"7""#, json!({ "flags": "257", "droppedLinksCount": "7" })),
        (
            r#", "attributes":[{"key":"v"},{"key":"w","value":null}]"#,
            json!({ "attributes": [{ "key": "v" }, { "key": "w" }] }),
        ),
        (r#", "n\u0061me":"render","future":{"name":"no","spans":[[[]]]},"":0"#, json!({ "name": "render" })),
    ]
}

/// Fields of a span that hold more.
fn more_fields() -> Vec<Case> {
    vec![
        (
            r#", "events":[{"timeUnixNano":"1","name":"a","attributes":null},{}]"#,
            json!({ "events": [{ "timeUnixNano": "1", "name": "a" }, {}] }),
        ),
        (
            r#", "links":[{"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"B7AD6B7169203331","traceState":null,"flags":1}]"#,
            json!({ "links": [{ "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "flags": "1" }] }),
        ),
        (
            r#", "trace_state":"a=b","parent_span_id":"0000000000000001","start_time_unix_nano":"1","end_time_unix_nano":2,
                "dropped_attributes_count":3,"dropped_events_count":4,"dropped_links_count":5"#,
            json!({
                "traceState": "a=b", "parentSpanId": "0000000000000001", "startTimeUnixNano": "1",
                "endTimeUnixNano": "2", "droppedAttributesCount": "3", "droppedEventsCount": "4", "droppedLinksCount": "5",
            }),
        ),
    ]
}

/// What stands around a span of these fields, which has the id `at`.
fn around(at: usize, fields: &str) -> String {
    let ids = format!(r#""traceId":"0AF7651916cd43dd8448EB211C80319C","spanId":"{at:016X}""#);
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids}{fields}}}]}}]}}]}}"#)
}

/// As [`around`], of what it means.
fn meant(at: usize, mut span: Value) -> Value {
    span["traceId"] = json!("0af7651916cd43dd8448eb211c80319c");
    span["spanId"] = json!(format!("{at:016x}"));
    json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] })
}

async fn assert_means(cases: Vec<(String, Value)>) {
    let (kept, collector) = start().await;
    for (written, means) in cases {
        assert_success(&post(collector.addresses(), "/v1/traces", written.clone()).await, &written);
        let arrived = kept.take(&written, "/v1/traces", 1).await;
        assert_eq!(of_protobuf(Part::Traces, &arrived), means, "{written}");
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn every_way_to_write_a_value_means_what_it_does() {
    let of = |(at, (value, means)): (usize, (&str, Value))| {
        let written = format!(r#", "attributes":[{{"value":{value},"key":"v"}}]"#);
        let means = json!({ "attributes": [{ "key": "v", "value": means }] });
        (around(at + 1, &written), meant(at + 1, means))
    };
    assert_means(numbers().into_iter().chain(others()).enumerate().map(of).collect()).await;
}

#[tokio::test]
async fn every_way_to_write_a_span_means_what_it_does() {
    let of = |(at, (fields, means)): (usize, (&str, Value))| (around(at + 1, fields), meant(at + 1, means));
    assert_means(fields().into_iter().chain(more_fields()).enumerate().map(of).collect()).await;
}

#[tokio::test]
async fn what_stands_around_spans_may_be_written_in_every_way_too() {
    let span = |id: &str| format!(r#"[{{"trace_id":"{}","span_id":"{id}"}}]"#, "01".repeat(16));
    let meant = |id: &str| json!([{ "traceId": "01".repeat(16), "spanId": id }]);
    let [one, two, three] = ["a000000000000001", "a000000000000002", "a000000000000003"];
    let snake = r#"{"resource_spans":[{"resource":{"dropped_attributes_count":"2"},"scope_spans":[
        {"scope":{"name":"a","version":"1"},"spans":SPANS,"schema_url":"of scope"}],"schema_url":"of resource"}]}"#;
    let in_snake = json!({ "resourceSpans": [{
        "resource": { "droppedAttributesCount": "2" },
        "scopeSpans": [{ "scope": { "name": "a", "version": "1" }, "spans": meant(one), "schemaUrl": "of scope" }],
        "schemaUrl": "of resource",
    }] });
    let nulls = "\n{\"resourceSpans\":[{\"resource\":null,\"scopeSpans\":[{\"scope\":null,\"schemaUrl\":null,
        \"spans\":SPANS}]}]}\r\n\t ";
    let in_nulls = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": meant(two) }] }] });
    let unknown = r#"{"future":0,"resourceSpans":[{"x":[],"resource":{"y":{},"attributes":[]},"scopeSpans":[
        {"z":null,"scope":{"w":"","attributes":[{"key":"k","value":{"boolValue":true}}]},"spans":SPANS}]}]}"#;
    let in_unknown = json!({ "resourceSpans": [{ "resource": {}, "scopeSpans": [{
        "scope": { "attributes": [{ "key": "k", "value": { "boolValue": true } }] }, "spans": meant(three),
    }] }] });
    let cases = [(snake, one, in_snake), (nulls, two, in_nulls), (unknown, three, in_unknown)];
    assert_means(cases.map(|(written, id, means)| (written.replace("SPANS", &span(id)), means)).to_vec())
        .await;
}

#[tokio::test]
async fn a_request_without_anything_in_it_is_a_valid_one() {
    let (kept, collector) = start().await;
    let of = |name: &str| {
        let (resource, scope) = (format!("resource{name}"), format!("scope{name}"));
        [
            "{}".to_owned(),
            " \n{ }\t".to_owned(),
            r#"{"future":{"of":["any"]}}"#.to_owned(),
            format!(r#"{{"{resource}":null}}"#),
            format!(r#"{{"{resource}":[]}}"#),
            format!(r#"{{"{resource}":[{{}}]}}"#),
            format!(r#"{{"{resource}":[{{"resource":null,"{scope}":[{{"scope":null}}]}}]}}"#),
        ]
    };
    for (path, name) in [("/v1/traces", "Spans"), ("/v1/logs", "Logs"), ("/v1/metrics", "Metrics")] {
        for written in of(name) {
            assert_success(&post(collector.addresses(), path, written.clone()).await, &written);
        }
    }
    end(kept, collector).await;
}
