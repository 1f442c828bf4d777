//! What met nothing is told with a likely cause and what to do; what cannot be known is not claimed.

use serde_json::Value as Json;
use weft_proto::LinkKinds;

use super::scene::{CLIENT, Scene, Visit, asked, count, linked, served, span, string, under};
use crate::support::ORIGIN;

/// Each row with how often, and the beginning of its cause.
fn causes<'a>(rows: &'a [Json], name: impl Fn(&'a Json) -> String) -> Vec<(String, u64, &'a str)> {
    let mut causes: Vec<_> = rows.iter().map(|row| (name(row), count(row), string(&row["cause"]))).collect();
    assert!(rows.iter().all(|row| !string(&row["fix"]).is_empty()));
    causes.sort();
    causes
}

fn assert_causes(found: &[(String, u64, &str)], expected: &[(&str, u64, &str)]) {
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((row, count, cause), (expected_row, expected_count, beginning)) in found.iter().zip(expected) {
        assert_eq!((row.as_str(), *count), (*expected_row, *expected_count), "{found:#?}");
        assert!(cause.contains(beginning), "{row}: {cause}");
    }
}

#[tokio::test]
async fn a_request_without_a_backend_is_told_with_what_is_known_of_it() {
    let scene = Scene::start("").await;
    let own = |path: &str| format!("{ORIGIN}{path}");
    let ok = [("http.response.status_code", "200")];
    let failed = [("error.type", "TypeError")];
    let visit = Visit::new(1, scene.now_ms())
        .load("/cart")
        .request(1, 0, "GET", &own("/api/known"), &ok)
        .request(2, 0, "GET", &own("/api/cached"), &ok)
        .request(3, 0, "GET", "https://api.example/open", &ok)
        .request(4, 0, "GET", "https://api.example/strict", &failed)
        .request(5, 0, "GET", "https://api.example/strict", &failed)
        .request(6, 0, "GET", &own("/api/aborted"), &failed)
        .request(8, 0, "GET", "https://mesh.example/", &ok)
        .request(9, 7, "GET", "https://other.example/", &ok);
    visit.send(&scene).await;
    let (trace_id, _) = visit.ids(8);
    let behind = opentelemetry_proto::tonic::trace::v1::Span { trace_id, ..under(served(1, 8), 77) };
    scene.spans("shop-api", &[visit.served(1, 1), behind]).await;
    assert!(scene.lone("requests").await.is_empty(), "they are waited for");
    scene.pass().await;
    let rows = scene.lone("requests").await;
    assert_causes(
        &causes(&rows, asked),
        &[
            ("/cart → GET api.example/open", 1, "its own origin only, and to those that it lists"),
            ("/cart → GET api.example/strict", 2, "CORS does not allow traceparent"),
            ("/cart → GET localhost:3000/api/aborted", 1, "nobody answered"),
            ("/cart → GET localhost:3000/api/cached", 1, "other requests to this host are connected"),
            ("/cart → GET mesh.example/", 1, "makes a span of its own in the trace"),
            ("? → GET other.example/", 1, "not known which page"),
        ],
    );
    let strict = rows.iter().find(|row| count(row) == 2).unwrap();
    assert!(
        string(&strict["fix"]).contains("Access-Control-Allow-Headers: traceparent, tracestate, baggage")
    );
    let orphans = scene.lone("backend_spans_without_parent").await;
    let name = |row: &Json| format!("{} {}", string(&row["service"]), string(&row["name"]));
    assert_causes(&causes(&orphans, name), &[("shop-api GET /", 1, "makes a span of its own in the trace")]);
}

#[tokio::test]
async fn while_no_backend_sends_anything_that_is_the_cause() {
    let scene = Scene::start("").await;
    let url = format!("{ORIGIN}/api/cart");
    let ok = [("http.response.status_code", "200")];
    Visit::new(1, scene.now_ms()).load("/").request(1, 0, "GET", &url, &ok).send(&scene).await;
    scene.pass().await;
    let rows = scene.lone("requests").await;
    assert_causes(&causes(&rows, asked), &[("/ → GET localhost:3000/api/cart", 1, "no backend has sent")]);
}

