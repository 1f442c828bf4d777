//! The journal: who sends what others left, and what it costs to keep it.

use std::time::Duration;

use support::{browser::Kind, clock::Device, gate::Role};

use super::{
    killed::journal,
    scene::{CLICK, LOAD, Scene, flush, named},
};

in_each_browser!(
    two_tabs_that_wake_together_send_what_is_left_once,
    nothing_is_written_when_nothing_new_happened,
    what_is_damaged_or_too_old_is_given_up_by_name,
    quitting_the_browser_delivers_from_the_journal_at_the_next_start,
    a_page_that_is_not_kept_sends_what_one_that_was_has_left,
);

// In Firefox tabs of one site share their process, so nobody is busy alone.
in_chromium!(what_another_page_sends_while_its_owner_cannot_answer_is_not_taken_twice_when_that_goes_on);

const THREE_MINUTES: Duration = Duration::from_secs(180);

/// The seed of the page, as it stands in every request that carries its batches.
const SEED: &str = "(async () => {
    const db = await new Promise((resolve) => (indexedDB.open('weft', 1).onsuccess = (event) => resolve(event.target.result)));
    const pages = await new Promise((resolve) => (db.transaction('pages').objectStore('pages').getAll().onsuccess = (event) => resolve(event.target.result)));
    db.close();
    return pages[0].page;
})()";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

async fn two_tabs_that_wake_together_send_what_is_left_once(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    for _ in 0..3 {
        tab.click("#press").await;
        tab.evaluate::<bool>("weft.flush(50)").await;
    }
    journal(&tab, "batches.length === 3").await;
    let seed = bytes(&tab.evaluate::<String>(SEED).await);
    scene.browser.kill().await;
    scene.gate.play(Role::Open);
    let before = scene.gate.arrivals().len();
    scene.browser.start_again().await;
    scene.pass(THREE_MINUTES, Device::Asleep).await;
    let (one, other) = (scene.open("/page/one").await, scene.open("/page/other").await);
    let start = scene.init("");
    for tab in [&one, &other] {
        tab.evaluate::<()>(&format!("(async () => {{ {}; {start}; }})()", super::scene::IMPORT)).await;
    }
    scene.sink.wait_for("the presses", |spans| named(spans, CLICK) == 3).await;
    flush(&one).await;
    flush(&other).await;
    let carried = scene.gate.arrivals()[before..]
        .iter()
        .filter(|arrival| arrival.body.windows(16).any(|part| part == seed))
        .count();
    assert_eq!(carried, 3, "each batch once, by one of them");
    scene.end().await;
}

async fn nothing_is_written_when_nothing_new_happened(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    tab.evaluate::<()>(
        "void (window.writes = 0, (() => {
            const { transaction } = IDBDatabase.prototype;
            IDBDatabase.prototype.transaction = function (stores, mode, ...more) {
                if (mode === 'readwrite') writes++;
                return transaction.call(this, stores, mode, ...more);
            };
        })())",
    )
    .await;
    scene.record(&tab, "").await;
    let before: i64 = tab.evaluate("writes").await;
    assert!(before > 0);
    tab.hide().await;
    tab.show().await;
    scene.pass(Duration::from_secs(3_600), Device::Awake).await;
    tab.evaluate::<bool>("weft.flush(200)").await;
    assert_eq!(tab.evaluate::<i64>("writes").await, before);
    scene.end().await;
}

async fn what_is_damaged_or_too_old_is_given_up_by_name(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    for _ in 0..2 {
        tab.click("#press").await;
        tab.evaluate::<bool>("weft.flush(50)").await;
    }
    journal(&tab, "batches.length === 2").await;
    tab.evaluate::<()>(
        "(async () => {
            const db = await new Promise((resolve) => (indexedDB.open('weft', 1).onsuccess = (event) => resolve(event.target.result)));
            const transaction = db.transaction('batches', 'readwrite');
            const store = transaction.objectStore('batches');
            const all = await new Promise((resolve) => (store.getAll().onsuccess = (event) => resolve(event.target.result)));
            all[0].body[all[0].body.length >> 1] ^= 1;
            store.put(all[0]);
            all[1].wall -= 7 * 86400000;
            store.put(all[1]);
            // Before that a browser that is killed has kept neither.
            await new Promise((resolve) => (transaction.oncomplete = resolve));
            db.close();
        })()",
    )
    .await;
    scene.browser.kill().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("the report", |spans| named(spans, "weft.page.killed") == 1).await;
    tab.evaluate::<()>("void weft.event('afterwards')").await;
    flush(&tab).await;
    let metrics = support::http::get(&scene.collector.addresses().admin_url("/metrics")).await;
    for reason in ["journal_torn", "journal_too_old"] {
        assert!(metrics.contains(reason), "{reason} reaches the collector: {metrics}");
    }
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 0);
}

