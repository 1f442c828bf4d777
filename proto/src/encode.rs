//! Event model → bytes: columns, then DEFLATE where it helps.

use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec;
use prost::Message;

use crate::{
    event::{Attribute, Batch, Event, Link, Target, Value},
    head::{Form, digest},
    strings::StrId,
    wire,
};

/// Level of DEFLATE: on batches of this size 9 costs the same as 6 within noise and saves a percent.
const LEVEL: u8 = 9;

/// A batch ready for its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How `bytes` holds the body.
    pub form: Form,
    /// Digest of the body as it was before DEFLATE.
    pub digest: u32,
    /// What follows the head.
    pub bytes: Vec<u8>,
}

/// Encodes `batch` and deflates it if that makes it smaller.
#[must_use]
pub fn seal(batch: &Batch) -> Sealed {
    let body = encode(batch);
    let digest = digest(&body);
    let deflated = compress_to_vec(&body, LEVEL);
    if deflated.len() < body.len() {
        Sealed { form: Form::Deflate, digest, bytes: deflated }
    } else {
        Sealed { form: Form::Plain, digest, bytes: body }
    }
}

/// Encodes `batch` as the body of a request, in the plain form. Events must be in the order of their numbers.
#[must_use]
pub fn encode(batch: &Batch) -> Vec<u8> {
    let unit = time_unit(batch);
    let mut columns = Columns::default();
    let resource_shape = if batch.resource.is_empty() { 0 } else { columns.shape_of(&batch.resource) + 1 };
    let mut before = Before::default();
    for event in &batch.events {
        columns.push(batch, event, &before, unit);
        before = Before { number: event.number, start: event.start_ns / unit };
    }
    wire::Batch {
        text: batch.strings.text().into(),
        text_lengths: batch.strings.lengths(),
        sessions: batch.sessions.iter().map(session).collect(),
        shapes: columns.shapes,
        foreign: columns.foreign,
        points: batch
            .points
            .iter()
            .map(|point| wire::Point { number: point.number, start: point.start_ns / unit })
            .collect(),
        page_load: batch.page_load.map_or(0, |number| number + 1),
        time_unit: unit,
        events: Some(columns.events.without_zero_columns()),
        resource_shape,
        values: Some(columns.values),
        dropped: batch
            .dropped
            .iter()
            .map(|dropped| wire::Dropped { reason: dropped.reason.0, count: dropped.count })
            .collect(),
    }
    .encode_to_vec()
}

/// The event before, which the next one is told as a difference to.
#[derive(Default)]
struct Before {
    number: u64,
    start: u64,
}

#[derive(Default)]
struct Columns {
    shapes: Vec<wire::Shape>,
    foreign: Vec<u8>,
    events: wire::Events,
    values: wire::Values,
}

impl Columns {
    fn push(&mut self, batch: &Batch, event: &Event, before: &Before, unit: u64) {
        // Nothing refers to what comes later; if it did, the decoder would say so, and not this.
        let back = |number: u64| event.number.wrapping_sub(number);
        let shape = self.shape_of(batch.attributes_of(event));
        let to = &mut self.events;
        to.number.push(event.number - before.number);
        to.name.push(event.name.0);
        to.kind.push(event.kind as u32);
        to.start.push((event.start_ns / unit).wrapping_sub(before.start) as i64);
        to.duration.push(event.duration_ns / unit);
        to.epoch.push(event.epoch);
        to.session.push(event.session.map_or(0, |at| at + 1));
        to.parent.push(event.parent().map_or(0, back));
        to.root.push(back(event.root()));
        to.previous.push(event.previous.map_or(0, back));
        to.view.push(event.view.map_or(0, |number| back(number).wrapping_add(1)));
        to.interaction.push(event.interaction.map_or(0, |number| back(number).wrapping_add(1)));
        to.status.push(event.status as u32);
        to.shape.push(shape);
        to.state.push(event.open.map_or(0, |open| open as u32));
        let links = batch.links_of(event);
        to.link_count.push(links.len() as u32);
        for link in links {
            self.push_link(event.number, link);
        }
    }

