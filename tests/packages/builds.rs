//! The package in apps built with each bundler, and in none: a press, its request and the page load arrive, linked, and
//! the backend was told of the trace.

use support::{
    browser::{Kind, Tab},
    received::Received,
};

use super::{
    app::App,
    played::{Played, flush},
};
use crate::sdk::scene::{CLICK, LOAD, all_named, one_named};

static SCRIPT: App = App::of("script");
static VITE: App = App::of("vite");

in_each_browser!(
    a_page_with_a_script_tag_sends_a_linked_trace,
    a_page_with_a_stub_in_its_head_sends_a_linked_trace_and_misses_nothing,
    an_app_built_by_vite_sends_a_linked_trace,
);

async fn a_page_with_a_script_tag_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&SCRIPT, kind).await;
}

async fn an_app_built_by_vite_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&VITE, kind).await;
}

async fn a_page_with_a_stub_in_its_head_sends_a_linked_trace_and_misses_nothing(kind: Kind) {
    let played = Played::start(&SCRIPT, kind).await;
    let tab = played.open("/stub.html").await;
    let first: String = tab.evaluate("first").await;
    let answer = press(&tab).await;
    tab.close().await;
    let spans = played.end().await;
    let requests = all_named(&spans, "GET");
    let early = requests.iter().find(|request| first.contains(&request.span_id()));
    assert!(early.is_some(), "what was asked before the SDK was there is joined: {first}");
    assert_linked(&spans, requests.iter().find(|request| answer.contains(&request.span_id())), &answer);
}

/// A press, and what it makes.
pub(super) async fn press(tab: &Tab<'_>) -> String {
    tab.click("#press").await;
    tab.wait_until("document.querySelector('#answer').textContent !== ''").await;
    flush(tab).await;
    tab.evaluate("document.querySelector('#answer').textContent").await
}

/// A press in a page that has the module, and in one that wants it as JavaScript.
pub(super) async fn sends_a_linked_trace(app: &App, kind: Kind) {
    let played = Played::start(app, kind).await;
    let mut answers = Vec::new();
    // Two addresses, or the second page may come from the cache.
    for path in ["/", "/?again#javascript"] {
        let tab = played.open(path).await;
        answers.push(press(&tab).await);
        let loaded = modules(&tab).await;
        let fits = matches!(&loaded[..], [one] if one.ends_with(".wasm"));
        assert_eq!(fits, path == "/", "{path}: {loaded:?}");
        tab.assert_no_errors().await;
        tab.close().await;
    }
    let batches = played.gate.arrivals();
    assert!(batches.iter().all(|batch| batch.body.first() != Some(&b'{')), "a module made them");
    let spans = played.end().await;
    let loads = all_named(&spans, LOAD);
    assert_eq!(loads.len(), 2);
    for (load, answer) in loads.iter().zip(&answers) {
        let page = load.text("weft.page.id");
        let of_page: Vec<_> =
            spans.iter().filter(|span| span.text("weft.page.id") == page).cloned().collect();
        // An app may ask for more by itself: Next fetches what links lead to.
        let requests = all_named(&of_page, "GET");
        assert_linked(&of_page, requests.iter().find(|request| answer.contains(&request.span_id())), answer);
    }
}

/// What the page fetched of WebAssembly, and got.
async fn modules(tab: &Tab<'_>) -> Vec<String> {
    tab.evaluate(
        "performance.getEntriesByType('resource')
            .filter(({ name, responseStatus }) => name.endsWith('.wasm') && responseStatus === 200)
            .map(({ name }) => name)",
    )
    .await
}

fn assert_linked(spans: &[Received], request: Option<&&Received>, traceparent: &str) {
    let (request, press, load) =
        (request.expect("a request"), one_named(spans, CLICK), one_named(spans, LOAD));
    assert!(press.kinds_to(load).contains(&"page".to_owned()), "{press:#?}\nis to be linked to {load:#?}");
    assert!(request.kinds_to(press).contains(&"cause".to_owned()), "{:?}", request.links());
    assert!(
        traceparent.contains(&request.trace_id()) && traceparent.contains(&request.span_id()),
        "the backend was told of {traceparent}"
    );
}
