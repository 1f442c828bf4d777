//! Long spans from outside: what a page says is open, its end, silence, restarts and kills, in every order.

use opentelemetry_proto::tonic::{common::v1::any_value::Value as Any, trace::v1::Span};
use tempfile::TempDir;
use weft_collector::clock::{Clock, OwnedClock};
use weft_proto::{Batch, Event, Ids, OpenState, Seed, Session};

use crate::{
    process::{Process, settings},
    support::{Page, Sink, Weft},
};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const BEGAN_NS: u64 = 1_700_000_000_000_000_000;

/// Given up a second after the last word: for programs whose time nobody owns.
const IMPATIENT: &str = "[long_spans]\ninterrupted_after = \"1s\"";

/// Nothing is given up, whatever the clock says.
const PATIENT: &str = "[long_spans]\ninterrupted_after = \"300d\"\nabandoned_after = \"300d\"";

/// What a page says of its upload, which has the number 4: that it is open, or has ended.
fn upload(page: &Page, open: Option<OpenState>) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern("upload");
    batch.sessions = vec![Session { id: [7; 16], previous_id: None, randomness: 1 }];
    batch.events = vec![Event {
        number: 4,
        name,
        session: Some(0),
        start_ns: BEGAN_NS,
        duration_ns: if open.is_some() { 5_000_000_000 } else { 9_000_000_000 },
        open,
        ..Event::default()
    }];
    page.seal(&batch)
}

fn is_open(page: &Page) -> Vec<u8> {
    upload(page, Some(OpenState::Visible))
}

fn has_ended(page: &Page) -> Vec<u8> {
    upload(page, None)
}

