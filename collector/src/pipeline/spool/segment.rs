//! The bytes of a segment: a head that says what it is, then frames of length, checksum and payload.
//!
//! Checksums are salted per segment. Where bytes are damaged, reading goes on at the next whole frame, and what a
//! stranger has sent as a body must not be taken for one.

/// What every segment of this version begins with. The salt follows.
const MAGIC: [u8; 8] = *b"weftspl2";

/// What segments of every version begin with.
const FAMILY: [u8; 7] = *b"weftspl";

/// The version before, which is read: nothing in it waits.
const BEFORE: u8 = b'1';

/// Length of a segment's head.
pub(super) const HEAD: u64 = 24;

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

    /// What a segment begins with. The salt stands there three times: without it nothing behind it can be read.
    pub(super) fn head(self) -> Vec<u8> {
        let salt = self.0.to_le_bytes();
        [&MAGIC[..], &salt, &checksum(self, &MAGIC).to_le_bytes(), &salt, &salt].concat()
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

/// What a whole segment consists of, one after the other.
pub(super) struct Pieces<'a> {
    salt: Salt,
    rest: &'a [u8],
}

/// A part of a segment.
pub(super) enum Piece<'a> {
    /// A record, and the bytes it takes.
    Frame(&'a [u8], usize),
    /// Bytes that are none, with a whole record behind them.
    Damaged(usize),
    /// Bytes that are none, up to the end.
    Tail(usize),
}

impl Salt {
    /// What `bytes`, from a segment's head on, consist of.
    pub(super) fn pieces(self, bytes: &[u8]) -> Pieces<'_> {
        Pieces { salt: self, rest: bytes }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (piece, length) = match self.salt.next(self.rest) {
            Next::End => return None,
            Next::Frame { payload, length } => (Piece::Frame(payload, length), length),
            Next::Torn { .. } | Next::Damaged => match self.salt.resume(self.rest) {
                Some(skipped) => (Piece::Damaged(skipped), skipped),
                None => (Piece::Tail(self.rest.len()), self.rest.len()),
            },
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        Some(piece)
    }
}

/// Reads the first bytes of a segment.
pub(super) fn head(bytes: &[u8]) -> Head {
    let Some((magic, _)) = bytes.split_first_chunk::<8>() else { return Head::Damaged };
    let number = |at: usize| bytes.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    let [salt, sum, second, third] = [8, 12, 16, 20].map(number);
    if let Some(salt) = salt.map(Salt).filter(|salt| Some(checksum(*salt, magic)) == sum) {
        return match magic {
            _ if *magic == MAGIC => Head::Salted(salt),
            [.., BEFORE] if magic.starts_with(&FAMILY) => Head::Salted(salt),
            [.., version] if magic.starts_with(&FAMILY) => Head::OtherVersion(*version),
            _ => Head::Damaged,
        };
    }
    // A head is damaged like anything else; two of three that agree are right.
    let agreed = if salt == second || salt == third { salt } else { second.filter(|_| second == third) };
    agreed.map_or(Head::Damaged, |salt| Head::Salted(Salt(salt)))
}

fn checksum(salt: Salt, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt.0);
    hasher.update(bytes);
    hasher.finalize()
}
