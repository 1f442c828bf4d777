//! The bytes of a segment: sixteen that say what it is, then frames of length, checksum and payload.
//!
//! Checksums are salted per segment. Where bytes are damaged, reading goes on at the next whole frame, and what a
//! stranger has sent as a body must not be taken for one.

/// What every segment of this version begins with. The salt follows.
const MAGIC: [u8; 8] = *b"weftspl1";

/// What segments of every version begin with.
const FAMILY: [u8; 7] = *b"weftspl";

/// Length of a segment's head.
pub(super) const HEAD: u64 = 16;

/// No payload is larger: a length beyond it is damage, not an order to allocate.
const MAX_PAYLOAD: usize = 128 * 1024 * 1024;

const FRAME_HEAD: usize = 8;

/// How every payload begins: a record's kind is never absent.
const RECORD: u8 = 0x08;

/// What checksums of a segment begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt(u32);

/// What a segment's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Ours.
    Salted(Salt),
    /// Of a version that this collector does not read.
    OtherVersion(u8),
    /// No segment, or a damaged one.
    Damaged,
}

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

impl Salt {
    pub(super) fn random() -> Self {
        Self(fastrand::u32(..))
    }

    /// What a segment begins with.
    pub(super) fn head(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.0.to_le_bytes());
        bytes.extend_from_slice(&checksum(self, &MAGIC).to_le_bytes());
        bytes
    }

    /// Appends a frame holding `message`; gives its length.
    pub(super) fn write(self, message: &impl prost::Message, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        out.extend_from_slice(&[0; FRAME_HEAD]);
        // Fails only when a buffer is full, and this one grows.
        let _ = message.encode(out);
        let payload = out.get(start + FRAME_HEAD..).unwrap_or_default();
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let sum = checksum(self, payload);
        if let Some(head) = out.get_mut(start..start + FRAME_HEAD) {
            let (first, second) = head.split_at_mut(4);
            first.copy_from_slice(&length.to_le_bytes());
            second.copy_from_slice(&sum.to_le_bytes());
        }
        out.len() - start
    }

    /// Reads the frame at the beginning of `bytes`.
    pub(super) fn next(self, bytes: &[u8]) -> Next<'_> {
        if bytes.is_empty() {
            return Next::End;
        }
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
            return Next::Torn { length: FRAME_HEAD };
        };
        let Some((sum, rest)) = rest.split_first_chunk::<4>() else {
            return Next::Torn { length: FRAME_HEAD };
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 || length > MAX_PAYLOAD {
            // A file can have grown without its bytes having arrived: those read as zero.
            let zero = bytes.iter().all(|byte| *byte == 0);
            return if zero { Next::Torn { length: bytes.len() } } else { Next::Damaged };
        }
        let Some(payload) = rest.get(..length) else { return Next::Torn { length: FRAME_HEAD + length } };
        if checksum(self, payload) == u32::from_le_bytes(*sum) {
            Next::Frame { payload, length: FRAME_HEAD + length }
        } else {
            Next::Damaged
        }
    }

    /// Where in `bytes`, which begin with damage, the next whole frame begins.
    pub(super) fn resume(self, bytes: &[u8]) -> Option<usize> {
        (1..bytes.len().saturating_sub(FRAME_HEAD)).find(|at| {
            bytes.get(at + FRAME_HEAD) == Some(&RECORD)
                && matches!(self.next(bytes.get(*at..).unwrap_or_default()), Next::Frame { .. })
        })
    }
}

/// Reads the first bytes of a segment.
pub(super) fn head(bytes: &[u8]) -> Head {
    let Some(head) = bytes.first_chunk::<16>() else { return Head::Damaged };
    let [.., s0, s1, s2, s3, _, _, _, _] = *head;
    let salt = Salt(u32::from_le_bytes([s0, s1, s2, s3]));
    if salt.head() == head {
        return Head::Salted(salt);
    }
    match head.split_at(FAMILY.len()) {
        (family, [version, ..]) if *family == FAMILY && *version != MAGIC[7] => Head::OtherVersion(*version),
        _ => Head::Damaged,
    }
}

fn checksum(salt: Salt, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt.0);
    hasher.update(bytes);
    hasher.finalize()
}
