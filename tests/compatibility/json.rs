//! OTLP in JSON: what stock exporters send, and what OpenTelemetry's rules allow beyond that.

mod others;
mod reader;
mod refused;
mod written;

use serde_json::{Value, json};
use support::{
    collector::{Addresses, SERVER_KEY},
    http::{Answer, send},
};

use super::{
    end,
    meaning::{items, of_protobuf},
    recorded::Recording,
    start,
};

const JSON: &str = "application/json";

/// Of each language traces with and without gzip; of JavaScript and Python logs and metrics as well.
const OF_JSON: usize = 4 * 2 + 2 * 2;

#[tokio::test]
async fn what_stock_exporters_send_in_json_arrives_with_the_same_meaning() {
    let (kept, collector) = start().await;
    let recordings = Recording::all(JSON);
    assert_eq!(recordings.len(), OF_JSON);
    for recording in recordings {
        let (what, sent) = (&recording.name, String::from_utf8(recording.plain()).expect("text"));
        let sent = reader::of_json(recording.part(), &sent);
        assert_success(&recording.send(collector.addresses()).await, what);
        let arrived = kept.take(what, &recording.path, count(&sent)).await;
        assert_eq!(of_protobuf(recording.part(), &arrived), sent, "{what}");
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn a_refusal_of_json_is_a_status_in_json() {
    let (kept, collector) = start().await;
    let to = collector.addresses();
    for recording in Recording::all(JSON) {
        let half = recording.body.slice(..recording.body.len() / 2);
        assert_status(&recording.send_body(to, SERVER_KEY, half).await, 400, 3, &recording.name);
        let whole = recording.body.clone();
        assert_status(&recording.send_body(to, "sk_other", whole).await, 401, 16, &recording.name);
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn spans_that_are_refused_one_by_one_are_counted_in_json() {
    let (kept, collector) = start().await;
    let span = |trace: &str, span: &str| json!({ "traceId": trace.repeat(16), "spanId": span.repeat(8) });
    let spans = [span("01", "02"), span("00", "03"), span("01", "04"), span("01", "00")];
    let request = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
    let answer = post(collector.addresses(), "/v1/traces", request.to_string()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(JSON)));
    let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
    // A count is an int64, which JSON has as a text.
    assert_eq!(said["partialSuccess"]["rejectedSpans"], "2", "{said}");
    assert!(said["partialSuccess"]["errorMessage"].as_str().is_some_and(|message| !message.is_empty()));
    let arrived = kept.take("the valid ones", "/v1/traces", 2).await;
    let arrived: Vec<_> = items(&arrived).into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(arrived.len(), 2);
    end(kept, collector).await;
}

/// A request in JSON, with a key.
async fn post(to: Addresses, path: &str, body: impl Into<hyper::body::Bytes>) -> Answer {
    let (url, key) = (format!("{}{path}", to.otlp_endpoint()), format!("Bearer {SERVER_KEY}"));
    let headers = [("content-type", JSON), ("authorization", key.as_str())];
    send(hyper::Method::POST, &url, &headers, body).await
}

/// A success without anything to say is an empty object.
fn assert_success(answer: &Answer, what: &str) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some(JSON)),
        "{what}: {}",
        answer.text()
    );
    let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(said, json!({}), "{what}");
}

fn assert_status(answer: &Answer, status: u16, code: i32, what: &str) {
    let said = answer.text();
    assert_eq!((answer.status, answer.header("content-type")), (status, Some(JSON)), "{what}: {said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["code"], code, "{what}: {said}");
    assert!(said["message"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {said}");
}

/// Spans, log records or metrics in what a request says.
fn count(said: &Value) -> usize {
    let inner = |value: &Value, names: [&str; 3]| {
        let lists = names.iter().filter_map(|name| value[name].as_array().cloned());
        lists.flatten().collect::<Vec<_>>()
    };
    let resources = inner(said, ["resourceSpans", "resourceLogs", "resourceMetrics"]);
    let scopes = resources.iter().flat_map(|of| inner(of, ["scopeSpans", "scopeLogs", "scopeMetrics"]));
    scopes.map(|of| inner(&of, ["spans", "logRecords", "metrics"]).len()).sum()
}
