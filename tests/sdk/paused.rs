//! Consent that was given and is open again: everything pauses, in every tab, until the person has decided.

use support::{
    browser::{Kind, Tab},
    collector::BROWSER_KEY,
    stats::Stats,
};

use super::{
    killed::journal,
    scene::{CLICK, Scene, flush, named, one_named},
};

in_each_browser!(
    while_the_person_thinks_it_over_nothing_is_sent_stored_or_added_in_any_tab,
    what_happened_meanwhile_is_sent_when_they_agree_again,
    a_page_that_waits_keeps_no_more_than_it_may_and_counts_the_rest,
    who_refuses_after_thinking_it_over_leaves_nothing_behind,
    who_refuses_in_a_page_that_never_asked_the_storage_leaves_nothing_behind,
    nobody_comes_back_to_a_page_that_does_not_know_what_was_decided,
    who_logs_out_while_they_think_it_over_is_somebody_else_afterwards,
    a_page_in_the_cache_records_no_more_if_they_refused_meanwhile,
);

/// Everything this origin keeps, as text.
const CONTENT: &str = "(async () => {
    const all = [...Object.entries(localStorage), ...Object.entries(sessionStorage)];
    if (!(await indexedDB.databases()).some(({ name }) => name === 'weft')) return JSON.stringify(all);
    const db = await new Promise((resolve) => (indexedDB.open('weft', 1).onsuccess = (event) => resolve(event.target.result)));
    for (const store of ['pages', 'batches'])
        all.push(await new Promise((resolve) => (db.transaction(store).objectStore(store).getAll().onsuccess =
            (event) => resolve(event.target.result))));
    db.close();
    return JSON.stringify(all);
})()";

async fn content(tab: &Tab<'_>) -> String {
    tab.evaluate(CONTENT).await
}

/// The person has decided in `one`, and `other` has heard of it.
async fn decide(one: &Tab<'_>, other: &Tab<'_>, decision: &str) {
    let listen = format!(
        "void (window.heard = new Promise((resolve) => {{
            new BroadcastChannel('weft.consent.{BROWSER_KEY}').onmessage = () => resolve(true);
        }}))"
    );
    other.evaluate::<()>(&listen).await;
    one.evaluate::<()>(&format!("weft.consent('{decision}')")).await;
    assert!(other.evaluate::<bool>("heard").await);
}

const FETCH: &str = "fetch('/echo').then((answer) => answer.text())";

async fn while_the_person_thinks_it_over_nothing_is_sent_stored_or_added_in_any_tab(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) =
        (scene.open_recording_fully("/page").await, scene.open_recording_fully("/page/other").await);
    for tab in [&tab, &other] {
        flush(tab).await;
    }
    journal(&other, "batches.length === 0").await;
    other.evaluate::<()>("void weft.event('before')").await;
    decide(&other, &tab, "pending").await;
    drop(scene.site.take_asked());
    let (before, sent) = (content(&tab).await, scene.gate.arrivals().len());
    // The one that is not shown is hidden, which sends and keeps at once what waits.
    for (shown, hidden) in [(&tab, &other), (&other, &tab)] {
        shown.show().await;
        shown.click("#press").await;
        for tab in [shown, hidden] {
            tab.evaluate::<String>(FETCH).await;
            assert!(!tab.evaluate::<bool>("weft.flush(100)").await);
            Stats::of(tab).await.assert_balances();
        }
    }
    assert_eq!(content(&tab).await, before);
    let asked = scene.site.take_asked();
    assert!(asked.iter().any(|asked| asked.path == "/echo"));
    assert!(
        asked.iter().all(|asked| asked.header("traceparent").is_none() && asked.header("baggage").is_none())
    );
    // A page that goes while its person thinks takes what it has with it.
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    assert_eq!(scene.gate.arrivals().len(), sent);
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 0);
}

async fn what_happened_meanwhile_is_sent_when_they_agree_again(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) = (scene.open_recording("/page").await, scene.open_recording("/page/other").await);
    tab.evaluate::<()>("void weft.event('before')").await;
    let session = "localStorage[Object.keys(localStorage).find((name) => name.startsWith('weft.session'))]";
    let id = format!("JSON.parse({session}).id");
    let known = tab.evaluate::<String>(&id).await;
    decide(&other, &tab, "pending").await;
    tab.evaluate::<()>("void weft.event('meanwhile')").await;
    decide(&other, &tab, "granted").await;
    tab.evaluate::<()>("void weft.event('after')").await;
    flush(&tab).await;
    flush(&other).await;
    assert_eq!(tab.evaluate::<String>(&id).await, known, "it is the same session");
    let fetched = "fetch('/echo/again').then((answer) => answer.text())";
    tab.evaluate::<String>(fetched).await;
    let asked = scene.site.take_asked();
    assert!(asked.iter().any(|asked| asked.path == "/echo/again" && asked.header("traceparent").is_some()));
    let spans = scene.end().await;
    let [before, meanwhile, after] = ["before", "meanwhile", "after"].map(|name| one_named(&spans, name));
    for (later, earlier) in [(meanwhile, before), (after, meanwhile)] {
        assert_eq!(later.text("session.id"), Some(&*known));
        assert!(later.kinds_to(earlier).contains(&"previous".to_owned()), "{:?}", later.links());
    }
}

