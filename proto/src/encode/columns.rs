//! What every event has besides its attributes: one column each, and nothing for a column that says what is expected.

use alloc::vec::Vec;
use core::mem;

use super::{shapes::Shapes, text::Text};
use crate::{
    number::{put, zigzag},
    place::Column,
    rows::{Field, LINK, Rows, at},
    time::{Clock, Time, WRITES_DUST},
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
    let (mut told, mut all, mut cells) = (0, Vec::new(), Vec::new());
    for column in &Column::ALL {
        let column = *column;
        cells.clear();
        if let Column::LinkTarget | Column::LinkKinds | Column::LinkRule = column {
            links(rows, order, column, text, &mut cells);
        } else {
            // Before the first event it is the first session.
            let last = u64::from(column == Column::Session && !rows.sessions.is_empty());
            let mut before = Before { rows, order, shapes, clock, last, last_root: 0 };
            for event in 0..rows.len() {
                put(&mut cells, before.cell(event, column));
            }
        }
        if cells.iter().any(|byte| *byte != 0) {
            told |= 1 << column as u32;
            all.extend_from_slice(&cells);
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

impl Before<'_> {
    /// The number that an event has in a column.
    fn cell(&mut self, event: usize, column: Column) -> u64 {
        let row = self.order.row(event);
        let of = |field| self.rows.get(row, field);
        let number = of(Field::Number);
        match column {
            Column::Number => number.wrapping_sub(self.replace(number + 1)),
            Column::Shape => at(&self.shapes.of_events, event),
            Column::Start => {
                let start = self.clock.read(of(Field::Start)).units;
                zigzag(start.wrapping_sub(self.replace(start)) as i64)
            }
            Column::StartDust if WRITES_DUST => zigzag(self.clock.read(of(Field::Start)).dust),
            Column::Duration => self.duration(row).units,
            Column::EndDust if WRITES_DUST => zigzag(self.duration(row).dust),
            Column::Session => {
                let session = of(Field::Session);
                told(session, self.replace(session), session + 1)
            }
            Column::Epoch => {
                let epoch = of(Field::Epoch);
                zigzag(epoch.wrapping_sub(self.replace(epoch)) as i64)
            }
            Column::Parent => {
                of(Field::Parent).checked_sub(1).map_or(0, |parent| number.wrapping_sub(parent))
            }
            Column::Root => {
                let expected = self.root_of(of(Field::Parent), event);
                numbers_back(number, of(Field::Root), expected)
            }
            Column::Previous => {
                let is_root = of(Field::Root) == 0;
                let before = if is_root { mem::replace(&mut self.last_root, number + 1) } else { 0 };
                numbers_back(number, of(Field::Previous), before)
            }
            Column::View => numbers_back(number, of(Field::View), self.replace(of(Field::View))),
            Column::Interaction => {
                numbers_back(number, of(Field::Interaction), self.replace(of(Field::Interaction)))
            }
            Column::State => of(Field::State),
            Column::LinkCount => of(Field::Links) - self.rows.start(row, Field::Links) as u64,
            // Those of links are no event's.
            _ => 0,
        }
    }

    fn replace(&mut self, value: u64) -> u64 {
        mem::replace(&mut self.last, value)
    }

    fn duration(&self, row: usize) -> Time {
        self.clock.read_duration(self.rows.get(row, Field::Start), self.rows.get(row, Field::Duration))
    }

    /// The root of the trace that an event with this parent is in, plus 1, as far as the events before it tell.
    fn root_of(&self, parent: u64, event: usize) -> u64 {
        let Some(number) = parent.checked_sub(1) else { return 0 };
        for before in (0..event).rev() {
            let row = self.order.row(before);
            if self.rows.get(row, Field::Number) == number {
                let root = self.rows.get(row, Field::Root);
                return if root == 0 { parent } else { root };
            }
        }
        parent
    }
}

/// 0: as expected. 1: none. Else `code`. What is and what is expected are optional as rows have it.
fn told(is: u64, expected: u64, code: u64) -> u64 {
    match is {
        _ if is == expected => 0,
        0 => 1,
        _ => code,
    }
}

/// How many numbers back an event is, plus 2, if that is not as expected. Nothing refers to what comes later; if it does, the
/// decoder says so, and not this.
fn numbers_back(number: u64, is: u64, expected: u64) -> u64 {
    told(is, expected, number.checked_sub(is.wrapping_sub(1)).map_or(u64::MAX, |back| back + 2))
}

/// One of the columns of links.
fn links(rows: &Rows, order: &Order, column: Column, text: &mut Text<'_>, to: &mut Vec<u8>) {
    // Foreign ids in the order in which they are told: how many there are.
    let mut told: Vec<u64> = Vec::new();
    for event in 0..rows.len() {
        let row = order.row(event);
        for link in rows.start(row, Field::Links)..rows.get(row, Field::Links) as usize {
            let target = at(&rows.links, link * LINK);
            let value = match column {
                Column::LinkTarget if target & 1 == 0 => {
                    zigzag(rows.get(row, Field::Number).wrapping_sub(target >> 1) as i64) << 1
                }
                Column::LinkTarget => foreign(rows, target >> 1, &mut told, text) << 1 | 1,
                Column::LinkKinds => at(&rows.links, link * LINK + 1),
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
    for place in 0..told.len() {
        if at(told, place) == id {
            return (told.len() - place) as u64;
        }
    }
    told.push(id);
    let start = id as usize * 24;
    text.ids.extend_from_slice(rows.foreign.get(start..start + 24).unwrap_or(&[0; 24]));
    0
}
