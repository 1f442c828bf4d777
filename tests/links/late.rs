//! Events that come when their successors have already been sent: these are not sent again, so the late one tells.

use support::story::at;

use super::scene::{A_MOMENT, CART, Scene, linker};

#[tokio::test]
async fn what_comes_late_leads_to_its_predecessor_and_to_the_successor_that_does_not_know_it() {
    let scene = Scene::set(&linker(A_MOMENT, CART)).await;
    let (mut early, mut late) = (scene.story.tab(), scene.story.tab());
    let added = early.record(at(10).with("cart.id", "c1"));
    let paid = early.record(at(30).with("cart.id", "c1"));
    scene.send(&mut early).await;
    let arrived = scene.arrival_of([&added, &paid]).await;
    assert_eq!(arrived.inferred(&paid), [added.by("cart").and("previous")]);

    let between = late.record(at(20).with("cart.id", "c1"));
    scene.send(&mut late).await;
    let arrived = scene.arrival_of([&between]).await;
    let mut expected = [added.by("cart"), paid.by("cart").late()];
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&between), expected);

    // What comes in its turn afterwards knows its predecessor as ever.
    let after = early.record(at(40).with("cart.id", "c1"));
    scene.send(&mut early).await;
    scene.arrival_of([&after]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&after), [paid.by("cart").and("previous")]);
    assert_eq!(arrived.len(), 4);
}

#[tokio::test]
async fn of_two_that_come_late_together_only_the_second_leads_to_what_was_sent() {
    let scene = Scene::set(&linker(A_MOMENT, CART)).await;
    let (mut early, mut late) = (scene.story.tab(), scene.story.tab());
    let added = early.record(at(10).with("cart.id", "c1"));
    let paid = early.record(at(30).with("cart.id", "c1"));
    scene.send(&mut early).await;
    scene.arrival_of([&added, &paid]).await;

    let one = late.record(at(15).with("cart.id", "c1"));
    let two = late.record(at(20).with("cart.id", "c1"));
    scene.send(&mut late).await;
    scene.arrival_of([&one, &two]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&one), [added.by("cart")]);
    let mut expected = [one.by("cart").and("previous"), paid.by("cart").late()];
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&two), expected);
}

#[tokio::test]
async fn a_root_that_comes_late_in_its_session_leads_both_ways() {
    let scene = Scene::set(&linker(A_MOMENT, "")).await;
    let [first, second, third] = [10, 20, 30].map(|ms| scene.story.served(ms).in_session("monday"));
    scene.send_spans([&first, &third]).await;
    scene.arrival_of([&first.id(), &third.id()]).await;
    scene.send_spans([&second]).await;
    scene.arrival_of([&second.id()]).await;
    let arrived = scene.end().await;
    let mut expected = [first.id().by("previous"), third.id().by("previous").late()];
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&second.id()), expected);
    assert_eq!(arrived.inferred(&third.id()), [first.id().by("previous")]);
}

#[tokio::test]
async fn the_last_root_of_a_session_that_comes_late_leads_to_the_first_of_the_next() {
    let scene = Scene::set(&linker(A_MOMENT, "")).await;
    let root = |ms| scene.story.served(ms);
    let [first, last] = [10, 20].map(|ms| root(ms).in_session("monday"));
    let [next, after] = [30, 40].map(|ms| root(ms).in_session("tuesday").after_session("monday"));
    scene.send_spans([&first, &next, &after]).await;
    scene.arrival_of([&first.id(), &next.id(), &after.id()]).await;
    // It was linked to whom was known; now the true one is there, and tells.
    scene.send_spans([&last]).await;
    scene.arrival_of([&last.id()]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&next.id()), [first.id().by("session")]);
    assert_eq!(arrived.inferred(&after.id()), [next.id().by("previous")]);
    let mut expected = [first.id().by("previous"), next.id().by("session").late()];
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&last.id()), expected);
}
