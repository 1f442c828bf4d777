//! The collector's answer to a batch that is durable.
//!
//! It is protobuf (`weft.v1.Ack` in `WIRE.md`), so that what it says can grow: fields that are not known are passed over.

use alloc::vec::Vec;

use crate::{
    decode::DecodeError,
    number::{Reader, put},
};

/// Says that a batch is durable at the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ack {
    /// Digest from the head of the batch.
    pub digest: u32,
    /// Number of the batch.
    pub number: u64,
    /// Milliseconds to wait before sending again; 0: as you like.
    pub wait_ms: u32,
}

/// Wire types of protobuf.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

const DIGEST: u64 = 1 << 3 | FIXED32;
const NUMBER: u64 = 2 << 3 | VARINT;
const WAIT_MS: u64 = 3 << 3 | VARINT;

impl Ack {
    /// The bytes of the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, DIGEST);
        out.extend_from_slice(&self.digest.to_le_bytes());
        for (key, value) in [(NUMBER, self.number), (WAIT_MS, self.wait_ms.into())] {
            put(&mut out, key);
            put(&mut out, value);
        }
        out
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`DecodeError::Protobuf`]: these bytes are no answer of ours, for example a captive portal's page.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::read(Reader(bytes)).ok_or(DecodeError::Protobuf)
    }

    fn read(mut rest: Reader<'_>) -> Option<Self> {
        let mut ack = Self::default();
        while !rest.0.is_empty() {
            let key = rest.number()?;
            let value = match key & 7 {
                VARINT => rest.number()?,
                FIXED32 => u32::from_le_bytes(*rest.array()?).into(),
                FIXED64 => u64::from_le_bytes(*rest.array()?),
                BYTES => {
                    let length = rest.number()?;
                    rest.bytes(length)?;
                    length
                }
                _ => return None,
            };
            match key {
                DIGEST => ack.digest = value as u32,
                NUMBER => ack.number = value,
                WAIT_MS => ack.wait_ms = value as u32,
                0..8 => return None,
                _ => {}
            }
        }
        Some(ack)
    }
}
