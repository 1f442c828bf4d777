//! Pages that are known to lack events: no rule leads from one event to the one before it past what is missing.

use support::{
    collector::{CollectorProcess, Setting},
    page::post_acknowledged,
    sink::Sink,
    story::{Id, Story, Tab, at},
};

use super::scene::{A_MOMENT, CART, FOREVER, Scene, arrival_of, linker, only_waiting};

/// Four events of one cart, of which the second is not sent yet.
fn shopping(story: &Story) -> (Tab, [Id; 4]) {
    let mut tab = story.tab();
    let ids = [10, 20, 30, 40].map(|ms| tab.record(at(ms).with("cart.id", "c1")));
    (tab, ids)
}

#[tokio::test]
async fn across_what_a_page_lacks_nothing_is_inferred_and_behind_it_everything_is() {
    let scene = Scene::set(&linker(FOREVER, CART)).await;
    let (mut tab, [first, _, third, fourth]) = shopping(&scene.story);
    let mut other = scene.story.tab();
    let elsewhere = other.record(at(50).with("cart.id", "c1"));
    for events in [0..1, 2..4] {
        post_acknowledged(scene.to(), tab.request(events)).await;
    }
    scene.send(&mut other).await;
    scene.until_only_waiting(4).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&first), []);
    assert_eq!(arrived.inferred(&third), [], "the event between may have been of this cart");
    assert_eq!(arrived.inferred(&fourth), [third.by("cart").and("previous")]);
    assert_eq!(arrived.inferred(&elsewhere), [fourth.by("cart")], "nothing is known to be missing behind it");
}

#[tokio::test]
async fn what_a_page_lacks_before_the_first_that_came_may_have_been_the_one_before_as_well() {
    let scene = Scene::set(&linker(FOREVER, CART)).await;
    let (mut before, mut tab) = (scene.story.tab(), scene.story.tab());
    let elsewhere = before.record(at(5).with("cart.id", "c1"));
    let [first, second, third] = [10, 20, 30].map(|ms| tab.record(at(ms).with("cart.id", "c1")));
    scene.send(&mut before).await;
    post_acknowledged(scene.to(), tab.request(1..3)).await;
    scene.until_only_waiting(3).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&elsewhere), []);
    assert_eq!(arrived.inferred(&second), [], "its first event has not come: {first:?}");
    assert_eq!(arrived.inferred(&third), [second.by("cart").and("previous")]);
}

#[tokio::test]
async fn what_comes_while_they_wait_is_missing_no_more() {
    let scene = Scene::set(&linker(FOREVER, CART)).await;
    let (mut tab, [first, second, third, _]) = shopping(&scene.story);
    for events in [0..1, 2..4, 1..2] {
        post_acknowledged(scene.to(), tab.request(events)).await;
    }
    scene.until_only_waiting(4).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&second), [first.by("cart").and("previous")]);
    assert_eq!(arrived.inferred(&third), [second.by("cart").and("previous")]);
}

#[tokio::test]
async fn what_comes_too_late_is_linked_to_both_its_neighbours() {
    let scene = Scene::set(&linker(A_MOMENT, CART)).await;
    let (mut tab, [first, second, third, fourth]) = shopping(&scene.story);
    for events in [0..1, 2..4] {
        post_acknowledged(scene.to(), tab.request(events)).await;
    }
    scene.arrival_of([&first, &third, &fourth]).await;
    scene.until_only_waiting(0).await;
    post_acknowledged(scene.to(), tab.request(1..2)).await;
    let arrived = scene.arrival_of([&second]).await;
    let mut both = [first.by("cart").and("previous"), third.by("cart").late()];
    both.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&second), both);
    scene.end().await;
}

#[tokio::test]
async fn what_a_page_lacks_is_known_after_a_restart() {
    let sink = Sink::start().await;
    let setting = |wait_ms| Setting::before(&sink).with(linker(wait_ms, CART));
    let collector = CollectorProcess::start(&setting(FOREVER)).await;
    let (mut tab, [first, _, third, fourth]) = shopping(&Story::begin());
    for events in [0..1, 2..4] {
        post_acknowledged(collector.addresses(), tab.request(events)).await;
    }
    only_waiting(collector.addresses(), 3).await;
    let data = collector.kill().await;
    let collector = CollectorProcess::start_with_data(&setting(A_MOMENT), data).await;
    let arrived = arrival_of(&sink, [&first, &third, &fourth]).await;
    only_waiting(collector.addresses(), 0).await;
    drop(collector.kill().await);
    sink.assert_nothing_odd();
    assert_eq!(arrived.inferred(&third), []);
    assert_eq!(arrived.inferred(&fourth), [third.by("cart").and("previous")]);
}
