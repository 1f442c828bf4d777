//! Nothing is kept, sent or added before the person agrees; withdrawal erases what was kept, in every tab.

use std::time::Duration;

use support::{
    browser::{Kind, Tab},
    gate::{Arrival, Role},
    stats::Stats,
};

use super::scene::{CLICK, IMPORT_FULL, Scene, flush, named, one_named};

in_each_browser!(
    while_consent_is_pending_nothing_is_fetched_stored_sent_or_added,
    what_was_recorded_while_consent_was_pending_is_sent_when_it_is_granted,
    without_consent_the_page_is_as_if_nobody_had_asked,
    withdrawal_erases_what_was_kept_in_every_tab_and_says_so_to_the_collector,
    an_erasure_is_asked_for_until_it_is_acknowledged,
    in_memory_only_nothing_is_stored,
);

/// Everything this origin keeps, as a list of names.
async fn kept(tab: &Tab<'_>) -> Vec<String> {
    tab.evaluate(KEPT).await
}

const KEPT: &str = "(async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map(({ name }) => name),
])()";

async fn start(scene: &Scene, tab: &Tab<'_>, options: &str) {
    let init = scene.init(options);
    tab.evaluate::<()>(&format!(
        "(async () => {{ {IMPORT_FULL}; window.before = window.fetch; {init}; }})()"
    ))
    .await;
}

async fn while_consent_is_pending_nothing_is_fetched_stored_sent_or_added(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    start(&scene, &tab, "consent: 'pending',").await;
    tab.click("#press").await;
    tab.evaluate::<String>("fetch('/echo').then((answer) => answer.text())").await;
    tab.wait_until("weft.stats().recorded >= 3").await;
    assert!(!tab.evaluate::<bool>("weft.flush(100)").await);
    assert_eq!(kept(&tab).await, Vec::<String>::new());
    assert!(
        scene
            .site
            .take_asked()
            .iter()
            .all(|asked| asked.header("traceparent").is_none() && asked.header("baggage").is_none())
    );
    assert!(scene.gate.arrivals().is_empty());
    let modules = "performance.getEntriesByType('resource').some((entry) => entry.name.includes('.wasm'))";
    assert!(!tab.evaluate::<bool>(modules).await);
    Stats::of(&tab).await.assert_balances();
    tab.close().await;
    assert!(scene.end().await.is_empty());
}

async fn what_was_recorded_while_consent_was_pending_is_sent_when_it_is_granted(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) = (scene.open("/page").await, scene.open("/page/other").await);
    start(&scene, &tab, "consent: 'pending',").await;
    start(&scene, &other, "consent: 'pending',").await;
    other.click("#press").await;
    tab.evaluate::<()>("weft.consent('granted')").await;
    // The other tab hears of it.
    other.wait_until("weft.stats().acknowledged > 0").await;
    flush(&tab).await;
    flush(&other).await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 1);
    assert!(one_named(&spans, CLICK).links().iter().any(|link| link.kinds.contains(&"page".to_owned())));
}

async fn without_consent_the_page_is_as_if_nobody_had_asked(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    start(&scene, &tab, "consent: 'denied',").await;
    assert!(tab.evaluate::<bool>("window.fetch === before && weft.event('nothing') === undefined").await);
    tab.click("#press").await;
    assert_eq!((kept(&tab).await, Stats::of(&tab).await.recorded), (Vec::new(), 0));
    scene.end().await;
}

async fn withdrawal_erases_what_was_kept_in_every_tab_and_says_so_to_the_collector(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) =
        (scene.open_recording_fully("/page").await, scene.open_recording_fully("/page/other").await);
    assert!(kept(&tab).await.contains(&"weft".to_owned()), "there is something to erase");
    let before = scene.gate.arrivals().len();
    other.evaluate::<()>("weft.consent('denied')").await;
    tab.wait_until("weft.event('nothing') === undefined").await;
    tab.show().await;
    tab.click("#press").await;
    for tab in [&tab, &other] {
        tab.wait_until(&format!("{KEPT}.then((names) => names.length === 0)")).await;
        Stats::of(tab).await.assert_balances();
    }
    let after = scene.gate.wait_for_arrivals(before + 1).await;
    assert!(
        after[before..].iter().all(|arrival| arrival.query.contains("erase=") && arrival.body.is_empty())
    );
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 0);
}

async fn an_erasure_is_asked_for_until_it_is_acknowledged(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let before = scene.gate.arrivals().len();
    scene.gate.play(Role::Unavailable);
    tab.evaluate::<()>("weft.consent('denied')").await;
    scene.gate.wait_for_arrivals(before + 2).await;
    scene.gate.play(Role::Open);
    let last = |arrivals: &[Arrival]| arrivals.last().is_some_and(|arrival| arrival.role == Role::Open);
    let mut after = scene.gate.arrivals();
    while !last(&after) {
        after = scene.gate.wait_for_arrivals(after.len() + 1).await;
    }
    assert!(after[before..].iter().all(|arrival| arrival.query.contains("erase=")));
    let metrics = scene.collector.addresses().admin_url("/metrics");
    let erased =
        async { while !support::http::get(&metrics).await.contains("weft_sessions_erased_total{} 1\n") {} };
    tokio::time::timeout(Duration::from_secs(20), erased).await.expect("the session is erased, once");
    scene.end().await;
}

async fn in_memory_only_nothing_is_stored(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record_fully(&tab, "storage: 'memory',").await;
    tab.click("#press").await;
    flush(&tab).await;
    assert_eq!(kept(&tab).await, Vec::<String>::new());
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 1);
}
