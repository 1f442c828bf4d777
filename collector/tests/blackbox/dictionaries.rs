//! Page dictionaries: a batch may refer to what the page has sent before, for as long as the collector has that.

use tempfile::TempDir;
use weft_collector::clock::Clock;
use weft_proto::{
    Ack, Batch, Earlier, Event, Form, Head, Ids, Seed, Session, base::MAX_BASE_BYTES, deflate_behind, digest,
    encode,
};

use crate::support::{ORIGIN, Sink, Weft};

const SEED: Seed = Seed([0xd1; 16]);
const SESSION: [u8; 16] = [7; 16];

/// A page's batch of one event, numbered as the event is.
struct Sealed {
    number: u64,
    body: Vec<u8>,
}

impl Sealed {
    fn new(number: u64) -> Self {
        let mut batch = Batch { page_load: Some(0), ..Batch::default() };
        let name = batch.strings.intern("a press on something that has a long name");
        batch.sessions = vec![Session { id: SESSION, previous_id: None, randomness: 1 }];
        let start_ns = 1_700_000_000_000_000_000 + number * 1_000_000;
        batch.events.push(Event { number, name, session: Some(0), start_ns, ..Event::default() });
        Self { number, body: encode(&batch) }
    }

    fn request(&self, form: Form, bytes: &[u8]) -> Vec<u8> {
        let (digest, send_time_ms) = (digest(&self.body), Clock::system().wall_ms());
        let mut request = Vec::new();
        Head { form, seed: SEED, digest, number: self.number, send_time_ms, epoch: 0 }.write(&mut request);
        request.extend_from_slice(bytes);
        request
    }

    fn alone(&self) -> Vec<u8> {
        self.request(Form::Plain, &self.body)
    }

    fn behind(&self, others: &[&Self]) -> Vec<u8> {
        let mut earlier = Earlier::default();
        others.iter().for_each(|other| earlier.keep(other.number, &other.body, MAX_BASE_BYTES));
        let mut bytes = Vec::new();
        earlier.base().unwrap().write(self.number, &mut bytes);
        bytes.extend(deflate_behind(earlier.bytes(), &self.body));
        self.request(Form::Behind, &bytes)
    }
}

async fn is_asked_for_alone(weft: &Weft, request: Vec<u8>) {
    let answer = weft.page().body(request).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(answer.headers()["weft-refused"], "base");
    assert_eq!(answer.headers()["access-control-expose-headers"], "Retry-After, Weft-Refused");
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    let sentence = answer.bytes().await.unwrap();
    assert!(Ack::decode(&sentence).is_err() && sentence.ends_with(b"."));
}

async fn metric(weft: &Weft, row: &str) -> u64 {
    let (_, text) = weft.admin("/metrics").await;
    let value = text.lines().find_map(|line| line.strip_prefix(row)).unwrap_or_else(|| panic!("{row}"));
    value.trim().parse().unwrap()
}

#[tokio::test]
async fn a_batch_behind_another_is_acknowledged_and_arrives_and_after_a_restart_it_is_asked_for_alone() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let [first, second, third] = [0, 1, 2].map(Sealed::new);
    weft.acknowledged(first.alone()).await;
    let behind = second.behind(&[&first]);
    assert!(behind.len() < second.alone().len() / 2, "{} bytes", behind.len());
    weft.acknowledged(behind.clone()).await;
    // Its answer was lost: what is durable already is acknowledged, and kept, all the same.
    weft.acknowledged(behind).await;
    sink.spans(2).await;
    assert_eq!(metric(&weft, "weft_page_dictionaries_batches_total{base=\"known\"}").await, 2);
    assert_eq!(metric(&weft, "weft_page_dictionaries_pages{}").await, 1);
    assert!(metric(&weft, "weft_page_dictionaries_bytes{}").await > first.body.len() as u64);
    let (data, _) = weft.stop().await;

    let weft = Weft::start_in(data, &[&sink], "").await;
    is_asked_for_alone(&weft, third.behind(&[&first, &second])).await;
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/base_unknown").await, 1);
    assert_eq!(metric(&weft, "weft_page_dictionaries_batches_total{base=\"unknown\"}").await, 1);
    weft.acknowledged(third.alone()).await;
    let spans: Vec<_> = sink.spans(3).await.into_iter().map(|span| span.span_id).collect();
    let ids = Ids::new(SEED);
    assert_eq!(spans, [0, 1, 2].map(|number| ids.span(number)));
}

#[tokio::test]
async fn what_was_spooled_from_behind_others_is_delivered_by_a_collector_that_has_forgotten_them() {
    let (data, sink) = (TempDir::new().unwrap(), Sink::start(&[]).await);
    let weft = Weft::start_in(data, &[], "").await;
    let [first, second] = [0, 1].map(Sealed::new);
    weft.acknowledged(first.alone()).await;
    weft.acknowledged(second.behind(&[&first])).await;
    let (data, _) = weft.stop().await;
    let weft = Weft::start_in(data, &[&sink], "").await;
    let spans: Vec<_> = sink.spans(2).await.into_iter().map(|span| span.span_id).collect();
    assert_eq!(spans, [0, 1].map(|number| Ids::new(SEED).span(number)));
    drop(weft.stop().await);
}

#[tokio::test]
async fn an_erased_session_is_not_remembered_to_be_referred_to() {
    let weft = Weft::start(&[], "").await;
    let [first, second] = [0, 1].map(Sealed::new);
    weft.acknowledged(first.alone()).await;
    let url = format!("{}/api/telemetry?key=pk_demo_shop&erase={}", weft.ingest, "07".repeat(16));
    let erased = weft.http.post(url).header("origin", ORIGIN).body("").send().await.unwrap();
    assert_eq!(erased.status(), 204);
    assert_eq!(metric(&weft, "weft_page_dictionaries_pages{}").await, 0);
    is_asked_for_alone(&weft, second.behind(&[&first])).await;
    weft.acknowledged(second.alone()).await;
}

#[tokio::test]
async fn where_page_dictionaries_are_off_every_batch_is_asked_for_alone() {
    let weft = Weft::start(&[], "limits.page_dictionaries_mib = 0").await;
    let [first, second] = [0, 1].map(Sealed::new);
    weft.acknowledged(first.alone()).await;
    is_asked_for_alone(&weft, second.behind(&[&first])).await;
    weft.acknowledged(second.alone()).await;
    assert_eq!(metric(&weft, "weft_page_dictionaries_bytes{}").await, 0);
}
