//! Events that share attributes are linked, whoever recorded them; nothing else waits for that.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use tempfile::TempDir;
use weft_collector::shutdown::Drained;
use weft_proto::{Attribute, Batch, Event, Seed, Value};

use crate::{
    process::{Process, settings},
    support::{Page, Sink, Weft},
};

const CART: &str = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n[linker]\nwait_ms = 500";

/// Longer than any test: what waits leaves when the collector stops.
const PATIENT: &str = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n[linker]\nwait_ms = 3600000";

const SECOND_NS: u64 = 1_000_000_000;
const BEGAN_NS: u64 = 1_700_000_000 * SECOND_NS;

/// A batch of one event with a cart, if one is given.
fn in_cart(page: &Page, number: u64, start_s: u64, cart: Option<&str>) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern("press");
    if let Some(cart) = cart {
        let (key, value) = (batch.strings.intern("cart.id"), batch.strings.intern(cart));
        batch.attributes.push(Attribute { key, value: Value::Text(value) });
    }
    let attributes = 0..batch.attributes.len() as u32;
    let start_ns = BEGAN_NS + start_s * SECOND_NS;
    batch.events.push(Event { number, name, start_ns, attributes, ..Event::default() });
    page.seal(&batch)
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A root of a server, in a session that may name the one before it.
fn root(id: u8, start_s: u64, session: &str, before: Option<&str>) -> Span {
    let before = before.map(|before| text("session.previous_id", before));
    Span {
        trace_id: vec![id; 16],
        span_id: vec![id; 8],
        name: "tap".to_owned(),
        start_time_unix_nano: BEGAN_NS + start_s * SECOND_NS,
        attributes: [text("session.id", session)].into_iter().chain(before).collect(),
        ..Span::default()
    }
}

fn export(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// First byte of each target, its kinds, and whether it came later.
fn links(span: &Span) -> Vec<(u8, Vec<String>, bool)> {
    let link = |link: &opentelemetry_proto::tonic::trace::v1::span::Link| {
        let value = |key: &str| {
            let pair = link.attributes.iter().find(|pair| pair.key == key)?;
            pair.value.clone()?.value
        };
        assert_eq!(value("weft.link.inferred"), Some(Any::BoolValue(true)));
        let Some(Any::ArrayValue(kinds)) = value("weft.link") else { panic!("{link:?}") };
        let kinds = kinds.values.into_iter().map(|kind| match kind.value {
            Some(Any::StringValue(kind)) => kind,
            other => panic!("{other:?}"),
        });
        (link.span_id[0], kinds.collect(), value("weft.link.late") == Some(Any::BoolValue(true)))
    };
    span.links.iter().map(link).collect()
}

fn of(id: u8, kind: &str) -> (u8, Vec<String>, bool) {
    (id, vec![kind.to_owned()], false)
}

fn by_id(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.span_id.cmp(&b.span_id));
    spans
}

#[tokio::test]
async fn what_a_rule_looks_at_waits_for_what_was_before_it_and_the_rest_does_not() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], CART).await;
    let (one, other) = (Page(Seed([1; 16])), Page(Seed([2; 16])));
    weft.acknowledged(in_cart(&one, 0, 20, Some("7"))).await;
    weft.acknowledged(in_cart(&one, 1, 30, None)).await;
    assert_eq!(sink.spans(1).await[0].span_id, one.span_ids(1..2)[0], "it has no cart and does not wait");
    assert_eq!(weft.count("/keys/shop-web/destinations/a/pending").await, 1);
    weft.acknowledged(in_cart(&other, 0, 10, Some("7"))).await;
    weft.acknowledged(in_cart(&other, 1, 15, Some("8"))).await;
    let spans = sink.spans(4).await;
    let find = |page: &Page, number: u64| {
        let id = &page.span_ids(number..number + 1)[0];
        spans.iter().find(|span| span.span_id == *id).unwrap()
    };
    let linked = find(&one, 0);
    assert_eq!(linked.links.len(), 1);
    assert_eq!(linked.links[0].span_id, other.span_ids(0..1)[0], "recorded before it, though it came later");
    assert_eq!(links(linked)[0].1, ["cart"]);
    assert!(find(&other, 0).links.is_empty() && find(&other, 1).links.is_empty());
    assert_eq!(weft.count("/keys/shop-web/destinations/a/delivered").await, 4);
    let (_, metrics) = weft.admin("/metrics").await;
    assert!(metrics.contains("weft_linker_links_total{rule=\"cart\"} 1"), "{metrics}");
    assert!(metrics.contains("weft_linker_waiting_events{} 0"), "{metrics}");
}

#[tokio::test]
async fn roots_of_a_foreign_sdk_are_linked_within_their_session_and_to_the_one_before() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[linker]\nwait_ms = 3600000").await;
    let child = Span { parent_span_id: vec![1; 8], span_id: vec![9; 8], ..root(1, 12, "a", None) };
    let requests = [
        vec![root(4, 40, "b", Some("a")), root(2, 20, "a", None)],
        vec![root(3, 30, "a", None), child],
        vec![root(5, 50, "b", Some("a")), root(1, 10, "a", None), root(6, 55, "c", None)],
    ];
    for spans in requests {
        assert_eq!(weft.server().body(export(spans)).send().await.unwrap().status(), 200);
    }
    assert_eq!(sink.spans(1).await[0].span_id, [9; 8], "a child has its parent and waits for nobody");
    let (_, drained) = weft.stop().await;
    assert_eq!(drained, Drained::InTime);
    let spans = by_id(sink.spans(7).await);
    let found: Vec<_> = spans.iter().map(links).collect();
    let expected = [
        vec![],
        vec![of(1, "previous")],
        vec![of(2, "previous")],
        vec![of(3, "session")],
        vec![of(4, "previous")],
        vec![],
        vec![],
    ];
    assert_eq!(found, expected);
    assert_eq!(spans[1].attributes, root(2, 20, "a", None).attributes, "nothing else has changed");
}

