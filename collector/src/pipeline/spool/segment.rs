//! The bytes of a segment: eight that say what it is, then frames of length, CRC-32 and payload.

/// What every segment begins with.
pub(super) const MAGIC: [u8; 8] = *b"weftspl0";

/// Length of [`MAGIC`] as an offset.
pub(super) const HEAD: u64 = MAGIC.len() as u64;

/// No payload is larger: a length beyond it is damage, not an order to allocate.
const MAX_PAYLOAD: usize = 128 * 1024 * 1024;

const FRAME_HEAD: usize = 8;

/// What stands at a place in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A whole record; the next begins after `length` bytes.
    Frame { payload: &'a [u8], length: usize },
    /// Nothing.
    End,
    /// The beginning of a record whose end is missing; so many bytes it would have, as far as that is known.
    Torn { length: usize },
    /// Bytes that are no record.
    Damaged,
}

/// Reads the frame at the beginning of `bytes`.
pub(super) fn next(bytes: &[u8]) -> Next<'_> {
    if bytes.is_empty() {
        return Next::End;
    }
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return Next::Torn { length: FRAME_HEAD };
    };
    let Some((sum, rest)) = rest.split_first_chunk::<4>() else { return Next::Torn { length: FRAME_HEAD } };
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > MAX_PAYLOAD {
        // A file can have grown without its bytes having arrived: those read as zero.
        let zero = bytes.iter().all(|byte| *byte == 0);
        return if zero { Next::Torn { length: bytes.len() } } else { Next::Damaged };
    }
    let Some(payload) = rest.get(..length) else { return Next::Torn { length: FRAME_HEAD + length } };
    if crc32fast::hash(payload) == u32::from_le_bytes(*sum) {
        Next::Frame { payload, length: FRAME_HEAD + length }
    } else if rest.len() == length {
        Next::Torn { length: FRAME_HEAD + length }
    } else {
        Next::Damaged
    }
}

/// Appends a frame holding `message`; gives its length.
pub(super) fn write(message: &impl prost::Message, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    let payload = message.encode_to_vec();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    out.extend_from_slice(&payload);
    out.len() - start
}
