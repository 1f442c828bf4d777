//! What every event has besides its attributes: one column each, and nothing for a column that says what is expected.

use alloc::vec::Vec;

use super::{shapes::Shapes, text::Text};
use crate::{
    number::{put, zigzag},
    place::{COLUMNS, Column},
    rows::{Field, LINK, Rows, at},
    time::{Clock, WRITES_DUST},
};

/// The events in the order of their numbers.
pub(super) struct Order(Vec<u64>);

impl Order {
    /// They end in nearly that order, so each goes down to its place from the end.
    pub(super) fn of(rows: &Rows) -> Self {
        let mut order: Vec<u64> = Vec::new();
        for row in 0..rows.len() {
            let number = rows.get(row, Field::Number);
            let mut place = row;
            while place > 0 && rows.get(at(&order, place - 1) as usize, Field::Number) > number {
                place -= 1;
            }
            order.insert(place, row as u64);
        }
        Self(order)
    }

    /// The row of the event at a place.
    pub(super) fn row(&self, place: usize) -> usize {
        at(&self.0, place) as usize
    }

    /// Where the attributes of the event at a place begin and end; behind the last event those of the resource.
    pub(super) fn attributes(&self, rows: &Rows, place: usize) -> (usize, usize) {
        let row = if place < self.0.len() { self.row(place) } else { self.0.len() };
        let start = rows.start(row, Field::Attributes);
        let end = if row < self.0.len() {
            rows.get(row, Field::Attributes) as usize
        } else {
            start + rows.resource
        };
        (start, end)
    }
}

/// Writes which columns there are, a bit each, and then those.
pub(super) fn write(
    rows: &Rows,
    order: &Order,
    shapes: &Shapes,
    clock: Clock,
    text: &mut Text<'_>,
    to: &mut Vec<u8>,
) {
    let (mut told, mut all, mut column) = (0, Vec::new(), Vec::new());
    for place in 0..COLUMNS {
        column.clear();
        if place >= Column::LinkTarget as usize {
            links(rows, order, place, text, &mut column);
        } else {
            let mut before = Before::of(rows, order, shapes, clock);
            for event in 0..rows.len() {
                put(&mut column, before.cell(event, place));
            }
        }
        if column.iter().any(|byte| *byte != 0) {
            told |= 1 << place;
            all.extend_from_slice(&column);
        }
    }
    put(to, told);
    to.extend_from_slice(&all);
}

/// What the events before the next one say.
struct Before<'a> {
    rows: &'a Rows,
    order: &'a Order,
    shapes: &'a Shapes,
    clock: Clock,
    /// What the one before says in this column.
    last: u64,
    last_root: u64,
}

impl<'a> Before<'a> {
    fn of(rows: &'a Rows, order: &'a Order, shapes: &'a Shapes, clock: Clock) -> Self {
        Self { rows, order, shapes, clock, last: 0, last_root: 0 }
    }

