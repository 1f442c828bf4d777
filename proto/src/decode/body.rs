//! The parts of a body, found and not yet read.

use super::{
    DecodeError,
    fields::{Field, Fields},
};

/// `Batch`.
#[derive(Default)]
pub(super) struct Body<'a> {
    pub(super) text: &'a [u8],
    pub(super) text_lengths: &'a [u8],
    pub(super) sessions: Run<'a>,
    pub(super) shapes: Run<'a>,
    pub(super) foreign: &'a [u8],
    pub(super) points: Run<'a>,
    pub(super) page_load: u64,
    pub(super) time_unit: u64,
    pub(super) events: Option<Packed<'a, 20>>,
    pub(super) resource_shape: u32,
    pub(super) values: Packed<'a, 5>,
    pub(super) other: Run<'a>,
    pub(super) dropped: Run<'a>,
}

impl<'a> Body<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut body, mut fields, mut once) = (Self::default(), Fields(bytes), Once(0));
        loop {
            let before = fields;
            let Some((tag, field)) = fields.next()? else { return Ok(body) };
            match (tag, field) {
                (3, Field::Bytes(_)) => body.sessions.add(before, fields)?,
                (4, Field::Bytes(_)) => body.shapes.add(before, fields)?,
                (6, Field::Bytes(_)) => body.points.add(before, fields)?,
                (12, Field::Bytes(_)) => body.dropped.add(before, fields)?,
                (1..=12, field) => {
                    once.check(tag)?;
                    body.singular(tag, field)?;
                }
                _ => {}
            }
        }
    }

    fn singular(&mut self, tag: u64, field: Field<'a>) -> Result<(), DecodeError> {
        match (tag, field) {
            (1, Field::Bytes(text)) => self.text = text,
            (2, Field::Bytes(lengths)) => self.text_lengths = lengths,
            (5, Field::Bytes(foreign)) => self.foreign = foreign,
            (7, Field::Varint(number)) => self.page_load = number,
            (8, Field::Varint(unit)) => self.time_unit = unit,
            (9, Field::Bytes(events)) => self.events = Some(Packed::of(events, None)?),
            (10, Field::Varint(shape)) => self.resource_shape = shape as u32,
            (11, Field::Bytes(values)) => self.values = Packed::of(values, Some((5, &mut self.other)))?,
            _ => return Err(DecodeError::Protobuf),
        }
        Ok(())
    }
}

/// A message whose fields below `N` are packed, each there once or not at all.
pub(super) struct Packed<'a, const N: usize>([&'a [u8]; N]);

impl<const N: usize> Default for Packed<'_, N> {
    fn default() -> Self {
        Self([&[]; N])
    }
}

impl<'a, const N: usize> Packed<'a, N> {
    /// `messages`: the field that holds messages instead, and where it goes.
    fn of(bytes: &'a [u8], mut messages: Option<(u64, &mut Run<'a>)>) -> Result<Self, DecodeError> {
        let (mut packed, mut fields, mut once) = (Self::default(), Fields(bytes), Once(0));
        loop {
            let before = fields;
            let Some((tag, field)) = fields.next()? else { return Ok(packed) };
            if let Some((_, run)) = messages.as_mut().filter(|(of, _)| *of == tag) {
                let Field::Bytes(_) = field else { return Err(DecodeError::Protobuf) };
                run.add(before, fields)?;
            } else if let Some(place) = packed.0.get_mut(tag as usize) {
                let Field::Bytes(bytes) = field else { return Err(DecodeError::Protobuf) };
                once.check(tag)?;
                *place = bytes;
            }
        }
    }

    /// The field of this number; empty if there is none.
    #[inline]
    pub(super) fn get(&self, tag: usize) -> &'a [u8] {
        self.0.get(tag).copied().unwrap_or_default()
    }
}

/// Fields that were there already, by number.
struct Once(u32);

impl Once {
    /// The last of several would hold, or all of them end to end: that is not how we write.
    fn check(&mut self, tag: u64) -> Result<(), DecodeError> {
        let bit = 1 << tag;
        if self.0 & bit != 0 {
            return Err(DecodeError::Protobuf);
        }
        self.0 |= bit;
        Ok(())
    }
}

/// Messages of one field, one behind the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    from: &'a [u8],
    length: usize,
    count: usize,
}

impl<'a> Run<'a> {
    /// Adds the field between two places of the same message.
    fn add(&mut self, before: Fields<'a>, after: Fields<'a>) -> Result<(), DecodeError> {
        if self.count == 0 {
            self.from = before.0;
        } else if self.from.len() - self.length != before.0.len() {
            return Err(DecodeError::Protobuf);
        }
        self.length = self.from.len() - after.0.len();
        self.count += 1;
        Ok(())
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn messages(&self) -> Messages<'a> {
        Messages(Fields(self.from.get(..self.length).unwrap_or_default()))
    }
}

/// What is left of a run.
pub(super) struct Messages<'a>(Fields<'a>);

impl Messages<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.0.next() {
            Ok(Some((_, Field::Bytes(message)))) => Some(message),
            // There is nothing else in a run.
            _ => None,
        }
    }
}
