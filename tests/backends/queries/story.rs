//! A page loads, three weeks pass, somebody presses a button: a request, what the server did for it, and an error. Then a
//! request that nobody caused, and somebody else, who has nothing to do with it. Sent to the real collector, and read at
//! the strict sink.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use support::{
    clock::TestClock,
    collector::{CollectorProcess, Setting},
    page::{ORIGIN, Page, post_acknowledged, sealed},
    received::{Received, hex},
    sink::Sink,
};
use weft_proto::{
    Batch, Event, Ids, Kind, Link as BatchLink, LinkKinds, Point, Seed, Session, Status, Target,
};

use crate::{scenario::post_otlp, server::ask};

const MS: u64 = 1_000_000;
pub(super) const DAY_NS: u64 = 86_400_000 * MS;
const SEED: Seed = Seed([41; 16]);
const SESSIONS: [[u8; 16]; 2] = [[41; 16], [42; 16]];

/// Events of the page, by number.
const LOAD: u64 = 0;
const CLICK: u64 = 1;
const REQUEST: u64 = 2;
const ERROR: u64 = 3;
const POLL: u64 = 5;

/// How long after the load each of them began.
const BEGAN_NS: [u64; 6] = {
    let click = 21 * DAY_NS;
    [0, click, click + 100 * MS, click + 500 * MS, click + 2_000 * MS, click + 3_000 * MS]
};

/// Names of the page's events, by number.
pub(super) const NAMES: [&str; 6] = [
    "browser.navigation_timing",
    "browser.user_action.click",
    "POST",
    "exception",
    "browser.user_action.click",
    "GET",
];

/// How far the load and the last event lie apart.
pub(super) const GAP_NS: u64 = BEGAN_NS[5] - BEGAN_NS[0];

/// What the server did: name, for which event, how long after that began, for how long. Each in the one before it, if that
/// was for the same event.
pub(super) const SERVED: [(&str, u64, u64, u64); 3] = [
    ("POST /api/cart", REQUEST, 10 * MS, 31 * MS),
    ("INSERT cart", REQUEST, 15 * MS, 9 * MS),
    ("GET /api/news", POLL, 5 * MS, 2 * MS),
];

/// Everything that arrives: the page's, the server's, and the other person's two clicks.
const SPANS: usize = NAMES.len() + SERVED.len() + 2;

/// What happened, and what it is known by.
pub(super) struct Story {
    loaded_ns: u64,
    ids: Ids,
}

impl Story {
    /// So that the last of it is just over.
    pub(super) fn begin() -> Self {
        let now_ns = TestClock::default().now_ms() as u64 * MS;
        Self { loaded_ns: now_ns - 21 * DAY_NS - 10_000 * MS, ids: Ids::new(SEED) }
    }

    /// Sends it through the real collector to `backend` and to the sink, and waits until both have it.
    pub(super) async fn tell(&self, backend: Option<&str>) -> Vec<Received> {
        let sink = Sink::start().await;
        let more = format!("[export.strict]\nendpoint = \"{}\"\n", sink.endpoint());
        let to = backend.map_or_else(|| sink.endpoint(), str::to_owned);
        let more = if backend.is_some() { more } else { String::new() };
        let weft = CollectorProcess::start(&Setting {
            origin: ORIGIN.to_owned(),
            sink: to,
            more,
            ..Setting::default()
        })
        .await;
        let now_ms = TestClock::default().now_ms() as u64;
        for (number, events) in [(0, LOAD..CLICK), (1, CLICK..NAMES.len() as u64)] {
            post_acknowledged(weft.addresses(), sealed(&self.batch(events), SEED, number, now_ms)).await;
        }
        post_acknowledged(weft.addresses(), Page::new(43).clicks(2)).await;
        post_otlp(weft.addresses(), self.server()).await;
        let spans = ask("the whole story at the sink", async || {
            let spans = sink.spans();
            (spans.len() == SPANS).then_some(spans)
        })
        .await;
        drop(weft.stop().await);
        sink.assert_nothing_odd();
        spans
    }

