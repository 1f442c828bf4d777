//! Others wrap fetch too, and what begins must end.

use support::browser::Kind;

use super::scene::{IMPORT, Scene, flush, named};

in_each_engine!(
    a_wrapper_from_before_init_sees_the_pages_requests_and_none_of_ours,
    a_wrapper_from_after_init_outlives_shutdown,
    shutdown_gives_fetch_back_when_it_is_still_ours,
    what_was_shut_down_stays_so_whatever_comes_later,
);

/// A wrapper as other libraries install it.
const WRAP: &str = "const inner = window.fetch; window.calls = [];
    const wrapper = (...args) => (calls.push(new URL(args[0].url ?? args[0], location.href).pathname), inner.call(window, ...args));
    window.fetch = wrapper;";

async fn a_wrapper_from_before_init_sees_the_pages_requests_and_none_of_ours(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let start = format!("(async () => {{ {IMPORT}; {WRAP} {}; }})()", scene.init(""));
    tab.evaluate::<()>(&start).await;
    flush(&tab).await;
    tab.evaluate::<String>("fetch('/echo/seen').then((answer) => answer.text())").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.acknowledged, stats.errors), (2, 0), "{stats:?}");
    assert_eq!(tab.evaluate::<Vec<String>>("calls").await, ["/echo/seen"]);
    assert!(scene.gate.arrivals().len() >= 2);
    scene.end().await;
}

async fn a_wrapper_from_after_init_outlives_shutdown(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let kept: bool = tab
        .evaluate(&format!("(() => {{ {WRAP} weft.shutdown(); return window.fetch === wrapper; }})()"))
        .await;
    assert!(kept);
    let answer: String = tab.evaluate("fetch('/echo/after').then((answer) => answer.text())").await;
    assert_eq!(answer, "an answer");
    assert_eq!(tab.evaluate::<Vec<String>>("calls").await, ["/echo/after"]);
    let asked = scene.site.take_asked();
    assert!(asked.iter().all(|asked| asked.header("traceparent").is_none()), "{asked:?}");
    assert_eq!(flush(&tab).await.recorded, 1, "only the page load");
    scene.end().await;
}

async fn shutdown_gives_fetch_back_when_it_is_still_ours(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    tab.evaluate::<()>("void (window.before = window.fetch)").await;
    scene.record(&tab, "").await;
    assert!(tab.evaluate::<bool>("window.fetch !== before").await);
    assert!(tab.evaluate::<bool>("(weft.shutdown(), window.fetch === before)").await);
    scene.end().await;
}

async fn what_was_shut_down_stays_so_whatever_comes_later(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("(weft.event('before'), weft.shutdown(), weft.event('after'))").await;
    tab.evaluate::<()>(&format!("({}, weft.event('after'))", scene.init(""))).await;
    tab.click("#press").await;
    tab.evaluate::<String>("fetch('/echo/after').then((answer) => answer.text())").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.recorded, stats.acknowledged), (2, 2), "{stats:?}");
    let spans = scene.end().await;
    assert_eq!((spans.len(), named(&spans, "before")), (2, 1));
}
