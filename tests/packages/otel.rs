//! An app that was written for OpenTelemetry's API: with one line its spans, and those of stock instrumentations, are
//! weft's, linked to what made them happen.

use std::time::Duration;

use support::{
    browser::Kind,
    received::{Linked, Received},
};

use super::{
    app::App,
    played::{Played, flush},
};
use crate::sdk::scene::{CLICK, LOAD, all_named, named, one_named};

static OTEL: App = App::with("otel", "by-esbuild");

in_each_browser!(
    spans_of_the_api_and_requests_of_its_instrumentation_are_linked_and_joined_to_the_backend,
    every_stock_instrumentation_for_pages_runs_unchanged,
    a_span_that_is_open_when_a_batch_is_sent_arrives_once_when_it_ends_or_when_its_page_does,
    links_lead_where_they_were_told_to_and_a_parent_from_elsewhere_is_a_cause,
);

/// Asserts that the one is a child of the other.
fn assert_child(child: &Received, parent: &Received) {
    assert_eq!(
        (child.trace_id(), child.parent_id()),
        (parent.trace_id(), Some(parent.span_id())),
        "{child:?}"
    );
}

/// What arrives of a page at this path after a press, and what its backends were told.
async fn pressed(kind: Kind, path: &str) -> (Vec<Received>, String, String) {
    let played = Played::start(&OTEL, kind).await;
    let tab = played.open(path).await;
    tab.wait_until("window.weft !== undefined").await;
    tab.click("#press").await;
    tab.wait_until("document.querySelector('#answer').textContent !== ''").await;
    let answer = tab.evaluate("document.querySelector('#answer').textContent").await;
    let injected = tab.evaluate("injected").await;
    // OpenTelemetry ends a request when its times are known, a third of a second after its answer.
    let asked = if path == "/" { 1 } else { 2 };
    played.sink.wait_for("the requests", |spans| named(spans, "GET") == asked).await;
    flush(&tab).await;
    tab.assert_no_errors().await;
    tab.close().await;
    (played.end().await, answer, injected)
}

async fn spans_of_the_api_and_requests_of_its_instrumentation_are_linked_and_joined_to_the_backend(
    kind: Kind,
) {
    let (spans, answer, injected) = pressed(kind, "/").await;
    let [load, click, outer, checkout] =
        [LOAD, CLICK, "pressed", "checkout"].map(|name| one_named(&spans, name));
    assert!(click.kinds_to(load).contains(&"page".to_owned()), "{:?}", click.links());
    assert!(outer.kinds_to(click).contains(&"cause".to_owned()), "{:?}", outer.links());
    // In weft's own span, and what weft records in OpenTelemetry's.
    assert_child(checkout, outer);
    assert_child(one_named(&spans, "cart.checked"), checkout);
    assert_eq!(
        (checkout.int("cart.items"), checkout.text("otel.scope.name"), checkout.text("otel.scope.version")),
        (Some(3), Some("shop"), Some("1.0.0"))
    );
    assert_eq!(checkout.text("otel.status_description"), Some("out of stock"));
    assert_eq!(injected, format!("00-{}-{}-03", checkout.trace_id(), checkout.span_id()));
    let exception = one_named(&spans, "exception");
    assert_child(exception, checkout);
    assert_eq!(exception.text("exception.type"), Some("RangeError"));
    assert_child(one_named(&spans, "asked"), checkout);

    let request = one_named(&spans, "GET");
    assert_child(request, checkout);
    assert_eq!(request.int("http.response.status_code"), Some(200));
    assert_eq!(request.text("otel.scope.name"), Some("@opentelemetry/instrumentation-fetch"));
    let since = request.number("otel.span_event.responseEnd");
    assert!(since.is_some_and(|ms| (0.0..10_000.0).contains(&ms)), "{since:?} ms");
    assert_eq!(answer, format!("00-{}-{}-03", request.trace_id(), request.span_id()));
}

