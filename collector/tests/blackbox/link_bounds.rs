//! However much more what waits comes to than it came as: it leaves, whole, and within its bounds.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use weft_proto::{Attribute, Batch, Event, Seed, Value};

use crate::{
    process::Process,
    support::{Page, Sink, Weft},
};

const SECOND_NS: u64 = 1_000_000_000;
const BEGAN_NS: u64 = 1_700_000_000 * SECOND_NS;

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn root(id: u16, session: &str) -> Span {
    Span {
        trace_id: [&[1; 14][..], &id.to_be_bytes()].concat(),
        span_id: [&[1; 6][..], &id.to_be_bytes()].concat(),
        name: "tap".to_owned(),
        start_time_unix_nano: BEGAN_NS + u64::from(id) * SECOND_NS,
        attributes: vec![text("session.id", session)],
        ..Span::default()
    }
}

fn export(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// Without any rule: a server's batch of a hundred roots of one session.
#[tokio::test]
async fn each_of_a_hundred_roots_of_a_session_is_linked_to_the_one_before_it_or_to_none() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[linker]\nwait_ms = 300").await;
    let body = export((1..=100).map(|id| root(id, "a")).collect());
    assert_eq!(weft.server().body(body).send().await.unwrap().status(), 200);
    let mut wrong = Vec::new();
    for span in sink.spans(100).await {
        let id = u16::from_be_bytes([span.span_id[6], span.span_id[7]]);
        for link in &span.links {
            let target = u16::from_be_bytes([link.span_id[6], link.span_id[7]]);
            if target + 1 != id {
                wrong.push((id, target));
            }
        }
    }
    assert!(wrong.is_empty(), "links named \"previous\" to what was not the one before: {wrong:?}");
}

/// Without any rule: what was within the bound when it came is beyond it with its links.
#[tokio::test]
async fn what_fits_when_it_comes_is_delivered_with_its_links() {
    let sink = Sink::start(&[]).await;
    let limits = "[limits]\notlp_request_bytes = 65536\notlp_body_bytes = 65536\n[linker]\nwait_ms = 100";
    let weft = Weft::start(&[&sink], limits).await;
    let body = export((1..=600).map(|id| root(id, &format!("{}", id / 50))).collect());
    assert!(body.len() < 65536, "{}", body.len());
    assert_eq!(weft.server().body(body).send().await.unwrap().status(), 200);
    let decided = async { while weft.count("/keys/shop-api/destinations/a/pending").await > 0 {} };
    tokio::time::timeout(Duration::from_secs(20), decided).await.unwrap();
    let (_, ledger) = weft.admin("/api/ledger").await;
    assert_eq!(sink.came(), 600, "{ledger}");
}

/// The same for a page: its batch is of a hundred times less bytes than what it comes to.
#[tokio::test]
async fn a_batch_that_is_delivered_where_no_rule_looks_is_delivered_where_one_does() {
    for rule in ["", "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n"] {
        let sink = Sink::start(&[]).await;
        let limits =
            "[limits]\notlp_request_bytes = 1048576\notlp_body_bytes = 1048576\n[linker]\nwait_ms = 100";
        let weft = Weft::start(&[&sink], &format!("{rule}{limits}")).await;
        weft.acknowledged(Page(Seed([1; 16])).seal(&large())).await;
        let decided = async { while weft.count("/keys/shop-web/destinations/a/pending").await > 0 {} };
        tokio::time::timeout(Duration::from_secs(20), decided).await.unwrap();
        let (_, ledger) = weft.admin("/api/ledger").await;
        assert_eq!(sink.came(), 3, "{rule:?}: {ledger}");
    }
}

/// Three events that come to six megabytes of OTLP.
fn large() -> Batch {
    let mut batch = Batch::default();
    let name = batch.strings.intern("press");
    let long = Value::Text(batch.strings.intern(&"a".repeat(16_000)));
    for number in 0..3 {
        let from = batch.attributes.len() as u32;
        let (key, value) = (batch.strings.intern("cart.id"), batch.strings.intern("7"));
        batch.attributes.push(Attribute { key, value: Value::Text(value) });
        for at in 0..127 {
            let key = batch.strings.intern(&format!("k{at}"));
            batch.attributes.push(Attribute { key, value: long.clone() });
        }
        let attributes = from..batch.attributes.len() as u32;
        let start_ns = BEGAN_NS + number * SECOND_NS;
        batch.events.push(Event { number, name, start_ns, attributes, ..Event::default() });
    }
    batch
}

fn page(at: u8) -> Page {
    Page(Seed([at; 16]))
}

/// A stranger's public key, twenty requests of half a kilobyte, which come to six megabytes each: twice what it may take.
#[tokio::test]
async fn what_strangers_let_wait_takes_neither_more_memory_nor_more_disk_than_its_bounds() {
    let sink = Sink::start(&[]).await;
    let data = tempfile::TempDir::new().unwrap();
    let more = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n[linker]\nwait_ms = 4000\nmax_waiting_mib = 8\n\
                [spool]\nmax_bytes = 67108864\nsegment_bytes = 4194304";
    let settings = crate::process::settings(data.path(), more, &[("main", &sink)]);
    std::fs::write(data.path().join("weft.toml"), settings).unwrap();
    let process = Process::start_in(data);
    let mut sent = 0;
    for at in 1..=20 {
        let batch = page(at).seal(&large());
        sent += batch.len();
        process.post(batch).await;
    }
    let at_rest = process.peak_kib();
    process.ledger("/keys/shop-web/destinations/main/delivered", 60).await;
    let (peak, metrics) = (process.peak_kib(), process.metrics().await);
    let spool = metrics.lines().find(|line| line.starts_with("weft_spool_bytes")).unwrap_or("?").to_owned();
    let grown = peak.saturating_sub(at_rest) / 1024;
    println!("{sent} bytes sent; grown by {grown} MiB; {spool}");
    assert!(grown < 64, "{sent} bytes sent; memory has grown by {grown} MiB; {spool}");
}

/// Whatever is released must fit the queue, or it is never released, and nobody else gets in.
#[tokio::test]
async fn what_is_larger_than_the_queue_is_released_all_the_same() {
    let sink = Sink::start(&[]).await;
    let more = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n[linker]\nwait_ms = 100\n\
                [limits]\notlp_request_bytes = 524288\notlp_body_bytes = 1048576\n[spool]\nqueue_bytes = 1048576";
    let weft = Weft::start(&[&sink], more).await;
    weft.acknowledged(page(1).seal(&large())).await;
    assert_eq!(sink.spans(3).await.len(), 3);
    let status = weft.page().body(page(2).batch(0..1)).send().await.unwrap().status();
    assert_eq!(status, 200);
    assert_eq!(sink.spans(4).await.len(), 4);
}
