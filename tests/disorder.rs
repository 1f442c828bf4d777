//! Batches in any order, again and again, overlapping: the result is the same as in order and once.

use hyper::Method;
use support::{
    clock::TestClock,
    collector::{Addresses, BROWSER_KEY, Bound, Collector, Setting},
    http::send,
    ledger::Ledger,
    page::{ORIGIN, sealed},
    random::Random,
    received::Received,
    sink::Sink,
};
use tokio::task::JoinSet;
use weft_proto::{Batch, Event, Kind, Point, Seed, Session};

const SEED: Seed = Seed([77; 16]);
const EVENTS: u64 = 60;

/// Some of a page's events, as the SDK seals them when it knows all before them.
fn batch(events: std::ops::Range<u64>, number: u64, began_ms: u64) -> Vec<u8> {
    let start_ns = |event: u64| (began_ms + event) * 1_000_000;
    let mut batch = Batch {
        sessions: vec![Session { id: SEED.0, previous_id: None, randomness: 7 }],
        page_load: Some(0),
        ..Batch::default()
    };
    let before = events.start.checked_sub(1);
    let mut points: Vec<u64> = [Some(0), before].into_iter().flatten().collect();
    points.retain(|point| !events.contains(point));
    points.dedup();
    batch.points = points.into_iter().map(|number| Point { number, start_ns: start_ns(number) }).collect();
    let name = batch.strings.intern("browser.user_action.click");
    batch.events = events
        .map(|number| Event {
            number,
            name,
            kind: Kind::Internal,
            start_ns: start_ns(number),
            session: Some(0),
            previous: number.checked_sub(1),
            ..Event::default()
        })
        .collect();
    sealed(&batch, SEED, number, began_ms + EVENTS)
}

async fn post(to: Addresses, request: Vec<u8>) {
    let url = format!("{}?key={BROWSER_KEY}", to.page_endpoint());
    let answer = send(Method::POST, &url, &[("origin", ORIGIN)], request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What a destination has after these requests, by span id, and how many events were sent in all.
async fn outcome_of(requests: Vec<Vec<u8>>, sent: u64, at_once: bool) -> Vec<Received> {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink);
    let collector = Collector::start(Bound::new().await, &setting);
    let to = collector.addresses();
    let mut posting = JoinSet::new();
    for request in requests {
        posting.spawn(post(to, request));
        if !at_once {
            posting.join_next().await.expect("one is posted").expect("it is acknowledged");
        }
    }
    posting.join_all().await;
    let ledger = Ledger::settled(to, std::time::Duration::from_secs(30)).await;
    assert_eq!(ledger.of_all_keys("received"), sent);
    assert_eq!(ledger.of_all_keys("accepted"), EVENTS);
    assert_eq!(ledger.count("/keys/shop-web/refused/duplicate"), sent - EVENTS);
    collector.stop().await;
    assert_eq!(sink.duplicates(), 0);
    sink.assert_nothing_odd();
    let mut spans = sink.spans();
    spans.sort_by_key(Received::span_id);
    spans
}

#[tokio::test]
async fn batches_in_any_order_and_any_number_of_copies_give_the_same_spans() {
    let began_ms = TestClock::default().now_ms() as u64;
    let in_order = (0..EVENTS / 10).map(|at| batch(at * 10..at * 10 + 10, at, began_ms)).collect();
    let expected = outcome_of(in_order, EVENTS, false).await;
    assert_eq!(expected.len() as u64, EVENTS);
    let mut random = Random::new(60);
    for round in 0..24 {
        let mut sent = 0;
        let mut requests = Vec::new();
        // Every event in some batch, and then any stretches of the page again: replayed tails, retries.
        let mut from = 0;
        while from < EVENTS {
            let to = (from + 1 + random.below(20)).min(EVENTS);
            requests.push((from, to));
            from = to;
        }
        for _ in 0..random.below(12) {
            let from = random.below(EVENTS);
            requests.push((from, (from + 1 + random.below(30)).min(EVENTS)));
        }
        for _ in 0..random.below(6) {
            let copied = usize::try_from(random.below(requests.len() as u64)).expect("a place");
            requests.push(requests[copied]);
        }
        random.shuffle(&mut requests);
        requests.iter().for_each(|(from, to)| sent += to - from);
        let numbered = requests.iter().zip(0..);
        let requests = numbered.map(|((from, to), number)| batch(*from..*to, number, began_ms)).collect();
        let spans = outcome_of(requests, sent, random.once_in(2)).await;
        let differs = expected.iter().zip(&spans).find(|(expected, came)| expected.span != came.span);
        assert!(differs.is_none() && spans.len() == expected.len(), "round {round}: {differs:#?}");
    }
}
