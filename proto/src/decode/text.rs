//! The strings of a body, unpacked; and how many bytes the batch will take when it is written out.

use alloc::{string::String, vec::Vec};

use super::{Body, DecodeError, error::within};
use crate::{
    limits,
    number::Reader,
    packing::{ESCAPE, HEX, HEX_16, UUID, UUID_PARTS},
    strings::{StrId, Strings},
};

/// The strings. A reference of one byte may stand for kilobytes, and a batch must not grow without bound when it is
/// written out: `resolved` counts.
pub(super) struct Text<'a> {
    strings: Strings,
    /// How many strings have been referred to: the next new one is the one behind them.
    next: u32,
    /// Ids, in the order in which they are named.
    ids: Reader<'a>,
    resolved: usize,
}

const PACKED: DecodeError = DecodeError::Invalid("packed bytes");

impl<'a> Text<'a> {
    pub(super) fn of(text: &[u8], packed: &'a [u8]) -> Result<Self, DecodeError> {
        let mut unpacking =
            Unpacking { out: Vec::with_capacity(text.len() + packed.len() * 2), packed: Reader(packed) };
        let mut ends = Vec::with_capacity(text.len() / 16);
        let mut rest = text;
        while !rest.is_empty() {
            rest = unpacking.string(rest)?;
            ends.push(unpacking.out.len() as u32);
            within("strings", ends.len(), limits::MAX_STRINGS)?;
            within("bytes of text", unpacking.out.len(), limits::MAX_BODY_BYTES * 2)?;
        }
        // No mark is part of a character, and so no string ends inside one.
        let text =
            String::from_utf8(unpacking.out).map_err(|_| DecodeError::Invalid("text: it is not UTF-8"))?;
        Ok(Self { strings: Strings::of(text, &ends), next: 0, ids: unpacking.packed, resolved: 0 })
    }

    /// The string that a reference means: 0 is the next new one.
    #[inline]
    pub(super) fn resolve(&mut self, reference: u64) -> Result<StrId, DecodeError> {
        let id = if reference == 0 {
            self.next += 1;
            self.next - 1
        } else {
            u32::try_from(reference - 1).ok().filter(|id| *id < self.next).ok_or(STRING)?
        };
        Ok(StrId(id))
    }

    /// A reference to a name: of an event, a key, a reason or a rule.
    pub(super) fn name(&mut self, body: &mut Body<'_>) -> Result<StrId, DecodeError> {
        let reference = body.number("reference to a string")?;
        self.name_of(reference)
    }

    /// The name that a reference means.
    pub(super) fn name_of(&mut self, reference: u64) -> Result<StrId, DecodeError> {
        let id = self.resolve(reference)?;
        self.spend(self.name_bytes(id)?)?;
        Ok(id)
    }

    /// How long a name is.
    pub(super) fn name_bytes(&self, id: StrId) -> Result<usize, DecodeError> {
        let length = self.strings.length(id).ok_or(STRING)?;
        within("bytes of a name", length, limits::MAX_NAME_BYTES)?;
        Ok(length)
    }

    /// How long a text is.
    #[inline]
    pub(super) fn text_bytes(&self, id: StrId) -> Result<usize, DecodeError> {
        let length = self.strings.length(id).ok_or(STRING)?;
        within("bytes of text", length, limits::MAX_TEXT_BYTES)?;
        Ok(length)
    }

    pub(super) fn get(&self, id: StrId) -> &str {
        self.strings.get(id)
    }

    /// The next bytes among the ids.
    pub(super) fn id<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.ids.array().copied().ok_or(PACKED)
    }

    /// Counts what something will take when the batch is written out.
    #[inline]
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.resolved += bytes;
        within("bytes, written out", self.resolved, limits::MAX_RESOLVED_BYTES)
    }

    /// All strings, if all of them and of the ids were named.
    pub(super) fn finish(self) -> Result<Strings, DecodeError> {
        if self.next as usize != self.strings.len() {
            return Err(DecodeError::Invalid("strings that nothing refers to"));
        }
        if self.ids.0.is_empty() { Ok(self.strings) } else { Err(PACKED) }
    }
}

const STRING: DecodeError = DecodeError::Invalid("string");

/// Where the first mark, or end of a string, is.
fn first_mark(text: &[u8]) -> Option<usize> {
    // Eight bytes at once: where one is below a bound, subtracting the bound borrows into its highest bit.
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (eights, _) = text.as_chunks();
    let has_mark = |eight: &&[u8; 8]| {
        let bytes = u64::from_le_bytes(**eight);
        bytes.wrapping_sub(EACH * (ESCAPE as u64 + 1)) & !bytes & (EACH << 7) != 0
    };
    let start = eights.iter().take_while(|eight| !has_mark(eight)).count() * 8;
    let rest = text.get(start..)?;
    rest.iter().position(|byte| *byte <= ESCAPE).map(|at| start + at)
}

/// Text whose marks are replaced by what they stand for.
struct Unpacking<'a> {
    out: Vec<u8>,
    packed: Reader<'a>,
}

impl Unpacking<'_> {
    /// Unpacks the next string, and returns what is behind it.
    fn string<'t>(&mut self, text: &'t [u8]) -> Result<&'t [u8], DecodeError> {
        const TEXT: DecodeError = DecodeError::Invalid("text");
        let mut rest = text;
        loop {
            let (plain, behind) = first_mark(rest).and_then(|at| rest.split_at_checked(at)).ok_or(TEXT)?;
            self.out.extend_from_slice(plain);
            let (mark, behind) = behind.split_first().ok_or(TEXT)?;
            rest = behind;
            match *mark {
                0 => return Ok(rest),
                UUID => self.uuid()?,
                HEX_16 => self.hex(8)?,
                mark => {
                    let (argument, behind) = rest.split_first().ok_or(TEXT)?;
                    rest = behind;
                    if mark == HEX {
                        self.hex((*argument).into())?;
                    } else if *argument <= ESCAPE {
                        self.out.push(*argument);
                    } else {
                        return Err(DecodeError::Invalid("text: a mark that escapes nothing"));
                    }
                }
            }
        }
    }

    fn uuid(&mut self) -> Result<(), DecodeError> {
        for (at, digits) in UUID_PARTS.iter().enumerate() {
            if at > 0 {
                self.out.push(b'-');
            }
            self.hex(*digits as u64 / 2)?;
        }
        Ok(())
    }

    fn hex(&mut self, bytes: u64) -> Result<(), DecodeError> {
        let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
        let bytes = self.packed.bytes(bytes).ok_or(PACKED)?;
        self.out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        Ok(())
    }
}
