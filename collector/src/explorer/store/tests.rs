//! However much comes, what is kept stays within its bytes, and what is forgotten leaves nothing behind.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span, span::Link},
};

use super::*;
use crate::explorer::event::From;

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// An event of a session, or of none; each links to the one before it.
fn seen(number: u64, session: Option<u64>) -> Seen {
    let id = |number: u64| (u128::from(number) + 1).to_be_bytes().to_vec();
    let span_id = |number: u64| (number + 1).to_be_bytes().to_vec();
    let before = number.saturating_sub(1);
    let page = session.unwrap_or(0) / 2;
    let span = Span {
        trace_id: id(number),
        span_id: span_id(number),
        name: "event".to_owned(),
        start_time_unix_nano: number,
        attributes: vec![
            pair("weft.seq", Value::IntValue(i64::try_from(number).unwrap())),
            pair("weft.page.id", Value::StringValue(format!("{page:032x}"))),
        ],
        links: vec![Link { trace_id: id(before), span_id: span_id(before), ..Link::default() }],
        ..Span::default()
    };
    let event = Event::of(&span, &Arc::new(From::default())).unwrap();
    let session = session.map(|session| Arc::from(session.to_string()));
    Seen { event, session, previous: None, span }
}

fn events(all: Vec<Seen>, numbers: std::ops::Range<u64>) -> Events {
    let numbers = Intervals::from_ascending(numbers);
    let page = all.first().and_then(|seen| seen.event.page).map(|page| (page, numbers));
    let owner = Owner::new("web", "shop");
    Events { owner, page, sent_bytes: 100, all, open: Vec::new(), closed: None }
}

fn assert_is_whole(store: &Store) {
    let of_sessions = store.sessions.values();
    let counted: usize = of_sessions.clone().map(|session| session.bytes).sum();
    assert_eq!(counted + store.loose_bytes, store.bytes);
    let events: usize = of_sessions.map(|session| session.events.len()).sum();
    let loose: usize = store.loose.values().map(Vec::len).sum();
    assert_eq!(store.places.len(), events + loose);
    assert_eq!(store.toward.values().map(Vec::len).sum::<usize>(), events + loose);
    let pages: usize = store.pages.values().map(|page| page.sessions.len()).sum();
    assert_eq!(pages, store.sessions.values().map(|session| session.pages.len()).sum::<usize>());
}

#[test]
fn what_was_active_longest_ago_makes_room_and_leaves_nothing_behind() {
    let mut store = Store::new(100_000);
    for session in 0..200 {
        let all = (session * 10..session * 10 + 10).map(|number| seen(number, Some(session))).collect();
        store.take(events(all, session * 10..session * 10 + 10));
        assert!(store.bytes <= store.most_bytes);
    }
    assert_is_whole(&store);
    assert!(store.session("shop", "199").is_some() && store.session("shop", "0").is_none());
    assert_eq!(store.forgotten + store.sessions.len() as u64, 200);
    for session in 0..200 {
        store.forget(&Arc::from("shop"), &session.to_string());
    }
    assert_eq!((store.bytes, store.places.len(), store.toward.len(), store.pages.len()), (0, 0, 0, 0));
}

#[test]
fn what_is_in_no_session_takes_a_quarter_at_most_and_goes_with_the_session_it_was_for() {
    let mut store = Store::new(100_000);
    store.take(events((0..10).map(|number| seen(number, Some(1))).collect(), 0..10));
    for number in 10..1_000 {
        store.take(events(vec![seen(number, None)], 0..0));
        assert!(store.loose_bytes <= store.most_bytes / 4);
    }
    assert_is_whole(&store);
    assert!(store.session("shop", "1").is_some());
    let mut of_server = seen(2_000, None);
    of_server.event.end.0 = 4_u128.to_be_bytes();
    store.take(events(vec![of_server], 0..0));
    assert_eq!(store.loose("shop", 4_u128.to_be_bytes()).len(), 1);
    store.forget(&Arc::from("shop"), "1");
    assert!(store.loose("shop", 4_u128.to_be_bytes()).is_empty());
    assert_is_whole(&store);
}

#[test]
fn the_same_event_again_is_none_and_one_session_does_not_take_everything() {
    let mut store = Store::new(usize::MAX);
    store.take(events(vec![seen(7, Some(1)), seen(7, Some(1)), seen(7, None)], 7..8));
    assert_eq!(store.session("shop", "1").unwrap().events.len(), 1);
    let most = crate::explorer::session::MOST_EVENTS as u64;
    store.take(events((0..most + 10).map(|number| seen(number, Some(1))).collect(), 0..most + 10));
    let session = store.session("shop", "1").unwrap();
    assert_eq!((session.events.len() as u64, session.not_kept), (most, 10));
    assert_is_whole(&store);
}