#[tokio::test]
async fn who_comes_late_is_linked_to_both_neighbours_and_each_pair_counts_once() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[linker]\nwait_ms = 50").await;
    weft.server().body(export(vec![root(1, 10, "a", None), root(3, 30, "a", None)])).send().await.unwrap();
    let first = by_id(sink.spans(2).await);
    assert_eq!(links(&first[1]), [of(1, "previous")]);
    weft.server().body(export(vec![root(2, 20, "a", None)])).send().await.unwrap();
    let late = sink.spans(3).await.pop().unwrap();
    assert_eq!(links(&late), [of(1, "previous"), (3, vec!["previous".to_owned()], true)]);
}

#[tokio::test]
async fn what_waited_when_it_was_killed_is_decided_by_the_rules_of_then_and_once() {
    let (sink, other) = (Sink::start(&[]).await, Sink::start(&[]).await);
    let process = start(PATIENT, &[("main", &sink)]);
    let page = Page(Seed([1; 16]));
    process.post(in_cart(&page, 0, 10, Some("7"))).await;
    process.post(in_cart(&page, 1, 20, Some("7"))).await;
    let basket = "[[link]]\nname = \"basket\"\nby = [\"cart.id\"]\n[linker]\nwait_ms = 0";
    let process = restart(process.kill(), basket, &[("main", &sink)]);
    let spans = sink.spans(2).await;
    let linked = spans.iter().find(|span| span.span_id == page.span_ids(1..2)[0]).unwrap();
    assert_eq!(links(linked)[0].1, ["basket"]);
    assert_eq!(linked.links[0].span_id, page.span_ids(0..1)[0]);
    process.ledger("/keys/shop-web/destinations/main/delivered", 2).await;
    assert_eq!(process.number("/keys/shop-web/destinations/main/recovered").await, 2);
    // Other rules again, and a destination that wants all of it: what is decided stays as it is.
    let oldest = format!("[export.other]\nendpoint = {:?}\nfrom = \"oldest\"\n{PATIENT}", other.url);
    let process = restart(process.kill(), &oldest, &[("main", &sink)]);
    assert_eq!(by_id(other.spans(2).await), by_id(spans));
    assert_eq!(sink.spans(2).await.len(), 2, "nothing is decided again");
    assert!(process.stop().await.0.success());
}

#[tokio::test]
async fn what_finds_no_room_to_wait_leaves_at_once_and_is_counted() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], &format!("{PATIENT}\nmax_waiting_mib = 0")).await;
    weft.acknowledged(in_cart(&Page(Seed([1; 16])), 0, 10, Some("7"))).await;
    assert!(sink.spans(1).await[0].links.is_empty());
    assert!(weft.admin("/metrics").await.1.contains("weft_linker_not_looked_at_total{} 1"));
}

#[tokio::test]
async fn a_destination_that_comes_or_goes_gets_or_loses_what_waits_by_name() {
    let (sink, other) = (Sink::start(&[]).await, Sink::start(&[]).await);
    let process = start(PATIENT, &[("main", &sink)]);
    process.post(in_cart(&Page(Seed([1; 16])), 0, 10, Some("7"))).await;
    process.reload(&settings(process.data(), PATIENT, &[("other", &other)]));
    process.ledger("/keys/shop-web/destinations/other/pending", 1).await;
    assert_eq!(process.number("/keys/shop-web/destinations/main/dropped/destination_removed").await, 1);
    let process = restart(process.kill(), PATIENT, &[("main", &sink)]);
    process.ledger("/keys/shop-web/destinations/other/dropped/destination_removed", 1).await;
    assert_eq!(
        process.number("/keys/shop-web/destinations/main/pending").await,
        1,
        "it gets what leaves from now on"
    );
    assert!(process.stop().await.0.success());
    assert_eq!(sink.spans(1).await.len(), 1);
}

#[tokio::test]
async fn draining_waits_for_nobody() {
    let sink = Sink::start(&[]).await;
    let process = start(PATIENT, &[("main", &sink)]);
    process.post(in_cart(&Page(Seed([1; 16])), 0, 10, Some("7"))).await;
    let drained = process.weft(&["drain"]).await;
    assert!(drained.status.success(), "{drained:?}");
    assert_eq!(sink.spans(1).await.len(), 1);
}

fn start(more: &str, destinations: &[(&str, &Sink)]) -> Process {
    restart(TempDir::new().unwrap(), more, destinations)
}

fn restart(data: TempDir, more: &str, destinations: &[(&str, &Sink)]) -> Process {
    std::fs::write(data.path().join("weft.toml"), settings(data.path(), more, destinations)).unwrap();
    Process::start_in(data)
}
