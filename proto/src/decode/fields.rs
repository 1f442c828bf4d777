//! Protobuf as it lies there: the fields of a message one after the other, and the numbers of a packed one.
//!
//! Whatever is not as our encoder writes it is [`DecodeError::Protobuf`] here, even where protobuf allows it.

use core::slice;

use super::DecodeError;

/// What is left of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// What a field holds, by its wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Fields<'a> {
    /// The next field and its number. `None`: there is none.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        self.read().map(Some).ok_or(DecodeError::Protobuf)
    }

    #[inline]
    fn read(&mut self) -> Option<(u64, Field<'a>)> {
        let mut varints = Varints::of(self.0);
        let key = varints.next().filter(|key| (8..=u64::from(u32::MAX)).contains(key))?;
        let (field, rest) = match key & 7 {
            0 => (Field::Varint(varints.next()?), varints.rest()),
            1 => {
                let (bytes, rest) = varints.rest().split_first_chunk()?;
                (Field::Fixed64(u64::from_le_bytes(*bytes)), rest)
            }
            2 => {
                let length = usize::try_from(varints.next()?).ok()?;
                let (bytes, rest) = varints.rest().split_at_checked(length)?;
                (Field::Bytes(bytes), rest)
            }
            5 => (Field::Fixed32, varints.rest().get(4..)?),
            _ => return None,
        };
        self.0 = rest;
        Some((key >> 3, field))
    }
}

/// What is left of a packed field.
#[derive(Clone, Debug, Default)]
pub(super) struct Varints<'a>(slice::Iter<'a, u8>);

impl<'a> Varints<'a> {
    #[inline]
    pub(super) fn of(packed: &'a [u8]) -> Self {
        Self(packed.iter())
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0.as_slice()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    /// How many there are. What is no number at the end does not count.
    pub(super) fn count(&self) -> usize {
        self.rest().iter().filter(|byte| **byte < 0x80).count()
    }

    /// The next one. `None`: there is none, or it is none; see [`Self::why`].
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<u64> {
        let mut rest = self.0.clone();
        let first = *rest.next()?;
        if first < 0x80 {
            self.0 = rest;
            return Some(u64::from(first));
        }
        let second = *rest.next()?;
        if second < 0x80 {
            self.0 = rest;
            return Some(u64::from(first & 0x7f) | u64::from(second) << 7);
        }
        let (long, rest) = long(self.rest())?;
        *self = Self::of(rest);
        Some(long)
    }

    /// What [`Self::next`] found nothing for: where there should be more, `missing` says so.
    #[cold]
    pub(super) fn why(&self, missing: &'static str) -> DecodeError {
        if self.is_empty() { DecodeError::Invalid(missing) } else { DecodeError::Protobuf }
    }
}

/// A signed number as it is meant.
#[inline]
pub(super) fn unzigzag(coded: u64) -> i64 {
    (coded >> 1) as i64 ^ -((coded & 1) as i64)
}

/// A number of more than two bytes, and what is behind it.
fn long(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        // The tenth byte holds one bit.
        if at == 9 && *byte > 1 {
            return None;
        }
        value |= u64::from(*byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}
