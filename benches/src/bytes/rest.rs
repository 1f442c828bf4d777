//! What spans and resources of other SDKs say beyond events of ours: fields, as values under keys that begin with U+0001, and
//! in the end whatever has no such form as the protobuf it was.

use opentelemetry_proto::tonic::{
    common::v1::KeyValueList,
    trace::v1::{Span, span},
};
use prost::Message;
use weft_proto::{Attribute, Batch, Event, Kind, Status, Strings, Value, limits};

use super::{
    fields::{self, FIELD},
    json::{One, Recorded, USUAL_FLAGS},
    ours,
    page::{Page, Place},
};

/// Attributes of a resource, and what else is said of it.
pub(super) fn resource(recorded: &Recorded, at: usize, batch: &mut Batch) {
    let Some((resource, schema, _)) = recorded.resources.get(at) else { return };
    let mut rest = resource.clone();
    let known = fields::attributes(&resource.attributes, &mut batch.strings);
    let mut all = known.unwrap_or_default();
    if all.len() == resource.attributes.len() {
        rest.attributes.clear();
    }
    let mut field = Fields { to: &mut all, strings: &mut batch.strings };
    field.text("schema", schema);
    field.bytes("rest", &rest.encode_to_vec());
    batch.resource = all;
}

/// One span as an event of the batch.
pub(super) fn event(recorded: &Recorded, page: &Page, place: &Place, one: &One, batch: &mut Batch) {
    let mut rest = one.span.clone();
    let mut event = Event {
        number: place.number,
        start_ns: rest.start_time_unix_nano,
        trace: place.trace,
        ..Event::default()
    };
    ours::renumbered(&mut rest.attributes, &page.ids, &page.by_span);
    if let Some(placed) = ours::placed(&one.span, page) {
        ours::take(&mut rest, placed, page, batch, &mut event);
    }
    let known = fields::attributes(&rest.attributes, &mut batch.strings);
    let mut all = known.unwrap_or_default();
    if all.len() == rest.attributes.len() {
        rest.attributes.clear();
    }
    let mut field = Fields { to: &mut all, strings: &mut batch.strings };
    scope(recorded, one.scope, &mut field);
    ids(place, &mut rest, &mut field);
    lists(page, place, &mut rest, &mut field);
    let message = rest.status.as_mut().map(|status| std::mem::take(&mut status.message)).unwrap_or_default();
    field.text("status", &message);
    let status = rest.status.take().and_then(|status| u32::try_from(status.code).ok()).map(Status::from_otlp);
    let kind = u32::try_from(std::mem::take(&mut rest.kind)).ok().and_then(Kind::from_otlp);
    field.text("tracestate", &std::mem::take(&mut rest.trace_state));
    if rest.flags != if event.session.is_some() { ours::FLAGS } else { USUAL_FLAGS } {
        field.int("flags", rest.flags.into());
    }
    rest.flags = 0;
    let start = std::mem::take(&mut rest.start_time_unix_nano);
    let end = std::mem::take(&mut rest.end_time_unix_nano);
    let duration = end.checked_sub(start);
    if duration.is_none() {
        field.int("end", end as i64);
    }
    if let (None, _) | (_, Some(None)) = (kind, status) {
        field.int("kind", one.span.kind.into());
        field.int("code", one.span.status.as_ref().map_or(0, |status| status.code).into());
    }
    let name = Some(std::mem::take(&mut rest.name)).filter(|name| name.len() <= limits::MAX_NAME_BYTES);
    if name.is_none() {
        rest.name.clone_from(&one.span.name);
    }
    field.bytes("rest", &rest.encode_to_vec());
    let attributes = batch.attributes.len() as u32;
    batch.attributes.append(&mut all);
    batch.events.push(Event {
        name: batch.strings.intern(&name.unwrap_or_default()),
        kind: kind.unwrap_or_default(),
        duration_ns: duration.unwrap_or(0),
        status: status.flatten().unwrap_or_default(),
        attributes: attributes..batch.attributes.len() as u32,
        ..event
    });
}

