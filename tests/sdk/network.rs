//! Networks as they are: gone, slow, coming and going. Nothing is lost, and nothing arrives twice.

use std::time::Duration;

use support::{browser::Kind, gate::Role};

use super::scene::{CLICK, Scene, flush, named};

in_each_browser!(
    what_happens_offline_arrives_when_the_network_is_back,
    a_network_of_four_kilobytes_a_second_is_slow_and_loses_nothing,
    a_network_that_comes_and_goes_loses_nothing_and_doubles_nothing,
    tabs_that_were_told_to_come_back_later_do_not_come_back_together,
);

async fn what_happens_offline_arrives_when_the_network_is_back(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.go_offline().await;
    tab.wait_until("!navigator.onLine").await;
    for _ in 0..3 {
        tab.click("#press").await;
        tab.evaluate::<bool>("weft.flush(50)").await;
    }
    tab.go_online().await;
    tab.wait_until("navigator.onLine").await;
    scene.sink.wait_for("the presses", |spans| named(spans, CLICK) == 3).await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    scene.end().await;
}

async fn a_network_of_four_kilobytes_a_second_is_slow_and_loses_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.slow_down(4_000);
    tab.evaluate::<()>(
        "void Array.from({ length: 300 }, (_, n) => weft.event('slow', { n, text: String(Math.random()) }))",
    )
    .await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    let spans = scene.end().await;
    assert_eq!(named(&spans, "slow"), 300);
}

async fn a_network_that_comes_and_goes_loses_nothing_and_doubles_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let roles = [
        Role::Dropping,
        Role::Open,
        Role::Portal,
        Role::Failing,
        Role::Open,
        Role::Unavailable,
        Role::Dropping,
    ];
    for (round, role) in roles.into_iter().enumerate() {
        scene.gate.play(role);
        tab.evaluate::<()>(&format!("void weft.event('round', {{ round: {round} }})")).await;
        tab.evaluate::<bool>("weft.flush(100)").await;
    }
    scene.gate.play(Role::Open);
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    let spans = scene.end().await;
    assert_eq!(named(&spans, "round"), 7);
}

async fn tabs_that_were_told_to_come_back_later_do_not_come_back_together(kind: Kind) {
    let scene = Scene::start(kind).await;
    let mut tabs = Vec::new();
    for _ in 0..4 {
        tabs.push(scene.open_recording("/page").await);
    }
    scene.gate.play(Role::TooMany { retry_after: 2 });
    let before = scene.gate.arrivals().len();
    for tab in &tabs {
        tab.show().await;
        tab.click("#press").await;
        tab.evaluate::<bool>("weft.flush(50)").await;
    }
    let refused = scene.gate.wait_for_arrivals(before + 4).await;
    scene.gate.play(Role::Open);
    scene.sink.wait_for("the presses", |spans| named(spans, CLICK) == 4).await;
    let came = scene.gate.arrivals();
    let back: Vec<_> = came.iter().filter(|arrival| arrival.role == Role::Open).skip(before).collect();
    for arrival in &back {
        let waited = refused[before..]
            .iter()
            .filter(|refusal| refusal.at < arrival.at)
            .map(|refusal| arrival.at - refusal.at);
        let longest = waited.max().unwrap_or_default();
        assert!(longest >= Duration::from_secs(2), "came back after {longest:?}");
    }
    let mut gaps: Vec<Duration> = back.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    gaps.sort_unstable();
    assert!(gaps.last().is_some_and(|longest| *longest > Duration::from_millis(20)), "{gaps:?}");
    scene.end().await;
}