    /// The number that an event has in a column.
    fn cell(&mut self, event: usize, column: usize) -> u64 {
        let row = self.order.row(event);
        let of = |field| self.rows.get(row, field);
        let number = of(Field::Number);
        let is = |which: Column| column == which as usize;
        // Those in which an event says as much as the one before it.
        let field = match column {
            _ if is(Column::Session) => Field::Session,
            _ if is(Column::View) => Field::View,
            _ if is(Column::Interaction) => Field::Interaction,
            _ if is(Column::Epoch) => Field::Epoch,
            _ if is(Column::Root) => Field::Root,
            _ if is(Column::Previous) => Field::Previous,
            _ if is(Column::Parent) => Field::Parent,
            _ if is(Column::State) => Field::State,
            _ => Field::Number,
        };
        let value = of(field);
        if is(Column::Shape) {
            return at(&self.shapes.of_events, event);
        }
        if is(Column::LinkCount) {
            return of(Field::Links) - self.rows.start(row, Field::Links) as u64;
        }
        if is(Column::State) {
            return value;
        }
        if is(Column::Parent) {
            return if value == 0 { 0 } else { number.wrapping_sub(value - 1) };
        }
        if column >= Column::Start as usize && column <= Column::EndDust as usize {
            return self.time(row, column);
        }
        let is_session = is(Column::Session);
        let expected = if is(Column::Root) {
            self.root_of(of(Field::Parent), event)
        } else if is(Column::Previous) {
            let is_root = of(Field::Root) == 0;
            let expected = if is_root { self.last_root } else { 0 };
            self.last_root = if is_root { number + 1 } else { self.last_root };
            expected
        } else if is_session && event == 0 {
            u64::from(!self.rows.sessions.is_empty())
        } else {
            self.last
        };
        self.last = if is(Column::Number) { value + 1 } else { value };
        if is(Column::Number) {
            return value.wrapping_sub(expected);
        }
        if is(Column::Epoch) {
            return zigzag(value.wrapping_sub(expected) as i64);
        }
        match value {
            _ if value == expected => 0,
            0 => 1,
            _ if is_session => value + 1,
            // Nothing refers to what comes later; if it does, the decoder says so, and not this.
            _ => number.checked_sub(value - 1).map_or(u64::MAX, |back| back + 2),
        }
    }

    fn time(&mut self, row: usize, column: usize) -> u64 {
        let start_ns = self.rows.get(row, Field::Start);
        let start = self.clock.read(start_ns);
        if column == Column::Start as usize {
            let before = core::mem::replace(&mut self.last, start.units);
            return zigzag(start.units.wrapping_sub(before) as i64);
        }
        let duration = self.clock.read_duration(start_ns, self.rows.get(row, Field::Duration));
        match column {
            _ if column == Column::Duration as usize => duration.units,
            _ if !WRITES_DUST => 0,
            _ if column == Column::StartDust as usize => zigzag(start.dust),
            _ => zigzag(duration.dust),
        }
    }

    /// The root of the trace that an event with this parent is in, plus 1, as far as the events before it tell.
    fn root_of(&self, parent: u64, event: usize) -> u64 {
        for before in (0..event).rev() {
            let row = self.order.row(before);
            if parent != 0 && self.rows.get(row, Field::Number) == parent - 1 {
                let root = self.rows.get(row, Field::Root);
                return if root == 0 { parent } else { root };
            }
        }
        parent
    }
}

/// One of the columns of links.
fn links(rows: &Rows, order: &Order, column: usize, text: &mut Text<'_>, to: &mut Vec<u8>) {
    // Foreign ids in the order in which they are told: how many there are.
    let mut told: Vec<u64> = Vec::new();
    for event in 0..rows.len() {
        let row = order.row(event);
        for link in rows.start(row, Field::Links)..rows.get(row, Field::Links) as usize {
            let target = at(&rows.links, link * LINK);
            let value = match column - Column::LinkTarget as usize {
                0 if target & 1 == 0 => {
                    zigzag(rows.get(row, Field::Number).wrapping_sub(target >> 1) as i64) << 1
                }
                0 => foreign(rows, target >> 1, &mut told, text) << 1 | 1,
                1 => at(&rows.links, link * LINK + 1),
                _ => match at(&rows.links, link * LINK + 2) {
                    0 => 0,
                    rule => text.place(rule - 1) + 1,
                },
            };
            put(to, value);
        }
    }
}

/// How many ids back from the last one it lies, plus 1; 0: it is a new one, and the next of the ids.
fn foreign(rows: &Rows, id: u64, told: &mut Vec<u64>, text: &mut Text<'_>) -> u64 {
    if let Some(back) = told.iter().rev().position(|other| *other == id) {
        return back as u64 + 1;
    }
    told.push(id);
    let start = id as usize * 24;
    text.ids.extend_from_slice(rows.foreign.get(start..start + 24).unwrap_or(&[0; 24]));
    0
}
