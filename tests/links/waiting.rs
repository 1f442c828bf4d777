//! What a rule looks at waits for what was recorded before it; nothing else does.

use support::{
    collector::{Addresses, CollectorProcess, SERVER_KEY, Setting},
    ledger::Ledger,
    page::post_acknowledged,
    sink::Sink,
    story::{Story, at, post_spans, spans_request},
};

use super::scene::{A_MOMENT, CART, FOREVER, Scene, arrival_of, linker, only_waiting};

#[tokio::test]
async fn events_of_a_rule_wait_and_are_linked_across_pages_and_others_leave_before_them() {
    let scene = Scene::set(&linker(FOREVER, CART)).await;
    let (mut shelf, mut checkout) = (scene.story.tab(), scene.story.tab());
    let looked = shelf.record(at(5));
    let added = shelf.record(at(10).with("cart.id", "c1"));
    let other = shelf.record(at(12).with("cart.id", "c2"));
    let paid = checkout.record(at(20).with("cart.id", "c1"));
    let thanked = checkout.record(at(30));
    scene.send(&mut shelf).await;
    scene.send(&mut checkout).await;

    let arrived = scene.arrival_of([&looked, &thanked]).await;
    assert_eq!(arrived.len(), 2, "the others wait");
    scene.until_only_waiting(3).await;
    assert_eq!(scene.metrics().await.sum("linker_not_looked_at"), 0);

    let arrived = scene.end().await;
    assert_eq!(arrived.len(), 5);
    assert_eq!(arrived.inferred(&paid), [added.by("cart")]);
    for alone in [&looked, &added, &other, &thanked] {
        assert_eq!(arrived.inferred(alone), []);
    }
}

#[tokio::test]
async fn events_of_a_rule_leave_by_themselves_when_they_have_waited() {
    let scene = Scene::set(&linker(A_MOMENT, CART)).await;
    let mut tab = scene.story.tab();
    let added = tab.record(at(10).with("cart.id", "c1"));
    let paid = tab.record(at(20).with("cart.id", "c1"));
    scene.send(&mut tab).await;
    let arrived = scene.arrival_of([&added, &paid]).await;
    // It was the event before in its page as well: one link, of both kinds.
    assert_eq!(arrived.links(&paid), [added.by("cart").and("previous")]);
    let ledger = Ledger::settled(scene.to(), std::time::Duration::from_secs(30)).await;
    assert_eq!(ledger.at("main", "delivered"), 2);
    let metrics = scene.metrics().await;
    assert_eq!(metrics.row("weft_linker_links_total{rule=\"cart\"}"), 1);
    assert_eq!(metrics.sum("linker_waiting_events"), 0);
    scene.end().await;
}

#[tokio::test]
async fn what_waits_is_pending_at_each_destination_until_the_program_is_told_to_stop() {
    let (main, other) = (Sink::start().await, Sink::start().await);
    let settings = format!("[export.other]\nendpoint = \"{}\"\n{}", other.endpoint(), linker(FOREVER, CART));
    let collector = CollectorProcess::start(&Setting::before(&main).with(settings)).await;
    let to: Addresses = collector.addresses();
    let story = Story::begin();
    let mut tab = story.tab();
    let looked = tab.record(at(5));
    let added = tab.record(at(10).with("cart.id", "c1"));
    post_acknowledged(to, tab.unsent()).await;
    let paid = story.served(20).in_session("s1");
    post_spans(to, SERVER_KEY, spans_request([&paid])).await;

    only_waiting(to, 2).await;
    arrival_of(&other, [&looked]).await;
    let ledger = Ledger::of(to).await;
    for destination in ["main", "other"] {
        assert_eq!(ledger.count(&format!("/keys/shop-web/destinations/{destination}/pending")), 1);
        assert_eq!(ledger.count(&format!("/keys/shop-api/destinations/{destination}/pending")), 1);
    }

    let (ended, _) = collector.stop().await;
    assert!(ended.success, "it drains in time");
    for sink in [&main, &other] {
        let arrived = arrival_of(sink, [&looked, &added, &paid.id()]).await;
        assert_eq!((arrived.len(), sink.duplicates()), (3, 0));
        sink.assert_nothing_odd();
    }
}
