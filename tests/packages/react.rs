//! `@weft/react` in an app of React: what React throws away or does twice is not recorded, and what is mounted is nothing.

use support::{browser::Kind, browser::Tab, received::Received};

use super::{
    app::App,
    builds::sends_a_linked_trace,
    played::{Played, flush},
};
use crate::sdk::scene::{CLICK, LOAD, all_named, named, names, one_named};

static REACT: App = App::with("react19", "react");

in_each_browser!(
    an_app_of_react_sends_a_linked_trace,
    in_strict_mode_nothing_is_doubled,
    a_page_that_is_streamed_is_hydrated_while_it_comes_and_nothing_is_reported,
);

// What React does by itself; one browser is as good as another.
in_chromium!(
    what_components_throw_is_told_once_with_where_it_was_thrown_and_who_caught_it,
    what_happens_in_a_view_says_which_route_it_is,
    what_is_rendered_and_thrown_away_says_nothing,
    what_the_server_rendered_differently_is_told_as_an_error_of_hydration,
    a_commit_that_takes_long_is_told_where_react_measures,
    ten_thousand_mounted_components_are_no_events_and_leave_no_memory,
);

async fn an_app_of_react_sends_a_linked_trace(kind: Kind) {
    sends_a_linked_trace(&REACT, kind).await;
}

async fn in_strict_mode_nothing_is_doubled(kind: Kind) {
    is_not_doubled_in_strict_mode(&REACT, kind).await;
}

/// In the build in which StrictMode renders everything twice and mounts everything twice.
pub(super) async fn is_not_doubled_in_strict_mode(app: &App, kind: Kind) {
    let played = Played::start(app, kind).await;
    let tab = played.open("/development/").await;
    tab.click("#press").await;
    tab.wait_until("document.querySelector('#answer').textContent !== ''").await;
    tab.click("#rug").await;
    tab.wait_until("document.querySelector('#bought')").await;
    tab.click("#bought").await;
    flush(&tab).await;
    let spans = played.end().await;
    let (asked, press) = (one_named(&spans, "asked"), all_named(&spans, CLICK)[0]);
    assert_eq!((asked.text("app.where"), asked.int("app.count")), (Some("home"), Some(1)));
    assert!(asked.kinds_to(press).contains(&"cause".to_owned()), "{:?}", asked.links());
    let counts = [LOAD, "asked", "bought", "GET", "exception", CLICK, "browser.navigation"]
        .map(|name| named(&spans, name));
    assert_eq!(counts, [1, 1, 1, 1, 0, 3, 1], "{:?}", names(&spans));
}

async fn what_components_throw_is_told_once_with_where_it_was_thrown_and_who_caught_it(kind: Kind) {
    let played = Played::start(&REACT, kind).await;
    for build in ["/failing", "/development/failing"] {
        for place in ["ours", "own", "none"] {
            fail(&played, build, place).await;
        }
    }
    let spans = played.end().await;
    let mut errors = all_named(&spans, "exception");
    errors.sort_by_key(|error| error.span.start_time_unix_nano);
    let mechanisms: Vec<_> = errors.iter().filter_map(|error| error.text("exception.mechanism")).collect();
    let expected = ["react.boundary", "react.caught", "react.uncaught"];
    assert_eq!(mechanisms, [expected, expected].concat(), "each once, and none of them again");
    for (error, place) in errors.iter().zip(["ours", "own", "none"].into_iter().cycle()) {
        assert_eq!(error.text("exception.type"), Some("RangeError"));
        assert_eq!(error.text("exception.message"), Some(format!("thrown in {place}").as_str()));
        assert_eq!(error.text("react.boundary"), (place == "ours").then_some("basket"));
    }
    for (error, above) in errors[3..].iter().zip(["ErrorBoundary", "Own", "BrowserRouter"]) {
        let through = error.text("react.component_stack").expect("which components it came through");
        assert!(through.contains("Thrower") && through.contains(above), "{through}");
    }
}

/// A component throws there, in a page of its own.
pub(super) async fn fail(played: &Played, path: &str, place: &str) {
    let tab = played.open(path).await;
    tab.click(&format!("#fail-{place}")).await;
    let shown = match place {
        "ours" => "document.querySelector('#retry')?.textContent === 'thrown in ours'",
        "own" => "document.querySelector('#own')",
        _ => "document.querySelector('#app').childElementCount === 0",
    };
    tab.wait_until(shown).await;
    flush(&tab).await;
    tab.close().await;
}

