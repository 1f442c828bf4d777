//! A batch as rows: for what is not recorded but made, by the collector and by tests.

use alloc::vec::Vec;

use crate::{
    event::{Attribute, Batch, Event, Target, Value},
    nested::mark,
    number::put,
    rows::{Field, Row, Rows, Words, at, kind, set, sort},
    strings::StrId,
};

impl Rows {
    /// What `batch` says.
    pub(super) fn of(batch: &Batch) -> Self {
        let mut words = Words::default();
        let ids =
            (0..batch.strings.len() as u32).map(|id| words.intern(batch.strings.get(StrId(id)).as_bytes()));
        let ids: Vec<u64> = ids.collect();
        let word = |id: StrId| at(&ids, id.0 as usize);
        let mut rows = Self {
            sessions: batch.sessions.clone(),
            page_load: batch.page_load.map_or(0, |number| number + 1),
            points: batch.points.iter().flat_map(|point| [point.number, point.start_ns]).collect(),
            dropped: batch.dropped.iter().flat_map(|dropped| [word(dropped.reason), dropped.count]).collect(),
            words,
            ..Self::default()
        };
        for event in &batch.events {
            rows.attributes_of(batch.attributes_of(event), &ids);
            for link in batch.links_of(event) {
                let rule = link.rule.map(word);
                match link.target {
                    Target::Own(number) => rows.link(number, link.kinds.0, rule),
                    Target::Foreign(trace, span) => rows.link_to((&trace, &span), link.kinds.0, rule),
                }
            }
            rows.push(row(event, word(event.name)));
        }
        rows.attributes_of(&batch.resource, &ids);
        rows.end_resource(batch.resource.len());
        rows
    }

    fn attributes_of(&mut self, attributes: &[Attribute], ids: &[u64]) {
        for attribute in attributes {
            let (kind, value) = match &attribute.value {
                Value::Text(id) => (kind::TEXT, at(ids, id.0 as usize)),
                Value::Bool(value) => (kind::BOOL, (*value).into()),
                Value::Int(value) => (kind::INT, *value as u64),
                Value::Double(value) => (kind::DOUBLE, value.to_bits()),
                nested => (kind::NESTED, self.nested_value(nested, ids)),
            };
            self.attribute(at(ids, attribute.key.0 as usize), kind, value);
        }
    }

    /// The position of its first part. Parts of what it holds follow.
    fn nested_value(&mut self, value: &Value, ids: &[u64]) -> u64 {
        match value {
            Value::Empty => self.nest(mark::EMPTY, 0),
            Value::Text(id) => self.nest(mark::TEXT, at(ids, id.0 as usize)),
            Value::Bool(false) => self.nest(mark::FALSE, 0),
            Value::Bool(true) => self.nest(mark::TRUE, 0),
            Value::Int(value) => self.nest(mark::INT, *value as u64),
            Value::Double(value) => self.nest(mark::DOUBLE, value.to_bits()),
            Value::Bytes(bytes) => {
                let at = self.bytes.len() as u64;
                put(&mut self.bytes, bytes.len() as u64);
                self.bytes.extend_from_slice(bytes);
                self.nest(mark::BYTES, at)
            }
            Value::List(values) => {
                let at = self.nest(mark::LIST, values.len() as u64);
                values.iter().for_each(|value| {
                    self.nested_value(value, ids);
                });
                at
            }
            Value::Map(entries) => {
                let first = self.nest(mark::MAP, entries.len() as u64);
                for (key, value) in entries.iter() {
                    self.nest(mark::KEY, at(ids, key.0 as usize));
                    self.nested_value(value, ids);
                }
                first
            }
        }
    }
}

fn row(event: &Event, name: u64) -> Row {
    let mut row = Row::default();
    let some = |number: Option<u64>| number.map_or(0, |number| number + 1);
    let fields = [
        (Field::Number, event.number),
        (Field::Start, event.start_ns),
        (Field::Duration, event.duration_ns),
        (Field::Epoch, event.epoch.into()),
        (Field::Session, some(event.session.map(u64::from))),
        (Field::Parent, some(event.parent())),
        (Field::Root, some(event.trace.map(|trace| trace.root))),
        (Field::Previous, some(event.previous)),
        (Field::View, some(event.view)),
        (Field::Interaction, some(event.interaction)),
        (Field::State, event.open.map_or(0, |open| open as u64)),
        (Field::Sort, sort(event.kind, event.status)),
        (Field::Name, name),
    ];
    for (field, value) in fields {
        set(&mut row, field, value);
    }
    row
}
