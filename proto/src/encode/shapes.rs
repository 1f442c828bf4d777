//! Which attributes the events have: columns (a key and a type), and shapes (what events of one sort share).

use alloc::{vec, vec::Vec};
use core::ops::Range;

use super::text::Text;
use crate::{
    event::{Attribute, Batch, Event, Value},
    number::{put, put_signed},
    strings::StrId,
};

/// A key and the type of its values.
struct Column {
    key: StrId,
    kind: u8,
    /// The column before this one that has the same key and another type, plus 1.
    other: u32,
}

/// What events of one sort share: name, kind, status, and columns.
struct Shape {
    /// None: it is of the resource.
    name: Option<StrId>,
    sort: u8,
    columns: Range<usize>,
}

pub(super) struct Shapes {
    columns: Vec<Column>,
    shapes: Vec<Shape>,
    /// Columns of all shapes.
    of_shapes: Vec<u32>,
    /// By event, and last that of the resource.
    rows: Vec<u32>,
}

/// The type of a value, by its number on the wire.
pub(super) fn kind_of(value: &Value) -> u8 {
    match value {
        Value::Text(_) => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Double(_) => 3,
        Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Empty => 4,
    }
}

impl Shapes {
    pub(super) fn of(batch: &Batch) -> Self {
        let mut all =
            Self { columns: Vec::new(), shapes: Vec::new(), of_shapes: Vec::new(), rows: Vec::new() };
        // By key: its last column, plus 1.
        let mut known = vec![0; batch.strings.len()];
        for event in &batch.events {
            all.add(event, batch.attributes_of(event), &mut known);
        }
        let columns = all.columns_for(&batch.resource, &mut known);
        all.rows.push(all.shapes.len() as u32);
        all.shapes.push(Shape { name: None, sort: 0, columns });
        all
    }

    /// The shape of each event, and last that of the resource.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Number of columns.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// The columns of a shape.
    pub(super) fn columns_of(&self, shape: u32) -> &[u32] {
        let columns = self.shapes.get(shape as usize).map(|shape| shape.columns.clone());
        columns.and_then(|columns| self.of_shapes.get(columns)).unwrap_or_default()
    }

    fn add(&mut self, event: &Event, attributes: &[Attribute], known: &mut [u32]) {
        let shape = Shape {
            name: Some(event.name),
            sort: event.kind as u8 * 3 + event.status as u8,
            columns: self.columns_for(attributes, known),
        };
        let columns = |shape: &Shape| self.of_shapes.get(shape.columns.clone());
        let same = self.shapes.iter().position(|other| {
            other.name == shape.name && other.sort == shape.sort && columns(other) == columns(&shape)
        });
        if same.is_some() {
            self.of_shapes.truncate(shape.columns.start);
        }
        self.rows.push(same.unwrap_or(self.shapes.len()) as u32);
        if same.is_none() {
            self.shapes.push(shape);
        }
    }

    fn columns_for(&mut self, attributes: &[Attribute], known: &mut [u32]) -> Range<usize> {
        let start = self.of_shapes.len();
        for attribute in attributes {
            let column = self.column(attribute, known);
            self.of_shapes.push(column);
        }
        start..self.of_shapes.len()
    }

    fn column(&mut self, attribute: &Attribute, known: &mut [u32]) -> u32 {
        let kind = kind_of(&attribute.value);
        let Some(last) = known.get_mut(attribute.key.0 as usize) else { return 0 };
        let mut at = *last;
        while let Some(column) = at.checked_sub(1).and_then(|at| self.columns.get(at as usize)) {
            if column.kind == kind {
                return at - 1;
            }
            at = column.other;
        }
        self.columns.push(Column { key: attribute.key, kind, other: *last });
        *last = self.columns.len() as u32;
        *last - 1
    }

    /// Columns, then shapes, the resource's last. A shape is told by what it shares with the one before.
    pub(super) fn write(&self, text: &mut Text<'_>, to: &mut Vec<u8>) {
        put(to, self.columns.len() as u64);
        for column in &self.columns {
            // Most keys are new, and then the reference is nothing but its type.
            let place = text.place(column.key);
            to.push(column.kind << 1 | u8::from(place != 0));
            if place != 0 {
                put(to, place.into());
            }
        }
        put(to, self.shapes.len() as u64 - 1);
        let mut before: &[u32] = &[];
        for shape in &self.shapes {
            if let Some(name) = shape.name {
                text.reference(name, to);
                to.push(shape.sort);
            }
            let columns = self.of_shapes.get(shape.columns.clone()).unwrap_or_default();
            let shared = columns.iter().zip(before).take_while(|(one, other)| one == other).count();
            let (shared_columns, own) = columns.split_at_checked(shared).unwrap_or_default();
            put(to, shared as u64);
            put(to, own.len() as u64);
            let mut next = shared_columns.last().map_or(0, |last| last + 1);
            for column in own {
                put_signed(to, i64::from(*column) - i64::from(next));
                next = column + 1;
            }
            before = columns;
        }
    }
}
