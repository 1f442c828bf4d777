//! The door for servers: OTLP as any SDK sends it.

use std::io::Write;

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use weft_collector::RpcStatus;

use crate::support::{ORIGIN, Sink, Weft};

fn export(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn span(id: u8) -> Span {
    Span { trace_id: vec![id; 16], span_id: vec![id; 8], name: "GET /".to_owned(), ..Span::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn spans_of_a_stock_sdk_pass_through_unchanged_in_any_coding() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let plain = weft.server().body(export(vec![span(1)])).send().await.unwrap();
    assert_eq!(plain.status(), 200);
    assert_eq!(plain.headers()["content-type"], "application/x-protobuf");
    let response = ExportTraceServiceResponse::decode(plain.bytes().await.unwrap()).unwrap();
    assert_eq!(response.partial_success, None);
    let body = export(vec![span(2)]);
    let members = [gzip(&body[..10]), gzip(&body[10..])].concat();
    let zipped = weft.server().header("content-encoding", "gzip").body(members).send().await.unwrap();
    assert_eq!(zipped.status(), 200);
    assert_eq!(sink.spans(2).await, [span(1), span(2)]);
    assert_eq!(
        weft.server().body(vec![]).send().await.unwrap().status(),
        200,
        "an empty request is a valid one"
    );
}

#[tokio::test]
async fn json_is_read_as_the_protobuf_that_it_stands_for_and_answered_in_json() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let json = |body: &str| {
        let request = weft.http.post(format!("{}/v1/traces", weft.ingest));
        let request = request.header("authorization", "Bearer sk_demo_shop");
        request.header("content-type", "application/json; charset=utf-8").body(body.to_owned())
    };
    let [whole, broken] = ["01".repeat(16), "00".repeat(16)].map(|trace| {
        let span = format!(r#"{{"traceId":"{trace}","spanId":"{}","name":"GET /"}}"#, "01".repeat(8));
        format!(r#"{{"resourceSpans":[{{"resource":null,"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
    });
    let answer = json(&whole).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(answer.text().await.unwrap(), "{}");
    assert_eq!(sink.spans(1).await, [span(1)]);
    let zipped =
        json("").header("content-encoding", "gzip").body(gzip(whole.as_bytes())).send().await.unwrap();
    assert_eq!((zipped.status().as_u16(), zipped.text().await.unwrap().as_str()), (200, "{}"));
    let answer = json(&broken).send().await.unwrap().text().await.unwrap();
    let partial: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(partial["partialSuccess"]["rejectedSpans"], "1");
    assert!(partial["partialSuccess"]["errorMessage"].as_str().unwrap().contains("all zero"), "{answer}");
    let refused = json("{").send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (400, &"application/json".parse().unwrap())
    );
    let status: serde_json::Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(status["code"], 3);
    assert!(status["message"].as_str().unwrap().contains("ends too early"), "{status}");
    assert_eq!(weft.count("/keys/shop-api/refused/duplicate").await, 1, "the same in gzip is the same");
}

#[tokio::test]
async fn invalid_spans_are_refused_one_by_one_and_said_so() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let spans =
        vec![Span { trace_id: vec![0; 16], ..span(1) }, span(2), Span { span_id: vec![1], ..span(3) }];
    let answer = weft.server().body(export(spans)).send().await.unwrap();
    let response = ExportTraceServiceResponse::decode(answer.bytes().await.unwrap()).unwrap();
    let partial = response.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 2);
    assert!(partial.error_message.contains("16 bytes"));
    assert_eq!(sink.spans(1).await, [span(2)]);
    assert_eq!(weft.count("/keys/shop-api/received").await, 3);
    assert_eq!(weft.count("/keys/shop-api/refused/span_invalid").await, 2);
}

