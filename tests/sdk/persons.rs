//! Another person in an open page: what is drawn for that one.

use support::{
    browser::{Kind, Tab},
    clock::Device,
};

use super::{
    sampling::{HALF_AN_HOUR, draw},
    scene::{Scene, flush},
};

in_each_browser!(sessions_after_another_person_has_come_go_by_what_was_drawn_for_that_one);

/// What was drawn for the session that lies in storage.
async fn stored_draw(tab: &Tab<'_>) -> String {
    let code = "(() => {
        const name = Object.keys(localStorage).find((name) => name.startsWith('weft.session.'));
        return JSON.parse(localStorage.getItem(name)).randomness;
    })()";
    tab.evaluate(code).await
}

async fn sessions_after_another_person_has_come_go_by_what_was_drawn_for_that_one(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    draw(&tab, "aa").await;
    scene.record(&tab, "").await;
    tab.click("#press").await;
    assert_eq!(stored_draw(&tab).await, "aa".repeat(7));
    draw(&tab, "bb").await;
    tab.evaluate::<()>("weft.identify(null)").await;
    tab.click("#press").await;
    flush(&tab).await;
    assert_eq!(stored_draw(&tab).await, "bb".repeat(7));
    // The page goes on as what it was, and the sessions that begin in it are the other person's.
    draw(&tab, "cc").await;
    scene.pass(HALF_AN_HOUR, Device::Awake).await;
    tab.click("#press").await;
    flush(&tab).await;
    assert_eq!(stored_draw(&tab).await, "bb".repeat(7));
    let spans = scene.end().await;
    let first = format!("ot=rv:{}", "aa".repeat(7));
    assert!(spans.iter().all(|span| span.span.trace_state == first), "a page is kept whole or not at all");
}