#[tokio::test]
async fn backend_spans_are_told_that_nobody_called_or_whose_caller_never_came() {
    let scene = Scene::start("").await;
    let visit = Visit::new(1, scene.now_ms()).load("/").request(1, 0, "GET", "https://api.example/", &[]);
    visit.send(&scene).await;
    let calls = opentelemetry_proto::tonic::trace::v1::Span { kind: CLIENT, ..under(span(3, 31), 30) };
    let spans = [
        served(1, 1),
        served(2, 2),
        // One service calls another; and the callee's spans may come first.
        under(served(3, 32), 31),
        under(served(4, 4), 99),
    ];
    scene.spans("api", &spans).await;
    scene.spans("api", &[calls]).await;
    scene.pass().await;
    let name = |row: &Json| format!("{} {}", string(&row["service"]), string(&row["name"]));
    let rows = scene.lone("backend_roots").await;
    assert_causes(&causes(&rows, name), &[("api GET /", 2, "a health check, a bot, a job")]);
    let rows = scene.lone("backend_spans_without_parent").await;
    assert_causes(&causes(&rows, name), &[("api GET /", 1, "its parent never came")]);
    assert_eq!(string(&rows[0]["example_trace_id"]), "04".repeat(16));
}

#[tokio::test]
async fn links_to_what_has_not_passed_are_told_by_kind_and_those_to_what_has_or_to_pages_are_not() {
    let scene = Scene::start("").await;
    let before = Visit::new(1, scene.now_ms()).load("/").request(1, 0, "GET", "http://api.example/", &[]);
    before.send(&scene).await;
    let rendered = Visit::new(2, scene.now_ms()).load("/").leads(LinkKinds::SERVER, 50, 50);
    // What pages leave to each other may be weeks old.
    let restored = Visit::new(3, scene.now_ms()).load("/").leads(LinkKinds::RESTORED, 51, 51);
    rendered.send(&scene).await;
    restored.send(&scene).await;
    let worker = |id: u8| opentelemetry_proto::tonic::trace::v1::Span { kind: 5, ..span(id, id) };
    let unseen = (vec![52; 16], vec![52; 8]);
    // What it links to may come behind it.
    let ahead = (vec![70; 16], vec![70; 8]);
    let spans = [linked(worker(60), before.ids(1)), linked(worker(61), unseen), linked(worker(62), ahead)];
    scene.spans("worker", &spans).await;
    scene.spans("worker", &[worker(70)]).await;
    scene.pass().await;
    let rows = scene.lone("links").await;
    assert_causes(
        &causes(&rows, |row| string(&row["kind"]).to_owned()),
        &[("of a span", 1, "a link to a span that has not passed"), ("server", 1, "came out of a cache")],
    );
    let server = rows.iter().find(|row| row["kind"] == "server").unwrap();
    assert_eq!(string(&server["example_trace_id"]), "32".repeat(16));
    assert!(string(&scene.shown("shop").await["spans_remembered_since"]).starts_with("20"));
}

#[tokio::test]
async fn what_comes_late_or_just_after_a_start_is_not_said_to_be_unconnected() {
    let scene = Scene::start("").await;
    let url = format!("{ORIGIN}/api/cart");
    // A page that was offline for an hour.
    let hour_ms = 60 * 60 * 1_000;
    Visit::new(1, scene.now_ms() - hour_ms).load("/").request(1, 0, "GET", &url, &[]).send(&scene).await;
    scene.pass().await;
    assert!(scene.lone("requests").await.is_empty());
    assert_eq!(scene.shown("shop").await["not_judged"], 1);

    let other = "[keys.new]\nkind = \"server\"\nkey = \"sk_new\"\napplication = \"new\"";
    let scene = Scene::start(other).await;
    let answer = scene.weft.http.post(format!("{}/v1/traces", scene.weft.ingest));
    let answer =
        answer.header("authorization", "Bearer sk_new").header("content-type", "application/x-protobuf");
    let body = super::scene::export(&[], &[served(1, 1), under(served(2, 2), 9)]);
    assert_eq!(answer.body(body).send().await.unwrap().status(), 200);
    scene.pass().await;
    let map = scene.shown("new").await;
    assert_eq!(
        (&map["not_judged"], map["unconnected"]["backend_roots"].as_array().unwrap().len()),
        (&2.into(), 0)
    );
}