    fn push_link(&mut self, number: u64, link: &Link) {
        let target = match link.target {
            Target::Own(target) => {
                let back = number.wrapping_sub(target) as i64;
                ((back << 1 ^ back >> 63) as u64) << 1
            }
            Target::Foreign(trace, span) => (self.foreign_at(&trace, &span) as u64) << 1 | 1,
        };
        self.events.link_target.push(target);
        self.events.link_kinds.push(link.kinds.0);
        self.events.link_rule.push(link.rule.map_or(0, |rule| rule.0 + 1));
    }

    fn foreign_at(&mut self, trace: &[u8], span: &[u8]) -> usize {
        let known = self.foreign.chunks_exact(24).position(|id| id.starts_with(trace) && id.ends_with(span));
        known.unwrap_or_else(|| {
            self.foreign.extend_from_slice(trace);
            self.foreign.extend_from_slice(span);
            self.foreign.len() / 24 - 1
        })
    }

    /// Writes the values of `attributes` and returns the position of their shape.
    fn shape_of(&mut self, attributes: &[Attribute]) -> u32 {
        let mut shape = wire::Shape::default();
        for attribute in attributes {
            shape.keys.push(attribute.key.0);
            shape.types.push(self.push_value(&attribute.value) as i32);
        }
        let known = self.shapes.iter().position(|other| *other == shape);
        known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        }) as u32
    }

    fn push_value(&mut self, value: &Value) -> wire::Type {
        match value {
            Value::Text(text) => {
                self.values.text.push(text.0);
                wire::Type::Text
            }
            Value::Bool(value) => {
                self.values.bools.push(*value);
                wire::Type::Bool
            }
            Value::Int(value) => {
                self.values.ints.push(*value);
                wire::Type::Int
            }
            Value::Double(value) => {
                self.values.doubles.push(*value);
                wire::Type::Double
            }
            other => {
                self.values.other.push(nested(other));
                wire::Type::Other
            }
        }
    }
}

fn nested(value: &Value) -> wire::Value {
    use wire::value::Value as Wire;
    let value = match value {
        Value::Text(text) => Some(Wire::Text(text.0)),
        Value::Bool(value) => Some(Wire::Bool(*value)),
        Value::Int(value) => Some(Wire::Int(*value)),
        Value::Double(value) => Some(Wire::Double(*value)),
        Value::Bytes(bytes) => Some(Wire::Bytes(bytes.to_vec())),
        Value::List(values) => Some(Wire::List(wire::List { values: values.iter().map(nested).collect() })),
        Value::Map(entries) => {
            let (keys, values): (Vec<_>, Vec<_>) =
                entries.iter().map(|(StrId(key), value)| (*key, nested(value))).unzip();
            Some(Wire::Map(wire::Map { keys, values }))
        }
        Value::Empty => None,
    };
    wire::Value { value }
}

fn session(session: &crate::Session) -> wire::Session {
    wire::Session {
        id: session.id.to_vec(),
        previous_id: session.previous_id.map(|id| id.to_vec()).unwrap_or_default(),
        randomness: session.randomness,
    }
}

/// The coarsest unit in which every time of the batch is whole: browsers round to 100 µs or 5 µs, so
/// nanoseconds would be mostly zeros.
fn time_unit(batch: &Batch) -> u64 {
    let times = || {
        let events = batch.events.iter().flat_map(|event| [event.start_ns, event.duration_ns]);
        events.chain(batch.points.iter().map(|point| point.start_ns))
    };
    [1_000_000, 100_000, 5_000, 1_000]
        .into_iter()
        .find(|unit| times().all(|time| time % unit == 0))
        .unwrap_or(1)
}

impl wire::Events {
    fn without_zero_columns(mut self) -> Self {
        fn clear<T: Default + PartialEq>(column: &mut Vec<T>) {
            if column.iter().all(|value| *value == T::default()) {
                column.clear();
            }
        }
        clear(&mut self.name);
        clear(&mut self.kind);
        clear(&mut self.duration);
        clear(&mut self.epoch);
        clear(&mut self.session);
        clear(&mut self.parent);
        clear(&mut self.root);
        clear(&mut self.previous);
        clear(&mut self.view);
        clear(&mut self.interaction);
        clear(&mut self.status);
        clear(&mut self.shape);
        clear(&mut self.link_count);
        clear(&mut self.state);
        clear(&mut self.link_rule);
        self
    }
}
