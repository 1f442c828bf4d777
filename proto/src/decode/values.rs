//! Attribute values: column by column, each to the events that have it; the resource's last in each.

use alloc::{vec, vec::Vec};
use core::mem;

use super::{
    Body, DecodeError,
    error::within,
    shapes::{Shapes, Type},
    text::Text,
};
use crate::{
    event::{Attribute, Batch, Value},
    limits,
    nested::mark,
    number::unzigzag,
    strings::StrId,
};

const VALUE: DecodeError = DecodeError::Invalid("value");

/// Gives the events and the resource their attributes. `rows`: the shape of each event.
pub(super) fn read(
    body: &mut Body<'_>,
    rows: &[u32],
    shapes: &Shapes,
    text: &mut Text<'_>,
    batch: &mut Batch,
) -> Result<(), DecodeError> {
    let mut next = counts(rows, shapes);
    let (mut cells, mut nested, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for (column, next) in shapes.columns.iter().zip(&mut next) {
        // From here on it is where its next value lies.
        let count = mem::replace(next, cells.len() as u32);
        if column.kind == Type::Text {
            texts(body, text, &mut known, count, &mut cells)?;
            continue;
        }
        for _ in 0..count {
            cells.push(cell(column.kind, body, text, &mut nested)?);
        }
    }
    let mut cells = Cells { cells, nested, next };
    batch.attributes.reserve_exact(cells.cells.len() - shapes.of_resource().len());
    for (event, shape) in batch.events.iter_mut().zip(rows) {
        let start = batch.attributes.len() as u32;
        cells.row(
            shapes,
            shapes.get((*shape).into()).map(|shape| shapes.columns_of(shape))?,
            &mut batch.attributes,
        );
        event.attributes = start..batch.attributes.len() as u32;
    }
    cells.row(shapes, shapes.of_resource(), &mut batch.resource);
    Ok(())
}

/// How many values each column has.
fn counts(rows: &[u32], shapes: &Shapes) -> Vec<u32> {
    let mut of_shapes = vec![0_u32; shapes.count()];
    for shape in rows {
        of_shapes.iter_mut().skip(*shape as usize).take(1).for_each(|count| *count += 1);
    }
    let mut of_columns = vec![0; shapes.columns.len()];
    let mut add = |columns: &[u32], count: u32| {
        for column in columns {
            if let Some(of_column) = of_columns.get_mut(*column as usize) {
                *of_column += count;
            }
        }
    };
    for (shape, count) in of_shapes.iter().enumerate() {
        if let Ok(shape) = shapes.get(shape as u64) {
            add(shapes.columns_of(shape), *count);
        }
    }
    add(shapes.of_resource(), 1);
    of_columns
}

/// Values column by column, not yet in their places.
struct Cells {
    /// What a value says in 64 bits; of nested ones the position in `nested`.
    cells: Vec<u64>,
    nested: Vec<Value>,
    /// By column: where its next value lies.
    next: Vec<u32>,
}

impl Cells {
    /// The next value of each of `columns`.
    fn row(&mut self, shapes: &Shapes, columns: &[u32], to: &mut Vec<Attribute>) {
        for at in columns {
            let at = *at as usize;
            let (Some(column), Some(next)) = (shapes.columns.get(at), self.next.get_mut(at)) else {
                continue;
            };
            let cell = self.cells.get(*next as usize).copied().unwrap_or_default();
            *next += 1;
            let value = match column.kind {
                Type::Text => Value::Text(StrId(cell as u32)),
                Type::Int => Value::Int(cell as i64),
                Type::Bool => Value::Bool(cell != 0),
                Type::Double => Value::Double(f64::from_bits(cell)),
                Type::Nested => self
                    .nested
                    .get_mut(cell as usize)
                    .map_or(Value::Empty, |value| mem::replace(value, Value::Empty)),
            };
            to.push(Attribute { key: column.key, value });
        }
    }
}

/// A column of texts. 0: as the one before. 1: the next string of the text. 2: a string that the column has not had; a
/// reference follows. Else how many new ones back in the column it was, plus 3.
fn texts(
    body: &mut Body<'_>,
    text: &mut Text<'_>,
    known: &mut Vec<(StrId, usize)>,
    count: u32,
    cells: &mut Vec<u64>,
) -> Result<(), DecodeError> {
    const MISSING: DecodeError = DecodeError::Invalid("text");
    known.clear();
    let (mut last, mut bytes) = (None, 0);
    for _ in 0..count {
        let (id, length) = match body.number("text")? {
            0 => last.ok_or(MISSING)?,
            code @ (1 | 2) => {
                let reference = if code == 1 { 0 } else { body.number("text")? };
                let id = text.resolve(reference)?;
                let new = (id, text.text_bytes(id)?);
                known.push(new);
                new
            }
            code => {
                let back = usize::try_from(code - 2).unwrap_or(usize::MAX);
                *known.len().checked_sub(back).and_then(|at| known.get(at)).ok_or(MISSING)?
            }
        };
        bytes += length;
        last = Some((id, length));
        cells.push(id.0.into());
    }
    text.spend(bytes)
}

fn cell(
    kind: Type,
    body: &mut Body<'_>,
    text: &mut Text<'_>,
    all: &mut Vec<Value>,
) -> Result<u64, DecodeError> {
    Ok(match kind {
        Type::Int => unzigzag(body.number("value")?) as u64,
        Type::Bool => match body.byte("value")? {
            bit @ (0 | 1) => bit.into(),
            _ => return Err(DecodeError::Invalid("boolean")),
        },
        Type::Double => double(body)?.to_bits(),
        Type::Text | Type::Nested => {
            all.push(nested(body, text, 0)?);
            all.len() as u64 - 1
        }
    })
}

/// Decimal places and what it is without the point, or eight bytes.
fn double(body: &mut Body<'_>) -> Result<f64, DecodeError> {
    const SCALES: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];
    let places = body.byte("value")?;
    match SCALES.get(usize::from(places)) {
        Some(scale) => Ok(unzigzag(body.number("value")?) as f64 / scale),
        None if usize::from(places) == SCALES.len() => Ok(f64::from_le_bytes(*body.0.array().ok_or(VALUE)?)),
        None => Err(DecodeError::Invalid("double")),
    }
}

