//! As `written.rs`, of log records and metrics: what JSON allows there beside what exporters do.

use serde_json::{Value, json};

use super::{assert_status, assert_success, post};
use crate::compatibility::{end, meaning::of_protobuf, parts::Part, start};

/// Log records as they are written, and what they mean.
fn logs() -> Vec<(&'static str, Value)> {
    vec![
        ("{}", json!({})),
        (
            r#"{"timeUnixNano":null,"body":null,"attributes":null,"traceId":null,"spanId":null,"flags":null}"#,
            json!({}),
        ),
        // A record need not be of a span.
        (r#"{"traceId":"","spanId":"","severityText":"","eventName":""}"#, json!({})),
        (
            r#"{"time_unix_nano":1,"observedTimeUnixNano":"2","severity_number":17,"severityText":"error","flags":1,
                "traceId":"0AF7651916CD43DD8448EB211C80319C","span_id":"B7AD6B7169203331","event_name":"a"}"#,
            json!({
                "timeUnixNano": "1", "observedTimeUnixNano": "2", "severityNumber": "17", "severityText": "error",
                "flags": "1", "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "eventName": "a",
            }),
        ),
        (
            r#"{"body":{"kvlistValue":{"values":[{"key":"a","value":{"bytesValue":"AP8"}}]}},"future":{}}"#,
            json!({ "body": { "kvlistValue": { "values": [{ "key": "a", "value": { "bytesValue": "00ff" } }] } } }),
        ),
    ]
}

/// Metrics of single numbers as they are written, and what they mean.
fn numbers() -> Vec<(&'static str, Value)> {
    vec![
        (r#"{"name":"a","gauge":null,"unit":null}"#, json!({ "name": "a" })),
        (
            r#"{"gauge":{"dataPoints":[{"asInt":"-5"},{"asInt":0},{"asDouble":"NaN"},{"as_double":3,"flags":1},{}]}}"#,
            json!({ "gauge": { "dataPoints": [
                { "asInt": "-5" }, { "asInt": "0" }, { "asDouble": "NaN" }, { "asDouble": "3.0", "flags": "1" }, {},
            ] } }),
        ),
        (
            r#"{"sum":{"aggregation_temporality":2,"isMonotonic":true,"data_points":[{"exemplars":[{"asInt":"7",
                "timeUnixNano":8,"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"B7AD6B7169203331",
                "filteredAttributes":[{"key":"a","value":{"boolValue":true}}]}]}]}}"#,
            json!({ "sum": { "aggregationTemporality": "2", "isMonotonic": true, "dataPoints": [{ "exemplars": [{
                "asInt": "7", "timeUnixNano": "8", "traceId": "0af7651916cd43dd8448eb211c80319c",
                "spanId": "b7ad6b7169203331",
                "filteredAttributes": [{ "key": "a", "value": { "boolValue": true } }],
            }] }] } }),
        ),
        (
            r#"{"metadata":[{"key":"a","value":{"intValue":1}}]}"#,
            json!({ "metadata": [{ "key": "a", "value": { "intValue": "1" } }] }),
        ),
    ]
}

/// Metrics of many numbers.
fn distributions() -> Vec<(&'static str, Value)> {
    vec![
        (
            r#"{"histogram":{"dataPoints":[{"count":"18446744073709551615","sum":0,"bucketCounts":["1",2],
                "explicitBounds":[0,"1.5",1e3],"min":null,"max":"Infinity"}]}}"#,
            json!({ "histogram": { "dataPoints": [{
                "count": "18446744073709551615", "sum": "0.0", "bucketCounts": ["1", "2"],
                "explicitBounds": ["0.0", "1.5", "1000.0"], "max": "inf",
            }] } }),
        ),
        (
            r#"{"exponentialHistogram":{"dataPoints":[{"scale":-10,"zeroCount":3,"zeroThreshold":0.5,
                "positive":{"offset":-2147483648,"bucketCounts":["18446744073709551615",0]},"negative":{}}]}}"#,
            json!({ "exponentialHistogram": { "dataPoints": [{
                "scale": "-10", "zeroCount": "3", "zeroThreshold": "0.5", "negative": {},
                "positive": { "offset": "-2147483648", "bucketCounts": ["18446744073709551615", "0"] },
            }] } }),
        ),
        (
            r#"{"summary":{"dataPoints":[{"count":2,"sum":1.5,"quantile_values":[{"quantile":0.5,"value":7},{}]}]}}"#,
            json!({ "summary": { "dataPoints": [{
                "count": "2", "sum": "1.5", "quantileValues": [{ "quantile": "0.5", "value": "7.0" }, {}],
            }] } }),
        ),
    ]
}

/// Log records and metrics that hold what they cannot.
const REFUSED: [(&str, &str, &str); 7] = [
    ("/v1/logs", "Logs", r#"{"logRecords":[{"traceId":"0g"}]}"#),
    ("/v1/logs", "Logs", r#"{"logRecords":[{"severityNumber":2147483648}]}"#),
    ("/v1/logs", "Logs", r#"{"logRecords":{}}"#),
    ("/v1/metrics", "Metrics", r#"{"metrics":[{"gauge":{"dataPoints":[{"asInt":9223372036854775808}]}}]}"#),
    ("/v1/metrics", "Metrics", r#"{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[-1]}]}}]}"#),
    ("/v1/metrics", "Metrics", r#"{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":[null]}]}}]}"#),
    (
        "/v1/metrics",
        "Metrics",
        r#"{"metrics":[{"exponentialHistogram":{"dataPoints":[{"scale":2147483648}]}}]}"#,
    ),
];

#[tokio::test]
async fn every_way_to_write_a_log_record_or_a_metric_means_what_it_does() {
    let (kept, collector) = start().await;
    let of_logs = logs().into_iter().map(|case| ("/v1/logs", Part::Logs, ["Logs", "logRecords"], case));
    let metrics = numbers().into_iter().chain(distributions());
    let of_metrics = metrics.map(|case| ("/v1/metrics", Part::Metrics, ["Metrics", "metrics"], case));
    for (at, (path, part, [name, item], (written, means))) in of_logs.chain(of_metrics).enumerate() {
        // What means the same as what came before would not be passed on again.
        let around = |item: &str| {
            let scope = format!(r#"{{"scope":{{"name":"{at}"}},{item}}}"#);
            format!(r#"{{"resource{name}":[{{"scope{name}":[{scope}]}}]}}"#)
        };
        let body = around(&format!(r#""{item}":[{written}]"#));
        assert_success(&post(collector.addresses(), path, body).await, written);
        let arrived = kept.take(written, path, 1).await;
        let means: Value = serde_json::from_str(&around(&format!(r#""{item}":[{means}]"#))).expect("JSON");
        assert_eq!(of_protobuf(part, &arrived), means, "{written}");
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn log_records_and_metrics_that_hold_what_they_cannot_are_refused() {
    let (kept, collector) = start().await;
    for (path, name, scope) in REFUSED {
        let body = format!(r#"{{"resource{name}":[{{"scope{name}":[{scope}]}}]}}"#);
        assert_status(&post(collector.addresses(), path, body).await, 400, 3, scope);
    }
    end(kept, collector).await;
}
