//! Attribute values: column by column, the resource's last in each.

use alloc::{vec, vec::Vec};

use super::{columns::Order, shapes::Shapes, text::Text};
use crate::{
    nested::mark,
    number::{Reader, put, put_signed},
    rows::{ATTRIBUTE, Rows, at, kind, set_at},
};

/// Writes all of them.
pub(super) fn write(rows: &Rows, order: &Order, shapes: &Shapes, text: &mut Text<'_>, to: &mut Vec<u8>) {
    // By column: its first and its last value. By value: the next one of its column. All plus 1.
    let (mut firsts, mut lasts) = (vec![0; shapes.columns.len()], vec![0; shapes.columns.len()]);
    let (mut nexts, mut values) = (vec![0; shapes.cells.len()], Vec::new());
    for place in 0..rows.len() + 1 {
        let (start, end) = order.attributes(rows, place);
        for attribute in start..end {
            let cell = values.len();
            values.push(at(&rows.attributes, attribute * ATTRIBUTE + 2));
            let column = at(&shapes.cells, cell) as usize;
            let next = cell as u64 + 1;
            match at(&lasts, column) {
                0 => set_at(&mut firsts, column, next),
                last => set_at(&mut nexts, last as usize - 1, next),
            }
            set_at(&mut lasts, column, next);
        }
    }
    let mut texts =
        Texts { columns: vec![0; rows.words.len()], places: vec![0; rows.words.len()], count: 0, last: 0 };
    for (column, of) in shapes.columns.iter().enumerate() {
        (texts.count, texts.last) = (0, 0);
        let mut cell = at(&firsts, column);
        while cell != 0 {
            let value = at(&values, cell as usize - 1);
            match of & 7 {
                kind::TEXT => texts.write(value, column as u64 + 1, text, to),
                kind::BOOL => to.push(value as u8),
                kind::INT => put_signed(to, value as i64),
                kind::DOUBLE => double(f64::from_bits(value), to),
                _ => nested(rows, value as usize, text, to),
            }
            cell = at(&nexts, cell as usize - 1);
        }
    }
}

/// Texts of a column. 0: as the one before. 1: the next string of the text. 2: a string that the column has not had; its
/// place plus 1 follows. Else how many new ones back in the column it was, plus 3.
struct Texts {
    /// By position of a string: the column that had it last, and how many the column had before it.
    columns: Vec<u64>,
    places: Vec<u64>,
    count: u64,
    /// The string before, plus 1.
    last: u64,
}

impl Texts {
    fn write(&mut self, id: u64, column: u64, text: &mut Text<'_>, to: &mut Vec<u8>) {
        if core::mem::replace(&mut self.last, id + 1) == id + 1 {
            return to.push(0);
        }
        let string = id as usize;
        if at(&self.columns, string) == column {
            return put(to, self.count - at(&self.places, string) + 2);
        }
        set_at(&mut self.columns, string, column);
        set_at(&mut self.places, string, self.count);
        self.count += 1;
        match text.place(id) {
            0 => to.push(1),
            place => {
                to.push(2);
                put(to, place);
            }
        }
    }
}

/// Decimal places that are tried: measurements have few.
const MAX_PLACES: u8 = 4;

/// A double: its decimal places and what it is without the point; or, where that is not it, as its eight bytes.
fn double(value: f64, to: &mut Vec<u8>) {
    let mut scale = 1.0;
    for places in 0..MAX_PLACES + 1 {
        let digits = (value * scale + if value < 0.0 { -0.5 } else { 0.5 }) as i64;
        // Exact as a double, so that dividing gives the nearest of what it stands for, on every machine.
        if digits.unsigned_abs() < 1 << 53 && (digits as f64 / scale).to_bits() == value.to_bits() {
            to.push(places);
            return put_signed(to, digits);
        }
        scale *= 10.0;
    }
    to.push(MAX_PLACES + 1);
    to.extend_from_slice(&value.to_le_bytes());
}

/// A value with all it holds: its parts follow each other.
fn nested(rows: &Rows, first: usize, text: &mut Text<'_>, to: &mut Vec<u8>) {
    let (mut place, mut left) = (first, 1);
    while left > 0 {
        left -= 1;
        let (mark, number) = (at(&rows.nested, place) as u8, at(&rows.nested, place + 1));
        place += 2;
        // A key belongs to the value behind it, and is told by its place.
        if mark == mark::KEY {
            text.reference(number, to);
            left += 1;
            continue;
        }
        to.push(mark);
        match mark {
            mark::TEXT => text.reference(number, to),
            mark::INT => put_signed(to, number as i64),
            mark::DOUBLE => double(f64::from_bits(number), to),
            mark::BYTES => {
                let mut bytes = Reader(rows.bytes.get(number as usize..).unwrap_or_default());
                let length = bytes.number().unwrap_or(0);
                put(to, length);
                to.extend_from_slice(bytes.bytes(length).unwrap_or_default());
            }
            mark::LIST | mark::MAP => {
                put(to, number);
                left += number;
            }
            _ => {}
        }
    }
}
