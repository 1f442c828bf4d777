//! Which attributes the events have: columns (a key and a type), and shapes (what events of one sort share).

use alloc::{vec, vec::Vec};

use super::{columns::Order, text::Text};
use crate::{
    number::{put, put_signed},
    rows::{ATTRIBUTE, Field, Rows, at, set_at},
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
    /// An event of each shape.
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
            all.add(order.attributes(rows, place), rows);
            all.sorts.push(rows.get(row, Field::Name) << 8 | rows.get(row, Field::Sort));
        }
        all.add(order.attributes(rows, rows.len()), rows);
        all.sort(rows);
        all.renumber();
        all
    }

    /// One of each shape, by name: batches of the same page are alike then, whatever their events come in. DEFLATE finds
    /// that again.
    fn sort(&mut self, rows: &Rows) {
        let name = |sorts: &[u64], place: u64| rows.words.get(at(sorts, place as usize) >> 8);
        for place in 0..self.sorts.len() {
            if self.shape_of(place) == self.firsts.len() {
                let mut shape = 0;
                while self
                    .firsts
                    .get(shape)
                    .is_some_and(|first| name(&self.sorts, *first) <= name(&self.sorts, place as u64))
                {
                    shape += 1;
                }
                self.firsts.insert(shape, place as u64);
            }
        }
        for place in 0..self.sorts.len() {
            self.of_events.push(self.shape_of(place) as u64);
        }
    }

    /// The columns in the order in which the shapes have them, those of the resource first.
    fn renumber(&mut self) {
        let mut numbers = vec![0; self.columns.len()];
        let mut columns = Vec::new();
        for shape in 0..self.firsts.len() + 1 {
            let place =
                shape.checked_sub(1).map_or(self.sorts.len(), |shape| at(&self.firsts, shape) as usize);
            for cell in self.columns_of(place) {
                if at(&numbers, *cell as usize) == 0 {
                    columns.push(at(&self.columns, *cell as usize));
                    set_at(&mut numbers, *cell as usize, columns.len() as u64);
                }
            }
        }
        self.columns = columns;
        self.cells.iter_mut().for_each(|cell| *cell = at(&numbers, *cell as usize).saturating_sub(1));
    }

    /// The shape of an event; how many there are, if it is another.
    fn shape_of(&self, place: usize) -> usize {
        let mut shape = 0;
        while shape < self.firsts.len() && !self.is_same(at(&self.firsts, shape) as usize, place) {
            shape += 1;
        }
        shape
    }

    fn add(&mut self, (start, end): (usize, usize), rows: &Rows) {
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
        for shape in 0..self.firsts.len() + 1 {
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
