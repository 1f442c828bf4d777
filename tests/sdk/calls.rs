//! Calls that no compiler would let through: pages are not compiled. None throws, each has a named end, and what
//! comes after them arrives.

use support::{
    browser::{Kind, Tab},
    received::Received,
    stats::Stats,
};

use super::scene::{IMPORT, Scene, all_named, flush, named};

in_each_browser!(bad_calls_when_the_module_is_ready_throw_nothing_and_cost_only_themselves);

in_each_engine!(
    bad_calls_before_the_module_is_ready_throw_nothing_and_cost_only_themselves,
    what_the_page_does_to_its_objects_after_the_call_does_not_change_what_was_recorded,
    an_event_without_a_name_has_a_named_end_or_a_name_of_ours,
    attributes_beyond_what_an_event_may_have_are_counted,
    attributes_that_do_something_when_they_are_read_disturb_nothing,
);

/// Calls as sloppy or broken code makes them; what each threw.
const BAD_CALLS: &str = r#"(() => {
    const cyclic = { a: 1 };
    cyclic.self = cyclic;
    const huge = "x".repeat(10 << 20);
    const names = [null, undefined, 5, {}, [1], () => {}, Symbol("s"), huge, "\ud800", "a\u0000b", cyclic,
        { toString() { throw new Error("no"); } }, Object.create(null)];
    const values = [null, undefined, {}, [], [1, null, {}], [Symbol("s")], () => {}, Symbol("s"), NaN, Infinity, -0,
        2n ** 70n, 1e300, new Date(NaN), cyclic, huge, [huge, huge], "\udfff", new Map(), document.body, window,
        { toString() { throw new Error("no"); } }, Object.create(null), new Proxy({}, { get() { throw 1; } }),
        new Array(1e6), new Uint8Array(1e6)];
    const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => ["key" + at, at]));
    const attributes = [null, undefined, 5, "text", [], ["a"], () => {}, Symbol("s"), many(500), many(20000), cyclic,
        { "": "no key", "__proto__": 1, constructor: 2, ["k".repeat(1000)]: 1, [huge]: 1 },
        { get a() { throw new Error("no"); } }, new Proxy({}, { ownKeys() { throw new Error("no"); } }),
        Object.freeze({ a: 1 }), new Date(), document.body];
    const threw = [];
    const call = (what, made) => { try { made(); } catch (error) { threw.push(what + ": " + error); } };
    call("none", () => weft.event());
    names.forEach((name, at) => call("name " + at, () => weft.event(name)));
    values.forEach((value, at) => call("value " + at, () => weft.event("value", { at, value, after: at })));
    attributes.forEach((given, at) => call("attributes " + at, () => weft.event("attributes", given)));
    weft.event("fine", { after: "all" });
    return threw;
})()"#;

async fn make_bad_calls(tab: &Tab<'_>) {
    assert_eq!(tab.evaluate::<Vec<String>>(BAD_CALLS).await, Vec::<String>::new());
    Stats::of(tab).await.assert_balances();
}

/// Everything the page does not call dropped is at the sink, and the sink finds nothing odd about it.
async fn assert_accounted(scene: Scene, stats: Stats) -> Vec<Received> {
    stats.assert_balances();
    assert_eq!(stats.pending, 0, "{stats:?}");
    let spans = scene.end().await;
    assert_eq!(spans.len() as i64, stats.acknowledged, "{stats:?}");
    let fine = all_named(&spans, "fine");
    assert!(fine.iter().all(|span| span.text("after") == Some("all")), "{fine:#?}");
    spans
}

async fn bad_calls_before_the_module_is_ready_throw_nothing_and_cost_only_themselves(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/held/weft.wasm',");
    tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; {init}; }})()")).await;
    make_bad_calls(&tab).await;
    scene.site.release();
    make_bad_calls(&tab).await;
    let stats = flush(&tab).await;
    assert_eq!(named(&assert_accounted(scene, stats).await, "fine"), 2);
}

async fn bad_calls_when_the_module_is_ready_throw_nothing_and_cost_only_themselves(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    make_bad_calls(&tab).await;
    let stats = flush(&tab).await;
    tab.assert_no_errors().await;
    assert_eq!(named(&assert_accounted(scene, stats).await, "fine"), 1);
}

async fn what_the_page_does_to_its_objects_after_the_call_does_not_change_what_was_recorded(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/held/weft.wasm',");
    tab.evaluate::<()>(&format!(
        "(async () => {{
            {IMPORT}; {init};
            const cart = {{ state: 'as it was', list: ['as it was'] }};
            weft.event('told', cart);
            cart.state = cart.list[0] = 'changed';
        }})()"
    ))
    .await;
    scene.site.release();
    flush(&tab).await;
    let spans = scene.end().await;
    let told = all_named(&spans, "told");
    assert_eq!(told[0].text("state"), Some("as it was"));
    assert!(!format!("{told:?}").contains("changed"), "{told:#?}");
}

async fn an_event_without_a_name_has_a_named_end_or_a_name_of_ours(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (weft.event(''), weft.event([]))").await;
    let stats = flush(&tab).await;
    // The sink complains about a span without a name.
    assert_accounted(scene, stats).await;
}

async fn attributes_beyond_what_an_event_may_have_are_counted(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "void weft.event('wide', Object.fromEntries(Array.from({ length: 500 }, (_, at) => ['key' + at, at])))",
    )
    .await;
    let stats = flush(&tab).await;
    let spans = scene.end().await;
    let wide = all_named(&spans, "wide")[0];
    let arrived = wide.span.attributes.iter().filter(|attribute| attribute.key.starts_with("key")).count();
    assert_eq!(arrived as u64 + stats.attributes_left_out, 500, "{stats:?}");
}

async fn attributes_that_do_something_when_they_are_read_disturb_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let outer: String = tab
        .evaluate(
            "(async () => {
                let asked;
                weft.event('recording', { get read() { weft.event('inner'); return 1; } });
                weft.event('asking', { told: { toString() { asked = fetch('/echo/inner'); return 'so'; } } });
                return (await asked).text();
            })()",
        )
        .await;
    assert_eq!(outer, "an answer");
    tab.wait_until("weft.stats().recorded === 5").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.acknowledged, stats.errors), (5, 0), "{stats:?}");
    let spans = assert_accounted(scene, stats).await;
    for name in ["recording", "inner", "asking", "GET"] {
        assert_eq!(named(&spans, name), 1, "{name}");
    }
}
