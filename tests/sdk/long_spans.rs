//! Spans that are open for long: they survive the page, the browser and their own death.

use std::time::Duration;

use support::{browser::Kind, clock::Device, gate::Role};

use super::scene::{Scene, all_named, flush, named, one_named};

in_each_browser!(
    a_long_span_that_ends_arrives_once_and_whole,
    a_long_span_of_a_killed_page_is_given_up_when_another_page_of_its_origin_says_so,
    a_hidden_page_is_not_dead_and_its_long_span_ends_when_it_ends,
    a_long_span_that_was_given_up_too_early_resumes_what_was_given_up,
    a_request_that_is_open_when_its_page_is_killed_is_given_up_as_interrupted,
);

const CALL: &str = "call";

async fn a_long_span_that_ends_arrives_once_and_whole(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.call = weft.longSpan('call', { 'call.room': 'blue' }))").await;
    tab.evaluate::<bool>("weft.flush(1000)").await;
    scene.pass(Duration::from_secs(20 * 60), Device::Awake).await;
    tab.evaluate::<()>("(weft.event('during'), call.setAttributes({ 'call.people': 3 }))").await;
    flush(&tab).await;
    tab.evaluate::<()>("(call.end({ 'call.reason': 'hung up' }), call.end())").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let call = one_named(&spans, CALL);
    assert!((call.duration_ms() - 1_200_000.0).abs() < 10_000.0, "{}", call.duration_ms());
    assert_eq!(
        (call.text("call.room"), call.int("call.people"), call.text("call.reason")),
        (Some("blue"), Some(3), Some("hung up"))
    );
    assert_eq!(call.text("weft.state"), None);
}

async fn a_long_span_of_a_killed_page_is_given_up_when_another_page_of_its_origin_says_so(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void weft.longSpan('call', { 'call.room': 'blue' })").await;
    tab.evaluate::<bool>("weft.flush(1000)").await;
    tab.evaluate::<()>("void weft.event('last')").await;
    super::killed::journal(&tab, "tail === 1").await;
    scene.browser.kill().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("what the killed page had not sent", |spans| named(spans, "last") == 1).await;
    flush(&tab).await;
    // Its end may be on its way in another batch: it is waited for as anything that may come late.
    scene.collector.clock().advance_ms(60_000);
    scene.sink.wait_for("the closure", |spans| named(spans, CALL) == 1).await;
    let spans = scene.end().await;
    let call = one_named(&spans, CALL);
    assert_eq!((call.text("weft.state"), call.text("call.room")), (Some("interrupted"), Some("blue")));
    assert!(call.span.status.as_ref().is_none_or(|status| status.code == 0), "nobody knows how it ended");
    assert_eq!(call.text("weft.page.id"), one_named(&spans, "last").text("weft.page.id"));
    assert!(call.duration_ms() < 60_000.0, "its end is when it was last seen: {}", call.duration_ms());
}

async fn a_hidden_page_is_not_dead_and_its_long_span_ends_when_it_ends(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.call = weft.longSpan('call'))").await;
    tab.evaluate::<bool>("weft.flush(1000)").await;
    tab.hide().await;
    tab.wait_until("weft.stats().pending === 0").await;
    scene.pass(Duration::from_secs(6 * 3_600), Device::Awake).await;
    tab.show().await;
    tab.evaluate::<()>("call.end()").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let call = one_named(&spans, CALL);
    assert_eq!(call.text("weft.state"), None);
    assert!(call.duration_ms() > 5.9 * 3_600_000.0);
}

async fn a_long_span_that_was_given_up_too_early_resumes_what_was_given_up(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.call = weft.longSpan('call'))").await;
    tab.evaluate::<bool>("weft.flush(1000)").await;
    // The page is seen by its person, and not heard of for longer than pages are that live.
    scene.gate.play(Role::Unavailable);
    scene.pass(Duration::from_secs(45 * 60), Device::Awake).await;
    scene.sink.wait_for("the closure", |spans| named(spans, CALL) == 1).await;
    scene.gate.play(Role::Open);
    tab.evaluate::<()>("call.end()").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let calls = all_named(&spans, CALL);
    let closure =
        calls.iter().find(|span| span.text("weft.state") == Some("interrupted")).expect("it was given up");
    let end = calls.iter().find(|span| span.text("weft.state").is_none()).expect("it ended");
    assert_ne!(closure.span_id(), end.span_id());
    assert!(end.kinds_to(closure).contains(&"resumes".to_owned()), "{:?}", end.links());
    assert_eq!(calls.len(), 2);
}

async fn a_request_that_is_open_when_its_page_is_killed_is_given_up_as_interrupted(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void fetch('/endless/answer'), void fetch('/held/upload', { method: 'POST', body: 'x' }).catch(() => {})").await;
    scene.site.wait_for("/held/upload").await;
    tab.hide().await;
    super::killed::journal(&tab, "pages.some((page) => page.tail) || batches.length > 0 || tail >= 0").await;
    tab.wait_until("weft.stats().pending === 0").await;
    scene.browser.kill().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("the report", |spans| named(spans, "weft.page.killed") == 1).await;
    flush(&tab).await;
    scene.collector.clock().advance_ms(60_000);
    scene.sink.wait_for("the closure", |spans| named(spans, "POST") == 1).await;
    let spans = scene.end().await;
    let post = one_named(&spans, "POST");
    assert_eq!(post.text("weft.state"), Some("interrupted"));
    assert!(post.text("url.full").is_some_and(|url| url.contains("/held/upload")));
}
