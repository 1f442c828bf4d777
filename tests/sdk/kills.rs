//! The browser is killed at any moment, again and again: what a page recorded more than a second before is there.

use std::{collections::BTreeMap, time::Duration};

use support::{
    browser::{Kind, Tab},
    clock::{Device, TestClock},
    random::Random,
    received::Received,
};

use super::scene::{Scene, all_named};

in_each_browser!(three_kills_at_random_moments_lose_nothing_that_was_older_than_a_second,);

#[cfg(feature = "slow")]
in_each_browser!(thirty_kills_at_random_moments_lose_nothing_that_was_older_than_a_second,);

/// A page that records every 20 ms while it is seen, and as often as its browser lets a timer run while it is not.
const TICK: &str = "void setInterval(() => weft.event('tick', { life: LIFE, n: window.n = (window.n ?? -1) + 1, at: Date.now() }), 20)";

/// A second until the tail is written, and what a commit may take on a machine that does other things too.
const YOUNGER_MS: f64 = 1_000.0;
const COMMIT_MS: f64 = 1_500.0;

/// In hidden tabs timers run once a second.
const HIDDEN_TIMER_MS: f64 = 1_100.0;

async fn three_kills_at_random_moments_lose_nothing_that_was_older_than_a_second(kind: Kind) {
    kill(kind, 3).await;
}

#[cfg(feature = "slow")]
async fn thirty_kills_at_random_moments_lose_nothing_that_was_older_than_a_second(kind: Kind) {
    kill(kind, 30).await;
}

async fn kill(kind: Kind, lives: usize) {
    let scene = Scene::start(kind).await;
    let clock = TestClock::default();
    let mut random = Random::new(kind as u64 + 1);
    let mut ended = Vec::new();
    for life in 0..lives {
        let hidden = life % 3 == 2;
        let tab = live(&scene, life, hidden).await;
        // A moment within, before or after any write.
        let ticks = if hidden { random.below(3) } else { random.below(125) };
        tab.wait_until(&format!("window.n >= {}", ticks + 5)).await;
        ended.push((clock.now_ms(), hidden));
        scene.browser.kill().await;
        scene.browser.start_again().await;
        scene.pass(Duration::from_secs(150), Device::Awake).await;
        clock.advance(Duration::from_secs(150));
    }
    let tab = scene.open("/page/last").await;
    scene.record(&tab, "").await;
    let whole = ended.clone();
    scene
        .sink
        .wait_for("every life", move |spans| {
            (0..lives).all(|life| problem(spans, life, whole[life]).is_none())
        })
        .await;
    scene.sink.wait_for("every report", move |spans| reports(spans) == lives).await;
    tab.close().await;
    let spans = scene.end().await;
    for (life, when) in ended.into_iter().enumerate() {
        assert_eq!(problem(&spans, life, when), None, "life {life}");
    }
    assert_eq!(reports(&spans), lives, "each once");
}

fn reports(spans: &[Received]) -> usize {
    all_named(spans, "weft.page.killed").len()
}

async fn live<'a>(scene: &'a Scene, life: usize, hidden: bool) -> Tab<'a> {
    let tab = scene.open(&format!("/page/{life}")).await;
    scene.record(&tab, "").await;
    tab.evaluate::<()>(&TICK.replace("LIFE", &life.to_string())).await;
    tab.wait_until("window.n > 3").await;
    if hidden {
        tab.hide().await;
    } else {
        // It goes on recording, so there is always something that is not acknowledged.
        tab.evaluate::<bool>("(window.due = weft.stats().recorded, weft.flush(0))").await;
        tab.wait_until("weft.stats().acknowledged >= due").await;
    }
    tab
}

/// What is wrong with what arrived of one life.
fn problem(spans: &[Received], life: usize, (killed_at, hidden): (f64, bool)) -> Option<String> {
    let mut ticks = BTreeMap::new();
    for tick in all_named(spans, "tick").into_iter().filter(|tick| tick.int("life") == Some(life as i64)) {
        if ticks.insert(tick.int("n")?, tick.number("at")?).is_some() {
            return Some("a tick arrived twice".to_owned());
        }
    }
    let Some((last, at)) = ticks.last_key_value() else { return Some("nothing arrived".to_owned()) };
    if ticks.len() as i64 != last + 1 {
        return Some(format!("{} of {} ticks arrived: a hole", ticks.len(), last + 1));
    }
    let allowed = COMMIT_MS + if hidden { HIDDEN_TIMER_MS } else { YOUNGER_MS };
    let lost = killed_at - at;
    (lost > allowed).then(|| format!("the last tick that arrived was {lost} ms old, hidden: {hidden}"))
}
