//! Bits one behind the other, the low ones of a byte first (RFC 1951, 3.1.1).

use alloc::vec::Vec;

#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    waiting: u64,
    count: u32,
}

impl Bits {
    pub(super) fn put(&mut self, bits: u32, count: u8) {
        self.waiting |= u64::from(bits) << self.count;
        self.count += u32::from(count);
        while self.count >= 8 {
            self.bytes.push(self.waiting as u8);
            self.waiting >>= 8;
            self.count -= 8;
        }
    }

    /// Fills the byte that has been begun.
    pub(super) fn align(&mut self) {
        self.put(0, (8 - self.count as u8) % 8);
    }

    /// Whole bytes, where a byte begins.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}
