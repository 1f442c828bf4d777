//! Destinations that refuse, hang and vanish; a collector that is killed. What was acknowledged arrives, once.

use support::{
    collector::{Bound, Collector, CollectorProcess, Setting},
    ledger::Ledger,
    page::{Page, post_acknowledged},
    received::Received,
    sink::{Answer, Sink},
};

async fn start() -> (Sink, Setting) {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink);
    (sink, setting)
}

fn ids(spans: &[Received]) -> Vec<String> {
    spans.iter().map(Received::span_id).collect()
}

#[tokio::test]
async fn a_destination_that_is_busy_gets_the_same_events_later() {
    for refusal in [Answer::TooMany { retry_after: 1 }, Answer::Unavailable] {
        let (sink, setting) = start().await;
        let collector = Collector::start(Bound::new().await, &setting);
        let mut page = Page::new(2);
        sink.refuse_next(refusal);
        post_acknowledged(collector.addresses(), page.clicks(5)).await;
        let spans = sink.wait_for("the events after the refusal", |spans| spans.len() == 5).await;
        assert_eq!(ids(&spans), page.span_ids());
        assert!(sink.requests() >= 2);
        collector.stop().await;
        sink.assert_nothing_odd();
    }
}

#[tokio::test]
async fn a_destination_that_breaks_off_its_answer_gets_the_same_bytes_again() {
    let (sink, setting) = start().await;
    let collector = Collector::start(Bound::new().await, &setting);
    let mut page = Page::new(3);
    sink.refuse_next(Answer::TakeAndBreak);
    post_acknowledged(collector.addresses(), page.clicks(5)).await;
    sink.wait_for_requests(2).await;
    collector.stop().await;
    assert_eq!(ids(&sink.spans()), page.span_ids());
    // The sink complains about anything that came twice and was not the same.
    assert_eq!(sink.duplicates(), 5);
    sink.assert_nothing_odd();
}

#[tokio::test]
async fn a_destination_that_never_answers_is_asked_again() {
    let (sink, setting) = start().await;
    let setting = setting.with("timeout_seconds = 1");
    let collector = Collector::start(Bound::new().await, &setting);
    let mut page = Page::new(6);
    sink.refuse_next(Answer::Hang);
    post_acknowledged(collector.addresses(), page.clicks(5)).await;
    let spans = sink.wait_for("the events after the time-out", |spans| spans.len() == 5).await;
    assert_eq!(ids(&spans), page.span_ids());
    collector.stop().await;
    sink.assert_nothing_odd();
}

#[tokio::test]
async fn what_a_destination_does_not_want_is_counted_and_holds_up_nothing() {
    let (sink, setting) = start().await;
    let collector = Collector::start(Bound::new().await, &setting);
    let to = collector.addresses();
    let (mut unwanted, mut page) = (Page::new(7), Page::new(8));
    sink.refuse_next(Answer::BadRequest);
    post_acknowledged(to, unwanted.clicks(1)).await;
    sink.wait_for_requests(1).await;
    post_acknowledged(to, page.clicks(5)).await;
    let spans = sink.wait_for("the next events", |spans| spans.len() >= 5).await;
    assert_eq!(ids(&spans), page.span_ids());
    let ledger = Ledger::of(to).await;
    ledger.assert_balances();
    assert_eq!(ledger.count("/keys/shop-web/destinations/main/rejected_by_destination"), 1);
    collector.stop().await;
    sink.assert_nothing_odd();
}

#[tokio::test]
async fn events_wait_for_a_destination_that_is_down() {
    let (mut sink, setting) = start().await;
    let collector = Collector::start(Bound::new().await, &setting);
    let mut page = Page::new(4);
    sink.go_down().await;
    post_acknowledged(collector.addresses(), page.clicks(5)).await;
    post_acknowledged(collector.addresses(), page.clicks(5)).await;
    sink.come_up().await;
    let spans = sink.wait_for("the events of the outage", |spans| spans.len() == 10).await;
    assert_eq!(ids(&spans), page.span_ids());
    collector.stop().await;
    sink.assert_nothing_odd();
}

#[tokio::test]
async fn what_was_acknowledged_survives_the_collector_being_killed() {
    let (mut sink, setting) = start().await;
    sink.go_down().await;
    let collector = CollectorProcess::start(&setting).await;
    let mut page = Page::new(5);
    let first = page.clicks(5);
    post_acknowledged(collector.addresses(), first.clone()).await;
    let data = collector.kill().await;

    sink.come_up().await;
    let collector = CollectorProcess::start_with_data(&setting, data).await;
    // The client saw the answer, but a second tab has the same batch in its journal.
    post_acknowledged(collector.addresses(), first).await;
    post_acknowledged(collector.addresses(), page.clicks(5)).await;
    let spans = sink.wait_for("what both collectors acknowledged", |spans| spans.len() == 10).await;
    assert_eq!(ids(&spans), page.span_ids());
    assert_eq!(sink.duplicates(), 0);
    drop(collector.kill().await);
    sink.assert_nothing_odd();
}
