//! Which route asks which backend for what: whatever comes first, and by whatever the two ends meet.

mod bounds;
mod latency;
mod scene;
mod unconnected;

use serde_json::json;
use weft_proto::LinkKinds;

use self::scene::{
    CLIENT, Scene, Visit, count, failed, linked, list, served, span, string, text, under, with,
};
use crate::support::ORIGIN;

#[tokio::test]
async fn a_request_and_the_span_that_serves_it_meet_whichever_comes_first_and_count_once() {
    let scene = Scene::start("").await;
    let api = |path: &str| format!("{ORIGIN}/api{path}");
    let visit = Visit::new(1, scene.now_ms())
        .load("/cart")
        .request(1, 0, "POST", &api("/cart/123?token=secret"), &[("http.response.status_code", "200")])
        .request(2, 0, "POST", &api("/cart/124"), &[("http.response.status_code", "200")])
        .view(3, "/product/rug")
        .request(4, 3, "GET", &api("/reviews"), &[]);
    let later = visit.served(2, 3);
    scene.spans("shop-api", &[visit.served(1, 2), visit.served(4, 4)]).await;
    visit.send(&scene).await;
    scene.spans("shop-api", &[failed(later.clone())]).await;
    // The same again is told that it is known.
    visit.send(&scene).await;
    scene.spans("shop-api", &[failed(later)]).await;
    assert_eq!(
        scene.connections().await,
        [
            (
                "/cart → POST localhost:3000/api/cart/:id → shop-api".to_owned(),
                2,
                json!({ "traceparent": 2 })
            ),
            (
                "/product/rug → GET localhost:3000/api/reviews → shop-api".to_owned(),
                1,
                json!({ "traceparent": 1 })
            ),
        ]
    );
    let row = scene.shown("shop").await["connections"][0].take();
    assert_eq!((&row["errors"], &row["route"]["known_by"]), (&json!(1), &json!("view")));
    assert_eq!(string(&row["example_trace_id"]).len(), 32);
    assert!(string(&row["last_seen"]).starts_with("20"), "{row}");
    scene.pass().await;
    assert!(scene.lone("requests").await.is_empty());
    assert!(scene.lone("backend_spans_without_parent").await.is_empty());
    assert_eq!(scene.connections().await.len(), 2, "what is joined stays on the map");
}

#[tokio::test]
async fn where_no_trace_is_passed_on_a_request_id_of_either_side_does() {
    let scene = Scene::start("").await;
    const SENT: &str = "http.request.header.x-request-id";
    const ANSWERED: &str = "http.response.header.x-request-id";
    let url = "http://api.example/orders";
    let visit = Visit::new(1, scene.now_ms())
        .load("/orders")
        .request(1, 0, "GET", url, &[(ANSWERED, "r-1")])
        .request(2, 0, "GET", url, &[(SENT, "r-2")]);
    scene.spans("orders", &[with(served(1, 1), &[list(ANSWERED, "r-1")])]).await;
    visit.send(&scene).await;
    // Whom it calls gets the id too.
    let called = with(under(served(2, 3), 2), &[text(SENT, "r-2")]);
    scene.spans("stock", &[called]).await;
    scene.spans("orders", &[with(served(2, 2), &[text(SENT, "r-2")])]).await;
    let row = "/orders → GET api.example/orders → orders".to_owned();
    assert_eq!(scene.connections().await, [(row, 2, json!({ "x-request-id": 2 }))]);
}

#[tokio::test]
async fn a_span_that_links_to_a_request_is_connected_to_it() {
    let scene = Scene::start("").await;
    let visit = Visit::new(1, scene.now_ms())
        .load("/upload")
        .request(1, 0, "PUT", "http://files.example/", &[])
        .request(2, 0, "PUT", "http://files.example/", &[]);
    scene.spans("files", &[linked(served(1, 1), visit.ids(1))]).await;
    visit.send(&scene).await;
    scene.spans("files", &[linked(served(2, 2), visit.ids(2))]).await;
    let row = "/upload → PUT files.example/ → files".to_owned();
    assert_eq!(scene.connections().await, [(row, 2, json!({ "link": 2 }))]);
    scene.pass().await;
    assert!(scene.lone("links").await.is_empty(), "what they link to has passed");
}