fn scope(recorded: &Recorded, at: usize, field: &mut Fields<'_>) {
    let Some((scope, schema, _)) = recorded.scopes.get(at) else { return };
    let mut rest = scope.clone();
    field.text("scope", &std::mem::take(&mut rest.name));
    field.text("scope.version", &std::mem::take(&mut rest.version));
    field.text("scope.schema", schema);
    field.bytes("scope.rest", &rest.encode_to_vec());
}

fn ids(place: &Place, rest: &mut Span, field: &mut Fields<'_>) {
    let [trace, span, parent] =
        [&mut rest.trace_id, &mut rest.span_id, &mut rest.parent_span_id].map(std::mem::take);
    let raw = [
        (place.trace_is_raw, "trace", trace),
        (place.own_is_raw, "span", span),
        (place.parent_is_raw, "parent", parent),
    ];
    for (is_raw, key, id) in raw {
        if is_raw {
            field.push(key, Value::Bytes(id.into()));
        }
    }
}

/// Span events and links, where values can say them.
fn lists(page: &Page, place: &Place, rest: &mut Span, field: &mut Fields<'_>) {
    let start = rest.start_time_unix_nano;
    let events = rest.events.iter().map(|event| event_value(event, start, field.strings));
    if let Some(events) = events.collect::<Option<Vec<_>>>()
        && !events.is_empty()
    {
        rest.events.clear();
        field.push("events", Value::List(events.into()));
    }
    let links = std::mem::take(&mut rest.links);
    if !links.is_empty() {
        let links: Vec<_> =
            links.iter().map(|link| link_value(link, page, place.number, field.strings)).collect();
        field.push("links", Value::List(links.into()));
    }
}

/// Name, time since the start, and where there are any: attributes, count of dropped ones.
fn event_value(event: &span::Event, start: u64, strings: &mut Strings) -> Option<Value> {
    let name = (event.name.len() <= limits::MAX_TEXT_BYTES).then(|| strings.intern(&event.name))?;
    let since = event.time_unix_nano.wrapping_sub(start) as i64;
    let mut parts = vec![Value::Text(name), Value::Int(since)];
    if !event.attributes.is_empty() || event.dropped_attributes_count > 0 {
        parts.push(fields::map(&event.attributes, strings, 2)?);
    }
    if event.dropped_attributes_count > 0 {
        parts.push(Value::Int(event.dropped_attributes_count.into()));
    }
    Some(Value::List(parts.into()))
}

/// Target, attributes, flags beyond the usual ones, and where there are any: tracestate, count of dropped attributes. Always as
/// values: what a link points to is renumbered.
fn link_value(link: &span::Link, page: &Page, number: u64, strings: &mut Strings) -> Value {
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec().into());
    let target = match page.number_of(&link.trace_id, &link.span_id) {
        Some(target) => Value::Int(number.wrapping_sub(target) as i64),
        None => Value::List(vec![bytes(&link.trace_id), bytes(&link.span_id)].into()),
    };
    let attributes = fields::map(&link.attributes, strings, 2)
        .unwrap_or_else(|| bytes(&KeyValueList { values: link.attributes.clone() }.encode_to_vec()));
    let flags = i64::from(link.flags) - i64::from(USUAL_FLAGS);
    let mut parts = vec![target, attributes, Value::Int(flags)];
    if !link.trace_state.is_empty() || link.dropped_attributes_count > 0 {
        parts.extend([bytes(link.trace_state.as_bytes()), Value::Int(link.dropped_attributes_count.into())]);
    }
    Value::List(parts.into())
}

/// Where fields go.
struct Fields<'a> {
    to: &'a mut Vec<Attribute>,
    strings: &'a mut Strings,
}

impl Fields<'_> {
    fn push(&mut self, key: &str, value: Value) {
        self.to.push(Attribute { key: self.strings.intern(&format!("{FIELD}{key}")), value });
    }

    fn int(&mut self, key: &str, value: i64) {
        self.push(key, Value::Int(value));
    }

    /// Text, unless there is none; too long a one as its bytes.
    fn text(&mut self, key: &str, text: &str) {
        if text.len() > limits::MAX_TEXT_BYTES {
            self.bytes(key, text.as_bytes());
        } else if !text.is_empty() {
            let id = self.strings.intern(text);
            self.push(key, Value::Text(id));
        }
    }

    fn bytes(&mut self, key: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.push(key, Value::Bytes(bytes.to_vec().into()));
        }
    }
}
