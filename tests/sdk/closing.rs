//! Firefox as people have it ends the scripts of a process that loses its last tab, a `pagehide` listener in the midst
//! of its work: its last batch may never leave. What was in the journal by then arrives in any case.

use std::{collections::BTreeSet, time::Duration};

use support::{
    browser::{Kind, Manner, Tab},
    clock::Device,
    received::Received,
};

use super::{
    killed::journal,
    scene::{Scene, all_named, flush},
};

/// Tabs that are closed right after an event, and as many after it was kept.
const CLOSES: i64 = if cfg!(feature = "slow") { 40 } else { 3 };

const YOUNG: &str = "a moment old";
const KEPT: &str = "kept";

#[tokio::test]
async fn what_firefox_cuts_off_when_a_tab_is_closed_arrives_through_the_next_page_if_it_was_kept() {
    let scene = Scene::start_as(Kind::Firefox, Manner::AsPeopleHaveIt).await;
    for n in 0..CLOSES {
        let tab = record(&scene, YOUNG, n).await;
        tab.close().await;
    }
    for n in 0..CLOSES {
        let tab = record(&scene, KEPT, n).await;
        // What pages before it have left is there too.
        journal(&tab, "pages.some((page) => page.tail && page.wall >= window.at)").await;
        tab.close().await;
    }
    // A whole page is loaded meanwhile: what is on its way has arrived.
    let other = scene.open("/page/other").await;
    let at_once = scene.sink.spans();
    scene.pass(Duration::from_secs(180), Device::Awake).await;
    scene.record(&other, "").await;
    scene.sink.wait_for("what was kept", |spans| arrived(spans, KEPT).len() as i64 == CLOSES).await;
    flush(&other).await;
    let spans = scene.end().await;
    for name in [YOUNG, KEPT] {
        let (first, all) = (arrived(&at_once, name).len(), arrived(&spans, name).len());
        println!("{name}: {first} of {CLOSES} at pagehide, {} through the next page", all - first);
    }
    println!("{} pages are taken for killed", all_named(&spans, "weft.page.killed").len());
}

/// A page that has one thing left to say.
async fn record<'a>(scene: &'a Scene, name: &str, n: i64) -> Tab<'a> {
    let tab = scene.open_recording(&format!("/page/{n}")).await;
    let event = format!("void (window.at = Date.now(), weft.event('{name}', {{ n: {n} }}))");
    tab.evaluate::<()>(&event).await;
    tab
}

/// Which of them are there.
fn arrived(spans: &[Received], name: &str) -> BTreeSet<i64> {
    all_named(spans, name).iter().filter_map(|span| span.int("n")).collect()
}
