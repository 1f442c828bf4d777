//! The package in apps that are built in other ways: esbuild, webpack, Next; and with React 18.

use support::browser::Kind;

use super::{
    app::App,
    builds::{press, sends_a_linked_trace},
    played::{Played, flush},
    react::{fail, is_not_doubled_in_strict_mode, leave_no_memory, streamed},
};
use crate::sdk::scene::{CLICK, LOAD, all_named, named, names};

static ESBUILD: App = App::with("esbuild", "by-esbuild");
static WEBPACK: App = App::of("webpack");
static NEXT: App = App::of("next");
static REACT_18: App = App::with("react18", "react");

in_each_browser!(
    an_app_built_by_esbuild_sends_a_linked_trace,
    an_app_built_by_webpack_sends_a_linked_trace,
    an_app_of_next_sends_a_linked_trace,
    an_app_of_react_18_sends_a_linked_trace,
    with_react_18_nothing_is_doubled_in_strict_mode,
    with_react_18_a_page_that_is_streamed_is_hydrated_and_nothing_is_reported,
);

in_chromium!(
    what_happens_in_a_view_of_next_says_which_route_it_is,
    with_react_18_what_components_throw_is_told_once,
    with_react_18_what_the_server_rendered_differently_is_told_as_errors_of_hydration,
    with_react_18_ten_thousand_mounted_components_leave_no_memory,
);

async fn an_app_built_by_esbuild_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&ESBUILD, kind).await;
}

async fn an_app_built_by_webpack_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&WEBPACK, kind).await;
}

async fn an_app_of_next_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&NEXT, kind).await;
}

async fn an_app_of_react_18_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&REACT_18, kind).await;
}

async fn with_react_18_nothing_is_doubled_in_strict_mode(kind: Kind) {
    is_not_doubled_in_strict_mode(&REACT_18, kind).await;
}

async fn with_react_18_a_page_that_is_streamed_is_hydrated_and_nothing_is_reported(kind: Kind) {
    let spans = streamed(&REACT_18, kind, "/streamed").await;
    assert_eq!(
        (named(&spans, "exception"), named(&spans, "pressed in part"), named(&spans, LOAD)),
        (0, 1, 1)
    );
}

async fn what_happens_in_a_view_of_next_says_which_route_it_is(kind: Kind) {
    let played = Played::start(&NEXT, kind).await;
    let tab = played.open("/").await;
    press(&tab).await;
    for product in ["rug-12", "scarf-7"] {
        tab.click(&format!("#{}", product.split_once('-').expect("a name and a number").0)).await;
        tab.wait_until(&format!("document.querySelector('#press').textContent.includes('{product}')")).await;
        tab.click("#press").await;
    }
    flush(&tab).await;
    let spans = played.end().await;
    let asked = all_named(&spans, "asked");
    let said: Vec<_> =
        asked.iter().map(|event| (event.text("app.product"), event.text("url.template"))).collect();
    let template = Some("/product/[id]");
    assert_eq!(said, [(Some(""), Some("/")), (Some("rug-12"), template), (Some("scarf-7"), template)]);
    assert_eq!(named(&spans, CLICK), 5, "{:?}", names(&spans));
}

/// React 18 tells nobody what other boundaries than ours catch, and throws what none catches.
async fn with_react_18_what_components_throw_is_told_once(kind: Kind) {
    let played = Played::start(&REACT_18, kind).await;
    for place in ["ours", "own", "none"] {
        fail(&played, "/failing", place).await;
    }
    let spans = played.end().await;
    let mut mechanisms: Vec<_> =
        all_named(&spans, "exception").iter().filter_map(|error| error.text("exception.mechanism")).collect();
    mechanisms.sort_unstable();
    assert_eq!(mechanisms, ["onerror", "react.boundary"]);
}

async fn with_react_18_what_the_server_rendered_differently_is_told_as_errors_of_hydration(kind: Kind) {
    let spans = streamed(&REACT_18, kind, "/streamed?differs").await;
    let errors = all_named(&spans, "exception");
    assert!(errors.iter().any(|error| error.text("react.hydration") == Some("mismatch")), "{errors:#?}");
    assert!(errors.iter().all(|error| error.text("exception.type") == Some("HydrationError")), "{errors:#?}");
    assert_eq!(named(&spans, "pressed in part"), 1, "the page goes on");
}

async fn with_react_18_ten_thousand_mounted_components_leave_no_memory(kind: Kind) {
    leave_no_memory(&REACT_18, kind).await;
}