#[tokio::test]
async fn refusals_are_a_status_message_with_what_to_change() {
    let weft = Weft::start(&[], "").await;
    let url = format!("{}/v1/traces", weft.ingest);
    let bare =
        || weft.http.post(&url).header("content-type", "application/x-protobuf").body(export(vec![span(1)]));
    let bomb = gzip(&vec![0; 9 * 1024 * 1024]);
    let body = "/keys/shop-api/bodies_refused";
    let csv = weft.http.post(&url).header("authorization", "Bearer sk_demo_shop");
    let cases = [
        (bare(), 401, "/without_key/key_missing".to_owned(), "Bearer"),
        (
            bare().header("authorization", "Bearer wrong"),
            401,
            "/without_key/key_unknown".to_owned(),
            "[keys]",
        ),
        (
            bare().header("authorization", "Bearer pk_demo_shop"),
            403,
            "/keys/shop-web/bodies_refused/key_of_other_kind".to_owned(),
            "browser key",
        ),
        (weft.server().header("origin", ORIGIN), 403, format!("{body}/origin_with_server_key"), "secret"),
        (csv.header("content-type", "text/csv"), 415, format!("{body}/content_type_unknown"), "x-protobuf"),
        (weft.server().header("content-encoding", "br"), 415, format!("{body}/coding_unknown"), "gzip"),
        (weft.server().body(b"\xff\xff".to_vec()), 400, format!("{body}/not_a_batch"), "OTLP"),
        (
            weft.server().header("content-encoding", "gzip").body(bomb),
            413,
            format!("{body}/inflated_too_large"),
            "inflates",
        ),
        (weft.server().body(vec![0; 5 * 1024 * 1024]), 413, format!("{body}/body_too_large"), "larger"),
    ];
    for (request, status, pointer, says) in cases {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{pointer}");
        assert_eq!(answer.headers()["content-type"], "application/x-protobuf");
        let message = RpcStatus::decode(answer.bytes().await.unwrap()).unwrap().message;
        assert!(message.contains(says), "{message}");
        assert_eq!(weft.count(&pointer).await, 1, "{pointer}");
    }
    assert_eq!(weft.server().body(export(vec![span(1)])).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_that_comes_again_is_told_that_it_is_durable_and_forwarded_once() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    for _ in 0..3 {
        assert_eq!(weft.server().body(export(vec![span(1)])).send().await.unwrap().status(), 200);
    }
    assert_eq!(weft.server().body(export(vec![span(2)])).send().await.unwrap().status(), 200);
    assert_eq!(sink.spans(2).await, [span(1), span(2)]);
    assert_eq!(weft.count("/keys/shop-api/refused/duplicate").await, 2);
    let (data, _) = weft.stop().await;
    let weft = Weft::start_in(data, &[&sink], "").await;
    assert_eq!(weft.server().body(export(vec![span(1)])).send().await.unwrap().status(), 200);
    assert_eq!(weft.count("/keys/shop-api/refused/duplicate").await, 1, "a restart forgets no body");
}

/// A request with `count` items that nobody here can read further: resource 1, scope 2, item 2.
fn items(count: u8) -> Vec<u8> {
    let items: Vec<u8> = (0..count).flat_map(|at| [0x12, 2, 0x08, at]).collect();
    let scope = [&[0x12, items.len() as u8], &items[..]].concat();
    [&[0x0a, scope.len() as u8], &scope[..]].concat()
}

#[tokio::test]
async fn logs_and_metrics_of_servers_are_forwarded_as_they_came() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    for (signal, count) in [("logs", 3), ("metrics", 2)] {
        let url = format!("{}/v1/{signal}", weft.ingest);
        let request = weft.http.post(url).header("authorization", "Bearer sk_demo_shop");
        let request = request.header("content-type", "application/x-protobuf");
        let broken = request.try_clone().unwrap().body(vec![0x0a, 9]).send().await.unwrap();
        assert_eq!(broken.status(), 400);
        assert_eq!(request.body(items(count)).send().await.unwrap().status(), 200);
    }
    let mut came = sink.others(2).await;
    came.sort();
    assert_eq!(came, [("/v1/logs".to_owned(), items(3).into()), ("/v1/metrics".to_owned(), items(2).into())]);
    while weft.count("/keys/shop-api/destinations/a/delivered").await < 5 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn logs_and_metrics_can_be_turned_away() {
    let weft = Weft::start(&[], "forward_other = false").await;
    let url = format!("{}/v1/logs", weft.ingest);
    let request = weft.http.post(url).header("authorization", "Bearer sk_demo_shop");
    let answer =
        request.header("content-type", "application/x-protobuf").body(items(1)).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let status = RpcStatus::decode(answer.bytes().await.unwrap()).unwrap();
    assert!(status.message.contains("forward_other"), "{}", status.message);
    assert_eq!(weft.count("/keys/shop-api/bodies_refused/not_forwarded").await, 1);
}
