//! Which attributes the events have: columns (a key and a type), and shapes (what events of one sort share).

use alloc::{vec, vec::Vec};

use super::{columns::Order, text::Text};
use crate::{
    number::{put, put_signed},
    rows::{ATTRIBUTE, Field, Rows, at},
};

pub(super) struct Shapes {
    /// A key and a type each: key times 8, plus type.
    pub(super) columns: Vec<u64>,
    /// Columns of the attributes of all events in their order, and last of the resource.
    pub(super) cells: Vec<u64>,
    /// By event, in their order, and then of the resource: where its cells begin. And where the last end.
    starts: Vec<u64>,
    /// By event in their order: its shape.
    pub(super) of_events: Vec<u64>,
    /// The first event of each shape.
    firsts: Vec<u64>,
    /// Name and sort of each event.
    sorts: Vec<u64>,
}

impl Shapes {
    pub(super) fn of(rows: &Rows, order: &Order) -> Self {
        let mut all = Self {
            columns: Vec::new(),
            cells: Vec::new(),
            starts: vec![0],
            of_events: Vec::new(),
            firsts: Vec::new(),
            sorts: Vec::new(),
        };
        for place in 0..rows.len() {
            let row = order.row(place);
            all.add(rows, order.attributes(rows, place));
            all.sorts.push(rows.get(row, Field::Name) << 8 | rows.get(row, Field::Sort));
            let mut shape = 0;
            while shape < all.firsts.len() && !all.is_same(at(&all.firsts, shape) as usize, place) {
                shape += 1;
            }
            if shape == all.firsts.len() {
                all.firsts.push(place as u64);
            }
            all.of_events.push(shape as u64);
        }
        all.add(rows, order.attributes(rows, rows.len()));
        all
    }

    fn add(&mut self, rows: &Rows, (start, end): (usize, usize)) {
        for attribute in start..end {
            let place = attribute * ATTRIBUTE;
            let column = at(&rows.attributes, place) << 3 | at(&rows.attributes, place + 1);
            let known = self.columns.iter().position(|other| *other == column);
            if known.is_none() {
                self.columns.push(column);
            }
            self.cells.push(known.unwrap_or(self.columns.len() - 1) as u64);
        }
        self.starts.push(self.cells.len() as u64);
    }

    /// The columns of an event.
    fn columns_of(&self, place: usize) -> &[u64] {
        let (start, end) = (at(&self.starts, place), at(&self.starts, place + 1));
        self.cells.get(start as usize..end as usize).unwrap_or_default()
    }

    fn is_same(&self, one: usize, other: usize) -> bool {
        at(&self.sorts, one) == at(&self.sorts, other) && self.columns_of(one) == self.columns_of(other)
    }

    /// Columns, then shapes, the resource's last. A shape is told by what it shares with the one before.
    pub(super) fn write(&self, text: &mut Text<'_>, to: &mut Vec<u8>) {
        put(to, self.columns.len() as u64);
        for column in &self.columns {
            // Most keys are new, and then the reference is nothing but its type.
            let place = text.place(column >> 3);
            to.push((*column as u8 & 7) << 1 | u8::from(place != 0));
            if place != 0 {
                put(to, place);
            }
        }
        put(to, self.firsts.len() as u64);
        let mut before: &[u64] = &[];
        for shape in 0..=self.firsts.len() {
            let is_resource = shape == self.firsts.len();
            let place = if is_resource { self.sorts.len() } else { at(&self.firsts, shape) as usize };
            if !is_resource {
                let sort = at(&self.sorts, place);
                text.reference(sort >> 8, to);
                to.push(sort as u8);
            }
            let columns = self.columns_of(place);
            let mut shared = 0;
            while shared < columns.len() && columns.get(shared) == before.get(shared) {
                shared += 1;
            }
            put(to, shared as u64);
            put(to, (columns.len() - shared) as u64);
            let mut next = if shared == 0 { 0 } else { at(columns, shared - 1) + 1 };
            for own in shared..columns.len() {
                let column = at(columns, own);
                put_signed(to, column.wrapping_sub(next) as i64);
                next = column + 1;
            }
            before = columns;
        }
    }
}
