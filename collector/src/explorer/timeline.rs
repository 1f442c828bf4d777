//! One session as it is drawn: its lanes, events, what links to what, what has not ended, what was not seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Link},
};
use serde_json::{Value as Json, json};

use super::{
    Explorer,
    event::{End, Event, end, kinds, number, text, texts, value},
    lanes::Lanes,
    search::{not_seen, summary},
    session::Session,
    store::Store,
    together::{Placed, With},
    words::{is_error, kind, label, short},
};
use crate::{
    config::TRACE_ID,
    pipeline::link::hex,
    sourcemaps::{SourceMaps, symbolicated},
};

/// Links that lead to an event from other sessions, of all events together.
const MOST_ARRIVING: usize = 1_000;

impl Explorer {
    /// A session with all its events. `None`: it is not here.
    pub(super) fn timeline_json(&self, application: &str, id: &str, with: With) -> Option<Json> {
        let kept = self.kept();
        let session = kept.store.session(application, id).filter(|session| !self.is_gone(session))?;
        let placed = self.together(&kept.store, session, with);
        let events: Vec<&Event> = placed.iter().map(|(event, _)| *event).collect();
        let lanes = Lanes::of(session, &events);
        let shown: Vec<_> = placed.iter().map(|placed| shown(*placed, &lanes)).collect();
        let links = links(&kept.store, session, &events);
        let timeline = json!({
            "session": summary(&kept.store, session),
            "lanes": lanes.to_json(),
            "events": shown,
            "links": links,
            "open": open(session, &lanes),
            "holes": holes(&kept.store, session, &events, &lanes),
        });
        Some(timeline)
    }

    /// One event with everything it says, and as OTLP. `None`: it is not here.
    pub(super) fn event_json(
        &self,
        application: &str,
        id: &str,
        wanted: End,
        maps: &SourceMaps,
    ) -> Option<Json> {
        let event = self.event(application, id, wanted)?;
        let span = event.span();
        Some(json!({
            "trace_id": hex(&wanted.0),
            "span_id": hex(&wanted.1),
            "name": span.name,
            "service": event.from.service,
            "attributes": pairs(&span.attributes),
            "stack": stack(&span, maps),
            "resource": pairs(&event.from.resource.attributes),
            "backend_url": self.trace_url.as_ref().map(|url| url.replace(TRACE_ID, &hex(&wanted.0))),
            "otlp": otlp(&event, span),
        }))
    }

    /// One of a session, or of its pages. Whoever takes what comes waits no longer than it takes to find it.
    fn event(&self, application: &str, id: &str, wanted: End) -> Option<Event> {
        let kept = self.kept();
        let session = kept.store.session(application, id).filter(|session| !self.is_gone(session))?;
        let placed = self.together(&kept.store, session, With::ItsPages);
        placed.into_iter().map(|(event, _)| event).find(|event| event.end == wanted).cloned()
    }
}

/// What an error says of where it was thrown, as it was written.
fn stack(span: &Span, maps: &SourceMaps) -> Option<Json> {
    let stack = text(&span.attributes, "exception.stacktrace")?;
    let debug_ids: Vec<&str> = texts(&span.attributes, "weft.debug_ids").collect();
    Some(symbolicated(stack, &debug_ids, maps))
}

fn shown((event, session): Placed<'_>, lanes: &Lanes<'_>) -> Json {
    let span = event.span();
    let attributes = &span.attributes;
    json!({
        "trace_id": hex(&event.end.0),
        "span_id": hex(&event.end.1),
        "parent_id": (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id)),
        "session": session.map(|session| &*session.id),
        "kind": kind(&span),
        "name": short(&span.name),
        "label": label(&span),
        "lane": lanes.of_event(event),
        "start_ms": milliseconds(event.start_ns),
        "duration_ms": milliseconds(span.end_time_unix_nano.saturating_sub(event.start_ns)),
        "is_error": is_error(&span),
        "number": event.number,
        "state": text(attributes, "weft.state"),
        "suspended_ms": number(attributes, "weft.suspended_ms"),
        "jump_ms": number(attributes, "weft.clock.jump_ms"),
        "skew_ms": number(attributes, "weft.clock.skew_ms"),
    })
}

/// What its events link to, and what links to them from elsewhere.
fn links(store: &Store, session: &Session, events: &[&Event]) -> Vec<Json> {
    let application = &session.owner.application;
    let here: BTreeSet<End> = events.iter().map(|event| event.end).collect();
    let mut links = Vec::new();
    for event in events.iter().filter(|event| !event.links.is_empty()) {
        let all = event.span().links;
        links.extend(all.iter().filter_map(|link| declared(store, application, event.end, link)));
    }
    let mut arriving = 0;
    for event in events {
        for from in store.toward(application, event.end).iter().filter(|from| !here.contains(*from)) {
            arriving += 1;
            if arriving > MOST_ARRIVING {
                return links;
            }
            links.extend(from_elsewhere(store, application, *from, event.end));
        }
    }
    links
}

