//! Paths: which of their segments name one of many.

use alloc::vec::Vec;

use super::{find, part};

/// Path without query and fragment, id-like segments templated.
pub(super) fn path(text: &[u8], out: &mut Vec<u8>) {
    let end = find(text, 0, b"?#");
    let mut at = 0;
    loop {
        let next = find(text, at, b"/").min(end);
        let segment = part(text, at, next);
        // Most are words. A page scrubs few of them, and would have to fetch this.
        let is_word = cfg!(not(target_arch = "wasm32")) && !segment.iter().any(|byte| is_of_id(*byte));
        let stem = if is_word { segment } else { part(segment, 0, stem(segment)) };
        if !is_word && is_id(segment) {
            out.extend_from_slice(b":id");
        } else if !is_word && is_id(stem) {
            out.extend_from_slice(b":id");
            out.extend_from_slice(part(segment, stem.len(), segment.len()));
        } else {
            out.extend_from_slice(segment);
        }
        if next == end {
            return;
        }
        out.push(b'/');
        at = next + 1;
    }
}

/// Without any of these nothing is what [`is_id`] looks for.
fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'@' || byte == b'%'
}

/// How long `a1b2` of `a1b2.json` is. Only what looks like a file type is taken for one.
fn stem(segment: &[u8]) -> usize {
    let dot = segment.iter().rposition(|byte| *byte == b'.').unwrap_or(0);
    let extension = Letters::of(part(segment, dot + 1, segment.len()));
    let length = segment.len() - dot;
    let is_type = dot > 0 && (2..=6).contains(&length) && extension.letters() > 0 && extension.others == 0;
    if is_type { dot } else { segment.len() }
}

/// Whether a path segment names one of many: numbers, hex runs, UUIDs, mail addresses, tokens.
fn is_id(segment: &[u8]) -> bool {
    let all = Letters::of(segment);
    let is_mail = find(segment, 0, b"@") < segment.len() || segment.windows(3).any(|part| part == b"%40");
    let is_number = all.digits > 0 && all.digits == segment.len();
    let is_hex = all.digits > 0 && all.hex == segment.len() && segment.len() >= 8;
    if is_mail || is_number || is_hex {
        return true;
    }
    let mut at = 0;
    while at < segment.len() {
        let end = find(segment, at, b".");
        if is_token(part(segment, at, end)) {
            return true;
        }
        at = end + 1;
    }
    false
}

/// Of which kinds the characters of a text are.
#[derive(Default)]
struct Letters {
    upper: usize,
    lower: usize,
    digits: usize,
    others: usize,
    /// Hex digits and dashes.
    hex: usize,
}

impl Letters {
    #[inline(never)]
    fn of(text: &[u8]) -> Self {
        let mut all = Self::default();
        for byte in text {
            let of_kind = match *byte {
                b'A'..=b'Z' => &mut all.upper,
                b'a'..=b'z' => &mut all.lower,
                b'0'..=b'9' => &mut all.digits,
                _ => &mut all.others,
            };
            *of_kind += 1;
            all.hex += usize::from(byte.is_ascii_hexdigit() || *byte == b'-');
        }
        all
    }

    fn letters(&self) -> usize {
        self.upper + self.lower
    }
}

/// Random text: long with many digits, or upper case, lower case and digits mixed. A slug of words has neither.
fn is_token(text: &[u8]) -> bool {
    let (all, long) = (Letters::of(text), text.len() >= 20);
    let mixed = text.len() >= 12 && all.upper > 0 && all.lower > 0 && all.digits > 0;
    let cased = long && all.upper > 2 && all.lower > 2;
    let numbered = long && all.digits * 8 >= text.len();
    mixed || cased || numbered
}
