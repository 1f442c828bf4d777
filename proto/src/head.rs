//! The head of a batch: short and uncompressed, so that page and digest are known before anything is inflated.
//!
//! ```text
//! byte 0       format version, 0 while the format moves
//! byte 1       form of the body: 0 as it is, 1 raw DEFLATE (RFC 1951) behind `DICTIONARY`, 2 raw DEFLATE behind
//!              `DICTIONARY` and earlier bodies of the page, which are named before it (`base.rs`); plus 4: what policy the
//!              page has stands behind the epoch
//! byte 2-17    page seed
//! byte 18-21   digest: CRC-32 (ISO-HDLC) of the body as it is, little-endian
//! varint       number of the batch in its page
//! varint       send time, milliseconds since 1970 by the device's wall clock
//! varint       clock epoch of the page at send time
//! 4 bytes      CRC-32 of its policy, little-endian, if byte 1 says so
//! ```
//! Send time, epoch and policy stand outside the digest: a retry changes them and nothing else.

use alloc::vec::Vec;

use crate::{
    decode::DecodeError,
    ids::Seed,
    limits,
    number::{Reader, put},
};

/// The format this crate writes, and the only one it reads until the format is frozen as 1.
pub const VERSION: u8 = 0;

/// How the body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// As it is.
    Plain = 0,
    /// Raw DEFLATE (RFC 1951) behind [`crate::DICTIONARY`].
    Deflate = 1,
    /// [`crate::Base`], then raw DEFLATE behind [`crate::DICTIONARY`] and the bodies that it names.
    Behind = 2,
}

/// What stands before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How the body travels.
    pub form: Form,
    /// The page's seed.
    pub seed: Seed,
    /// [`digest`] of the body.
    pub digest: u32,
    /// Number of the batch; never repeats within the page.
    pub number: u64,
    /// Milliseconds since 1970 by the device's wall clock, at this try to send.
    pub send_time_ms: u64,
    /// Clock epoch of the page at this try to send.
    pub epoch: u32,
}

/// Of the form: a policy is named behind the head. The module writes no such head: what has a policy adds it.
const NAMES_POLICY: u8 = 4;

/// What the policy of a page is called that can apply none.
pub const NO_POLICY_EVER: u32 = u32::MAX;

impl Head {
    /// Appends the head to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, self.form as u8]);
        out.extend_from_slice(&self.seed.0);
        out.extend_from_slice(&self.digest.to_le_bytes());
        put(out, self.number);
        put(out, self.send_time_ms);
        put(out, self.epoch.into());
    }

    /// Reads the head; what is left is the body, in the head's form.
    ///
    /// # Errors
    /// [`DecodeError::Version`], [`DecodeError::Truncated`] or [`DecodeError::Invalid`].
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        Self::read_with_policy(bytes).map(|(head, _, body)| (head, body))
    }

    /// The same, and what the page's policy is called: the [`digest`] of its bytes. `None`: it has none.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_with_policy(bytes: &[u8]) -> Result<(Self, Option<u32>, &[u8]), DecodeError> {
        let (version, rest) = bytes.split_first().ok_or(DecodeError::Truncated("head"))?;
        if *version != VERSION {
            return Err(DecodeError::Version(*version));
        }
        let (form, rest) = rest.split_first().ok_or(DecodeError::Truncated("head"))?;
        let names_policy = form & NAMES_POLICY != 0;
        let form = match form & !NAMES_POLICY {
            0 => Form::Plain,
            1 => Form::Deflate,
            2 => Form::Behind,
            _ => return Err(DecodeError::Invalid("form")),
        };
        let (seed, rest) = rest.split_first_chunk().ok_or(DecodeError::Truncated("head"))?;
        let (digest, rest) = rest.split_first_chunk().ok_or(DecodeError::Truncated("head"))?;
        let mut rest = Reader(rest);
        let mut number = || rest.number().ok_or(DecodeError::Truncated("head"));
        let (number, send_time_ms, epoch) = (number()?, number()?, number()?);
        if number > limits::MAX_NUMBER || send_time_ms > limits::MAX_NUMBER {
            return Err(DecodeError::Invalid("number or send time beyond 2^53"));
        }
        let head = Self {
            form,
            seed: Seed(*seed),
            digest: u32::from_le_bytes(*digest),
            number,
            send_time_ms,
            epoch: u32::try_from(epoch).map_err(|_| DecodeError::Invalid("epoch"))?,
        };
        let policy = if names_policy {
            Some(u32::from_le_bytes(*rest.array().ok_or(DecodeError::Truncated("head"))?))
        } else {
            None
        };
        Ok((head, policy, rest.0))
    }
}

/// Digest of a body as it is, before DEFLATE: the ack echoes it, and damage in transit shows.
/// It says nothing about who sent the body.
#[must_use]
pub fn digest(body: &[u8]) -> u32 {
    #[cfg(feature = "fast-digest")]
    return crc32fast::hash(body);
    #[cfg(not(feature = "fast-digest"))]
    return small_digest(body);
}

/// CRC-32 (ISO-HDLC) by half bytes: 64 bytes of table.
#[cfg(any(test, not(feature = "fast-digest")))]
fn small_digest(body: &[u8]) -> u32 {
    // Evaluated by the compiler: an index out of bounds would not build.
    #[allow(clippy::indexing_slicing)]
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut at = 0;
        while at < 16 {
            let (mut value, mut bit) = (at as u32, 0);
            while bit < 4 {
                value = value >> 1 ^ if value & 1 == 1 { 0xedb8_8320 } else { 0 };
                bit += 1;
            }
            table[at] = value;
            at += 1;
        }
        table
    };
    let step = |crc: u32, half: u8| {
        let at = (crc ^ u32::from(half)) & 0xf;
        crc >> 4 ^ TABLE.get(at as usize).copied().unwrap_or(0)
    };
    !body.iter().fold(!0, |crc, byte| step(step(crc, *byte), *byte >> 4))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_crc_32() {
        // The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
        assert_eq!(super::small_digest(b"123456789"), 0xcbf4_3926);
        assert_eq!(super::digest(b"123456789"), 0xcbf4_3926);
    }
}