    /// Nanoseconds since 1970.
    pub(super) fn began_ns(&self, event: usize) -> u64 {
        self.loaded_ns + BEGAN_NS[event]
    }

    pub(super) fn served_ns(&self, span: usize) -> u64 {
        self.began_ns(SERVED[span].1 as usize) + SERVED[span].2
    }

    /// What the queries call it.
    pub(super) fn places(&self) -> Vec<(&'static str, String)> {
        let (trace, span) = (|number| hex(&self.ids.trace(number)), |number| hex(&self.ids.span(number)));
        vec![
            ("session id", hex(&SESSIONS[1])),
            ("page id of the error", hex(&self.ids.page())),
            ("trace id of the error", trace(ERROR)),
            ("span id of the error", span(ERROR)),
            ("trace id of the click", trace(CLICK)),
            ("span id of the click", span(CLICK)),
        ]
    }

    /// The session in which the page loaded, and that of three weeks later.
    pub(super) fn sessions() -> [String; 2] {
        SESSIONS.map(|id| hex(&id))
    }

    fn batch(&self, events: std::ops::Range<u64>) -> Batch {
        let mut batch = Batch {
            sessions: vec![
                Session { id: SESSIONS[0], previous_id: None, randomness: 7 },
                Session { id: SESSIONS[1], previous_id: Some(SESSIONS[0]), randomness: 7 },
            ],
            page_load: Some(LOAD),
            points: vec![Point { number: LOAD, start_ns: self.began_ns(0) }],
            ..Batch::default()
        };
        for number in events {
            let from = batch.links.len() as u32;
            batch.links.extend(links(number));
            let event = Event {
                number,
                name: batch.strings.intern(NAMES[number as usize]),
                kind: if matches!(number, REQUEST | POLL) { Kind::Client } else { Kind::Internal },
                start_ns: self.began_ns(number as usize),
                duration_ns: if number == REQUEST { 48 * MS } else { 0 },
                session: Some(u32::from(number != LOAD)),
                previous: number.checked_sub(1),
                interaction: (CLICK..=ERROR).contains(&number).then_some(CLICK),
                status: if number == ERROR { Status::Error } else { Status::Unset },
                links: from..batch.links.len() as u32,
                ..Event::default()
            };
            batch.events.push(event);
        }
        batch
    }

    /// The server goes on with the traces of the requests.
    fn server(&self) -> Vec<u8> {
        let mut before = None;
        let spans = SERVED.iter().enumerate().map(|(at, &(name, request, _, duration_ns))| {
            let (start_ns, span_id) = (self.served_ns(at), vec![50 + at as u8; 8]);
            let parent = before.replace((request, span_id.clone())).filter(|(of, _)| *of == request);
            Span {
                trace_id: self.ids.trace(request).to_vec(),
                parent_span_id: parent
                    .map_or_else(|| self.ids.span(request).to_vec(), |(_, span_id)| span_id),
                span_id,
                name: name.to_owned(),
                kind: 2,
                start_time_unix_nano: start_ns,
                end_time_unix_nano: start_ns + duration_ns,
                ..Span::default()
            }
        });
        let name = AnyValue { value: Some(any_value::Value::StringValue("shop-api".to_owned())) };
        let service = KeyValue { key: "service.name".to_owned(), value: Some(name), ..KeyValue::default() };
        let resource = Resource { attributes: vec![service], ..Resource::default() };
        let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
        let resource = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
        ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
    }
}

/// What the SDK says in links: the rest follows from the events.
fn links(number: u64) -> Option<BatchLink> {
    let to = |target, kinds| Some(BatchLink { target: Target::Own(target), kinds, rule: None });
    match number {
        CLICK => to(LOAD, LinkKinds::SESSION),
        REQUEST | ERROR => to(CLICK, LinkKinds::CAUSE),
        _ => None,
    }
}
