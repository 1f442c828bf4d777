//! Page dictionaries: what a page has sent before is known to both sides, and DEFLATE finds a batch's words there again.

use alloc::vec::Vec;

use crate::{
    decode::DecodeError,
    dictionary::DICTIONARY,
    number::{Reader, put},
};

/// Bytes of earlier bodies that DEFLATE can refer to: with [`DICTIONARY`], its window of 32 KiB.
pub const MAX_BASE_BYTES: usize = 32 * 1024 - DICTIONARY.len();

/// The earlier batches that a batch was deflated behind, in a request of [`crate::Form::Behind`]: what stands between
/// the head and the batch.
///
/// ```text
/// varint       how many numbers before this batch the last of them is
/// varint       how many numbers before that the first of them is
/// ```
/// Whoever has not the same bodies of these numbers gets another body from DEFLATE than was sealed, and the digest in the
/// head says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Number of the first batch.
    pub first: u64,
    /// Number of the last batch.
    pub last: u64,
}

impl Base {
    /// Appends it to `out`, for the batch of this number.
    pub fn write(&self, number: u64, out: &mut Vec<u8>) {
        put(out, number.saturating_sub(self.last));
        put(out, self.last.saturating_sub(self.first));
    }

    /// Reads it for the batch of this number; what is left is the batch.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] or [`DecodeError::Invalid`].
    pub fn read(number: u64, bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let mut reader = Reader(bytes);
        let mut back = || reader.number().ok_or(DecodeError::Truncated("base"));
        let (to_last, to_first) = (back()?, back()?);
        let last = number.checked_sub(to_last).ok_or(DecodeError::Invalid("base"))?;
        let first = last.checked_sub(to_first).ok_or(DecodeError::Invalid("base"))?;
        Ok((Self { first, last }, reader.0))
    }
}

/// Bodies of the batches of one page, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    bytes: Vec<u8>,
    batches: Vec<(u64, usize)>,
}

impl Earlier {
    /// Keeps the plain form of a batch; of all together no more than `most` bytes, without those of the lowest numbers.
    pub fn keep(&mut self, number: u64, body: &[u8], most: usize) {
        let at = self.batches.partition_point(|(other, _)| *other < number);
        let (mut gone, mut bytes) = (0, self.bytes.len() + body.len());
        while bytes > most && gone < at {
            bytes -= self.batches.get(gone).map_or(0, |(_, length)| *length);
            gone += 1;
        }
        if bytes > most || self.batches.get(at).is_some_and(|(other, _)| *other == number) {
            return;
        }
        let behind = self.bytes.split_off(self.length(..at));
        self.bytes.drain(..self.length(..gone));
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(&behind);
        self.batches.insert(at, (number, body.len()));
        self.batches.drain(..gone);
    }

    /// All of it, by name. `None`: there is nothing.
    #[must_use]
    pub fn base(&self) -> Option<Base> {
        let ((first, _), (last, _)) = (self.batches.first()?, self.batches.last()?);
        Some(Base { first: *first, last: *last })
    }

    /// The bodies, one behind the other.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bodies that `base` names, as far as they are here. `None`: none is.
    #[must_use]
    pub fn of(&self, base: &Base) -> Option<&[u8]> {
        let first = self.batches.partition_point(|(number, _)| *number < base.first);
        let end = self.batches.partition_point(|(number, _)| *number <= base.last);
        let bodies = self.bytes.get(self.length(..first)..self.length(..end))?;
        (first < end).then_some(bodies)
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity() + self.batches.capacity() * size_of::<(u64, usize)>()
    }

    fn length(&self, batches: core::ops::RangeTo<usize>) -> usize {
        self.batches.get(batches).unwrap_or_default().iter().map(|(_, length)| length).sum()
    }
}
