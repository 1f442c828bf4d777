//! From the spool to destinations: retried, replayed, counted, and never waiting for each other.

use weft_collector::shutdown::Drained;
use weft_proto::Seed;

use crate::support::{Answer, Page, Sink, Weft};

fn ids(spans: Vec<opentelemetry_proto::tonic::trace::v1::Span>) -> Vec<Vec<u8>> {
    spans.into_iter().map(|span| span.span_id).collect()
}

/// Stopping drains, so a ledger asked after the last span arrived may still say pending; asks until it does not.
async fn settled(weft: &Weft, destination: &str) {
    while weft.count(&format!("/keys/shop-web/destinations/{destination}/pending")).await > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_may_be_retried_is_sent_again_and_arrives_once() {
    let answers = [429, 502, 503, 504].map(|status| Answer::Status(status, None));
    let sink = Sink::start(&answers).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(page.batch(0..5)).await;
    assert_eq!(ids(sink.spans(5).await), page.span_ids(0..5));
    settled(&weft, "a").await;
    assert_eq!(weft.count("/keys/shop-web/destinations/a/delivered").await, 5);
}

#[tokio::test]
async fn what_a_destination_does_not_want_is_counted_and_the_next_goes_on() {
    let sink = Sink::start(&[Answer::Status(400, None), Answer::Partial(2)]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(page.batch(4..5)).await;
    sink.requests(1).await;
    settled(&weft, "a").await;
    weft.acknowledged(page.batch(5..10)).await;
    sink.spans(5).await;
    settled(&weft, "a").await;
    weft.acknowledged(page.batch(10..11)).await;
    assert_eq!(ids(sink.spans(6).await), page.span_ids(5..11));
    settled(&weft, "a").await;
    assert_eq!(weft.count("/keys/shop-web/destinations/a/rejected_by_destination").await, 1 + 2);
    assert_eq!(weft.count("/keys/shop-web/destinations/a/delivered").await, 3 + 1);
}

#[tokio::test]
async fn of_a_request_that_is_refused_only_the_offender_is_given_up_and_kept_as_a_dead_letter() {
    let page = Page(Seed([1; 16]));
    let offender = page.span_ids(130..131).remove(0);
    for status in [400, 413] {
        let sink = Sink::picky(offender.clone(), status).await;
        let weft = Weft::start(&[&sink], "").await;
        weft.acknowledged(page.batch(0..200)).await;
        let mut came = ids(sink.spans(199).await);
        came.sort();
        let mut honest = page.span_ids(0..200);
        honest.retain(|id| *id != offender);
        honest.sort();
        assert_eq!(came, honest);
        settled(&weft, "a").await;
        assert_eq!(weft.count("/keys/shop-web/destinations/a/rejected_by_destination").await, 1);
        assert_eq!(weft.count("/keys/shop-web/destinations/a/delivered").await, 199);
        let letters = std::fs::read_dir(weft.data().join("dead-letters/a")).unwrap();
        assert_eq!(letters.count(), 1);
    }
}

#[tokio::test]
async fn a_destination_that_refuses_everything_is_not_asked_for_every_span() {
    let sink = Sink::start(&vec![Answer::Status(400, None); 1_000]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    for at in 0..3 {
        weft.acknowledged(page.batch(at * 500..at * 500 + 500)).await;
        settled(&weft, "a").await;
    }
    assert_eq!(weft.count("/keys/shop-web/destinations/a/rejected_by_destination").await, 1_500);
    assert!(sink.asked() < 200, "{} requests", sink.asked());
}

#[tokio::test]
async fn a_destination_that_never_answers_delays_nobody_else() {
    let (silent, lively) = (Sink::start(&[Answer::Silence]).await, Sink::start(&[]).await);
    let weft = Weft::start(&[&silent, &lively], "shutdown_seconds = 1").await;
    let page = Page(Seed([1; 16]));
    for at in 0..5 {
        weft.acknowledged(page.batch(at * 10..at * 10 + 10)).await;
        assert_eq!(ids(lively.spans(at as usize * 10 + 10).await).len(), at as usize * 10 + 10);
    }
    silent.requests(1).await;
    settled(&weft, "b").await;
    assert_eq!(weft.count("/keys/shop-web/destinations/a/pending").await, 50);
    let (_, drained) = weft.stop().await;
    assert_eq!(drained, Drained::DeadlinePassed, "the silent one holds its request");
}

#[tokio::test]
async fn what_was_not_delivered_is_replayed_after_a_restart_byte_for_byte() {
    let refusing = Sink::start(&vec![Answer::Status(503, Some("100")); 3]).await;
    let (page, weft) = (Page(Seed([1; 16])), Weft::start(&[&refusing], "").await);
    let batch = page.batch(0..5);
    weft.acknowledged(batch.clone()).await;
    refusing.requests(1).await;
    let (data, drained) = weft.stop().await;
    assert_eq!(drained, Drained::InTime, "waiting for a destination ends at once");

    let (first, second) = (Sink::start(&[]).await, Sink::start(&[]).await);
    let weft = Weft::start_in(data, &[&first], "").await;
    weft.acknowledged(batch.clone()).await;
    weft.acknowledged(page.batch(3..8)).await;
    let spans = first.spans(8).await;
    assert_eq!(ids(spans.clone()), page.span_ids(0..8));
    settled(&weft, "a").await;
    assert_eq!(weft.count("/keys/shop-web/refused/duplicate").await, 5 + 2);
    assert_eq!(weft.count("/keys/shop-web/destinations/a/recovered").await, 5);
    let (data, _) = weft.stop().await;

    let weft = Weft::start_in(data, &[&first, &second], "").await;
    settled(&weft, "b").await;
    let came = second.spans(3).await;
    assert!(
        came.iter().all(|span| spans.contains(span)),
        "one added later gets what is still there, identically"
    );
    assert_eq!(came.last(), spans.last());
    assert_eq!(first.spans(8).await.len(), 8, "and the first gets nothing twice");
    weft.acknowledged(batch).await;
    assert_eq!(weft.count("/keys/shop-web/refused/duplicate").await, 5, "claims outlive restarts");
}

#[tokio::test]
async fn copies_sent_at_once_arrive_once() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    let requests = (0..20).map(|_| {
        let request = weft.page().body(page.batch(0..10));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), 200);
    }
    weft.acknowledged(page.batch(10..11)).await;
    assert_eq!(ids(sink.spans(11).await), page.span_ids(0..11));
    assert_eq!(weft.count("/keys/shop-web/refused/duplicate").await, 19 * 10);
}

#[tokio::test]
async fn without_destinations_events_stay_here_and_count_as_delivered_to_local() {
    let weft = Weft::start(&[], "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(page.batch(0..5)).await;
    assert_eq!(weft.count("/keys/shop-web/destinations/local/delivered").await, 5);
    let (data, _) = weft.stop().await;
    let sink = Sink::start(&[]).await;
    let weft = Weft::start_in(data, &[&sink], "").await;
    assert_eq!(ids(sink.spans(5).await), page.span_ids(0..5), "the first destination gets what was kept");
    settled(&weft, "a").await;
}

#[tokio::test]
async fn events_outlive_a_token_that_has_expired() {
    for status in [401, 403, 404, 302] {
        let locked = Sink::start(&vec![Answer::Status(status, None); 9]).await;
        let (page, weft) = (Page(Seed([1; 16])), Weft::start(&[&locked], "").await);
        weft.acknowledged(page.batch(0..5)).await;
        while !weft.admin("/metrics").await.1.contains("weft_export_misconfigured{destination=\"a\"} 1") {
            tokio::task::yield_now().await;
        }
        assert_eq!(weft.count("/keys/shop-web/destinations/a/pending").await, 5);
        assert_eq!(weft.count("/keys/shop-web/destinations/a/rejected_by_destination").await, 0);
        assert_eq!(weft.admin("/readyz").await.0, 200, "what a backend does keeps no traffic away");
        let (data, drained) = weft.stop().await;
        assert_eq!(drained, Drained::InTime);
        let open = Sink::start(&[]).await;
        let weft = Weft::start_in(data, &[&open], "").await;
        assert_eq!(ids(open.spans(5).await), page.span_ids(0..5));
        settled(&weft, "a").await;
        assert!(weft.admin("/metrics").await.1.contains("weft_export_misconfigured{destination=\"a\"} 0"));
    }
}