fn state(span: &Span) -> Option<String> {
    let pair = span.attributes.iter().find(|pair| pair.key == "weft.state")?;
    match pair.value.clone()?.value? {
        Any::StringValue(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

/// Span ids that `span` resumes.
fn resumes(span: &Span) -> Vec<Vec<u8>> {
    let is_it = |link: &&opentelemetry_proto::tonic::trace::v1::span::Link| {
        format!("{:?}", link.attributes).contains("\"resumes\"")
    };
    span.links.iter().filter(is_it).map(|link| link.span_id.clone()).collect()
}

fn assert_is_closure(span: &Span, page: &Page) {
    let ids = Ids::new(page.0);
    assert_eq!((&span.trace_id[..], &span.span_id[..]), (&ids.trace(4)[..], &ids.closure(4)[..]));
    assert_eq!(state(span).as_deref(), Some("interrupted"));
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (BEGAN_NS, BEGAN_NS + 5_000_000_000));
    assert!(span.status.is_none());
}

fn assert_is_end(span: &Span, page: &Page, resumed: bool) {
    let ids = Ids::new(page.0);
    assert_eq!((&span.trace_id[..], &span.span_id[..]), (&ids.trace(4)[..], &ids.span(4)[..]));
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 9_000_000_000);
    assert_eq!(state(span), None);
    let expected = if resumed { vec![ids.closure(4).to_vec()] } else { Vec::new() };
    assert_eq!(resumes(span), expected);
}

async fn owned(data: TempDir, sink: &Sink, more: &str) -> (Weft, OwnedClock) {
    let (clock, owner) = Clock::owned();
    (Weft::start_at(clock, data, &[sink], more).await, owner)
}

#[tokio::test]
async fn a_page_that_falls_silent_is_given_up_and_its_end_says_what_it_resumes() {
    let sink = Sink::start(&[]).await;
    let (weft, clock) = owned(TempDir::new().unwrap(), &sink, "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(is_open(&page)).await;
    weft.acknowledged(is_open(&page)).await;
    clock.advance_ms(31 * MINUTE_MS);
    assert_is_closure(&sink.spans(1).await[0], &page);
    weft.acknowledged(has_ended(&page)).await;
    let spans = sink.spans(2).await;
    assert_is_end(&spans[1], &page, true);
    weft.acknowledged(has_ended(&page)).await;
    weft.acknowledged(is_open(&page)).await;
    assert_eq!(weft.count("/keys/shop-web/refused/duplicate").await, 1);
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 1);
    assert_eq!(weft.count("/keys/shop-web/destinations/a/made_here/closure").await, 1);
    assert_eq!(weft.count("/keys/shop-web/gaps/not_seen_yet").await, 0);
    let (_, metrics) = weft.admin("/metrics").await;
    for line in ["closed_total{why=\"interrupted\"} 1", "resumed_total{} 1", "open{} 0"] {
        assert!(metrics.contains(&format!("weft_long_spans_{line}\n")), "{line}: {metrics}");
    }
    weft.stop().await;
    assert_eq!(sink.came(), 2, "nothing else left");
}

#[tokio::test]
async fn an_end_that_waits_for_its_links_says_what_it_resumes_as_well() {
    let sink = Sink::start(&[]).await;
    let rule = "[[link]]\nname = \"visit\"\nby = [\"session.id\"]\n[linker]\nwait_ms = 300";
    let (weft, clock) = owned(TempDir::new().unwrap(), &sink, rule).await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(is_open(&page)).await;
    clock.advance_ms(31 * MINUTE_MS);
    assert_is_closure(&sink.spans(1).await[0], &page);
    weft.acknowledged(has_ended(&page)).await;
    assert_is_end(&sink.spans(2).await[1], &page, true);
    weft.stop().await;
}

#[tokio::test]
async fn an_end_that_comes_in_time_is_the_only_span_whatever_the_order_of_the_batches() {
    let sink = Sink::start(&[]).await;
    let (weft, clock) = owned(TempDir::new().unwrap(), &sink, "").await;
    let [before, after, other] = [1, 2, 3].map(|seed| Page(Seed([seed; 16])));
    weft.acknowledged(is_open(&before)).await;
    weft.acknowledged(has_ended(&before)).await;
    weft.acknowledged(has_ended(&after)).await;
    weft.acknowledged(is_open(&after)).await;
    sink.spans(2).await;
    weft.acknowledged(is_open(&other)).await;
    clock.advance_ms(8 * DAY_MS);
    let spans = sink.spans(3).await;
    assert!(spans[..2].iter().all(|span| resumes(span).is_empty()));
    assert_is_closure(&spans[2], &other);
    weft.stop().await;
    assert_eq!(sink.came(), 3);
}

#[tokio::test]
async fn a_hidden_page_is_waited_for_across_a_restart_and_given_up_after_a_week() {
    let sink = Sink::start(&[]).await;
    let (weft, clock) = owned(TempDir::new().unwrap(), &sink, "").await;
    let [hidden, visible] = [1, 2].map(|seed| Page(Seed([seed; 16])));
    weft.acknowledged(upload(&hidden, Some(OpenState::Hidden))).await;
    weft.acknowledged(is_open(&visible)).await;
    clock.advance_ms(6 * DAY_MS);
    assert_is_closure(&sink.spans(1).await[0], &visible);
    let (data, _) = weft.stop().await;
    assert_eq!(sink.came(), 1);
    let (weft, clock) = owned(data, &sink, "").await;
    clock.advance_ms(8 * DAY_MS);
    assert_is_closure(&sink.spans(2).await[1], &hidden);
    weft.acknowledged(has_ended(&hidden)).await;
    assert_is_end(&sink.spans(3).await[2], &hidden, true);
    weft.stop().await;
    assert_eq!(sink.came(), 3);
}

#[tokio::test]
async fn what_another_page_says_is_dead_is_given_up_at_once() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[linker]\nwait_ms = 300").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(upload(&page, Some(OpenState::Frozen))).await;
    weft.acknowledged(upload(&page, Some(OpenState::Gone))).await;
    assert_is_closure(&sink.spans(1).await[0], &page);
    let (_, metrics) = weft.admin("/metrics").await;
    assert!(metrics.contains("weft_long_spans_closed_total{why=\"gone\"} 1\n"), "{metrics}");
    weft.stop().await;
}

