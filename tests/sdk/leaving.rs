//! A person does something and is gone: it arrives all the same.

use support::{
    browser::{Kind, Tab},
    gate::Role,
    stats::Stats,
};

use super::scene::{CLICK, Scene, named};

in_each_engine!(
    a_press_arrives_when_the_tab_is_closed_at_once,
    a_press_arrives_when_the_tab_is_hidden_and_left_alone,
    a_press_on_a_link_arrives_though_it_leads_away,
    pagehide_alone_is_enough,
    visibilitychange_alone_is_enough,
    what_is_pressed_while_the_collector_is_away_is_tried_once_more_at_the_last_moment,
    a_page_that_records_can_be_come_back_to_and_goes_on,
);

/// Leaves in different ways, each after a press that nothing was sent of yet.
async fn press(tab: &Tab<'_>) {
    tab.click("#press").await;
    let stats = Stats::of(tab).await;
    assert_eq!((stats.recorded, stats.pending), (2, 1), "nothing was sent of the press yet: {stats:?}");
}

async fn assert_arrives(scene: Scene) {
    scene.sink.wait_for("the press", |spans| named(spans, CLICK) == 1).await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, CLICK), 1);
}

async fn a_press_arrives_when_the_tab_is_closed_at_once(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    press(&tab).await;
    tab.close().await;
    assert_arrives(scene).await;
}

async fn a_press_arrives_when_the_tab_is_hidden_and_left_alone(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    press(&tab).await;
    tab.hide().await;
    assert_arrives(scene).await;
}

async fn a_press_on_a_link_arrives_though_it_leads_away(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.click("#next").await;
    tab.wait_until("location.pathname === '/page/next'").await;
    assert_arrives(scene).await;
}

async fn pagehide_alone_is_enough(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    // Whoever listens later on hears nothing of it.
    tab.evaluate::<()>(
        "void document.addEventListener('visibilitychange', (event) => event.stopImmediatePropagation(), true)",
    )
    .await;
    scene.record(&tab, "").await;
    press(&tab).await;
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    assert_arrives(scene).await;
}

async fn visibilitychange_alone_is_enough(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    tab.evaluate::<()>(
        "void addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)",
    )
    .await;
    scene.record(&tab, "").await;
    press(&tab).await;
    tab.close().await;
    assert_arrives(scene).await;
}

async fn what_is_pressed_while_the_collector_is_away_is_tried_once_more_at_the_last_moment(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Unavailable);
    tab.click("#press").await;
    tab.hide().await;
    let tried = scene.gate.wait_for_arrivals(2).await;
    assert_eq!(tried[1].role, Role::Unavailable);
    // The page knows: what may still succeed is not tried twice.
    tab.wait_until("weft.stats().failures === 1").await;
    scene.gate.play(Role::Open);
    tab.close().await;
    assert_arrives(scene).await;
}

async fn a_page_that_records_can_be_come_back_to_and_goes_on(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void addEventListener('pageshow', (event) => (window.kept = event.persisted))").await;
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    tab.back().await;
    assert!(
        tab.evaluate::<bool>("window.kept === true").await,
        "the page was kept in the back/forward cache"
    );
    press(&tab).await;
    tab.close().await;
    assert_arrives(scene).await;
}