async fn every_stock_instrumentation_for_pages_runs_unchanged(kind: Kind) {
    let (spans, answer, _) = pressed(kind, "/?all").await;
    let [document, click, checkout] =
        ["documentLoad", "click", "checkout"].map(|name| one_named(&spans, name));
    let fetched = one_named(&spans, "documentFetch");
    assert_child(fetched, document);
    assert!(document.start_ms() <= fetched.start_ms() && document.duration_ms() >= fetched.duration_ms());
    assert_child(checkout, click);
    // One by each.
    for request in all_named(&spans, "GET") {
        assert_child(request, checkout);
        assert!(answer.contains(&request.span_id()), "the backend was told of {answer}");
    }
    // What weft knows beside that.
    assert!(click.kinds_to(one_named(&spans, LOAD)).contains(&"page".to_owned()), "{:?}", click.links());
}

async fn a_span_that_is_open_when_a_batch_is_sent_arrives_once_when_it_ends_or_when_its_page_does(
    kind: Kind,
) {
    let played = Played::start(&OTEL, kind).await;
    let tab = played.open("/").await;
    tab.wait_until("window.weft !== undefined").await;
    tab.evaluate::<()>(
        "void (window.upload = tracer.startSpan('upload', { kind: 2, attributes: { 'file.size': 3 } }), tracer.startSpan('watch'))",
    )
    .await;
    flush(&tab).await;
    tab.evaluate::<()>("void (upload.setAttribute('file.parts', 2), upload.end())").await;
    flush(&tab).await;
    tab.close().await;
    // Nobody says that the page is dead: it might come back from the cache. Its last word may still be under way.
    let Played { sink, collector, .. } = &played;
    let metrics = collector.addresses().admin_url("/metrics");
    let given_up = async {
        while named(&sink.spans(), "watch") == 0 {
            collector.clock().advance_ms(86_400_000);
            support::http::get(&metrics).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), given_up).await.expect("it is given up");
    let spans = played.end().await;
    let [upload, watch] = ["upload", "watch"].map(|name| one_named(&spans, name));
    assert_eq!((upload.int("file.size"), upload.int("file.parts")), (Some(3), Some(2)));
    assert_eq!((upload.span.kind, upload.text("weft.state")), (3, None));
    assert_eq!(watch.text("weft.state"), Some("interrupted"));
}

async fn links_lead_where_they_were_told_to_and_a_parent_from_elsewhere_is_a_cause(kind: Kind) {
    let played = Played::start(&OTEL, kind).await;
    let tab = played.open("/").await;
    tab.wait_until("window.weft !== undefined").await;
    let (elsewhere, parent) =
        (format!("{:032x}-{:016x}", 0xe1, 0x5e), format!("{:032x}-{:016x}", 0xa9, 0x9a));
    tab.evaluate::<()>(&format!(
        "(() => {{
            const contextOf = (text) => {{
                const [traceId, spanId] = text.split('-');
                return {{ traceId, spanId, traceFlags: 1 }};
            }};
            const first = tracer.startSpan('first');
            const links = [first.spanContext(), contextOf('{elsewhere}')].map((context) => ({{ context }}));
            links.unshift({{ ...links[0], attributes: {{ 'weft.link': 'retries' }} }});
            tracer.startSpan('second', {{ links }}).end();
            first.end();
            tracer.startSpan('third', {{}}, joined('00-{parent}-00')).end();
        }})()"
    ))
    .await;
    flush(&tab).await;
    tab.close().await;
    let spans = played.end().await;
    let [first, second, third] = ["first", "second", "third"].map(|name| one_named(&spans, name));
    assert!(second.kinds_to(first).contains(&"retries".to_owned()), "{:?}", second.links());
    let to = |span: &Received, ids: &str| {
        let to = |link: &&Linked| format!("{}-{}", link.trace_id, link.span_id) == ids;
        span.links().iter().find(to).map(|link| link.kinds.clone())
    };
    assert_eq!(to(second, &elsewhere), Some(vec!["link".to_owned()]));
    assert_eq!(to(third, &parent), Some(vec!["cause".to_owned()]));
    assert_eq!(third.parent_id(), None);
}