#[tokio::test]
async fn a_beginning_is_forwarded_once_if_that_is_wanted() {
    let sink = Sink::start(&[]).await;
    let wanted = "[long_spans]\nannounce_open = true";
    let weft = Weft::start(&[&sink], wanted).await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(is_open(&page)).await;
    let first = sink.spans(1).await.remove(0);
    let ids = Ids::new(page.0);
    assert_eq!((&first.trace_id[..], &first.span_id[..]), (&ids.trace(4)[..], &ids.announcement(4)[..]));
    assert_eq!((first.start_time_unix_nano, first.end_time_unix_nano), (BEGAN_NS, BEGAN_NS));
    assert_eq!(state(&first).as_deref(), Some("open"));
    let (data, _) = weft.stop().await;
    let weft = Weft::start_in(data, &[&sink], wanted).await;
    weft.acknowledged(is_open(&page)).await;
    weft.acknowledged(has_ended(&page)).await;
    assert_is_end(&sink.spans(2).await[1], &page, false);
    assert_eq!(weft.count("/keys/shop-web/destinations/a/recovered").await, 0);
    weft.stop().await;
    assert_eq!(sink.came(), 2);
}

#[tokio::test]
async fn what_is_open_beyond_the_bound_is_not_kept_and_counted() {
    let sink = Sink::start(&[]).await;
    let (weft, clock) = owned(TempDir::new().unwrap(), &sink, "[long_spans]\nmax_open = 1").await;
    let [first, second] = [1, 2].map(|seed| Page(Seed([seed; 16])));
    weft.acknowledged(is_open(&first)).await;
    weft.acknowledged(is_open(&second)).await;
    clock.advance_ms(31 * MINUTE_MS);
    assert_is_closure(&sink.spans(1).await[0], &first);
    let (_, metrics) = weft.admin("/metrics").await;
    assert!(metrics.contains("weft_long_spans_not_kept_total{reason=\"full\"} 1\n"), "{metrics}");
    weft.stop().await;
}

/// A program on what another one left behind, with other settings.
fn start_again(data: TempDir, sink: &Sink, more: &str) -> Process {
    std::fs::write(data.path().join("weft.toml"), settings(data.path(), more, &[("main", sink)])).unwrap();
    Process::start_in(data)
}

/// A word, a closure, another word and the end, each followed by a kill if `kills` has a bit for it.
async fn story_with(kills: u8) {
    let sink = Sink::start(&[]).await;
    let page = Page(Seed([kills + 1; 16]));
    let mut process = start_again(TempDir::new().unwrap(), &sink, PATIENT);
    let mut settings = PATIENT;
    for (at, batch) in [is_open, is_open, is_open, has_ended].into_iter().enumerate() {
        if at == 2 {
            settings = IMPATIENT;
            process = start_again(process.kill(), &sink, settings);
            assert_is_closure(&sink.spans(1).await[0], &page);
        }
        process.post(batch(&page)).await;
        if kills & (1 << at) != 0 {
            process = start_again(process.kill(), &sink, settings);
        }
    }
    let spans = sink.spans(2).await;
    process.ledger("/keys/shop-web/destinations/main/pending", 0).await;
    process.stop().await;
    let id = Ids::new(page.0).span(4);
    let end = spans.iter().find(|span| span.span_id == id).unwrap();
    assert_is_end(end, &page, true);
    // A kill between a delivery and its note repeats bytes, and never makes others.
    let closure = spans.iter().find(|span| span.span_id != id).unwrap();
    assert!(spans.iter().all(|span| span == end || span == closure));
}

#[tokio::test]
async fn killed_between_word_closure_and_end_it_gives_up_once_and_the_end_knows() {
    for kills in [0..8, 8..16] {
        futures_util::future::join_all(kills.map(story_with)).await;
    }
}

#[tokio::test]
async fn killed_between_deciding_and_delivering_it_delivers_what_it_decided() {
    let silent = Sink::start(&[crate::support::Answer::Silence]).await;
    let page = Page(Seed([1; 16]));
    let process = start_again(TempDir::new().unwrap(), &silent, IMPATIENT);
    process.post(is_open(&page)).await;
    silent.requests(1).await;
    process.ledger("/keys/shop-web/destinations/main/made_here/closure", 1).await;
    let data = process.kill();
    let sink = Sink::start(&[]).await;
    let process = start_again(data, &sink, IMPATIENT);
    process.post(has_ended(&page)).await;
    let spans = sink.spans(2).await;
    assert_is_closure(&spans[0], &page);
    assert_is_end(&spans[1], &page, true);
    process.ledger("/keys/shop-web/destinations/main/pending", 0).await;
    process.stop().await;
    assert_eq!(sink.came(), 2);
}
