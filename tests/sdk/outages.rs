//! The collector is away, busy, or somebody else answers in its place.

use support::{
    browser::{Kind, Tab},
    gate::{Arrival, Role},
    stats::Stats,
};

use super::scene::{Scene, flush, named};

in_each_engine!(
    tries_come_slower_and_slower_however_often_the_page_is_hidden_and_then_each_event_arrives_once,
    a_collector_that_says_when_to_come_back_is_left_alone_until_then,
    a_wait_longer_than_timers_can_wait_costs_the_page_nothing,
    what_answers_in_the_collectors_place_acknowledges_nothing,
    only_the_collectors_own_last_word_drops_a_batch_by_name_and_later_ones_go_on,
);

/// The shortest wait that the back-off may come to, in ms; the jitter only adds to it.
const SHORTEST: [u128; 4] = [500, 1_000, 2_000, 4_000];

/// The page's jitter is the shortest there is, so that a test is no longer than it must be.
async fn without_jitter(tab: &Tab<'_>) {
    tab.evaluate::<()>("void (Math.random = () => 0)").await;
}

/// How long each request came after the one before, in ms.
fn gaps(arrivals: &[Arrival]) -> Vec<u128> {
    arrivals.windows(2).map(|two| (two[1].at - two[0].at).as_millis()).collect()
}

/// Asserts that each gap is at least what the back-off asks for, give or take a timer's tick.
fn assert_grows(gaps: &[u128]) {
    let fine = gaps.iter().zip(SHORTEST).all(|(gap, shortest)| gap + 30 >= shortest);
    assert!(fine, "{gaps:?} against {SHORTEST:?}");
}

async fn events(tab: &Tab<'_>, count: usize) {
    tab.evaluate::<()>(&format!(
        "void Array.from({{ length: {count} }}, (_, n) => weft.event('kept', {{ n }}))"
    ))
    .await;
}

async fn tries_come_slower_and_slower_however_often_the_page_is_hidden_and_then_each_event_arrives_once(
    kind: Kind,
) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    without_jitter(&tab).await;
    scene.gate.play(Role::Unavailable);
    events(&tab, 3).await;
    tab.evaluate::<bool>("weft.flush(50)").await;
    scene.gate.wait_for_arrivals(3).await;
    for _ in 0..5 {
        events(&tab, 1).await;
        tab.hide().await;
        tab.show().await;
    }
    let refused = scene.gate.wait_for_arrivals(5).await;
    assert_grows(&gaps(&refused[1..]));
    scene.gate.play(Role::Open);
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.acknowledged, stats.lost()), (9, 0), "{stats:?}");
    let spans = scene.sink.wait_for("everything", |spans| named(spans, "kept") == 8).await;
    assert_eq!((spans.len(), scene.sink.duplicates()), (9, 0));
    scene.end().await;
}

async fn a_collector_that_says_when_to_come_back_is_left_alone_until_then(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    without_jitter(&tab).await;
    scene.gate.play(Role::TooMany { retry_after: 2 });
    events(&tab, 1).await;
    tab.evaluate::<bool>("weft.flush(50)").await;
    scene.gate.wait_for_arrivals(2).await;
    scene.gate.play(Role::Open);
    flush(&tab).await;
    let arrivals = scene.gate.arrivals();
    assert_eq!(arrivals.len(), 3);
    assert!(gaps(&arrivals)[1] + 30 >= 2_000, "{:?}", gaps(&arrivals));
    assert_eq!(named(&scene.end().await, "kept"), 1);
}

async fn a_wait_longer_than_timers_can_wait_costs_the_page_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    // 35 days; what a timer is asked for beyond 24.8 days is due at once.
    scene.gate.play(Role::TooMany { retry_after: 3_000_000 });
    tab.evaluate::<()>(
        "(() => {
            window.timers = 0;
            const real = window.setTimeout;
            window.setTimeout = (...args) => (timers++, real(...args));
        })()",
    )
    .await;
    events(&tab, 1).await;
    tab.evaluate::<bool>("weft.flush(50)").await;
    scene.gate.wait_for_arrivals(2).await;
    let frames = "new Promise((done) => {
        let left = 60;
        const next = () => (left-- ? requestAnimationFrame(next) : done(timers));
        next();
    })";
    let timers: u64 = tab.evaluate(frames).await;
    assert!(timers < 10, "{timers} timers within a second");
    assert_eq!(scene.gate.arrivals().len(), 2);
    scene.gate.play(Role::Open);
    tab.close().await;
    assert_eq!(named(&scene.sink.wait_for("the event", |spans| named(spans, "kept") == 1).await, "kept"), 1);
    scene.end().await;
}

async fn what_answers_in_the_collectors_place_acknowledges_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    without_jitter(&tab).await;
    for (role, before) in [Role::Portal, Role::Login, Role::Forbidden].into_iter().zip(0..) {
        let arrived = scene.gate.arrivals().len();
        scene.gate.play(role);
        events(&tab, 1).await;
        tab.evaluate::<bool>("weft.flush(50)").await;
        // The second request is a try of the first: by then the page has judged its answer.
        scene.gate.wait_for_arrivals(arrived + 2).await;
        let stats = Stats::of(&tab).await;
        assert_eq!(
            (stats.acknowledged, stats.pending, stats.lost()),
            (1 + before, 1, 0),
            "{role:?}: {stats:?}"
        );
        scene.gate.play(Role::Open);
        flush(&tab).await.assert_balances();
    }
    assert_eq!(named(&scene.end().await, "kept"), 3);
}

async fn only_the_collectors_own_last_word_drops_a_batch_by_name_and_later_ones_go_on(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    scene.gate.play(Role::Final);
    events(&tab, 2).await;
    let stats = flush(&tab).await;
    assert_eq!(stats.dropped.get("refused_403"), Some(&2), "{stats:?}");
    scene.gate.play(Role::Open);
    tab.evaluate::<()>("void weft.event('later')").await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.acknowledged, stats.lost()), (2, 2), "{stats:?}");
    assert_eq!(scene.gate.arrivals().len(), 3, "what is final is not tried again");
    let spans = scene.end().await;
    assert_eq!((spans.len(), named(&spans, "later")), (2, 1));
}
