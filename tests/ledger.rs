//! Nothing is lost without a name: what was received is accepted or refused, what was accepted is at the
//! destination or pending, and what came twice is counted as that.

use support::{
    collector::{Bound, Collector, Setting},
    ledger::Ledger,
    oracle::{At, Oracle},
    page::{Page, post, post_acknowledged},
    sink::Sink,
};

#[tokio::test]
async fn every_event_is_accounted_for_and_a_second_copy_is_a_duplicate() {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink);
    let collector = Collector::start(Bound::new().await, &setting);
    let to = collector.addresses();
    let mut page = Page::new(1);
    let request = page.clicks(7);
    post_acknowledged(to, request.clone()).await;
    // A client that never saw the answer sends again, and is acknowledged again.
    post_acknowledged(to, request).await;
    post_acknowledged(to, page.clicks(3)).await;
    assert_eq!(post(to, b"nonsense".to_vec()).await.status, 400);

    sink.wait_for("ten events", |spans| spans.len() == 10).await;
    collector_settles(&sink, to).await;
    let ledger = Ledger::of(to).await;
    ledger.assert_balances();
    assert_eq!(ledger.count("/keys/shop-web/received"), 17);
    assert_eq!(ledger.count("/keys/shop-web/accepted"), 10);
    assert_eq!(ledger.count("/keys/shop-web/refused/duplicate"), 7);
    assert_eq!(ledger.count("/keys/shop-web/destinations/main/delivered"), 10);

    collector.stop().await;
    let arrived: Vec<String> = sink.spans().iter().map(|span| span.span_id()).collect();
    assert_eq!(arrived, page.span_ids(), "each once, in order");
    assert_eq!(sink.duplicates(), 0);
    sink.assert_nothing_odd();
}

/// The sink has the spans a moment before the collector has its answer: asks until nothing is pending.
async fn collector_settles(sink: &Sink, to: support::collector::Addresses) {
    for _ in 0..1_000 {
        if Ledger::of(to).await.count("/keys/shop-web/destinations/main/pending") == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("events stay pending although the sink has {}", sink.spans().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_and_without_trouble_each_event_arrives_once_as_it_was_sent_and_is_counted() {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink);
    let collector = Collector::start(Bound::new().await, &setting);
    let to = collector.addresses();
    let mut oracle = Oracle::new(5);
    let load = oracle.load(to, 6, 2);
    for _ in 0..10 {
        oracle.wait_for_acknowledgements(20).await;
        // Not only at rest: the equations hold at every moment.
        Ledger::of(to).await.assert_balances();
    }
    load.stop().await;
    oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
    let ledger = Ledger::of(to).await;
    assert_eq!(ledger.of_all_keys("accepted"), oracle.acknowledged() as u64);
    assert_eq!(ledger.at("main", "delivered"), oracle.acknowledged() as u64);
    assert_eq!(sink.duplicates(), 0);
    collector.stop().await;
}
