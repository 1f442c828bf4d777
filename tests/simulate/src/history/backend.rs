//! The backends behind the pages: most go on with the trace that a request carries; some know only its id.

use std::{collections::BTreeMap, sync::Arc};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use support::random::Random;
use weft_proto::SpanId;

use super::{Body, History};
use crate::{
    network::SECOND,
    truth::{HAS_CACHED_HTML, Id, Source},
};

const INTERNAL: i32 = 1;
const SERVER: i32 = 2;

/// How often a stock SDK exports.
pub(super) const EXPORT_EVERY: u64 = 5 * SECOND;

/// Spans of a stock SDK's request at most.
const MOST: usize = 512;

/// All backends, whose spans are exported every few seconds, whoever they were about.
#[derive(Default)]
pub(super) struct Backend {
    /// By when they are exported.
    spans: BTreeMap<u64, Vec<Span>>,
    /// What rendered the page that caches give to everybody.
    cached: Option<Id>,
}

impl Backend {
    /// A backend answers `request`, whose id is `name`. `is_kept`: what its headers say of the page, which a backend that
    /// goes on with the trace does as well.
    pub(super) fn serve(
        history: &mut History,
        random: &mut Random,
        request: Id,
        at_ms: u64,
        name: &str,
        is_kept: bool,
    ) {
        let shares_trace = !random.once_in(3);
        if shares_trace && !is_kept {
            return;
        }
        let start = at_ms + 5 + random.below(20);
        let mut span = span(random, "POST /api/cart", SERVER, start, 60);
        let names = ArrayValue { values: vec![text(name)] };
        span.attributes = vec![
            pair("http.request.method", text("POST")),
            pair("http.request.header.x-request-id", AnyValue { value: Some(Value::ArrayValue(names)) }),
        ];
        if shares_trace {
            (span.trace_id, span.parent_span_id) = (request.0.to_vec(), request.1.to_vec());
        }
        let id = id_of(&span);
        history.truth.happened(id, Source::Backend);
        if !shares_trace && is_kept {
            history.truth.served.insert((id.1, request.1));
        }
        let query = inside(random, &span, "SELECT cart", start + 4);
        history.truth.happened(id_of(&query), Source::Backend);
        history.backend.ends(start, [query, span]);
    }

    /// A backend renders a page just before `at_ms`, and the page says in which trace; or a cache gives what was rendered
    /// once, and nobody should believe what it says. `None`: the page says nothing.
    pub(super) fn render(
        history: &mut History,
        random: &mut Random,
        at_ms: u64,
    ) -> Option<(&'static str, Id)> {
        let is_cached = HAS_CACHED_HTML && random.once_in(5);
        if is_cached && let Some(id) = history.backend.cached {
            return Some(("", id));
        }
        if random.once_in(2) {
            return None;
        }
        let rendered = span(random, "GET /", SERVER, at_ms.saturating_sub(150), 40);
        let id = id_of(&rendered);
        history.truth.happened(id, Source::Backend);
        history.backend.ends(at_ms, [rendered]);
        if is_cached {
            history.backend.cached = Some(id);
            history.truth.cached.insert(id.1);
        }
        Some((if is_cached { "" } else { "server" }, id))
    }

    fn ends<const N: usize>(&mut self, at_ms: u64, spans: [Span; N]) {
        let exported = (at_ms / EXPORT_EVERY + 1) * EXPORT_EVERY;
        self.spans.entry(exported).or_default().extend(spans);
    }

    /// Every few seconds, what there is.
    pub(super) fn send(history: &mut History, random: &mut Random) {
        for (at_ms, spans) in std::mem::take(&mut history.backend.spans) {
            for spans in spans.chunks(MOST) {
                history.send(random, at_ms, otlp("shop-api", spans), ids_of(spans));
            }
        }
    }
}

/// A span of a stock SDK: a root, in a trace of its own.
pub(super) fn span(random: &mut Random, name: &str, kind: i32, start_ms: u64, lasts_ms: u64) -> Span {
    Span {
        trace_id: random.bytes::<16>().to_vec(),
        span_id: random.bytes::<8>().to_vec(),
        name: name.to_owned(),
        kind,
        start_time_unix_nano: start_ms * 1_000_000,
        end_time_unix_nano: (start_ms + lasts_ms) * 1_000_000,
        ..Span::default()
    }
}

/// A span inside another.
pub(super) fn inside(random: &mut Random, parent: &Span, name: &str, start_ms: u64) -> Span {
    let trace_id = parent.trace_id.clone();
    let inner = span(random, name, INTERNAL, start_ms, 2);
    Span { trace_id, parent_span_id: parent.span_id.clone(), ..inner }
}

pub(super) fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(Value::StringValue(text.to_owned())) }
}

pub(super) fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// A request of these spans.
pub(super) fn otlp(service: &str, spans: &[Span]) -> Body {
    by_scope(service, InstrumentationScope::default(), spans)
}

/// A request of these spans, as a page that names its service sends it: only its instrumentation says what it is.
pub(super) fn by_instrumentation(service: &str, name: &str, spans: &[Span]) -> Body {
    by_scope(
        service,
        InstrumentationScope { name: name.to_owned(), ..InstrumentationScope::default() },
        spans,
    )
}

fn by_scope(service: &str, scope: InstrumentationScope, spans: &[Span]) -> Body {
    let resource =
        Some(Resource { attributes: vec![pair("service.name", text(service))], ..Resource::default() });
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans: spans.to_vec(), ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    Body::Otlp(Arc::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec()))
}

pub(super) fn ids_of(spans: &[Span]) -> Vec<SpanId> {
    spans.iter().map(|span| id_of(span).1).collect()
}

pub(super) fn id_of(span: &Span) -> Id {
    let trace = span.trace_id.as_slice().try_into().unwrap_or_default();
    (trace, span.span_id.as_slice().try_into().unwrap_or_default())
}
