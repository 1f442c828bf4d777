//! What OTLP of a server key holds that the map is made of: what backends served, and what pages without our SDK asked for.
//!
//! Of most spans only ids, kind and links are read: these are neither.

use std::sync::Arc;

use weft_proto::{SpanId, TraceId};

use super::{
    address::{Address, short},
    end::{Asked, KnownBy, Led, Request, Route, SeenSpans, Served},
    key::{By, Key, Keyed, Meets},
    page::loaded_by,
    said::{Said, each_pair},
};
use crate::pipeline::decode::{
    Spans, is_browsers_attribute, is_browsers_scope, link_target,
    wire::{Fields, Value, contents},
};

/// `opentelemetry.proto.trace.v1.Span`, in part.
#[derive(Default)]
struct Span<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    parent: SpanId,
    name: &'a [u8],
    kind: u64,
    start_ns: u64,
    end_ns: u64,
    is_error: bool,
    has_links: bool,
    content: &'a [u8],
}

/// Who sent them.
struct Sender {
    service: Arc<str>,
    /// An SDK in a page.
    is_browser: bool,
}

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// Fields of a span.
const ATTRIBUTES: u32 = 9;
const LINKS: u32 = 13;

/// Links of one span that are looked at.
const MOST_LINKS: usize = 3;

/// Reads all spans of a request.
pub(super) fn see(spans: &Spans<'_>, keyed: Keyed) -> SeenSpans {
    let mut seen = SeenSpans::default();
    let mut sender = (usize::MAX, Sender { service: "".into(), is_browser: false });
    for (at, [resource, scope], content) in spans.framed() {
        if sender.0 != at {
            sender = (at, Sender::of(resource, scope));
        }
        let span = Span::of(content);
        let own = keyed.span(&span.trace_id, &span.span_id);
        seen.spans.push(own);
        match (span.kind, sender.1.is_browser) {
            (SERVER, false) => serve(&span, &sender.1, own, keyed, &mut seen),
            (_, true) => of_page(&span, own, keyed, &mut seen),
            _ => {}
        }
        for target in span.links().take(MOST_LINKS) {
            let (trace_id, span_id) = target;
            seen.led.push(Led {
                kind: "of a span".into(),
                target: keyed.span(&trace_id, &span_id),
                trace_id,
            });
        }
    }
    seen
}

fn serve(span: &Span<'_>, by: &Sender, own: Key, keyed: Keyed, seen: &mut SeenSpans) {
    let said = Said::of(contents(span.content, ATTRIBUTES));
    let parent = (span.parent != [0; 8]).then(|| keyed.span(&span.trace_id, &span.parent));
    let mut meets = Meets::default();
    parent.iter().for_each(|parent| meets.add(By::Traceparent, *parent));
    // Whom it calls may get the id too, and has it as its parent.
    for id in said.request_ids.iter().flatten().filter(|_| parent.is_none()) {
        meets.add(By::RequestId, keyed.text("request id", id));
    }
    for (trace_id, span_id) in span.links().take(1) {
        meets.add(By::Link, keyed.span(&trace_id, &span_id));
    }
    meets.add(By::Document, own);
    let trace = keyed.trace(&span.trace_id);
    if parent.is_none() {
        meets.add(By::Document, trace);
    }
    meets.add(By::Trace, trace);
    let served = Served {
        service: Arc::clone(&by.service),
        name: short(&String::from_utf8_lossy(span.name)),
        trace_id: span.trace_id,
        parent,
        is_error: span.is_error,
        took_ns: span.took_ns(),
        is_joined: false,
        shares_trace: false,
    };
    seen.served.push((meets, served));
}