/// Bytes that a value inside another takes at least.
const NESTED_BYTES: usize = 8;

fn nested(body: &mut Body<'_>, text: &mut Text<'_>, depth: usize) -> Result<Value, DecodeError> {
    within("levels of nesting", depth, limits::MAX_DEPTH)?;
    text.spend(NESTED_BYTES)?;
    Ok(match body.byte("value")? {
        mark::EMPTY => Value::Empty,
        mark::TEXT => {
            let reference = body.number("value")?;
            let id = text.resolve(reference)?;
            text.spend(text.text_bytes(id)?)?;
            Value::Text(id)
        }
        mark::FALSE => Value::Bool(false),
        mark::TRUE => Value::Bool(true),
        mark::INT => Value::Int(unzigzag(body.number("value")?)),
        mark::DOUBLE => Value::Double(double(body)?),
        mark::BYTES => Value::Bytes(body.bytes("value")?.to_vec().into()),
        mark::LIST => {
            let count = body.count("values of a list", body.0.0.len())?;
            let values = (0..count).map(|_| nested(body, text, depth + 1));
            Value::List(values.collect::<Result<_, _>>()?)
        }
        mark::MAP => {
            let count = body.count("values of a map", body.0.0.len())?;
            let entries = (0..count).map(|_| Ok((text.name(body)?, nested(body, text, depth + 1)?)));
            Value::Map(entries.collect::<Result<_, _>>()?)
        }
        _ => return Err(DecodeError::Invalid("value")),
    })
}
