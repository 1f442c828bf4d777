//! What stands in a text at all: most texts have nothing that a pattern needs, and are looked through once instead of by each.

/// `@`, or the `%` of `%40`: of e-mail addresses.
pub(super) const MAIL: u8 = 1;
/// `=`: what is in front of it is a name.
pub(super) const GIVEN: u8 = 2;
/// Quotes: of names in JSON.
pub(super) const QUOTE: u8 = 4;
/// White space, or what may be of another alphabet.
pub(super) const BLANK: u8 = 8;

/// What a text has.
pub(super) struct Signs {
    kinds: u8,
    /// How many digits.
    pub(super) digits: usize,
}

impl Signs {
    pub(super) fn of(text: &str) -> Self {
        let (mut kinds, mut digits) = (0, 0);
        for byte in text.bytes() {
            let kind = KINDS.get(usize::from(byte)).copied().unwrap_or_default();
            kinds |= kind;
            digits += usize::from(kind >> 7);
        }
        Self { kinds, digits }
    }

    /// Whether it has one of `kinds`.
    pub(super) fn has(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }
}

const DIGIT: u8 = 1 << 7;

/// Kinds of each byte.
#[expect(clippy::indexing_slicing, reason = "in a constant: the compiler looks")]
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'@' | b'%' => MAIL,
            b'=' => GIVEN,
            b'"' | b'\'' => QUOTE,
            b'\t'..=b'\r' | b' ' | 0x80.. => BLANK,
            b'0'..=b'9' => DIGIT,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};
