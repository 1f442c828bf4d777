//! How long both ends of a connection took, on its row of the map.

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value as Json;
use weft_proto::LinkKinds;

use super::scene::{CLIENT, Scene, Visit, served, span, text, took_ms, under, with};
use crate::support::ORIGIN;

/// What is told is a quarter too long at most.
fn assert_took(told: &Json, count: u64, [p50_ms, p95_ms]: [f64; 2]) {
    assert_eq!(told["count"], count, "{told}");
    for (name, ms) in [("p50_ms", p50_ms), ("p95_ms", p95_ms)] {
        let of_true = told[name].as_f64().unwrap() / ms;
        assert!((0.99..1.27).contains(&of_true), "{name} of {told} is not {ms}");
    }
}

#[tokio::test]
async fn a_row_says_how_long_the_page_waited_and_how_long_the_service_worked() {
    let scene = Scene::start("").await;
    let url = format!("{ORIGIN}/api/cart");
    let mut visit = Visit::new(1, scene.now_ms()).load("/cart").took_ms(9_000);
    for number in 1..=20 {
        let ms = if number > 18 { 2_000 } else { 100 };
        visit = visit.request(number, 0, "POST", &url, &[]).took_ms(ms);
    }
    visit.send(&scene).await;
    let spans: Vec<_> = (1..=20).map(|number| took_ms(visit.served(number, number as u8 + 50), 40)).collect();
    scene.spans("shop-api", &spans).await;
    let row = scene.shown("shop").await["connections"][0].take();
    assert_took(&row["latency"]["request"], 20, [100.0, 2_000.0]);
    assert_took(&row["latency"]["service"], 20, [40.0, 40.0]);
}

#[tokio::test]
async fn plain_opentelemetry_is_measured_too_and_a_documents_load_is_not_taken_for_a_request() {
    let scene = Scene::start("").await;
    let said = [text("http.request.method", "GET"), text("url.full", "https://shop.example/api")];
    let asked = Span { kind: CLIENT, ..with(span(1, 1), &said) };
    let page = [text("service.name", "old-web"), text("telemetry.sdk.language", "webjs")];
    scene.spans_of(&page, &[took_ms(asked, 300)]).await;
    scene.spans("api", &[took_ms(under(served(1, 2), 1), 70)]).await;
    let row = scene.shown("shop").await["connections"][0].take();
    assert_took(&row["latency"]["request"], 1, [300.0, 300.0]);
    assert_took(&row["latency"]["service"], 1, [70.0, 70.0]);

    let rendered = Visit::new(2, scene.now_ms()).load("/").took_ms(5_000).leads(LinkKinds::SERVER, 9, 9);
    scene.spans("ssr", &[took_ms(served(9, 9), 20)]).await;
    rendered.send(&scene).await;
    let map = scene.shown("shop").await;
    let row = map["connections"].as_array().unwrap().iter().find(|row| row["service"] == "ssr").unwrap();
    assert_eq!(row["latency"]["request"], Json::Null);
    assert_took(&row["latency"]["service"], 1, [20.0, 20.0]);
}