/// A link of an event that lies in another session.
fn from_elsewhere(store: &Store, application: &Arc<str>, from: End, to: End) -> Option<Json> {
    let session = store.place(application, from)??;
    let source = store.session(application, session)?.events.iter().find(|event| event.end == from)?;
    let span = source.span();
    let link = span.links.iter().find(|link| end(&link.trace_id, &link.span_id) == Some(to))?;
    declared(store, application, from, link)
}

fn declared(store: &Store, application: &Arc<str>, from: End, link: &Link) -> Option<Json> {
    let to = end(&link.trace_id, &link.span_id)?;
    let name = |end: End| format!("{}-{}", hex(&end.0), hex(&end.1));
    let is_true = |key: &str| matches!(value(&link.attributes, key), Some(Value::BoolValue(true)));
    let session = |end: End| store.place(application, end).flatten().map(|id| id.to_string());
    Some(json!({
        "from": name(from),
        "to": name(to),
        "kinds": kinds(link).map(short).collect::<Vec<_>>(),
        "is_inferred": is_true("weft.link.inferred"),
        "rule": text(&link.attributes, "weft.link.rule").map(short),
        "is_late": is_true("weft.link.late"),
        "from_session": session(from),
        "to_session": session(to),
    }))
}

fn open(session: &Session, lanes: &Lanes<'_>) -> Vec<Json> {
    let one = |open: &super::open::Open| {
        json!({
            "name": open.name,
            "lane": lanes.of_page(open.page),
            "page": hex(&open.page),
            "number": open.number,
            "start_ms": milliseconds(open.start_ns),
            "seen_ms": milliseconds(open.start_ns.saturating_add(open.lasted_ns)),
            "state": open.state,
        })
    };
    session.open.iter().map(one).collect()
}

/// Where numbers are missing: behind the last event of the page that has a smaller one.
fn holes(store: &Store, session: &Session, events: &[&Event], lanes: &Lanes<'_>) -> Vec<Json> {
    let mut holes = Vec::new();
    for page in not_seen(store, session).keys() {
        let Some(known) = store.known(&session.owner.application, *page) else { continue };
        let of_page = events.iter().filter(|event| event.page == Some(*page));
        let numbered: BTreeMap<u64, u64> =
            of_page.filter_map(|event| Some((event.number?, event.start_ns))).collect();
        for [first, count] in known.gaps(0).to_wire().as_chunks::<2>().0 {
            let Some((_, after_ns)) = numbered.range(..*first).next_back() else { continue };
            holes.push(json!({
                "lane": lanes.of_page(*page),
                "page": hex(page),
                "after_ms": milliseconds(*after_ns),
                "first": first,
                "count": count,
            }));
        }
    }
    holes
}

fn milliseconds(ns: u64) -> f64 {
    (ns / 1_000_000) as f64 + (ns % 1_000_000) as f64 / 1e6
}

/// Attributes as names and values.
fn pairs(attributes: &[KeyValue]) -> Vec<Json> {
    let one = |pair: &KeyValue| json!({ "key": pair.key, "value": plain(pair.value.as_ref().and_then(|value| value.value.as_ref())) });
    attributes.iter().map(one).collect()
}

/// A value as JSON has it. Depth is bounded by whoever decoded it.
fn plain(value: Option<&Value>) -> Json {
    let inner = |value: &opentelemetry_proto::tonic::common::v1::AnyValue| plain(value.value.as_ref());
    match value {
        Some(Value::StringValue(text)) => text.as_str().into(),
        Some(Value::BoolValue(flag)) => (*flag).into(),
        Some(Value::IntValue(int)) => (*int).into(),
        Some(Value::DoubleValue(double)) => (*double).into(),
        Some(Value::BytesValue(bytes)) => hex(bytes).into(),
        Some(Value::ArrayValue(all)) => all.values.iter().map(inner).collect(),
        Some(Value::KvlistValue(all)) => {
            let pairs = all
                .values
                .iter()
                .map(|pair| (pair.key.clone(), pair.value.as_ref().map_or(Json::Null, inner)));
            Json::Object(pairs.collect())
        }
        _ => Json::Null,
    }
}

/// The event alone in a request, as OTLP/JSON.
fn otlp(event: &Event, span: Span) -> Json {
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource = Some(event.from.resource.clone());
    let of_resource = ResourceSpans { resource, scope_spans, schema_url: String::new() };
    let request = ExportTraceServiceRequest { resource_spans: vec![of_resource] };
    serde_json::to_value(request).unwrap_or_default()
}
