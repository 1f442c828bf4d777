//! What runs inside a span, and what outlives it.

use std::time::Duration;

use support::{browser::Kind, clock::Device};

use super::scene::{Scene, flush, one_named};

in_each_browser!(
    what_ends_inside_a_span_is_its_child_and_its_headers_say_so,
    what_outlives_its_span_keeps_its_trace_and_is_linked_to_it,
    a_trace_that_is_a_minute_old_takes_no_more_children,
    a_span_that_fails_fails_the_page_and_says_so,
    two_events_are_linked_after_the_fact_and_across_tabs,
    what_is_said_of_the_page_the_view_and_the_person_is_said_of_later_events,
);

async fn what_ends_inside_a_span_is_its_child_and_its_headers_say_so(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let result: String = tab
        .evaluate(
            "weft.span('checkout', async (span) => {
                weft.event('inside');
                await fetch('/echo/inside');
                span.span('inner', () => 1);
                span.setAttributes({ 'cart.items': 2 });
                return 'done';
            })",
        )
        .await;
    assert_eq!(result, "done");
    flush(&tab).await;
    let asked = scene.site.take_asked();
    let spans = scene.end().await;
    let checkout = one_named(&spans, "checkout");
    assert_eq!((checkout.parent_id(), checkout.int("cart.items")), (None, Some(2)));
    for name in ["inside", "GET", "inner"] {
        let child = one_named(&spans, name);
        assert_eq!(
            (child.trace_id(), child.parent_id()),
            (checkout.trace_id(), Some(checkout.span_id())),
            "{name}"
        );
        assert!(child.links().is_empty(), "{name}: {:?}", child.links());
    }
    let traceparent = asked[0].header("traceparent").expect("it is joined");
    assert!(traceparent.contains(&checkout.trace_id()), "{traceparent}");
    assert!(traceparent.contains(&one_named(&spans, "GET").span_id()), "{traceparent}");
}

async fn what_outlives_its_span_keeps_its_trace_and_is_linked_to_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void weft.span('short', () => { window.late = fetch('/held/answer'); })").await;
    scene.site.wait_for("/held/answer").await;
    scene.site.release();
    tab.evaluate::<()>("late.then(() => {})").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let (short, late) = (one_named(&spans, "short"), one_named(&spans, "GET"));
    assert_eq!((late.trace_id(), late.parent_id()), (short.trace_id(), None));
    assert_eq!(late.kinds_to(short), ["cause"]);
    assert!(late.start_ms() + late.duration_ms() >= short.start_ms() + short.duration_ms());
}

async fn a_trace_that_is_a_minute_old_takes_no_more_children(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "void (window.done = weft.span('long', async (span) => {
            await new Promise((resolve) => (window.goOn = resolve));
            span.span('late', () => {});
        }))",
    )
    .await;
    scene.browser.shift(Duration::from_secs(61), Device::Awake).await;
    tab.evaluate::<()>("(goOn(), done)").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let (long, late) = (one_named(&spans, "long"), one_named(&spans, "late"));
    assert_ne!(late.trace_id(), long.trace_id());
    assert!(late.kinds_to(long).contains(&"cause".to_owned()), "{:?}", late.links());
}

async fn a_span_that_fails_fails_the_page_and_says_so(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let caught: Vec<String> = tab
        .evaluate(
            "(async () => {
                const caught = [];
                try { weft.span('sync', () => { throw new RangeError('one'); }); } catch (error) { caught.push(error.message); }
                try { await weft.span('async', async () => { throw new SyntaxError('two'); }); } catch (error) { caught.push(error.message); }
                return caught;
            })()",
        )
        .await;
    assert_eq!(caught, ["one", "two"]);
    flush(&tab).await;
    let spans = scene.end().await;
    for (name, error) in [("sync", "RangeError"), ("async", "SyntaxError")] {
        let span = one_named(&spans, name);
        assert_eq!(span.text("error.type"), Some(error));
        assert_eq!(span.span.status.as_ref().map(|status| status.code), Some(2));
    }
}

async fn two_events_are_linked_after_the_fact_and_across_tabs(kind: Kind) {
    let scene = Scene::start(kind).await;
    let here = scene.open_recording("/page").await;
    let question: serde_json::Value = here.evaluate("weft.event('question')").await;
    flush(&here).await;
    let there = scene.open_recording("/page/other").await;
    there.evaluate::<()>(&format!("weft.link(weft.event('answer'), {question}, 'reply')")).await;
    there.evaluate::<()>("weft.link({ traceId: 'x' }, null, 'nothing')").await;
    let stats = flush(&there).await;
    assert_eq!(stats.errors, 0);
    let spans = scene.end().await;
    let link = one_named(&spans, "weft.link");
    assert!(link.kinds_to(one_named(&spans, "answer")).contains(&"from".to_owned()));
    assert_eq!(link.kinds_to(one_named(&spans, "question")), ["reply"]);
    assert!(link.links().iter().all(|link| !link.inferred && link.rule.is_none()));
}

async fn what_is_said_of_the_page_the_view_and_the_person_is_said_of_later_events(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "(() => {
            weft.event('before');
            weft.setAttributes({ 'app.plan': 'free' });
            weft.setAttributes({ 'app.tab': 'reviews' }, 'view');
            weft.identify({ id: 'u1' });
            weft.event('during', { 'app.plan': 'paid' });
            history.pushState(null, '', '/page/next');
            weft.event('next');
            weft.identify(null);
            weft.event('after');
        })()",
    )
    .await;
    flush(&tab).await;
    let spans = scene.end().await;
    let says = |name: &str| {
        let span = one_named(&spans, name);
        ["app.plan", "app.tab", "user.id"].map(|key| span.text(key).unwrap_or("-").to_owned())
    };
    assert_eq!(says("before"), ["-", "-", "-"]);
    assert_eq!(says("during"), ["paid", "reviews", "u1"]);
    assert_eq!(says("next"), ["free", "-", "u1"]);
    assert_eq!(says("after"), ["free", "-", "-"]);
    let session = |name: &str| one_named(&spans, name).text("session.id").map(str::to_owned);
    assert_ne!(session("after"), session("next"));
    assert!(
        !one_named(&spans, "after").links().iter().any(|link| link.kinds.contains(&"session".to_owned()))
    );
}
