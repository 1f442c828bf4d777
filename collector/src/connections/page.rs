//! What a batch of a page holds that the map is made of: its requests, the routes it showed, and what rendered it.
//!
//! Ids are derived for requests only, which costs as much as all of the rest. Links from page to page lead to events that may
//! be weeks old: nothing could be said of them anyway.

use weft_proto::{Batch, Event, Head, Ids, Kind, LinkKinds, SpanId, StrId, Target, TraceId, Value};

use super::{
    address::{Address, short},
    end::{Asked, KnownBy, Led, Request, Route},
    key::{By, Key, Keyed, Meets},
    map::Map,
};
use crate::pipeline::{link::start_ns, spool::Intervals};

/// A batch as it was accepted.
pub(super) struct Told<'a> {
    pub(super) keyed: Keyed,
    pub(super) receive_time_ms: u64,
    /// `weft.page.id`.
    pub(super) page: &'a [u8],
    pub(super) skew_ms: Option<i64>,
    pub(super) head: &'a Head,
    pub(super) batch: &'a Batch,
    pub(super) taken: &'a Intervals,
    pub(super) names: Names,
}

/// What the map asks of events, by its place among the strings of their batch.
pub(super) struct Names {
    url: Option<StrId>,
    method: Option<StrId>,
    status: Option<StrId>,
    request_ids: [Option<StrId>; 2],
}

impl Names {
    pub(super) fn of(batch: &Batch) -> Self {
        let find = |name: &str| batch.strings.iter().find(|(_, text)| *text == name).map(|(id, _)| id);
        Self {
            url: find("url.full"),
            method: find("http.request.method"),
            status: find("http.response.status_code"),
            request_ids: REQUEST_IDS.map(find),
        }
    }
}

/// What names a request, as a page sends it.
pub(super) const REQUEST_IDS: [&str; 2] =
    ["http.request.header.x-request-id", "http.response.header.x-request-id"];

/// Routes of one batch. More are nobody's: a person opens few views between two batches.
const MOST_ROUTES: usize = 50;

/// An end that had ended so long before it came is of another day: a page was offline.
const LATE_MS: u64 = 5 * 60 * 1_000;

impl Told<'_> {
    /// Puts all of it on the map. Routes first: what was asked for there may be in the same batch.
    pub(super) fn onto(&self, map: &mut Map) {
        let here = self.batch.events.iter();
        let here: Vec<_> =
            here.filter(|event| event.open.is_none() && self.taken.contains(event.number)).collect();
        let is_route = |event: &&&Event| self.batch.strings.get(event.name).starts_with("browser.navigation");
        for event in here.iter().filter(is_route).take(MOST_ROUTES) {
            if let Some(Address { origin, path, .. }) = self.url_of(event) {
                let route = Route { path, origin, known_by: KnownBy::View };
                map.route(self.keyed.view(self.page, event.number), route);
            }
        }
        let ids = Ids::new(self.head.seed);
        for event in here {
            if event.kind == Kind::Client
                && let Some(asked) = self.asked(event)
            {
                self.ask(asked, (ids.trace(event.root()), ids.span(event.number)), event, map);
            }
            // A document was rendered once, and only its load says so.
            let is_load = self.batch.page_load == Some(event.number);
            let links = self.batch.links_of(event).iter().filter(|_| is_load);
            if let Some(link) = links.into_iter().find(|link| link.kinds.contains(LinkKinds::SERVER))
                && let (Target::Foreign(trace, span), Some(address)) = (link.target, self.url_of(event))
            {
                self.rendered(event, address, (trace, span), map);
            }
        }
    }

    fn ask(&self, asked: Asked, (trace_id, span): (TraceId, SpanId), event: &Event, map: &mut Map) {
        let own = self.keyed.span(&trace_id, &span);
        map.pass(own, self.receive_time_ms);
        let mut meets = Meets::default();
        meets.add(By::Traceparent, own);
        for id in self.names.request_ids.iter().filter_map(|name| self.text_of(event, *name)) {
            meets.add(By::RequestId, self.keyed.text("request id", id));
        }
        meets.add(By::Link, own);
        meets.add(By::Trace, self.keyed.trace(&trace_id));
        map.ask(self.receive_time_ms, meets, Asked { trace_id, ..asked });
    }

    /// A document that says what rendered it.
    fn rendered(&self, event: &Event, address: Address, (trace_id, span): (TraceId, SpanId), map: &mut Map) {
        let led = Led { kind: "server".into(), target: self.keyed.span(&trace_id, &span), trace_id };
        let mut meets = Meets::default();
        meets.add(By::Document, led.target);
        meets.add(By::Document, self.keyed.trace(&trace_id));
        let asked = Asked {
            place: Some(self.keyed.view(self.page, event.number)),
            trace_id,
            rendered_by: Some(led),
            took_ns: None,
            ..self.asked_of("GET", address, event)
        };
        map.ask(self.receive_time_ms, meets, asked);
    }

    /// Resources have no method: no page can join them to anything.
    fn asked(&self, event: &Event) -> Option<Asked> {
        let method = self.text_of(event, self.names.method)?;
        Some(self.asked_of(method, self.url_of(event)?, event))
    }

    fn asked_of(&self, method: &str, Address { origin, host, path }: Address, event: &Event) -> Asked {
        let view = event.view.or(self.batch.page_load);
        let ended_ms = start_ns(event, self.skew_ms).saturating_add(event.duration_ns) / 1_000_000;
        Asked {
            request: Request { method: short(method), host, path },
            origin,
            place: view.map(|view| self.keyed.view(self.page, view)),
            trace_id: [0; 16],
            is_error: event.status == weft_proto::Status::Error,
            took_ns: Some(event.duration_ns),
            is_answered: self.value_of(event, self.names.status).is_some(),
            is_late: self.receive_time_ms.saturating_sub(ended_ms) > LATE_MS,
            rendered_by: None,
            is_joined: false,
            shares_trace: false,
        }
    }

    fn url_of(&self, event: &Event) -> Option<Address> {
        Address::of(self.text_of(event, self.names.url)?)
    }

    fn text_of(&self, event: &Event, name: Option<StrId>) -> Option<&str> {
        let text = |id: &StrId| Some(self.batch.strings.get(*id)).filter(|text| !text.is_empty());
        match self.value_of(event, name)? {
            Value::Text(id) => text(id),
            // Headers are lists, by convention.
            Value::List(values) => values.iter().find_map(|value| match value {
                Value::Text(id) => text(id),
                _ => None,
            }),
            _ => None,
        }
    }

    fn value_of(&self, event: &Event, name: Option<StrId>) -> Option<&Value> {
        let name = name?;
        let mut attributes = self.batch.attributes_of(event).iter();
        attributes.find(|attribute| attribute.key == name).map(|attribute| &attribute.value)
    }
}

/// What a session has loaded last.
pub(super) fn loaded_by(keyed: Keyed, session: &str) -> Key {
    keyed.text("session", session)
}
