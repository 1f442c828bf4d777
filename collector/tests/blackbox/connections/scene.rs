//! A collector whose time the test owns, pages that ask, and backends that serve.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::Link as SpanLink},
};
use prost::Message;
use serde_json::Value as Json;
use tempfile::TempDir;
use weft_collector::clock::{Clock, OwnedClock};
use weft_proto::{Attribute, Batch, Event, Ids, Kind, Link, LinkKinds, Point, Seed, Target, Value};

use crate::support::{ORIGIN, Page, Sink, Weft};

/// Longer than anything is waited for.
const LONG_MS: i64 = 11 * 60 * 1_000;

pub(super) struct Scene {
    pub(super) weft: Weft,
    clock: Clock,
    owned: OwnedClock,
    _sink: Sink,
}

impl Scene {
    /// One that has run for a while: what comes now belongs to nothing that came before it.
    pub(super) async fn start(more: &str) -> Self {
        let (clock, owned) = Clock::owned();
        let sink = Sink::start(&[]).await;
        let more = format!("[linker]\nsessions = false\n{more}");
        let weft = Weft::start_at(clock.clone(), TempDir::new().unwrap(), &[&sink], &more).await;
        let scene = Self { weft, clock, owned, _sink: sink };
        scene.spans("first", &[Span { kind: 1, ..span(255, 255) }]).await;
        scene.owned.advance_ms(LONG_MS);
        scene
    }

    /// Nothing that came until now is waited for any more.
    pub(super) async fn pass(&self) {
        // What is looked at now has come by now.
        self.shown("shop").await;
        self.owned.advance_ms(LONG_MS);
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.wall_ms()
    }

    /// Backends, or pages without our SDK, send these.
    pub(super) async fn spans(&self, service: &str, spans: &[Span]) {
        self.spans_of(&[text("service.name", service)], spans).await;
    }

