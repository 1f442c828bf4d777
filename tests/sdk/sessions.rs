//! Sessions: shared by the tabs of an origin, over when nobody was there, and never endless.

use std::{collections::BTreeSet, time::Duration};

use support::{
    browser::Kind,
    clock::{DAY, Device},
    received::Received,
};

use super::scene::{CLICK, Scene, all_named, flush};

in_each_browser!(
    two_tabs_of_one_origin_share_the_session_and_keep_it_alive_for_each_other,
    a_session_is_over_after_half_an_hour_and_only_the_first_root_of_the_next_links_to_it,
    a_clock_that_is_set_back_by_a_day_begins_a_session_and_stops_nothing,
    what_is_told_minutes_after_its_time_neither_begins_a_session_nor_ends_one,
);

const MINUTE: Duration = Duration::from_secs(60);

fn sessions(spans: &[Received]) -> BTreeSet<&str> {
    spans.iter().filter_map(|span| span.text("session.id")).collect()
}

async fn two_tabs_of_one_origin_share_the_session_and_keep_it_alive_for_each_other(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (one, other) = (scene.open_recording("/page").await, scene.open_recording("/page/other").await);
    // Each tab alone is idle for longer than a session lasts, the two of them are not.
    pass(&scene, 29 * MINUTE).await;
    other.click("#press").await;
    pass(&scene, 29 * MINUTE).await;
    one.show().await;
    one.click("#press").await;
    for tab in [&one, &other] {
        flush(tab).await.assert_balances();
    }
    let spans = scene.end().await;
    assert_eq!((spans.len(), sessions(&spans).len()), (4, 1));
    let pages: BTreeSet<_> = spans.iter().filter_map(|span| span.text("weft.page.id")).collect();
    assert_eq!(pages.len(), 2);
}

async fn a_session_is_over_after_half_an_hour_and_only_the_first_root_of_the_next_links_to_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let idle = 29 * MINUTE;
    for _ in 0..2 {
        pass(&scene, idle).await;
        tab.click("#press").await;
    }
    flush(&tab).await;
    pass(&scene, 31 * MINUTE).await;
    tab.click("#press").await;
    tab.click("#press").await;
    flush(&tab).await.assert_balances();

    let spans = scene.end().await;
    assert_eq!(
        sessions(&spans).len(),
        2,
        "half an hour is counted from the last use, not from the beginning"
    );
    let presses = all_named(&spans, CLICK);
    let [_, last_before, first, second] = presses[..] else { panic!("{presses:#?}") };
    assert_ne!(first.text("session.id"), last_before.text("session.id"));
    assert_eq!(first.text("session.previous_id"), last_before.text("session.id"));
    assert_eq!(second.text("session.id"), first.text("session.id"));
    assert!(first.kinds_to(last_before).contains(&"session".to_owned()));
    let links = spans.iter().flat_map(Received::links);
    let to_sessions = links.filter(|link| link.kinds.iter().any(|kind| kind == "session")).count();
    assert_eq!(to_sessions, 1);
}

async fn a_clock_that_is_set_back_by_a_day_begins_a_session_and_stops_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.browser.set_back(DAY).await;
    tab.click("#press").await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    // The next session ends as any other does.
    pass(&scene, 31 * MINUTE).await;
    tab.click("#press").await;
    let stats_after = flush(&tab).await;
    assert!(stats_after.acknowledged > stats.acknowledged);

    let spans = scene.end().await;
    let presses = all_named(&spans, CLICK);
    let [first, second] = presses[..] else { panic!("{presses:#?}") };
    let load = all_named(&spans, "browser.navigation_timing")[0];
    assert_ne!(first.text("session.id"), load.text("session.id"));
    assert_eq!(first.text("session.previous_id"), load.text("session.id"));
    assert_ne!(second.text("session.id"), first.text("session.id"));
    assert!(first.kinds_to(load).contains(&"session".to_owned()));
}

/// Nobody was there for so long.
async fn pass(scene: &Scene, time: Duration) {
    scene.browser.shift(time, Device::Awake).await;
    let ms = i64::try_from(time.as_millis()).expect("minutes");
    scene.collector.clock().advance_ms(ms);
}

async fn what_is_told_minutes_after_its_time_neither_begins_a_session_nor_ends_one(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    pass(&scene, 3 * MINUTE).await;
    // The first press ends the search for the largest paint, which is told with the time when it was painted.
    tab.click("#press").await;
    tab.evaluate::<()>("void weft.event('after')").await;
    tab.hide().await;
    flush(&tab).await;
    let spans = scene.end().await;
    let press = all_named(&spans, CLICK)[0].start_ms();
    let late = |span: &&Received| span.name() == "browser.web_vital" && span.start_ms() + 60_000.0 < press;
    assert!(spans.iter().filter(late).count() >= 1, "nothing was told late");
    assert_eq!(sessions(&spans).len(), 1);
}
