//! Writes protobuf from its end to its beginning: a message's length is known when its head is written, so nothing is
//! measured beforehand and nothing moved afterwards.
//!
//! Fields are written in descending order, so that they read in ascending order, as every encoder writes them.

use std::cell::Cell;

/// A growing buffer whose end is fixed.
pub(super) struct Backward {
    bytes: Vec<u8>,
    /// Where what is written begins.
    at: usize,
}

thread_local! {
    /// The buffer that was used last: neither asked for again nor filled with zeros.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A larger one is not kept.
const MOST_SPARE: usize = 1024 * 1024;

/// Room for a few events at first.
const LEAST: usize = 4 * 1024;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const DELIMITED: u64 = 2;
const FIXED32: u64 = 5;

impl Backward {
    pub(super) fn new() -> Self {
        let bytes = SPARE.take();
        let at = bytes.len();
        Self { bytes, at }
    }

    /// What was written.
    pub(super) fn finish(self) -> Vec<u8> {
        let written = self.bytes.get(self.at..).unwrap_or_default().to_vec();
        if self.bytes.len() <= MOST_SPARE {
            SPARE.set(self.bytes);
        }
        written
    }

    pub(super) fn message(&mut self, field: u64, content: impl FnOnce(&mut Self)) {
        let before = self.len();
        content(self);
        self.delimited(field, self.len() - before);
    }

    pub(super) fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.raw(bytes);
        self.delimited(field, bytes.len());
    }

    /// A singular text: empty is absent.
    pub(super) fn text(&mut self, field: u64, text: &str) {
        if !text.is_empty() {
            self.bytes(field, text.as_bytes());
        }
    }

    pub(super) fn varint(&mut self, field: u64, value: u64) {
        self.number(value);
        self.number(field << 3 | VARINT);
    }

    pub(super) fn fixed64(&mut self, field: u64, value: u64) {
        self.raw(&value.to_le_bytes());
        self.number(field << 3 | FIXED64);
    }

    pub(super) fn fixed32(&mut self, field: u64, value: u32) {
        self.raw(&value.to_le_bytes());
        self.number(field << 3 | FIXED32);
    }

    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        if bytes.len() > self.at {
            self.grow(bytes.len());
        }
        self.at -= bytes.len();
        if let Some(place) = self.bytes.get_mut(self.at..self.at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    #[inline]
    fn delimited(&mut self, field: u64, length: usize) {
        if length < 0x80 && field < 16 {
            return self.raw(&[(field << 3 | DELIMITED) as u8, length as u8]);
        }
        self.number(length as u64);
        self.number(field << 3 | DELIMITED);
    }

    #[inline]
    fn number(&mut self, value: u64) {
        match value {
            0..0x80 => self.raw(&[value as u8]),
            0x80..0x4000 => self.raw(&[value as u8 | 0x80, (value >> 7) as u8]),
            _ => self.long_number(value),
        }
    }

    fn long_number(&mut self, value: u64) {
        let (mut bytes, mut used, mut rest) = ([0; 10], 0, value);
        for byte in &mut bytes {
            used += 1;
            *byte = (rest & 0x7f) as u8;
            rest >>= 7;
            if rest == 0 {
                break;
            }
            *byte |= 0x80;
        }
        self.raw(bytes.get(..used).unwrap_or_default());
    }

    #[cold]
    fn grow(&mut self, wanted: usize) {
        let more = wanted.max(self.bytes.len()).max(LEAST);
        let mut bytes = vec![0; more];
        bytes.extend_from_slice(&self.bytes);
        self.bytes = bytes;
        self.at += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_and_messages_in_messages_are_written_as_prost_writes_them() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut expected = Vec::new();
            prost::encoding::uint64::encode(20, &value, &mut expected);
            let mut writer = Backward::new();
            writer.varint(20, value);
            assert_eq!(writer.finish(), expected);
        }
        let mut writer = Backward::new();
        writer.message(1, |writer| {
            writer.message(2, |writer| writer.fixed32(3, 7));
            writer.text(1, "a");
        });
        assert_eq!(&writer.finish()[..], [0x0a, 10, 0x0a, 1, b'a', 0x12, 5, 0x1d, 7, 0, 0, 0]);
    }
}