fn of_page(span: &Span<'_>, own: Key, keyed: Keyed, seen: &mut SeenSpans) {
    let is_load = span.name == b"documentLoad";
    if span.kind != CLIENT && !is_load {
        return;
    }
    let said = Said::of(contents(span.content, ATTRIBUTES));
    let Some(address) = said.url.and_then(Address::of) else { return };
    let session = said.session.map(|session| loaded_by(keyed, session));
    if is_load {
        let route =
            Route { path: address.path.clone(), origin: address.origin.clone(), known_by: KnownBy::Session };
        seen.routes.extend(session.map(|session| (session, route)));
        // It is in the trace that rendered its document, where the document says so.
        if span.parent != [0; 8] {
            rendered(span, address, session, keyed, seen);
        }
        return;
    }
    let Some(method) = said.method else { return };
    let document = said.document.and_then(Address::of).map(|Address { origin, path, .. }| {
        (
            keyed.text("document", &format!("{origin}{path}")),
            Route { path, origin, known_by: KnownBy::Document },
        )
    });
    let place = document.as_ref().map(|(place, _)| *place).or(session);
    seen.routes.extend(document);
    let mut meets = Meets::default();
    meets.add(By::Traceparent, own);
    for id in said.request_ids.iter().flatten() {
        meets.add(By::RequestId, keyed.text("request id", id));
    }
    meets.add(By::Link, own);
    meets.add(By::Trace, keyed.trace(&span.trace_id));
    let is_answered = said.is_answered;
    let asked = asked(span, method, address, place, is_answered);
    seen.asked.push((meets, asked));
}

fn rendered(span: &Span<'_>, address: Address, place: Option<Key>, keyed: Keyed, seen: &mut SeenSpans) {
    let (target, trace) = (keyed.span(&span.trace_id, &span.parent), keyed.trace(&span.trace_id));
    let mut meets = Meets::default();
    meets.add(By::Document, target);
    meets.add(By::Document, trace);
    let led = Led { kind: "server".into(), target, trace_id: span.trace_id };
    let asked = Asked { rendered_by: Some(led), took_ns: None, ..asked(span, "GET", address, place, true) };
    seen.asked.push((meets, asked));
}

fn asked(span: &Span<'_>, method: &str, address: Address, place: Option<Key>, is_answered: bool) -> Asked {
    let Address { origin, host, path } = address;
    Asked {
        request: Request { method: short(method), host, path },
        origin,
        place,
        trace_id: span.trace_id,
        is_error: span.is_error,
        took_ns: Some(span.took_ns()),
        is_answered,
        is_late: false,
        rendered_by: None,
        is_joined: false,
        shares_trace: false,
    }
}

impl Sender {
    /// From a `ResourceSpans`, whose resource is field 1, and a `ScopeSpans`, whose scope is.
    fn of(resource: &[u8], scope: &[u8]) -> Self {
        let mut scopes = contents(scope, 1).flat_map(|scope| contents(scope, 1));
        let (mut service, mut is_browser) = (None, scopes.any(is_browsers_scope));
        for resource in contents(resource, 1) {
            each_pair(contents(resource, 1), |name, text| match name {
                "service.name" => service = text,
                _ => is_browser |= is_browsers_attribute(name, text),
            });
        }
        Self { service: short(service.unwrap_or("unknown_service")).into(), is_browser }
    }
}

impl<'a> Span<'a> {
    /// Of a span that has passed the strict check: what is not there is read as empty.
    fn of(content: &'a [u8]) -> Self {
        let mut span = Self { content, ..Self::default() };
        for field in Fields::of(content).flatten() {
            match (field.tag, field.value) {
                (1, Value::Bytes(id)) => span.trace_id = id.try_into().unwrap_or_default(),
                (2, Value::Bytes(id)) => span.span_id = id.try_into().unwrap_or_default(),
                (4, Value::Bytes(id)) => span.parent = id.try_into().unwrap_or_default(),
                (5, Value::Bytes(name)) => span.name = name,
                (6, Value::Varint(kind)) => span.kind = kind,
                (7, Value::Fixed64(start_ns)) => span.start_ns = start_ns,
                (8, Value::Fixed64(end_ns)) => span.end_ns = end_ns,
                (LINKS, _) => span.has_links = true,
                (15, Value::Bytes(status)) => span.is_error = is_error(status),
                _ => {}
            }
        }
        span
    }

    fn took_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    fn links(&self) -> impl Iterator<Item = (TraceId, SpanId)> {
        let content = if self.has_links { self.content } else { &[] };
        contents(content, LINKS).map(link_target).map(|(trace_id, span_id)| {
            (trace_id.try_into().unwrap_or_default(), span_id.try_into().unwrap_or_default())
        })
    }
}

/// `Status.code` is field 3, and 2 is an error.
fn is_error(status: &[u8]) -> bool {
    Fields::of(status).flatten().any(|field| (field.tag, field.value) == (3, Value::Varint(2)))
}
