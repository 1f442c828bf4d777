//! The collector's answer to a batch that is durable.
//!
//! It is protobuf (`weft.v1.Ack` in `WIRE.md`), so that what it says can grow: fields that are not known are passed over.

use alloc::vec::Vec;

use crate::{
    decode::DecodeError,
    fields::{self, BYTES, FIXED32, VARINT},
    number::put,
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

const DIGEST: u64 = 1 << 3 | FIXED32;
const NUMBER: u64 = 2 << 3 | VARINT;
const WAIT_MS: u64 = 3 << 3 | VARINT;
const POLICY: u64 = 4;
const FILLING: u64 = 5;

/// Bytes of the longest answer without a policy.
const MAX_PLAIN_BYTES: usize = 20;

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
        let mut ack = Self::default();
        let read = fields::read(bytes, |key, value, _| {
            match key {
                DIGEST => ack.digest = value as u32,
                NUMBER => ack.number = value,
                WAIT_MS => ack.wait_ms = value as u32,
                _ => {}
            }
            Some(())
        });
        read.map(|()| ack).ok_or(DecodeError::Protobuf)
    }

    /// Appends a policy to the bytes of an answer; nothing: there is none any more. The answer is longer then than any
    /// without one, so that pages that have none need not look into it.
    pub fn put_policy(answer: &mut Vec<u8>, policy: &[u8]) {
        fields::put_bytes(answer, POLICY, policy);
        let missing = (MAX_PLAIN_BYTES + 1).saturating_sub(answer.len());
        if missing > 0 {
            fields::put_bytes(answer, FILLING, [0; MAX_PLAIN_BYTES].get(..missing).unwrap_or_default());
        }
    }

    /// The policy in an answer. `None`: it says nothing of that, and the one that is known holds.
    #[must_use]
    pub fn policy_in(answer: &[u8]) -> Option<&[u8]> {
        let mut policy = None;
        fields::read(answer, |key, _, bytes| {
            if key == POLICY << 3 | BYTES {
                policy = Some(bytes);
            }
            Some(())
        })?;
        policy
    }
}
