//! The collector's answer to a batch that is durable.

use alloc::vec::Vec;

use prost::Message;

use crate::{decode::DecodeError, wire};

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

impl Ack {
    /// The bytes of the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::Ack { digest: self.digest, number: self.number, wait_ms: self.wait_ms }.encode_to_vec()
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`DecodeError::Protobuf`]: these bytes are no answer of ours, for example a captive portal's page.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let ack = wire::Ack::decode(bytes).map_err(|_| DecodeError::Protobuf)?;
        Ok(Self { digest: ack.digest, number: ack.number, wait_ms: ack.wait_ms })
    }
}
