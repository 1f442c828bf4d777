//! Linked events → the bytes of an `ExportTraceServiceRequest`, straight from the columns.
//!
//! Field numbers are those of opentelemetry-proto 1.11. Requests of one record each may be put end to end: protobuf
//! reads them as one.

mod attributes;
mod backward;
mod logs;
mod user_agent;

use weft_proto::{LinkKinds, Status, Value};

use self::{
    attributes::{Page, array, key_value, text_pair, value},
    backward::Backward,
};
use crate::pipeline::{
    decode::OVERFLOW,
    link::{FLAGS, Is, Link, Linked, LinkedEvent, claims, start_ns},
    signal::Signal,
};

/// What a record has come to: a whole `Export…ServiceRequest`, and part of a greater one when such parts are put end to
/// end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) signal: Signal,
    pub(crate) bytes: Vec<u8>,
    /// Spans in it, or items of another signal.
    pub(crate) spans: u64,
}

/// `Span.attributes`.
const ATTRIBUTES: u64 = 9;

impl Part {
    /// The spans of a page.
    pub(crate) fn of(mut linked: Linked<'_>) -> Self {
        let events = std::mem::take(&mut linked.events);
        let bytes = nested(Page::new(linked, ATTRIBUTES), &events, span);
        Self { signal: Signal::Traces, bytes, spans: events.len() as u64 }
    }

    /// Moments of a page, as log records; `linked` says what their place is.
    pub(crate) fn of_logs(linked: Linked<'_>, moments: &[LinkedEvent<'_>]) -> Self {
        Self { signal: Signal::Logs, bytes: logs::write(linked, moments), spans: moments.len() as u64 }
    }
}

/// Events in their scope in their resource, which are nested alike in every signal.
fn nested<'a>(
    mut page: Page<'a>,
    events: &[LinkedEvent<'_>],
    write: impl Fn(&mut Backward, &mut Page<'a>, &LinkedEvent<'_>),
) -> Vec<u8> {
    let mut out = Backward::new();
    out.message(1, |out| {
        out.message(2, |out| {
            for event in events.iter().rev() {
                out.message(2, |out| write(out, &mut page, event));
            }
            out.message(1, |out| out.text(1, "@weft/browser"));
        });
        out.message(1, |out| resource(out, &page.linked));
    });
    out.finish()
}

fn span(out: &mut Backward, page: &mut Page<'_>, linked: &LinkedEvent<'_>) {
    let event = linked.event;
    let start = start_ns(event, linked.skew_ms);
    out.fixed32(16, FLAGS);
    if event.status != Status::Unset {
        out.message(15, |out| out.varint(3, event.status as u64));
    }
    unless_zero(out, 14, linked.dropped_links as u64);
    let links = page.linked.links.get(linked.links.clone()).unwrap_or_default();
    for found in links.iter().rev() {
        out.message(13, |out| link(out, found));
    }
    unless_zero(out, 10, page.removed(linked));
    page.attributes(out, linked);
    let lasted = if linked.is == Is::Announcement { 0 } else { event.duration_ns };
    unless_zero_fixed(out, 8, start.saturating_add(lasted));
    unless_zero_fixed(out, 7, start);
    unless_zero(out, 6, event.kind as u64);
    out.text(5, page.name(event));
    if let Some(parent) = event.parent() {
        let span_id = page.linked.ids.span(parent);
        out.bytes(4, &span_id);
    }
    out.text(3, page.trace_state(event));
    out.bytes(2, &linked.span_id);
    out.bytes(1, &linked.trace_id);
}

fn link(out: &mut Backward, link: &Link<'_>) {
    if link.flags != 0 {
        out.fixed32(6, link.flags);
    }
    if let Some(rule) = link.rule {
        text_pair(out, 4, "weft.link.rule", rule);
        key_value(out, 4, "weft.link.inferred", |out| out.varint(2, 1));
    }
    // What only a rule gives a kind to has that of the rule.
    let own = link.name.or(link.rule.filter(|_| link.kinds == LinkKinds::default()));
    let kinds = link.kinds.names().map(|kind: &str| kind).chain(own);
    key_value(out, 4, "weft.link", |out| array(out, kinds));
    out.bytes(2, &link.target.1);
    out.bytes(1, &link.target.0);
}

/// Who sent it: stamped from the key; of what the client says of itself only harmless claims, marked as such.
fn resource(out: &mut Backward, linked: &Linked<'_>) {
    let Linked { record, batch, .. } = linked;
    let stamp = record.stamp.clone().unwrap_or_default();
    let claims = claims(batch).filter_map(|(key, claim)| Some((key, claim?)));
    let claims: Vec<_> = claims.filter(|(_, claim)| !record.leaves_out(claim.key.0)).collect();
    if !claims.is_empty() {
        key_value(out, 1, "weft.resource.claimed", |out| array(out, claims.iter().map(|(key, _)| *key)));
    }
    for (key, claim) in claims.iter().rev() {
        key_value(out, 1, key, |out| match &claim.value {
            Value::Text(text) if record.overflows(claim.key.0, text.0) => out.bytes(1, OVERFLOW.as_bytes()),
            other => value(out, batch, other),
        });
    }
    if let Some(address) = &stamp.client_address {
        text_pair(out, 1, "client.address", address);
    }
    if let Some(agent) = &record.user_agent {
        for (key, said) in user_agent::conventions(agent).rev() {
            text_pair(out, 1, key, said);
        }
        text_pair(out, 1, "user_agent.original", agent);
    }
    text_pair(out, 1, "telemetry.sdk.language", "webjs");
    text_pair(out, 1, "telemetry.sdk.name", "weft");
    if let Some(environment) = &stamp.environment {
        text_pair(out, 1, "deployment.environment.name", environment);
    }
    if let Some(namespace) = &stamp.namespace {
        text_pair(out, 1, "service.namespace", namespace);
    }
    text_pair(out, 1, "service.name", &stamp.service);
}

fn unless_zero(out: &mut Backward, field: u64, value: u64) {
    if value != 0 {
        out.varint(field, value);
    }
}

fn unless_zero_fixed(out: &mut Backward, field: u64, value: u64) {
    if value != 0 {
        out.fixed64(field, value);
    }
}
