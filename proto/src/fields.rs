//! Protobuf, as far as our small messages need it: the answer to a batch, and a policy.

use alloc::vec::Vec;

use crate::number::{Reader, put};

/// Wire types.
pub const VARINT: u64 = 0;
/// Eight bytes.
pub const FIXED64: u64 = 1;
/// A length, and so many bytes.
pub const BYTES: u64 = 2;
/// Four bytes.
pub const FIXED32: u64 = 5;

/// Reads `bytes` field by field, each with its key (its number, times eight, plus its wire type), its number (of bytes: how
/// many) and its bytes. `None`: that is no message, or `each` says that it is none of ours.
// In one piece with its one caller in the module, it is no larger than what it says.
#[inline(always)]
pub fn read<'a>(bytes: &'a [u8], mut each: impl FnMut(u64, u64, &'a [u8]) -> Option<()>) -> Option<()> {
    let mut rest = Reader(bytes);
    while !rest.0.is_empty() {
        let key = rest.number()?;
        let mut within: &[u8] = &[];
        let value = match key & 7 {
            VARINT => rest.number()?,
            FIXED32 => u32::from_le_bytes(*rest.array()?).into(),
            FIXED64 => u64::from_le_bytes(*rest.array()?),
            BYTES => {
                let length = rest.number()?;
                within = rest.bytes(length)?;
                length
            }
            _ => return None,
        };
        if key < 8 {
            return None;
        }
        each(key, value, within)?;
    }
    Some(())
}

/// Appends a number, unless it is 0.
pub fn put_number(out: &mut Vec<u8>, field: u64, value: u64) {
    if value > 0 {
        put(out, field << 3 | VARINT);
        put(out, value);
    }
}

/// Appends bytes.
pub fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put(out, field << 3 | BYTES);
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
