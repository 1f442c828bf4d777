//! What there is to look at in the explorer: a person who comes to the shop, comes again three weeks later in the same tab, and
//! a stranger who writes markup wherever a text goes.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::{
    browser::Tab,
    clock::{DAY, Device, millis},
    collector::{BROWSER_KEY, SERVER_KEY},
    http::send,
    page::{Page, post_as},
    received::Received,
    world::{Moves, World},
};

/// Markup that would say so if anybody took it for more than text.
pub const MARKUP: &str = "\"><img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>{{7*7}}";

/// What an app does with an error that it has caught.
const FAILS: &str = "import('/weft/index.js').then(({ captureError }) => {
    captureError(new TypeError('the price is no number'));
})";

/// Presses and views of a first visit, with an error in it, and a few more twelve minutes later.
pub async fn first_visit<'a>(world: &'a World) -> Tab<'a> {
    let tab = world.browser.open_tab().await;
    tab.goto(world.shop.url()).await;
    tab.click("#add-scarf").await;
    tab.wait_until("document.getElementById('cart').textContent === 'Cart: 1'").await;
    tab.click("#reviews").await;
    tab.wait_until("document.querySelectorAll('.reviews li').length > 0").await;
    tab.click("#see-rug").await;
    tab.wait_until("location.pathname === '/product/rug'").await;
    tab.evaluate::<()>(FAILS).await;
    tab.click("#add-rug").await;
    tab.wait_until("document.getElementById('cart').textContent === 'Cart: 2'").await;
    world.pass(Duration::from_secs(12 * 60), Device::Awake, Moves::Everything).await;
    tab.click("#back").await;
    tab.click("#reviews").await;
    tab.wait_until("document.querySelectorAll('.reviews li').length > 0").await;
    tab.evaluate::<()>("weft.flush().then(() => undefined)").await;
    tab
}

/// Three weeks later a button is pressed. All of it has been exported when this returns, what the backend did as well.
pub async fn three_weeks_later(world: &World, tab: &Tab<'_>) {
    let before_ms = world.clock.now_ms();
    world.pass(21 * DAY, Device::Asleep, Moves::Everything).await;
    tab.click("#add-scarf").await;
    tab.wait_until("document.getElementById('cart').textContent === 'Cart: 3'").await;
    tab.evaluate::<()>("weft.flush().then(() => undefined)").await;
    let wanted = ["browser.user_action.click shop-web", "POST shop-web", "POST shop-api"];
    let is_whole = |spans: &[Received]| {
        let late = spans.iter().filter(|span| span.start_ms() > before_ms + millis(20 * DAY) as f64);
        let late: Vec<_> = late.map(|span| format!("{} {}", span.name(), span.service())).collect();
        wanted.iter().all(|wanted| late.iter().any(|late| late == wanted))
    };
    world.sink.wait_for("the press three weeks later and all it made", is_whole).await;
}

/// A page of which two events are lost between others, and the shop's own page, in which something is open.
pub async fn unfinished(world: &World) {
    let mut page = Page::new(9);
    let (before, _lost, after) = (page.clicks(3), page.clicks(2), page.clicks(3));
    for request in [before, after] {
        let answer = post_as(world.collector.addresses(), BROWSER_KEY, world.shop.url(), request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let tab = world.browser.open_tab().await;
    tab.goto(world.shop.url()).await;
    tab.evaluate::<()>("import('/weft/index.js').then(({ longSpan }) => void longSpan('checkout'))").await;
    tab.click("#add-rug").await;
    tab.wait_until("document.getElementById('cart').textContent !== 'Cart: 0'").await;
    tab.evaluate::<()>("weft.flush().then(() => undefined)").await;
}

/// A server sends markup wherever it can, as a session of its own; when the clocks of the world say so.
pub async fn hostile(world: &World) {
    let at_ns = |after_ms: f64| format!("{:.0}", (world.clock.now_ms() + after_ms) * 1e6);
    let text = |key: &str, text: &str| json!({ "key": key, "value": { "stringValue": text } });
    let span = |number: u8, name: &str, more: Vec<Value>| {
        let mut attributes = vec![text("session.id", MARKUP), text("user.id", MARKUP), text(MARKUP, MARKUP)];
        attributes.extend(more);
        json!({
            "traceId": format!("{number:032x}"),
            "spanId": format!("{number:016x}"),
            "name": name,
            "kind": 1,
            "startTimeUnixNano": at_ns(f64::from(number)),
            "endTimeUnixNano": at_ns(f64::from(number) + 5.0),
            "attributes": attributes,
        })
    };
    let address = format!("https://shop.example/{MARKUP}");
    let spans = [
        span(1, "browser.navigation", vec![text("url.full", &address)]),
        span(2, MARKUP, vec![text("exception.type", MARKUP), text("exception.message", MARKUP)]),
    ];
    post(world, MARKUP, &spans).await;
}

/// A session of so many events, a second apart, each linked to the one before.
pub async fn large(world: &World, events: u64) {
    let began_ms = world.clock.now_ms() - 1e3 * events as f64;
    let ids = |number: u64| (format!("{number:032x}"), format!("{number:016x}"));
    let span = |number: u64| {
        let ((trace, span), (before, before_span)) = (ids(number + 1), ids(number));
        json!({
            "traceId": trace,
            "spanId": span,
            "name": format!("step {number}"),
            "kind": 1,
            "startTimeUnixNano": format!("{:.0}", (began_ms + 1e3 * number as f64) * 1e6),
            "endTimeUnixNano": format!("{:.0}", (began_ms + 1e3 * number as f64 + 200.0) * 1e6),
            "attributes": [{ "key": "session.id", "value": { "stringValue": "large" } }],
            "links": if number == 0 { json!([]) } else { json!([{ "traceId": before, "spanId": before_span }]) },
        })
    };
    let all: Vec<_> = (0..events).map(span).collect();
    for some in all.chunks(2_000) {
        post(world, "many", some).await;
    }
}

/// Spans of a server.
async fn post(world: &World, service: &str, spans: &[Value]) {
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": service } }] },
        "scopeSpans": [{ "scope": { "name": service }, "spans": spans }],
    }] });
    let url = format!("{}/v1/traces", world.collector.addresses().otlp_endpoint());
    let key = format!("Bearer {SERVER_KEY}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let answer = send(Method::POST, &url, &headers, body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