async fn what_happens_in_a_view_says_which_route_it_is(kind: Kind) {
    let played = Played::start(&REACT, kind).await;
    let tab = played.open("/").await;
    for product in ["rug", "scarf"] {
        tab.click(&format!("#{product}")).await;
        tab.wait_until(&format!("document.querySelector('#bought')?.textContent.includes('{product}')"))
            .await;
        tab.click("#bought").await;
    }
    tab.click("#slow-route").await;
    tab.wait_until("document.querySelector('#slow')").await;
    tab.click("#slow").await;
    flush(&tab).await;
    let spans = played.end().await;
    let bought = all_named(&spans, "bought");
    let said: Vec<_> =
        bought.iter().map(|event| (event.text("app.product"), event.text("url.template"))).collect();
    let template = Some("/product/:id");
    assert_eq!(said, [(Some("rug-12"), template), (Some("scarf-7"), template)]);
    let mut presses = all_named(&spans, CLICK);
    presses.sort_by_key(|press| press.int("weft.seq"));
    let routes: Vec<_> = presses.iter().map(|press| press.text("url.template")).collect();
    assert_eq!(routes, [Some("/"), template, template, template, template, Some("/slow")]);
}

async fn what_is_rendered_and_thrown_away_says_nothing(kind: Kind) {
    let played = Played::start(&REACT, kind).await;
    let tab = played.open("/late").await;
    tab.wait_until("document.querySelector('#suspended')").await;
    tab.evaluate::<()>("release('first')").await;
    tab.wait_until("document.querySelector('#shown')?.textContent === 'first'").await;
    let before: u32 = tab.evaluate("renderings").await;
    tab.click("#second").await;
    tab.wait_until(&format!("renderings > {before}")).await;
    tab.click("#first").await;
    tab.evaluate::<()>("release('second')").await;
    tab.click("#shown").await;
    flush(&tab).await;
    assert_eq!(tab.evaluate::<String>("document.querySelector('#shown').textContent").await, "first");
    let spans = played.end().await;
    assert_eq!(
        one_named(&spans, "pressed").text("app.shown"),
        Some("first"),
        "what was shown, not what was rendered"
    );
    assert_eq!(named(&spans, "exception"), 0, "what suspends throws, and that is no error");
    assert!(names(&spans).iter().all(|name| !name.starts_with("react")), "{:?}", names(&spans));
}

async fn a_page_that_is_streamed_is_hydrated_while_it_comes_and_nothing_is_reported(kind: Kind) {
    let spans = streamed(&REACT, kind, "/streamed").await;
    assert_eq!(
        (named(&spans, "exception"), named(&spans, "pressed in part"), named(&spans, LOAD)),
        (0, 1, 1)
    );
}

async fn what_the_server_rendered_differently_is_told_as_an_error_of_hydration(kind: Kind) {
    let spans = streamed(&REACT, kind, "/streamed?differs").await;
    let error = one_named(&spans, "exception");
    assert_eq!(error.text("exception.type"), Some("HydrationError"), "{error:#?}");
    assert_eq!(error.text("react.hydration"), Some("mismatch"));
    assert_eq!(named(&spans, "pressed in part"), 1, "the page goes on");
}

/// A page whose second part is sent when the first one is alive; then that part is pressed.
pub(super) async fn streamed(app: &App, kind: Kind, path: &str) -> Vec<Received> {
    let played = Played::start(app, kind).await;
    let tab = played.open(path).await;
    tab.wait_until("document.querySelector('#part[data-alive=true]')").await;
    tab.click("#part").await;
    flush(&tab).await;
    played.end().await
}

async fn a_commit_that_takes_long_is_told_where_react_measures(kind: Kind) {
    let played = Played::start(&REACT, kind).await;
    // The usual build of React measures nothing: the second one tells of no more.
    for build in ["/development/slow", "/slow"] {
        let tab = played.open(build).await;
        tab.click("#slow").await;
        tab.wait_until("document.querySelector('#slow').textContent === 'was slow'").await;
        flush(&tab).await;
        let spans = played.sink.spans();
        let commit = one_named(&spans, "react.slow_commit");
        assert_eq!(commit.text("react.profiler.id"), Some("slow part"));
        assert_eq!(commit.text("react.profiler.phase"), Some("update"));
        assert!(commit.number("react.profiler.actual_ms").expect("how long") >= 80.0);
        tab.close().await;
    }
    played.end().await;
}

async fn ten_thousand_mounted_components_are_no_events_and_leave_no_memory(kind: Kind) {
    leave_no_memory(&REACT, kind).await;
}

pub(super) async fn leave_no_memory(app: &App, kind: Kind) {
    let played = Played::start(app, kind).await;
    let tab = played.open("/many").await;
    mount_and_unmount(&tab, 3).await;
    let before = tab.heap().await;
    mount_and_unmount(&tab, 5).await;
    flush(&tab).await;
    let after = tab.heap().await;
    assert!(after.nodes <= before.nodes + 50.0, "{before:?} {after:?}");
    assert!(after.bytes < before.bytes + 1e6, "{before:?} {after:?}");
    let spans = played.end().await;
    assert_eq!(named(&spans, CLICK), 16);
    assert!(spans.len() < 200, "eighty thousand mounts: {:?}", names(&spans));
}

async fn mount_and_unmount(tab: &Tab<'_>, times: usize) {
    for _ in 0..times {
        tab.click("#toggle").await;
        tab.wait_until("document.querySelectorAll('i').length === 10000").await;
        tab.click("#toggle").await;
        tab.wait_until("document.querySelectorAll('i').length === 0").await;
    }
}
