//! Between the page's one line and the module that records: the module comes late, or never, or for nothing.

use support::{browser::Kind, stats::Stats};

use super::scene::{IMPORT, Scene, flush, named};

in_each_engine!(
    init_without_what_it_needs_throws_nothing_and_leaves_the_page_as_it_was,
    a_module_that_cannot_be_loaded_costs_its_compression_and_nothing_else,
    a_page_that_can_have_none_of_its_parts_posts_what_it_has_when_it_ends,
    a_flush_before_the_module_is_ready_sends_as_soon_as_it_is,
    a_module_that_was_still_loading_at_shutdown_sends_what_was_before_and_records_no_more,
);

async fn init_without_what_it_needs_throws_nothing_and_leaves_the_page_as_it_was(kind: Kind) {
    let scene = Scene::start(kind).await;
    for options in ["", "null", "{}", "{ key: 'k' }", "{ key: 'k', endpoint: 'http://[' }"] {
        let tab = scene.open("/page").await;
        let init = format!("weft.init({options}), weft.event('lost')");
        tab.evaluate::<()>(&format!(
            "(async () => {{ {IMPORT}; window.before = window.fetch; {init}; await fetch('/echo/works'); }})()"
        ))
        .await;
        tab.wait_until("window.fetch === before && weft.stats().pending === 0").await;
        Stats::of(&tab).await.assert_balances();
        tab.close().await;
    }
    let asked = scene.site.take_asked();
    assert!(asked.iter().all(|asked| asked.path == "/echo/works"), "{asked:#?}");
    assert!(scene.gate.arrivals().is_empty());
    scene.end().await;
}

async fn a_module_that_cannot_be_loaded_costs_its_compression_and_nothing_else(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/missing/weft.wasm',");
    tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; {init}; weft.event('kept'); }})()")).await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    assert_eq!(named(&scene.end().await, "kept"), 1);
}

async fn a_page_that_can_have_none_of_its_parts_posts_what_it_has_when_it_ends(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/missing/weft.wasm',");
    tab.evaluate::<()>(&format!(
        "(async () => {{ window.weft = await import('/alone/full.js'); {init}; weft.event('kept'); }})()"
    ))
    .await;
    scene.site.wait_for("/missing/weft.wasm").await;
    assert!(!tab.evaluate::<bool>("weft.flush(1000)").await, "there is no way yet");
    assert_eq!(Stats::of(&tab).await.errors, 0);
    tab.close().await;
    scene.sink.wait_for("what it had", |spans| named(spans, "kept") == 1).await;
    scene.end().await;
}

async fn a_flush_before_the_module_is_ready_sends_as_soon_as_it_is(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/held/weft.wasm',");
    tab.evaluate::<()>(&format!(
        "(async () => {{
            {IMPORT}; {init}; weft.event('early');
            // The usual interval never ends: only the flush can have sent it.
            const real = window.setTimeout;
            window.setTimeout = (work, ms, ...more) => (ms === 5000 ? 0 : real(work, ms, ...more));
            weft.flush(15000).then((done) => (window.flushed = done));
        }})()"
    ))
    .await;
    scene.site.wait_for("/held/weft.wasm").await;
    scene.site.release();
    tab.wait_until("window.flushed !== undefined").await;
    assert!(tab.evaluate::<bool>("flushed").await, "{:?}", Stats::of(&tab).await);
    scene.end().await;
}

async fn a_module_that_was_still_loading_at_shutdown_sends_what_was_before_and_records_no_more(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/held/weft.wasm',");
    tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; {init}; weft.event('before'); }})()")).await;
    scene.site.wait_for("/held/weft.wasm").await;
    tab.evaluate::<()>("(weft.shutdown(), weft.event('after'))").await;
    scene.site.release();
    scene.sink.wait_for("what was before", |spans| named(spans, "before") == 1).await;
    tab.evaluate::<()>(&format!("({}, weft.event('after'))", scene.init(""))).await;
    tab.click("#press").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.recorded, stats.acknowledged), (2, 2), "{stats:?}");
    assert_eq!(scene.end().await.len(), 2);
}
