//! Pages without their module: what they post as JSON arrives as if it had been recorded by it.

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use weft_collector::clock::Clock;
use weft_proto::{Ids, Seed};

use crate::support::{ORIGIN, Page, Sink, Weft};

const SEED: [u8; 16] = [0x5e; 16];
const BEGAN_MS: u64 = 1_700_000_000_000;

fn begin(number: u64, role: u8, cause: i64) -> Json {
    json!(["begin", { "number": number, "start": BEGAN_MS + number, "epoch": 0, "role": role, "cause": cause,
                      "inferred": false, "parent": -1, "root": number }])
}

fn finish(number: u64, name: &str) -> Json {
    json!(["finish", { "number": number, "duration": 2, "kind": 1, "status": 0, "demoted": false, "name": name,
                       "attributes": { "url.full": "https://shop.example/?token=secret" } }])
}

/// A page load, a press, and the request it caused.
fn visit() -> Vec<Json> {
    let session = json!(["session", { "id": "22".repeat(16), "randomness": "0123456789abcd" }]);
    let load = [session, begin(0, 1, -1), finish(0, "browser.navigation_timing")];
    let press = [begin(1, 4, -1), finish(1, "browser.user_action.click")];
    let request = [begin(2, 0, 1), finish(2, "GET")];
    load.into_iter().chain(press).chain(request).collect()
}

fn body(number: u64, calls: &[Json]) -> Json {
    let sent = Clock::system().wall_ms();
    json!({ "weft": 0, "seed": "5e".repeat(16), "number": number, "sent": sent, "epoch": 0, "calls": calls })
}

async fn post(weft: &Weft, body: &Json) -> reqwest::Response {
    weft.page().header("content-type", "text/plain").body(body.to_string()).send().await.unwrap()
}

async fn acknowledged(weft: &Weft, number: u64, calls: &[Json]) {
    let answer = post(weft, &body(number, calls)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    let ack: Json = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(ack, json!({ "weft": "ack", "number": number }));
}

fn links(span: &Span) -> Vec<(Vec<u8>, String)> {
    let links = span.links.iter();
    links.map(|link| (link.span_id.clone(), format!("{:?}", link.attributes))).collect()
}

#[tokio::test]
async fn a_visit_posted_as_json_arrives_with_the_ids_and_links_it_would_have_had() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    acknowledged(&weft, 4, &visit()).await;
    let spans = sink.spans(3).await;
    let ids = Ids::new(Seed(SEED));
    for (span, (number, name)) in
        spans.iter().zip([(0, "browser.navigation_timing"), (1, "browser.user_action.click"), (2, "GET")])
    {
        assert_eq!((&span.trace_id[..], &span.span_id[..]), (&ids.trace(number)[..], &ids.span(number)[..]));
        assert_eq!((&*span.name, span.start_time_unix_nano), (name, (BEGAN_MS + number) * 1_000_000));
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 2_000_000);
        assert_eq!(span.trace_state, "ot=rv:0123456789abcd");
        assert!(!format!("{:?}", span.attributes).contains("secret"), "scrubbed");
    }
    let links = links(&spans[2]);
    assert!(links.iter().any(|(to, kind)| *to == ids.span(1) && kind.contains("\"cause\"")), "{links:?}");
    assert!(links.iter().any(|(to, kind)| *to == ids.span(0) && kind.contains("\"page\"")), "{links:?}");
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 3);
}

#[tokio::test]
async fn what_came_before_in_either_form_is_not_taken_again() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    weft.acknowledged(Page(Seed(SEED)).batch(1..2)).await;
    acknowledged(&weft, 0, &visit()).await;
    acknowledged(&weft, 0, &visit()).await;
    weft.acknowledged(Page(Seed(SEED)).batch(0..4)).await;
    let spans = sink.spans(4).await;
    let ids: Vec<_> = spans.into_iter().map(|span| span.span_id).collect();
    let page = Page(Seed(SEED));
    assert_eq!(ids, [page.span_ids(1..2), page.span_ids(0..1), page.span_ids(2..4)].concat());
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 4);
    assert_eq!(weft.count("/keys/shop-web/refused/duplicate").await, 1 + 3 + 3);
}

