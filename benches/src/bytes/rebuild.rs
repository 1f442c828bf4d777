//! Spans from events: what `rest.rs` took apart, put together again.

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValueList},
    resource::v1::Resource,
    trace::v1::{Span, Status, span},
};
use prost::Message;
use weft_proto::{Attribute, Batch, Event, Ids, Seed, Strings, Value};

use super::{
    Back,
    fields::{self, FIELD},
    json::USUAL_FLAGS,
    ours,
};
use crate::Failure;

/// A span that came back, and what it stood in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rebuilt {
    pub(super) span: Span,
    pub(super) resource: (Resource, String),
    pub(super) scope: (InstrumentationScope, String),
}

/// All spans of a batch.
pub(super) fn spans(batch: &Batch, seed: Seed, to: &mut Back) -> Result<(), Failure> {
    let ids = Ids::new(seed);
    let (attributes, said) = Said::of(&batch.resource, &batch.strings);
    let mut resource = Resource::decode(said.bytes("rest").as_slice())?;
    if !attributes.is_empty() {
        resource.attributes = attributes;
    }
    let resource = (resource, said.text("schema"));
    for event in &batch.events {
        let mut one = span(batch, event, &ids)?;
        one.resource = resource.clone();
        if to.insert((seed, event.number), one).is_some() {
            return Err(format!("event {} came twice", event.number).into());
        }
    }
    Ok(())
}

fn span(batch: &Batch, event: &Event, ids: &Ids) -> Result<Rebuilt, Failure> {
    let (attributes, said) = Said::of(batch.attributes_of(event), &batch.strings);
    let mut span = Span::decode(said.bytes("rest").as_slice())?;
    let raw = |key: &str, derived: &[u8]| said.get(key).map_or(derived.to_vec(), |_| said.bytes(key));
    // Where the trace's id is raw, the root has it, and so has everything in the trace.
    span.trace_id = raw("trace", &ids.trace(event.root()));
    span.span_id = raw("span", &ids.span(event.number));
    span.parent_span_id =
        raw("parent", &event.parent().map(|parent| ids.span(parent)).map_or(Vec::new(), Vec::from));
    if span.name.is_empty() {
        span.name = batch.strings.get(event.name).to_owned();
    }
    span.kind = said.int("kind").map_or(event.kind as i32, |kind| kind as i32);
    span.start_time_unix_nano = event.start_ns;
    span.end_time_unix_nano =
        said.int("end").map_or(event.start_ns.wrapping_add(event.duration_ns), |end| end as u64);
    let usual = if event.session.is_some() { ours::FLAGS } else { USUAL_FLAGS };
    span.flags = said.int("flags").map_or(usual, |flags| flags as u32);
    span.trace_state = ours::trace_state(batch, event).unwrap_or_else(|| said.text("tracestate"));
    let code = said.int("code").map_or(event.status as i32, |code| code as i32);
    let status = Status { message: said.text("status"), code };
    span.status = Some(status).filter(|status| *status != Status::default());
    if !attributes.is_empty() {
        span.attributes = attributes;
    }
    for (key, to) in [("events", 0), ("links", 1)] {
        let Some(Value::List(list)) = said.get(key) else { continue };
        for one in list.iter() {
            let Value::List(parts) = one else { return Err("a field is no list".into()) };
            if to == 0 {
                span.events.push(span_event(parts, event.start_ns, &batch.strings));
            } else {
                span.links.push(span_link(parts, event.number, ids, &batch.strings));
            }
        }
    }
    if event.session.is_some() {
        let (attributes, links) = ours::said(batch, event, ids);
        span.attributes.extend(attributes);
        span.links.extend(links);
    }
    let mut scope = InstrumentationScope::decode(said.bytes("scope.rest").as_slice())?;
    (scope.name, scope.version) = (said.text("scope"), said.text("scope.version"));
    Ok(Rebuilt { span, scope: (scope, said.text("scope.schema")), ..Rebuilt::default() })
}

fn span_event(parts: &[Value], start: u64, strings: &Strings) -> span::Event {
    span::Event {
        name: text(parts.first(), strings),
        time_unix_nano: start.wrapping_add(int(parts.get(1)) as u64),
        attributes: parts.get(2).map(|map| fields::key_values(map, strings)).unwrap_or_default(),
        dropped_attributes_count: int(parts.get(3)) as u32,
    }
}

fn span_link(parts: &[Value], number: u64, ids: &Ids, strings: &Strings) -> span::Link {
    let bytes = |value: Option<&Value>| {
        if let Some(Value::Bytes(bytes)) = value { bytes.to_vec() } else { Vec::new() }
    };
    let mut link = span::Link {
        attributes: match parts.get(1) {
            Some(Value::Bytes(list)) => {
                KeyValueList::decode(list.as_ref()).map(|list| list.values).unwrap_or_default()
            }
            map => map.map(|map| fields::key_values(map, strings)).unwrap_or_default(),
        },
        flags: (int(parts.get(2)) + i64::from(USUAL_FLAGS)) as u32,
        trace_state: String::from_utf8(bytes(parts.get(3))).unwrap_or_default(),
        dropped_attributes_count: int(parts.get(4)) as u32,
        ..span::Link::default()
    };
    match parts.first() {
        // Which trace it is in is told by the span that it points to.
        Some(Value::Int(back)) => link.span_id = ids.span(number.wrapping_sub(*back as u64)).to_vec(),
        Some(Value::List(raw)) => (link.trace_id, link.span_id) = (bytes(raw.first()), bytes(raw.get(1))),
        _ => {}
    }
    link
}

fn int(value: Option<&Value>) -> i64 {
    if let Some(Value::Int(int)) = value { *int } else { 0 }
}

fn text(value: Option<&Value>, strings: &Strings) -> String {
    if let Some(Value::Text(id)) = value { strings.get(*id).to_owned() } else { String::new() }
}

/// Fields by their keys.
struct Said<'a> {
    fields: Vec<(&'a str, &'a Value)>,
    strings: &'a Strings,
}

impl<'a> Said<'a> {
    /// What are attributes, and what are fields.
    fn of(
        all: &'a [Attribute],
        strings: &'a Strings,
    ) -> (Vec<opentelemetry_proto::tonic::common::v1::KeyValue>, Self) {
        let (mut attributes, mut fields) = (Vec::new(), Vec::new());
        for one in all {
            let key = strings.get(one.key);
            match key.strip_prefix(FIELD) {
                Some(field) => fields.push((field, &one.value)),
                None => attributes.push(fields::key_value(key, &one.value, strings)),
            }
        }
        (attributes, Self { fields, strings })
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields.iter().find(|(field, _)| *field == key).map(|(_, value)| *value)
    }

    fn int(&self, key: &str) -> Option<i64> {
        self.get(key).map(|value| int(Some(value)))
    }

    /// Text, also where it was too long to be one.
    fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            value => text(value, self.strings),
        }
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        if let Some(Value::Bytes(bytes)) = self.get(key) { bytes.to_vec() } else { Vec::new() }
    }
}
