//! Shapes: the keys and types of an event's attributes, checked once for all events that share one.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use super::{
    DecodeError,
    body::Run,
    error::within,
    fields::{Field, Fields, Varints},
    value::{Text, VALUE_BYTES},
};
use crate::{
    limits,
    strings::{StrId, Strings},
    wire::Type,
};

/// All shapes of a batch.
pub(super) struct Shapes {
    /// Of one after the other.
    keys: Vec<Key>,
    shapes: Vec<Shape>,
}

/// An attribute without its value.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) name: StrId,
    pub(super) kind: Type,
}

struct Shape {
    keys: Range<usize>,
    /// What its keys, and what frames their values, take when they are written out.
    bytes: usize,
    /// Why no event can have it.
    refused: Option<DecodeError>,
}

const SHAPE: DecodeError = DecodeError::Invalid("shape");

impl Shapes {
    pub(super) fn of(run: &Run<'_>, text: &Text) -> Result<Self, DecodeError> {
        let mut all = Self { keys: Vec::new(), shapes: Vec::with_capacity(run.count()) };
        let mut names = Names::new(&text.strings);
        for shape in run.messages() {
            all.add(shape, text, &mut names)?;
        }
        if names.may_be_twins()
            && all.shapes.iter().any(|shape| is_repeated(all.keys_of(shape), &text.strings))
        {
            return Err(SHAPE);
        }
        Ok(all)
    }

    fn add(&mut self, shape: &[u8], text: &Text, names: &mut Names<'_>) -> Result<(), DecodeError> {
        let (mut keys, mut types) = columns(shape)?;
        let (start, mut bytes, mut refused) = (self.keys.len(), 0, None);
        names.shape += 1;
        while let Some(name) = keys.next() {
            let kind = types.next().ok_or_else(|| types.why("shape"))?;
            let name = StrId(name as u32);
            if names.is_known(name) {
                return Err(SHAPE);
            }
            match text.name_bytes(name) {
                Ok(length) => bytes += length + VALUE_BYTES,
                Err(why) => refused = Some(why),
            }
            let kind = Type::try_from(kind as i32).unwrap_or_else(|_| {
                refused = Some(DecodeError::Invalid("type"));
                Type::Other
            });
            self.keys.push(Key { name, kind });
        }
        match (keys.is_empty(), types.is_empty()) {
            (false, _) => return Err(DecodeError::Protobuf),
            (_, false) => return Err(SHAPE),
            _ => {}
        }
        let keys = start..self.keys.len();
        within("attributes of an event", keys.len(), limits::MAX_ATTRIBUTES)?;
        self.shapes.push(Shape { keys, bytes, refused });
        Ok(())
    }

    fn keys_of(&self, shape: &Shape) -> &[Key] {
        self.keys.get(shape.keys.clone()).unwrap_or_default()
    }

    /// The keys of a shape, and what they and what frames their values take when they are written out.
    #[inline]
    pub(super) fn get(&self, shape: u32) -> Result<(&[Key], usize), DecodeError> {
        let Some(found) = self.shapes.get(shape as usize) else {
            // No shapes at all: no event has attributes.
            return if shape == 0 { Ok((&[], 0)) } else { Err(SHAPE) };
        };
        found.refused.map_or_else(|| Ok((self.keys_of(found), found.bytes)), Err)
    }
}

/// Keys and types.
fn columns(shape: &[u8]) -> Result<(Varints<'_>, Varints<'_>), DecodeError> {
    let (mut fields, mut keys, mut types) = (Fields(shape), None, None);
    while let Some((tag, field)) = fields.next()? {
        let place = match tag {
            1 => &mut keys,
            2 => &mut types,
            _ => continue,
        };
        match (field, &place) {
            (Field::Bytes(bytes), None) => *place = Some(Varints::of(bytes)),
            _ => return Err(DecodeError::Protobuf),
        }
    }
    Ok((keys.unwrap_or_default(), types.unwrap_or_default()))
}

/// The keys of all shapes: none may come twice in one. That goes by their texts, and a batch may hold one text twice.
struct Names<'a> {
    strings: &'a Strings,
    /// By position of a string: the shape that had it last, from 1 on. The last one is of all that are no strings.
    last_in: Vec<u32>,
    shape: u32,
    /// Of every string that is a key.
    prints: Vec<u64>,
}

impl<'a> Names<'a> {
    fn new(strings: &'a Strings) -> Self {
        Self { strings, last_in: vec![0; strings.len() + 1], shape: 0, prints: Vec::new() }
    }

    /// Whether the shape had it already.
    #[inline]
    fn is_known(&mut self, name: StrId) -> bool {
        let at = (name.0 as usize).min(self.strings.len());
        let Some(last_in) = self.last_in.get_mut(at) else { return false };
        if *last_in == 0 {
            self.prints.push(print(self.strings.get(name).as_bytes()));
        }
        core::mem::replace(last_in, self.shape) == self.shape
    }

    /// Whether two of them may be one text.
    fn may_be_twins(&mut self) -> bool {
        self.prints.sort_unstable();
        self.prints.windows(2).any(|pair| pair.first() == pair.last())
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

fn is_repeated(keys: &[Key], strings: &Strings) -> bool {
    let mut texts: Vec<_> = keys.iter().map(|key| strings.get(key.name)).collect();
    texts.sort_unstable();
    texts.windows(2).any(|pair| pair.first() == pair.last())
}