async fn quitting_the_browser_delivers_from_the_journal_at_the_next_start(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.click("#press").await;
    journal(&tab, "tail === 1").await;
    // Whatever is sent while it quits reaches nobody.
    scene.gate.play(Role::Dropping);
    scene.browser.shut().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("the press", |spans| named(spans, CLICK) == 1).await;
    tab.close().await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 1);
}

async fn what_another_page_sends_while_its_owner_cannot_answer_is_not_taken_twice_when_that_goes_on(
    kind: Kind,
) {
    let scene = Scene::start(kind).await;
    let owner = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    owner.click("#press").await;
    owner.hide().await;
    journal(&owner, "batches.length === 1").await;
    let tab = scene.open("/page/other").await;
    scene.pass(THREE_MINUTES, Device::Awake).await;
    // Busy for longer than anybody waits for its answer. (Frozen by the driver, Chromium sometimes lets it answer.)
    owner
        .evaluate::<()>(
            "void setTimeout(() => { const until = performance.now() + 8_000; while (performance.now() < until); })",
        )
        .await;
    scene.gate.play(Role::Open);
    scene.record(&tab, "").await;
    tab.wait_until("weft.stats().replayed === 1").await;
    scene.sink.wait_for("the press, from the other", |spans| named(spans, CLICK) == 1).await;
    owner.show().await;
    owner.click("#press").await;
    flush(&owner).await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 2, "each once");
}

/// Puts into the journal what a page leaves that was killed.
const KILLED_PAGE: &str = "(async () => {
    const db = await new Promise((resolve) => (indexedDB.open('weft', 1).onsuccess = (event) => resolve(event.target.result)));
    const store = db.transaction('pages', 'readwrite').objectStore('pages');
    const [page] = await new Promise((resolve) => (store.getAll().onsuccess = (event) => resolve(event.target.result)));
    const { to, wall, state } = page;
    await new Promise((resolve) => (store.put({ page: 'ab'.repeat(16), to, wall, state }).onsuccess = resolve));
    db.close();
})()";

async fn a_page_that_is_not_kept_sends_what_one_that_was_has_left(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    tab.click("#press").await;
    tab.evaluate::<bool>("weft.flush(50)").await;
    journal(&tab, "batches.length === 1").await;
    tab.evaluate::<()>(KILLED_PAGE).await;
    tab.close().await;
    scene.gate.play(Role::Open);
    scene.pass(11 * THREE_MINUTES, Device::Awake).await;
    let next = scene.open("/page/next").await;
    scene.record(&next, "sampleRate: 0,").await;
    scene.sink.wait_for("the press", |spans| named(spans, CLICK) == 1).await;
    next.click("#press").await;
    let stats = flush(&next).await;
    assert_eq!(stats.dropped.get("sampled"), Some(&stats.recorded), "{stats:?}");
    journal(&next, "batches.length === 0").await;
    // Who is not kept tells of nobody else: the next one that is says that the page was killed, and only that one.
    journal(&next, "pages.length === 1").await;
    next.close().await;
    scene.pass(11 * THREE_MINUTES, Device::Awake).await;
    let last = scene.open_recording("/page/last").await;
    scene.sink.wait_for("the report", |spans| named(spans, "weft.page.killed") == 1).await;
    flush(&last).await;
    let spans = scene.end().await;
    assert_eq!((named(&spans, LOAD), named(&spans, CLICK), named(&spans, "weft.page.killed")), (2, 1, 1));
}