#[tokio::test]
async fn more_than_one_batch_holds_is_acknowledged_once_all_of_it_is_durable() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let large = |number: u64| {
        let text = format!("{number} {}", "lorem ipsum ".repeat(600));
        json!(["finish", { "number": number, "duration": 0, "kind": 1, "status": 0, "demoted": false, "name": "event",
                           "attributes": { "text": text } }])
    };
    let calls: Vec<_> = (0..30).flat_map(|number| [begin(number, 0, -1), large(number)]).collect();
    acknowledged(&weft, 0, &calls).await;
    let mut came: Vec<_> = sink.spans(30).await.into_iter().map(|span| span.span_id).collect();
    let mut expected = Page(Seed(SEED)).span_ids(0..30);
    came.sort();
    expected.sort();
    assert_eq!(came, expected);
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 30);
}

#[tokio::test]
async fn a_long_span_that_is_never_finished_is_given_up_like_any_other() {
    let sink = Sink::start(&[]).await;
    let (clock, owner) = Clock::owned();
    let weft = Weft::start_at(clock, TempDir::new().unwrap(), &[&sink], "").await;
    let upload =
        json!(["long", { "number": 1, "kind": 1, "name": "upload", "attributes": { "file.size": 7 } }]);
    let calls = [begin(0, 1, -1), finish(0, "load"), begin(1, 0, -1), upload];
    acknowledged(&weft, 0, &calls).await;
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 1);
    sink.spans(1).await;
    owner.advance_ms(31 * 60_000);
    let closure = &sink.spans(2).await[1];
    assert_eq!(closure.span_id, Ids::new(Seed(SEED)).closure(1));
    assert_eq!(closure.name, "upload");
    assert_eq!(weft.count("/keys/shop-web/destinations/a/made_here/closure").await, 1);
}

#[tokio::test]
async fn bad_json_is_refused_with_a_sentence_and_the_next_body_works() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let changed = |from: &str, to: &str| body(0, &visit()).to_string().replacen(from, to, 1);
    let deep = format!("{{\"weft\":0,\"calls\":{}", "[".repeat(100_000));
    let cases = [
        ("not_a_batch", 400, "final", changed("\"finish\"", "\"jump\""), "there is no call \"jump\""),
        ("not_a_batch", 400, "final", changed("\"seed\":\"5e", "\"seed\":\"xy"), "32 hex digits"),
        ("not_a_batch", 400, "final", changed("\"number\":2,", "\"number\":1e99,"), "invalid type"),
        ("not_a_batch", 400, "final", deep, "expected"),
        ("not_a_batch", 400, "final", body(0, &[]).to_string(), "without a call"),
        ("version_unknown", 400, "final", changed("\"weft\":0", "\"weft\":1"), "update the collector"),
        ("truncated", 400, "later", changed("\"weft\":0}", "\"weft\":0"), "ends too early"),
        (
            "body_too_large",
            413,
            "final",
            changed("\"GET\"", &format!("\"{}\"", "x".repeat(256 * 1024))),
            "262144",
        ),
    ];
    for (outcome, status, refused, body, says) in cases {
        let pointer = format!("/keys/shop-web/bodies_refused/{outcome}");
        let before = weft.count(&pointer).await;
        let answer = weft.page().body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{says}");
        assert_eq!(answer.headers()["weft-refused"], refused, "{says}");
        let sentence = answer.text().await.unwrap();
        assert!(sentence.contains(says) && sentence.ends_with('.'), "{says}: {sentence}");
        assert_eq!(weft.count(&pointer).await, before + 1, "{says}");
    }
    acknowledged(&weft, 0, &visit()).await;
    assert_eq!(sink.spans(3).await.len(), 3);
}