async fn a_page_that_waits_keeps_no_more_than_it_may_and_counts_the_rest(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "(() => { weft.consent('pending'); for (let at = 0; at < 4_000; at++) weft.event('one of many'); })()",
    )
    .await;
    let stats = Stats::of(&tab).await;
    assert_eq!(stats.dropped.keys().collect::<Vec<_>>(), ["too_many_waiting"], "{stats:?}");
    let lost = usize::try_from(stats.dropped["too_many_waiting"]).expect("few");
    // A moment is two calls, its beginning and its end.
    assert_eq!(lost, 4_000 - 3_000 / 2);
    tab.evaluate::<()>("weft.consent('granted')").await;
    flush(&tab).await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, "one of many"), 4_000 - lost);
}

async fn who_refuses_after_thinking_it_over_leaves_nothing_behind(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let before = scene.gate.arrivals().len();
    tab.evaluate::<()>("(weft.consent('pending'), void weft.event('meanwhile'), weft.consent('denied'), weft.identify(null))")
        .await;
    assert_nothing_is_left(&scene, &tab, before).await;
    assert_eq!(named(&scene.end().await, "meanwhile"), 0);
}

async fn who_refuses_in_a_page_that_never_asked_the_storage_leaves_nothing_behind(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let before = scene.gate.arrivals().len();
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    scene.gate.wait_for_arrivals(before).await;
    let init = scene.init("consent: 'pending',");
    tab.evaluate::<()>(&format!(
        "(async () => {{ window.weft = await import('/weft/full.js'); {init}; }})()"
    ))
    .await;
    let before = scene.gate.arrivals().len();
    tab.evaluate::<()>("weft.consent('denied')").await;
    assert_nothing_is_left(&scene, &tab, before).await;
    scene.end().await;
}

/// Of the browser's storage; and the collector was asked to forget, and nothing else.
async fn assert_nothing_is_left(scene: &Scene, tab: &Tab<'_>, before: usize) {
    let arrivals = scene.gate.wait_for_arrivals(before + 1).await;
    assert!(arrivals[before..].iter().all(|arrival| arrival.query.contains("erase=")), "{arrivals:?}");
    assert_nothing_is_stored(tab).await;
}

async fn assert_nothing_is_stored(tab: &Tab<'_>) {
    let left = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((name) => name !== 'weft.ended')";
    tab.wait_until(&format!(
        "(async () => {left}.length === 0 && (await indexedDB.databases()).length === 0)()"
    ))
    .await;
}

async fn nobody_comes_back_to_a_page_that_does_not_know_what_was_decided(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) =
        (scene.open_recording_fully("/page").await, scene.open_recording_fully("/page/other").await);
    tab.evaluate::<()>("void (window.kept = true)").await;
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    other.evaluate::<()>("weft.consent('pending')").await;
    tab.show().await;
    tab.back().await;
    // It was thrown out of the back/forward cache, and begins anew with what the app knows now.
    tab.wait_until("document.readyState === 'complete' && location.pathname === '/page'").await;
    assert!(tab.evaluate::<bool>("window.kept === undefined").await);
    scene.end().await;
}

async fn who_logs_out_while_they_think_it_over_is_somebody_else_afterwards(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void weft.event('before')").await;
    tab.evaluate::<()>("(weft.consent('pending'), weft.identify(null), weft.consent('granted'))").await;
    tab.evaluate::<()>("void weft.event('after')").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let [before, after] = ["before", "after"].map(|name| one_named(&spans, name));
    assert_ne!(after.text("session.id"), before.text("session.id"));
    assert_eq!(after.text("session.previous_id"), None);
}

async fn a_page_in_the_cache_records_no_more_if_they_refused_meanwhile(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (tab, other) =
        (scene.open_recording_fully("/page").await, scene.open_recording_fully("/page/other").await);
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    other.evaluate::<()>("weft.consent('denied')").await;
    assert_nothing_is_stored(&other).await;
    tab.show().await;
    tab.back().await;
    // Browsers throw a page out of there whose database is deleted; or it has to see for itself.
    tab.wait_until("typeof weft === 'undefined' || weft.event('after') === undefined").await;
    assert_nothing_is_stored(&other).await;
    assert_eq!(named(&scene.end().await, "after"), 0);
}
