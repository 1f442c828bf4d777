//! The map of connections on live traffic: of the shop with our SDK, and of a page with plain OpenTelemetry from npm.

use std::path::Path;

use hyper::Method;
use serde_json::{Value, json};
use support::{
    browser::{Browser, Kind},
    collector::{Bound, Collector, SERVER_KEY, Setting},
    http::send,
    received::Received,
    shop::{PageKey, Settings, Shop, Time},
    sink::Sink,
    site::Site,
    world::World,
};
use tokio::process::Command;

in_each_browser!(the_shops_route_and_its_request_and_the_stock_backend_are_one_row_of_the_map,);

in_chromium!(a_page_with_plain_opentelemetry_is_linked_and_on_the_map_without_our_sdk,);

/// `/api/connections`, of the shop.
async fn map(collector: &Collector) -> Value {
    let url = collector.addresses().admin_url("/api/connections");
    let answer = send(Method::GET, &url, &[], Vec::new()).await;
    assert_eq!(answer.status, 200);
    let mut all: Value = serde_json::from_slice(&answer.body).expect("it is JSON");
    all["applications"]["shop"].take()
}

/// Rows of connections: route, method and path, service, and by what they were joined how often.
fn rows(map: &Value) -> Vec<[Value; 5]> {
    let row = |row: &Value| {
        let request = &row["request"];
        [&row["route"]["path"], &request["method"], &request["path"], &row["service"], &row["joined_by"]]
            .map(Value::clone)
    };
    let rows = map["connections"].as_array().expect("there are connections");
    rows.iter().map(row).collect()
}

fn of<'a>(spans: &'a [Received], service: &str, name: &str) -> Vec<&'a Received> {
    spans.iter().filter(|span| span.service() == service && span.name() == name).collect()
}

async fn the_shops_route_and_its_request_and_the_stock_backend_are_one_row_of_the_map(kind: Kind) {
    let world = World::start(kind).await;
    let tab = world.browser.open_tab().await;
    tab.goto(&format!("{}/product/rug", world.shop.url())).await;
    tab.click("#add-rug").await;
    let both = |count: usize| {
        move |spans: &[Received]| {
            ["shop-web", "shop-api"].iter().all(|service| of(spans, service, "POST").len() == count)
        }
    };
    world.sink.wait_for("the request and the backend's span", both(1)).await;
    tab.click("#back").await;
    tab.click("#add-scarf").await;
    world.sink.wait_for("the second request and the backend's span", both(2)).await;
    let map = map(&world.collector).await;
    let row = |route: &str| {
        let row = [route, "POST", "/api/cart", "shop-api"].map(Value::from);
        let [route, method, path, service] = row;
        [route, method, path, service, json!({ "traceparent": 1 })]
    };
    let mut found = rows(&map);
    found.sort_by_key(|[route, ..]| route.to_string());
    assert_eq!(found, [row("/"), row("/product/rug")], "{map:#}");
    let of_page = &map["connections"][0];
    assert_eq!(
        (&of_page["route"]["origin"], &of_page["route"]["known_by"]),
        (&world.shop.url().into(), &"view".into())
    );
    tab.close().await;
    world.end().await;
}

/// The page of plain OpenTelemetry, with everything in it.
async fn page_of_plain_opentelemetry() -> String {
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/otel-bundle.mjs");
    let bundled = Command::new("node").arg(bundle).kill_on_drop(true).output().await.expect("node starts");
    assert!(bundled.status.success(), "{}", String::from_utf8_lossy(&bundled.stderr));
    let script = String::from_utf8(bundled.stdout).expect("it is text").replace("</script", "<\\/script");
    format!(
        "<!doctype html><title>A page</title><link rel='icon' href='data:,'>
         <button id='press'>Press</button>
         <script type='module'>{script}</script>"
    )
}

async fn a_page_with_plain_opentelemetry_is_linked_and_on_the_map_without_our_sdk(kind: Kind) {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink).with("[linker]\nwait_ms = 500");
    let collector = Collector::start(Bound::new().await, &setting);
    let otlp_endpoint = collector.addresses().otlp_endpoint();
    let settings = Settings {
        port: 0,
        page: PageKey::default(),
        otlp_endpoint: otlp_endpoint.clone(),
        otlp_key: SERVER_KEY.to_owned(),
    };
    let shop = Shop::start(&settings, Time::Real).await;
    let site = Site::start(String::new()).await;
    site.page("/page/plain", &page_of_plain_opentelemetry().await, &[]);
    site.pass_on("/api/", shop.url(), &[]);
    // No page can send to a server key; its own server can, and keeps the key to itself.
    site.pass_on("/v1/", &otlp_endpoint, &[("authorization", &format!("Bearer {SERVER_KEY}"))]);

    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page/plain?campaign=secret", site.url())).await;
    tab.wait_until("'flush' in window").await;
    for path in ["/api/reviews", "/api/products"] {
        let status: u16 = tab.evaluate(&format!("fetch('{path}').then((answer) => answer.status)")).await;
        assert_eq!(status, 200);
    }
    tab.evaluate::<()>("flush()").await;
    let spans = sink
        .wait_for("the page's spans and the backend's", |spans| {
            let roots = spans.iter().filter(|span| span.service() == "old-web" && span.parent_id().is_none());
            roots.count() == 3 && of(spans, "shop-api", "GET").len() == 2
        })
        .await;

    let mut roots: Vec<_> =
        spans.iter().filter(|span| span.service() == "old-web" && span.parent_id().is_none()).collect();
    roots.sort_by(|a, b| a.start_ms().total_cmp(&b.start_ms()));
    assert_eq!(roots[0].name(), "documentLoad");
    for pair in roots.windows(2) {
        assert_eq!(pair[1].kinds_to(pair[0]), ["previous"], "in the order in which they began");
    }
    let map = map(&collector).await;
    let row = |path: &str| ["/page/plain", "GET", path, "shop-api"].map(Value::from);
    let mut found: Vec<_> = rows(&map)
        .into_iter()
        .map(|[route, method, path, service, by]| {
            assert_eq!(by, json!({ "traceparent": 1 }));
            [route, method, path, service]
        })
        .collect();
    found.sort_by_key(|[.., path, _]| path.to_string());
    assert_eq!(found, [row("/api/products"), row("/api/reviews")], "{map:#}");
    assert_eq!(map["connections"][0]["route"]["known_by"], "session");
    browser.quit().await;
    collector.stop().await;
    sink.assert_nothing_odd();
}