#[tokio::test]
async fn a_document_is_connected_to_what_rendered_it_by_the_span_or_the_trace_that_it_names() {
    let scene = Scene::start("").await;
    let rendered =
        |id: u8, span: u8| Visit::new(id, scene.now_ms()).load("/").leads(LinkKinds::SERVER, id, span);
    scene.spans("shop-ssr", &[served(1, 1), served(2, 2)]).await;
    rendered(1, 1).send(&scene).await;
    // It names a span inside of what rendered it.
    rendered(2, 9).send(&scene).await;
    rendered(3, 3).send(&scene).await;
    scene.spans("shop-ssr", &[served(3, 3)]).await;
    let row = "/ → GET localhost:3000/ → shop-ssr".to_owned();
    assert_eq!(scene.connections().await, [(row, 3, json!({ "document": 3 }))]);
    scene.pass().await;
    assert!(scene.lone("links").await.is_empty() && scene.lone("backend_roots").await.is_empty());
}

#[tokio::test]
async fn a_page_with_plain_opentelemetry_is_on_the_map_as_one_with_our_sdk() {
    let scene = Scene::start("").await;
    let page = [text("service.name", "old-web"), text("telemetry.sdk.language", "webjs")];
    let session = text("session.id", "s-1");
    let load = span(1, 1);
    let load = opentelemetry_proto::tonic::trace::v1::Span { name: "documentLoad".to_owned(), ..load };
    let load = with(load, &[session.clone(), text("http.url", "https://shop.example/checkout?cart=7#top")]);
    // Names of before, and of today.
    let fetch = |trace, id| {
        let fetch = opentelemetry_proto::tonic::trace::v1::Span { kind: CLIENT, ..span(trace, id) };
        with(
            fetch,
            &[
                session.clone(),
                text("http.method", "POST"),
                text("http.url", "https://shop.example/api/pay/991"),
            ],
        )
    };
    let of_today = opentelemetry_proto::tonic::trace::v1::Span { kind: CLIENT, ..span(4, 4) };
    let of_today = with(
        of_today,
        &[
            text("http.request.method", "GET"),
            text("url.full", "https://shop.example/api/rates"),
            text("browser.document.url.full", "https://shop.example/help"),
        ],
    );
    scene.spans("pay", &[under(served(2, 12), 2)]).await;
    scene.spans_of(&page, &[load, fetch(2, 2), fetch(3, 3), of_today]).await;
    scene.spans("pay", &[under(served(3, 13), 3), under(served(4, 14), 4)]).await;
    assert_eq!(
        scene.connections().await,
        [
            ("/checkout → POST shop.example/api/pay/:id → pay".to_owned(), 2, json!({ "traceparent": 2 })),
            ("/help → GET shop.example/api/rates → pay".to_owned(), 1, json!({ "traceparent": 1 })),
        ]
    );
    let map = scene.shown("shop").await;
    let known_by = |at: usize| string(&map["connections"][at]["route"]["known_by"]);
    assert_eq!((known_by(0), known_by(1)), ("session", "document"));
    assert_eq!(count(&map["connections"][0]), 2);
}

#[tokio::test]
async fn a_view_of_an_earlier_batch_is_known_and_one_that_never_came_is_not_made_up() {
    let scene = Scene::start("").await;
    Visit::new(1, scene.now_ms()).load("/").view(1, "/cart").send(&scene).await;
    let url = format!("{ORIGIN}/api/cart");
    let visit =
        Visit::new(1, scene.now_ms()).request(2, 1, "POST", &url, &[]).request(9, 7, "POST", &url, &[]);
    visit.send(&scene).await;
    scene.spans("shop-api", &[visit.served(2, 2), visit.served(9, 3)]).await;
    let mut rows: Vec<_> =
        scene.connections().await.into_iter().map(|(row, count, _)| (row, count)).collect();
    rows.sort();
    let row = |route: &str| (format!("{route} → POST localhost:3000/api/cart → shop-api"), 1);
    assert_eq!(rows, [row("/cart"), row("?")]);
}
