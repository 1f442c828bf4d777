//! Much at once: everything arrives once or has a named end, in requests that can outlive their page.

use std::collections::BTreeSet;

use support::{browser::Kind, received::Received, stats::Stats};

use super::scene::{IMPORT, Scene, all_named, flush};

in_each_engine!(
    three_thousand_events_of_one_task_arrive_each_once,
    events_beyond_what_is_kept_for_the_module_are_dropped_by_name,
    fifty_events_of_forty_kilobytes_arrive_each_once_or_have_a_named_end,
    no_request_is_larger_than_what_can_outlive_its_page,
);

/// What the browser lets outlive a page, less what the app may need of it.
const MOST_BYTES: usize = 60 * 1024;

/// Asserts that those that arrived are different ones, and as many as the page was told.
fn assert_once(spans: &[Received], name: &str, stats: &Stats) {
    let numbers: BTreeSet<_> = all_named(spans, name).iter().map(|span| span.int("n")).collect();
    let arrived = all_named(spans, name).len();
    assert_eq!((numbers.len(), spans.len() as i64), (arrived, stats.acknowledged), "{stats:?}");
}

/// So many events of forty kilobytes: five texts each, of letters that cannot be compressed to less than three
/// quarters.
fn large(count: u32) -> String {
    format!(
        "(() => {{
            const text = () => {{
                const bytes = crypto.getRandomValues(new Uint8Array(6000));
                return btoa(String.fromCharCode(...bytes)).replaceAll('/', '_');
            }};
            for (let n = 0; n < {count}; n++)
                weft.event('large', {{ n, a: text(), b: text(), c: text(), d: text(), e: text() }});
        }})()"
    )
}

fn largest_request(scene: &Scene) -> usize {
    scene.gate.arrivals().iter().map(|arrival| arrival.body.len()).max().unwrap_or_default()
}

async fn three_thousand_events_of_one_task_arrive_each_once(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void Array.from({ length: 3000 }, (_, n) => weft.event('many', { n }))").await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.acknowledged, stats.lost()), (3_001, 0), "{stats:?}");
    assert!(largest_request(&scene) <= MOST_BYTES);
    let spans = scene.sink.wait_for("all of them", |spans| spans.len() >= 3_001).await;
    assert_once(&spans, "many", &stats);
    scene.end().await;
}

async fn events_beyond_what_is_kept_for_the_module_are_dropped_by_name(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let init = scene.init("wasmUrl: '/held/weft.wasm',");
    tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; {init}; }})()")).await;
    tab.wait_until("weft.stats().recorded === 1").await;
    tab.evaluate::<()>("void Array.from({ length: 5000 }, (_, n) => weft.event('many', { n }))").await;
    scene.site.release();
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!(stats.recorded, 5_001);
    assert_eq!(stats.dropped.keys().collect::<Vec<_>>(), ["too_many_waiting"], "{stats:?}");
    // What comes later is recorded as ever.
    tab.evaluate::<()>("void weft.event('later')").await;
    let stats = flush(&tab).await;
    let spans = scene.end().await;
    assert_eq!(all_named(&spans, "later").len(), 1);
    assert_eq!(
        all_named(&spans, "browser.navigation_timing").len(),
        1,
        "what began first is not the first to go"
    );
    assert_once(&spans, "many", &stats);
}

async fn fifty_events_of_forty_kilobytes_arrive_each_once_or_have_a_named_end(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(&large(50)).await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.recorded, stats.attributes_left_out), (51, 0), "{stats:?}");
    let spans = scene.sink.wait_for("those kept", |spans| spans.len() as i64 >= stats.acknowledged).await;
    assert_once(&spans, "large", &stats);
    assert!(stats.dropped.keys().all(|reason| reason == "queue_full"), "{stats:?}");
    let large = all_named(&spans, "large");
    let whole = |span: &&Received| {
        ["a", "b", "c", "d", "e"].iter().all(|key| span.text(key).is_some_and(|text| text.len() == 8_000))
    };
    assert!(large.iter().all(whole));
    scene.end().await;
}

async fn no_request_is_larger_than_what_can_outlive_its_page(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    for _ in 0..4 {
        tab.evaluate::<()>(&large(3)).await;
    }
    flush(&tab).await.assert_balances();
    let largest = largest_request(&scene);
    assert!(largest <= MOST_BYTES, "a request of {largest} bytes cannot outlive its page");
    scene.end().await;
}
