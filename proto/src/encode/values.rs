//! Attribute values: column by column, the resource's last in each.

use alloc::{vec, vec::Vec};

use super::{nested, shapes::Shapes, text::Text};
use crate::{
    event::{Attribute, Batch, Value},
    number::{put, put_signed},
    strings::StrId,
};

/// Writes all of them.
pub(super) fn write(batch: &Batch, shapes: &Shapes, text: &mut Text<'_>, to: &mut Vec<u8>) {
    let (cells, ends) = by_column(batch, shapes);
    let mut texts = Texts { seen: vec![(0, 0); batch.strings.len()], column: 0, count: 0, last: None };
    let mut start = 0;
    for end in ends {
        texts.next_column();
        for attribute in cells.get(start..end).unwrap_or_default().iter().flatten() {
            match &attribute.value {
                Value::Text(id) => texts.write(*id, text, to),
                Value::Bool(value) => to.push((*value).into()),
                Value::Int(value) => put_signed(to, *value),
                Value::Double(value) => double(*value, to),
                other => nested::write(other, text, to),
            }
        }
        start = end;
    }
}

/// All attributes in the order of their columns, and where each column ends.
fn by_column<'a>(batch: &'a Batch, shapes: &Shapes) -> (Vec<Option<&'a Attribute>>, Vec<usize>) {
    let rows = || {
        let attributes = batch.events.iter().map(|event| batch.attributes_of(event));
        attributes.chain([batch.resource.as_slice()]).zip(shapes.rows())
    };
    let cells_of =
        |(attributes, shape): (&'a [Attribute], &u32)| attributes.iter().zip(shapes.columns_of(*shape));
    // Where the next cell of a column goes, once it is known how many there are before.
    let mut next = vec![0; shapes.count()];
    for (_, column) in rows().flat_map(cells_of) {
        next.iter_mut().skip(*column as usize).take(1).for_each(|count| *count += 1);
    }
    let mut total = 0;
    for count in &mut next {
        total += core::mem::replace(count, total);
    }
    let mut cells = vec![None; total];
    for (attribute, column) in rows().flat_map(cells_of) {
        let Some(at) = next.get_mut(*column as usize) else { continue };
        if let Some(cell) = cells.get_mut(*at) {
            *cell = Some(attribute);
        }
        *at += 1;
    }
    (cells, next)
}

/// Texts of a column. 0: as the one before. 1: the next string of the text. 2: a string that the column has not had; its
/// place plus 1 follows. Else how many new ones back in the column it was, plus 3.
struct Texts {
    /// By position of a string: the column that had it last, and how many the column had before it.
    seen: Vec<(u32, u32)>,
    column: u32,
    count: u32,
    last: Option<StrId>,
}

impl Texts {
    fn next_column(&mut self) {
        self.column += 1;
        self.count = 0;
        self.last = None;
    }

    fn write(&mut self, id: StrId, text: &mut Text<'_>, to: &mut Vec<u8>) {
        if self.last.replace(id) == Some(id) {
            return to.push(0);
        }
        let Some(seen) = self.seen.get_mut(id.0 as usize) else { return };
        if seen.0 == self.column {
            return put(to, u64::from(self.count - 1 - seen.1) + 3);
        }
        *seen = (self.column, self.count);
        self.count += 1;
        match text.place(id) {
            0 => to.push(1),
            place => {
                to.push(2);
                put(to, place.into());
            }
        }
    }
}

/// Decimal places that are tried: measurements have few.
const MAX_PLACES: u8 = 4;

/// What marks a double that is written as its eight bytes.
pub(super) const WHOLE: u8 = MAX_PLACES + 1;

/// A double: its decimal places and what it is without the point; or, where that is not it, as its eight bytes.
pub(super) fn double(value: f64, to: &mut Vec<u8>) {
    let mut scale = 1.0;
    for places in 0..=MAX_PLACES {
        let digits = (value * scale + if value < 0.0 { -0.5 } else { 0.5 }) as i64;
        // Exact as a double, so that dividing gives the nearest of what it stands for, on every machine.
        let is_it = digits.unsigned_abs() < 1 << 53 && (digits as f64 / scale).to_bits() == value.to_bits();
        if is_it {
            to.push(places);
            return put_signed(to, digits);
        }
        scale *= 10.0;
    }
    to.push(WHOLE);
    to.extend_from_slice(&value.to_le_bytes());
}
