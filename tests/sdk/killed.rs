//! The browser is killed, and started again: what was recorded is in the journal.

use support::{
    browser::{Kind, Tab},
    clock::Device,
    gate::Role,
};

use super::scene::{CLICK, Scene, all_named, flush, named};

in_each_browser!(
    what_a_visible_page_recorded_a_second_ago_survives_the_kill,
    what_a_hidden_page_recorded_survives_the_kill_at_once,
    what_was_sealed_and_not_acknowledged_survives_the_kill,
    a_page_that_was_closed_is_not_taken_for_killed,
);

/// Waits until the journal is as wanted: of `pages`, `batches` and the events in `tail`s.
pub(super) async fn journal(tab: &Tab<'_>, wanted: &str) {
    tab.wait_until(&journal_is(wanted)).await;
}

/// Whether the journal is as wanted, for a page to tell.
pub(super) fn journal_is(wanted: &str) -> String {
    format!(
        "(async () => {{
            const all = (db, store) => new Promise((resolve, reject) => {{
                const request = db.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            }});
            const opened = new Promise((resolve) => (indexedDB.open('weft', 1).onsuccess = (event) => resolve(event.target.result)));
            const db = await opened;
            const [pages, batches] = await Promise.all([all(db, 'pages'), all(db, 'batches')]);
            db.close();
            const tail = pages.reduce((sum, page) => sum + (page.tail?.events ?? 0), 0);
            return {wanted};
        }})()"
    )
}

/// The browser is killed and started again three minutes later with a page that records; what arrived is returned
/// once the presses have.
async fn killed_and_back(scene: Scene, presses: usize) -> Vec<support::received::Received> {
    scene.browser.kill().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("the presses", |spans| named(spans, CLICK) == presses).await;
    scene.sink.wait_for("the report", |spans| named(spans, KILLED) == 1).await;
    tab.close().await;
    scene.end().await
}

const KILLED: &str = "weft.page.killed";

async fn what_a_visible_page_recorded_a_second_ago_survives_the_kill(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    for _ in 0..3 {
        tab.click("#press").await;
    }
    journal(&tab, "tail === 3").await;
    let spans = killed_and_back(scene, 3).await;
    let report = &all_named(&spans, KILLED)[0];
    assert_eq!(report.text("weft.killed.state"), Some("visible"));
    assert_eq!(report.text("weft.killed.loss"), Some("unknown"));
    let page = all_named(&spans, CLICK)[0].text("weft.page.id");
    assert_eq!(report.text("weft.killed.page.id"), page, "it names the page by the id that its events have");
}

async fn what_a_hidden_page_recorded_survives_the_kill_at_once(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    tab.hide().await;
    for _ in 0..3 {
        tab.evaluate::<()>("void weft.event('while hidden')").await;
    }
    // Asked in another task: the one that recorded has finished.
    journal(&tab, "batches.length + tail > 0").await;
    scene.browser.kill().await;
    let tab = scene.come_back().await;
    scene.sink.wait_for("the events", |spans| named(spans, "while hidden") == 3).await;
    tab.close().await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, "while hidden"), 3);
}

async fn what_was_sealed_and_not_acknowledged_survives_the_kill(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    tab.click("#press").await;
    tab.evaluate::<bool>("weft.flush(200)").await;
    journal(&tab, "batches.length === 1").await;
    let spans = killed_and_back(scene, 1).await;
    assert_eq!(named(&spans, CLICK), 1);
}

async fn a_page_that_was_closed_is_not_taken_for_killed(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.click("#press").await;
    tab.close().await;
    scene.sink.wait_for("the press", |spans| named(spans, CLICK) == 1).await;
    scene.browser.shift(std::time::Duration::from_secs(180), Device::Awake).await;
    let tab = scene.open("/page/again").await;
    scene.record(&tab, "").await;
    // The one that ended is found, and nothing is said of it.
    journal(&tab, "pages.length === 1").await;
    flush(&tab).await;
    tab.close().await;
    let spans = scene.end().await;
    assert_eq!((named(&spans, CLICK), named(&spans, KILLED)), (1, 0));
}
