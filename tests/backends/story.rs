//! What is sent: a page that loads, a click and the request it causes, many clicks, and two spans of a server.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Link},
};
use prost::Message;
use support::{clock::TestClock, page::Page};
use weft_proto::{
    Attribute, Batch, Event, Kind, Link as BatchLink, LinkKinds, Point, Session, Target, Value, seal,
};

/// Enough that a backend would have to page or batch.
const CLICKS: u64 = 20;

/// Of everything a page sends here.
pub(crate) const PAGE_SPANS: u64 = CLICKS + 3;

/// Of everything a server sends here.
pub(crate) const SERVER_SPANS: u64 = 2;

/// Requests of two pages.
pub(crate) fn pages() -> Vec<Vec<u8>> {
    let mut page = Page::new(21);
    let sealed = seal(&load_click_and_request());
    vec![page.request(sealed.form, sealed.digest, &sealed.bytes), Page::new(22).clicks(CLICKS)]
}

fn load_click_and_request() -> Batch {
    let start_ns = now_ns();
    let mut batch = Batch {
        sessions: vec![Session { id: [21; 16], previous_id: None, randomness: 7 }],
        page_load: Some(0),
        points: vec![Point { number: 0, start_ns }],
        ..Batch::default()
    };
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.full", "https://shop.example/api/cart"),
        ("app.text.with.every.letter", "Grüße, 世界 🛒"),
    ] {
        let (key, value) = (batch.strings.intern(key), batch.strings.intern(value));
        batch.attributes.push(Attribute { key, value: Value::Text(value) });
    }
    for (key, value) in
        [("app.items", Value::Int(-3)), ("app.total", Value::Double(49.5)), ("app.member", Value::Bool(true))]
    {
        let key = batch.strings.intern(key);
        batch.attributes.push(Attribute { key, value });
    }
    batch.links.push(BatchLink { target: Target::Own(1), kinds: LinkKinds::CAUSE, rule: None });
    let names = ["documentLoad", "browser.user_action.click", "GET"];
    for (number, name) in (0..).zip(names) {
        let causes = number == 2;
        let event = Event {
            number,
            name: batch.strings.intern(name),
            kind: if causes { Kind::Client } else { Kind::Internal },
            start_ns: start_ns + number * 1_000_000_000,
            duration_ns: 1_500_000,
            session: Some(0),
            previous: number.checked_sub(1),
            attributes: if causes { 0..6 } else { 0..0 },
            links: if causes { 0..1 } else { 0..0 },
            ..Event::default()
        };
        batch.events.push(event);
    }
    batch
}

/// A job and the message it came from, in another trace.
pub(crate) fn server() -> Vec<u8> {
    let start = now_ns();
    let (trace, span) = ([31_u8; 16], [32_u8; 8]);
    let text = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) };
    let sent = Span {
        trace_id: trace.to_vec(),
        span_id: span.to_vec(),
        name: "orders send".to_owned(),
        kind: 4,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 2_000_000,
        ..Span::default()
    };
    let link = Link { trace_id: trace.to_vec(), span_id: span.to_vec(), ..Link::default() };
    let taken = Span {
        trace_id: vec![33; 16],
        span_id: vec![34; 8],
        name: "orders process".to_owned(),
        kind: 5,
        start_time_unix_nano: start + 5_000_000,
        end_time_unix_nano: start + 9_000_000,
        links: vec![link],
        ..Span::default()
    };
    let service =
        KeyValue { key: "service.name".to_owned(), value: Some(text("orders")), ..KeyValue::default() };
    let resource = Resource { attributes: vec![service], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![sent, taken], ..ScopeSpans::default() }];
    let resource = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

fn now_ns() -> u64 {
    TestClock::default().now_ms() as u64 * 1_000_000
}
