//! Columns and shapes: the keys and types of an event's attributes, checked once for all events that share them.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use super::{Body, DecodeError, error::within, text::Text};
use crate::{
    event::{Kind, Status},
    limits,
    number::unzigzag,
    strings::StrId,
};

/// Bytes of an attribute in OTLP besides its texts.
const VALUE_BYTES: usize = 20;

/// A key, and the type of its values.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) key: StrId,
    pub(super) kind: Type,
    /// What the key, and what frames a value, take when they are written out.
    bytes: usize,
}

/// Type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Bool,
    Int,
    Double,
    Nested,
}

/// What events of one sort share.
pub(super) struct Shape {
    pub(super) name: StrId,
    pub(super) kind: Kind,
    pub(super) status: Status,
    columns: Range<usize>,
    /// What an event takes by its name, its keys, and what frames its values.
    pub(super) bytes: usize,
}

pub(super) struct Shapes {
    pub(super) columns: Vec<Column>,
    shapes: Vec<Shape>,
    /// Columns of all shapes.
    of_shapes: Vec<u32>,
    /// Those of the resource.
    resource: Range<usize>,
}

const SHAPE: DecodeError = DecodeError::Invalid("shape");

impl Shapes {
    pub(super) fn of(body: &mut Body<'_>, text: &mut Text<'_>) -> Result<Self, DecodeError> {
        let count = body.count("columns", limits::MAX_COLUMNS)?;
        let columns = (0..count).map(|_| column(body, text)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Self { columns, shapes: Vec::new(), of_shapes: Vec::new(), resource: 0..0 };
        let mut twins = Twins::of(&all.columns, text);
        let count = body.count("shapes", limits::MAX_EVENTS)?;
        for _ in 0..count {
            let name = text.name(body)?;
            let sort = u32::from(body.byte("shape")?);
            let (columns, bytes) = all.read(body, &mut twins)?;
            let shape = Shape {
                name,
                kind: Kind::from_otlp(sort / 3).ok_or(DecodeError::Invalid("kind"))?,
                status: Status::from_otlp(sort % 3).ok_or(DecodeError::Invalid("status"))?,
                columns,
                bytes: bytes + text.name_bytes(name)?,
            };
            all.shapes.push(shape);
        }
        let (resource, bytes) = all.read(body, &mut twins)?;
        text.spend(bytes)?;
        all.resource = resource;
        Ok(all)
    }

    /// The columns of a shape, which shares its first ones with the shape before; and what those take.
    fn read(&mut self, body: &mut Body<'_>, twins: &mut Twins) -> Result<(Range<usize>, usize), DecodeError> {
        let (start, mut bytes, mut next) = (self.of_shapes.len(), 0, 0_i64);
        let before = self.shapes.last().map_or(0..0, |shape| shape.columns.clone());
        let shared = body.count("attributes of an event", before.len())?;
        self.of_shapes.extend_from_within(before.start..before.start + shared);
        let own = body.count("attributes of an event", limits::MAX_ATTRIBUTES - shared)?;
        within("attributes of all shapes", start + own, limits::MAX_BODY_BYTES)?;
        if let Some(last) = self.of_shapes.get(start..).and_then(<[u32]>::last) {
            next = i64::from(*last) + 1;
        }
        for _ in 0..own {
            let column = next.wrapping_add(unzigzag(body.number("shape")?));
            self.of_shapes.push(u32::try_from(column).map_err(|_| SHAPE)?);
            next = column + 1;
        }
        twins.shape += 1;
        for at in self.of_shapes.get(start..).unwrap_or_default() {
            bytes += self.columns.get(*at as usize).ok_or(SHAPE)?.bytes;
            if twins.are_there(*at) {
                return Err(SHAPE);
            }
        }
        Ok((start..self.of_shapes.len(), bytes))
    }

    pub(super) fn count(&self) -> usize {
        self.shapes.len()
    }

    #[inline]
    pub(super) fn get(&self, shape: u64) -> Result<&Shape, DecodeError> {
        usize::try_from(shape).ok().and_then(|at| self.shapes.get(at)).ok_or(SHAPE)
    }

    #[inline]
    pub(super) fn columns_of(&self, shape: &Shape) -> &[u32] {
        self.of_shapes.get(shape.columns.clone()).unwrap_or_default()
    }

    pub(super) fn of_resource(&self) -> &[u32] {
        self.of_shapes.get(self.resource.clone()).unwrap_or_default()
    }
}

/// A type, and a key: bit 0 says that the key is no new string.
fn column(body: &mut Body<'_>, text: &mut Text<'_>) -> Result<Column, DecodeError> {
    let code = body.byte("column")?;
    let kind = match code >> 1 {
        0 => Type::Text,
        1 => Type::Bool,
        2 => Type::Int,
        3 => Type::Double,
        4 => Type::Nested,
        _ => return Err(DecodeError::Invalid("type")),
    };
    let reference = if code & 1 == 0 { 0 } else { body.number("column")? };
    let key = text.resolve(reference)?;
    Ok(Column { key, kind, bytes: text.name_bytes(key)? + VALUE_BYTES })
}

/// No key may come twice in a shape. That goes by the texts of keys: columns may share one, and a body may hold one text twice.
struct Twins {
    /// By column: the first one with the same key.
    first: Vec<u32>,
    /// By column: the shape that had it last.
    last_in: Vec<u32>,
    shape: u32,
}

impl Twins {
    fn of(columns: &[Column], text: &Text<'_>) -> Self {
        let key = |at: u32| columns.get(at as usize).map_or("", |column| text.get(column.key));
        let mut prints: Vec<_> =
            (0..columns.len() as u32).map(|at| (print(key(at).as_bytes()), at)).collect();
        // Texts are compared only where their prints are the same.
        prints.sort_unstable_by(|one, other| {
            let texts = || key(one.1).cmp(key(other.1)).then(one.1.cmp(&other.1));
            one.0.cmp(&other.0).then_with(texts)
        });
        let mut first: Vec<_> = (0..columns.len() as u32).collect();
        for pair in prints.windows(2) {
            let [(print, before), (same, at)] = pair else { continue };
            if print == same && key(*before) == key(*at) {
                let twin = first.get(*before as usize).copied().unwrap_or(*before);
                first.iter_mut().skip(*at as usize).take(1).for_each(|first| *first = twin);
            }
        }
        Self { first, last_in: vec![0; columns.len()], shape: 0 }
    }

    /// Whether the shape has the key already.
    fn are_there(&mut self, column: u32) -> bool {
        let first = self.first.get(column as usize).copied().unwrap_or(0);
        let last_in = self.last_in.get_mut(first as usize);
        last_in.is_some_and(|last_in| core::mem::replace(last_in, self.shape) == self.shape)
    }
}

/// Texts that differ in this are not the same.
fn print(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |all: u64, more: u64| (all ^ more).wrapping_mul(ODD).rotate_right(29);
    let (eights, rest) = text.as_chunks();
    let all = eights.iter().fold(text.len() as u64, |all, eight| mix(all, u64::from_le_bytes(*eight)));
    mix(all, rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte)))
}
