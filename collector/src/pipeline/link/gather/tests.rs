//! What is held at once is bounded, whatever a record links to, and the cursor follows what was sent.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use weft_proto::{Batch, Event, Head, Link, LinkKinds, Seed, Target, seal};

use super::*;
use crate::config::Config;

fn settings() -> (Arc<Destination>, Limits) {
    let config = Config::from_toml(crate::config::TEN_LINES).unwrap();
    (config.destinations.0[0].clone(), config.limits)
}

/// A batch that is small as sent and has megabytes of links.
fn of_links(events: u64) -> Batch {
    let mut batch = Batch::default();
    let name = batch.strings.intern("press");
    let kinds = LinkKinds(LinkKinds::ALL.0 - LinkKinds::NAMED.0);
    for number in 0..events {
        let links = batch.links.len() as u32..batch.links.len() as u32 + 128;
        let link = |at| Link { target: Target::Own(number + at), kinds, rule: None };
        batch.links.extend((1..=128).map(link));
        batch.events.push(Event { number, name, links, ..Event::default() });
    }
    batch
}

fn record(key: &str, batch: &Batch) -> Record {
    let sealed = seal(batch);
    let (form, digest) = (sealed.form, sealed.digest);
    let head = Head { form, seed: Seed([1; 16]), digest, number: 0, send_time_ms: 0, epoch: 0 };
    let mut body = Vec::new();
    head.write(&mut body);
    body.extend_from_slice(&sealed.bytes);
    let events = batch.events.len() as u64;
    Record {
        kind: Kind::Batch.into(),
        key: key.to_owned(),
        application: "shop".to_owned(),
        taken: vec![0, events],
        events,
        body: body.into(),
        ..Record::default()
    }
}

fn plain(key: &str, events: u64) -> Record {
    let mut batch = Batch::default();
    let name = batch.strings.intern("press");
    batch.events = (0..events).map(|number| Event { number, name, ..Event::default() }).collect();
    record(key, &batch)
}

/// Every record ends 100 after the one before; the chunk a little after the last.
fn chunk(records: Vec<Record>) -> Chunk {
    let next = records.len() as u64 * 100 + 50;
    let placed = |(at, record)| Placed { record, end: (at as u64 + 1) * 100, decoded: None };
    Chunk { records: records.into_iter().enumerate().map(placed).collect(), next }
}

fn body(load: &mut Load) -> Vec<u8> {
    load.take_body().to_vec()
}

#[tokio::test]
async fn records_that_link_to_megabytes_are_linked_one_by_one() {
    let heavy = record("shop-web", &of_links(400));
    assert!(heavy.body.len() < 5_000, "{} bytes are stored", heavy.body.len());
    let (to, limits) = settings();
    let mut stretches = gather(chunk(vec![heavy; 4]), &to, &limits, &Arc::default());
    for next in [100, 200, 300, 450] {
        let mut stretch = stretches.next().await.unwrap();
        assert_eq!((stretch.loads.len(), stretch.next), (1, next));
        assert_eq!((stretch.loads[0].spans, stretch.loads[0].passed), (400, 400));
        let bytes = body(&mut stretch.loads[0]);
        assert!(bytes.len() > 5 * 1024 * 1024, "{} bytes of OTLP", bytes.len());
        let request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
        assert_eq!(request.resource_spans[0].scope_spans[0].spans[399].links.len(), 128);
    }
    assert!(stretches.next().await.is_none());
}

#[tokio::test]
async fn what_is_held_for_several_keys_is_bounded_together() {
    let heavy: Vec<_> = (0..12).map(|key| record(&format!("key-{key}"), &of_links(40))).collect();
    let (to, limits) = settings();
    let mut stretches = gather(chunk(heavy), &to, &limits, &Arc::default());
    let (mut most, mut sent) = (0, 0);
    while let Some(mut stretch) = stretches.next().await {
        sent += stretch.loads.len();
        most = most.max(stretch.loads.iter_mut().map(|load| body(load).len()).sum());
    }
    assert_eq!(sent, 12);
    assert!(most > STRETCH_BYTES / 2 && most <= STRETCH_BYTES, "{most} bytes at once");
}

#[tokio::test]
async fn small_records_of_a_key_share_a_request_up_to_its_spans() {
    let records = [("a", 900), ("b", 5), ("a", 900), ("a", 900), ("b", 5)];
    let (to, limits) = settings();
    let mut stretches =
        gather(chunk(records.map(|(key, events)| plain(key, events)).into()), &to, &limits, &Arc::default());
    let mut seen = Vec::new();
    while let Some(stretch) = stretches.next().await {
        let loads = stretch.loads.iter().map(|load| (load.owner.key.to_string(), load.spans));
        seen.push((loads.collect::<Vec<_>>(), stretch.next));
    }
    let load = |key: &str, spans| (key.to_owned(), spans);
    assert_eq!(seen, [(vec![load("a", 1800), load("b", 5)], 300), (vec![load("a", 900), load("b", 5)], 550)]);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_passed_by_name_beside_what_can() {
    let torn = Record { body: vec![0, 1].into(), ..plain("a", 7) };
    let elsewhere = Record { application: "other".to_owned(), ..plain("a", 3) };
    let (mut to, limits) = settings();
    Arc::make_mut(&mut to).applications.0 = Some(vec!["shop".to_owned()]);
    let mut stretches = gather(chunk(vec![torn, elsewhere, plain("a", 2)]), &to, &limits, &Arc::default());
    let stretch = stretches.next().await.unwrap();
    let load = &stretch.loads[0];
    assert_eq!((load.passed, load.undecodable, load.spans), (9, 7, 2));
    assert_eq!(stretch.next, 350);
    assert!(stretches.next().await.is_none());
    let nothing =
        gather(Chunk { records: Vec::new(), next: 9 }, &to, &limits, &Arc::default()).next().await.unwrap();
    assert!(nothing.loads.is_empty() && nothing.next == 9);
}