    pub(super) async fn spans_of(&self, resource: &[KeyValue], spans: &[Span]) {
        let answer = self.weft.server().body(export(resource, spans)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    pub(super) async fn map(&self) -> Json {
        let (status, text) = self.weft.admin("/api/connections").await;
        assert_eq!(status, 200);
        serde_json::from_str(&text).unwrap()
    }

    /// The map of one application.
    pub(super) async fn shown(&self, application: &str) -> Json {
        self.map().await["applications"][application].take()
    }

    /// Every connection as `route → method host path → service`, how often, and by what.
    pub(super) async fn connections(&self) -> Vec<(String, u64, Json)> {
        let map = self.shown("shop").await;
        let rows = map["connections"].as_array().unwrap().iter();
        rows.map(|row| {
            (format!("{} → {}", asked(row), string(&row["service"])), count(row), row["joined_by"].clone())
        })
        .collect()
    }

    /// Rows of a list of what is not connected.
    pub(super) async fn lone(&self, list: &str) -> Vec<Json> {
        self.shown("shop").await["unconnected"][list].as_array().unwrap().clone()
    }
}

pub(super) fn string(value: &Json) -> &str {
    value.as_str().unwrap()
}

pub(super) fn count(row: &Json) -> u64 {
    row["count"].as_u64().unwrap()
}

/// `route → method host path`.
pub(super) fn asked(row: &Json) -> String {
    let route = row["route"]["path"].as_str().unwrap_or("?");
    let request = &row["request"];
    let [method, host, path] = ["method", "host", "path"].map(|part| string(&request[part]));
    format!("{route} → {method} {host}{path}")
}

/// What a page records, until it is sealed.
pub(super) struct Visit {
    page: Page,
    batch: Batch,
    at_ms: u64,
}

impl Visit {
    pub(super) fn new(id: u8, at_ms: u64) -> Self {
        Self { page: Page(Seed([id; 16])), batch: Batch { page_load: Some(0), ..Batch::default() }, at_ms }
    }

    /// Event 0: the page was loaded at this path of its origin.
    pub(super) fn load(mut self, path: &str) -> Self {
        let url = format!("{ORIGIN}{path}");
        self.event(0, "browser.navigation_timing", Kind::Internal, &[("url.full", &url)]);
        self
    }

    /// Another view begins.
    pub(super) fn view(mut self, number: u64, path: &str) -> Self {
        let url = format!("{ORIGIN}{path}");
        self.event(number, "browser.navigation", Kind::Internal, &[("url.full", &url)]);
        self
    }

    /// A request in the view that an event began.
    pub(super) fn request(
        mut self,
        number: u64,
        view: u64,
        method: &str,
        url: &str,
        more: &[(&str, &str)],
    ) -> Self {
        let attributes = [&[("http.request.method", method), ("url.full", url)], more].concat();
        self.event(number, method, Kind::Client, &attributes);
        if let Some(event) = self.batch.events.last_mut() {
            event.view = Some(view);
        }
        self
    }

    /// The last event took so long.
    pub(super) fn took_ms(mut self, ms: u64) -> Self {
        if let Some(event) = self.batch.events.last_mut() {
            event.duration_ns = ms * 1_000_000;
        }
        self
    }

    /// The last event leads elsewhere.
    pub(super) fn leads(mut self, kinds: LinkKinds, trace: u8, span: u8) -> Self {
        let target = Target::Foreign([trace; 16], [span; 8]);
        self.batch.links.push(Link { target, kinds, rule: None });
        if let Some(event) = self.batch.events.last_mut() {
            event.links = self.batch.links.len() as u32 - 1..self.batch.links.len() as u32;
        }
        self
    }

    fn event(&mut self, number: u64, name: &str, kind: Kind, attributes: &[(&str, &str)]) {
        let batch = &mut self.batch;
        let name = batch.strings.intern(name);
        let first = batch.attributes.len() as u32;
        for (key, value) in attributes {
            let key = batch.strings.intern(key);
            let value = value.parse().map_or_else(|_| Value::Text(batch.strings.intern(value)), Value::Int);
            batch.attributes.push(Attribute { key, value });
        }
        let attributes = first..batch.attributes.len() as u32;
        let start_ns = self.at_ms * 1_000_000;
        batch.events.push(Event { number, name, kind, start_ns, attributes, ..Event::default() });
    }

    pub(super) fn sealed(&self) -> Vec<u8> {
        let mut batch = self.batch.clone();
        if batch.start_of(0).is_none() {
            batch.points.push(Point { number: 0, start_ns: self.at_ms * 1_000_000 });
        }
        self.page.seal(&batch)
    }

    pub(super) async fn send(&self, scene: &Scene) {
        scene.weft.acknowledged(self.sealed()).await;
    }

    /// Trace and span of an event that is a root.
    pub(super) fn ids(&self, number: u64) -> (Vec<u8>, Vec<u8>) {
        let ids = Ids::new(self.page.0);
        (ids.trace(number).to_vec(), ids.span(number).to_vec())
    }

    /// A backend serves what an event asked for, and was told of it.
    pub(super) fn served(&self, number: u64, id: u8) -> Span {
        let (trace_id, parent_span_id) = self.ids(number);
        Span { trace_id, parent_span_id, kind: SERVER, ..span(0, id) }
    }
}

pub(super) const SERVER: i32 = 2;
pub(super) const CLIENT: i32 = 3;

/// A root.
pub(super) fn span(trace: u8, id: u8) -> Span {
    Span { trace_id: vec![trace; 16], span_id: vec![id; 8], name: "GET /".to_owned(), ..Span::default() }
}

/// It took so long.
pub(super) fn took_ms(span: Span, ms: u64) -> Span {
    Span { end_time_unix_nano: span.start_time_unix_nano + ms * 1_000_000, ..span }
}

/// A backend serves somebody that it knows nothing of.
pub(super) fn served(trace: u8, id: u8) -> Span {
    Span { kind: SERVER, ..span(trace, id) }
}

pub(super) fn failed(span: Span) -> Span {
    Span { status: Some(Status { code: 2, ..Status::default() }), ..span }
}

pub(super) fn under(span: Span, parent: u8) -> Span {
    Span { parent_span_id: vec![parent; 8], ..span }
}

pub(super) fn linked(mut span: Span, (trace_id, span_id): (Vec<u8>, Vec<u8>)) -> Span {
    span.links.push(SpanLink { trace_id, span_id, ..SpanLink::default() });
    span
}

pub(super) fn with(mut span: Span, attributes: &[KeyValue]) -> Span {
    span.attributes.extend_from_slice(attributes);
    span
}

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Any::StringValue(value.to_owned()))
}

/// As instrumentations write captured headers.
pub(super) fn list(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Any::StringValue(value.to_owned())) };
    pair(key, Any::ArrayValue(ArrayValue { values: vec![value] }))
}

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

pub(super) fn export(resource: &[KeyValue], spans: &[Span]) -> Vec<u8> {
    let resource = Some(Resource { attributes: resource.to_vec(), ..Resource::default() });
    let scope_spans = vec![ScopeSpans { spans: spans.to_vec(), ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}
