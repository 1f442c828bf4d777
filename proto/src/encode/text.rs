//! The strings of a body, in the order in which the rest of it first refers to them; what hex digits say is packed.

use alloc::{vec, vec::Vec};

use crate::{
    number::put,
    packing::{ESCAPE, HEX, HEX_16, UUID, UUID_PARTS},
    rows::Words,
};

/// Hex digits in a row that are worth packing.
const MIN_HEX: usize = 8;

/// Hex digits that one mark can stand for.
const MAX_HEX: usize = 254;

pub(super) struct Text<'a> {
    words: &'a Words,
    /// By position of a string: its place among those written, plus 1; 0: not written yet.
    places: Vec<u64>,
    count: u64,
    text: Vec<u8>,
    /// What hex digits of the text say.
    packed: Vec<u8>,
    /// Ids that the rest names. They look like chance, as what is packed does: no compressor makes them smaller.
    pub(super) ids: Vec<u8>,
}

impl<'a> Text<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        let places = vec![0; words.len()];
        Self { words, places, count: 0, text: Vec::new(), packed: Vec::new(), ids: Vec::new() }
    }

    /// Refers to a string: 0, if it is the next one of the text, else its place plus 1.
    pub(super) fn reference(&mut self, id: u64, to: &mut Vec<u8>) {
        let place = self.place(id);
        put(to, place);
    }

    /// Place of a string plus 1; 0: it is the next one.
    pub(super) fn place(&mut self, id: u64) -> u64 {
        let Some(place) = self.places.get_mut(id as usize) else { return 0 };
        if *place == 0 {
            self.count += 1;
            *place = self.count;
            self.add(self.words.get(id));
            return 0;
        }
        *place
    }

    /// The whole body: packed bytes and ids, text, and `rest`.
    pub(super) fn before(mut self, rest: &[u8]) -> Vec<u8> {
        self.packed.extend_from_slice(&self.ids);
        let mut body = Vec::new();
        let mut add = |part: &[u8]| {
            put(&mut body, part.len() as u64);
            body.extend_from_slice(part);
        };
        add(&self.packed);
        add(&self.text);
        body.extend_from_slice(rest);
        body
    }

    fn add(&mut self, string: &[u8]) {
        let mut at = 0;
        while at < string.len() {
            let run = digits(string, at);
            if run == MIN_HEX && self.add_uuid(string, at) {
                at += 36;
            } else if run >= MIN_HEX {
                let digits = run.min(MAX_HEX) & !1;
                self.text.push(if digits == 16 { HEX_16 } else { HEX });
                if digits != 16 {
                    self.text.push(digits as u8 / 2);
                }
                self.pack(string, at, digits);
                at += digits;
            } else {
                // Digits too few to be packed, or the one character that is none.
                for _ in 0..run.max(1) {
                    let byte = byte(string, at);
                    if byte <= ESCAPE {
                        self.text.push(ESCAPE);
                    }
                    self.text.push(byte);
                    at += 1;
                }
            }
        }
        self.text.push(0);
    }

    /// Packs a UUID as RFC 9562 writes one, in lower case, if there is one.
    fn add_uuid(&mut self, string: &[u8], start: usize) -> bool {
        let mut at = start;
        for (place, part) in UUID_PARTS.iter().enumerate() {
            let run = digits(string, at);
            let is_last = place == UUID_PARTS.len() - 1;
            if run < *part || !is_last && (run > *part || byte(string, at + part) != b'-') {
                return false;
            }
            at += part + 1;
        }
        self.text.push(UUID);
        at = start;
        for part in UUID_PARTS {
            self.pack(string, at, *part);
            at += part + 1;
        }
        true
    }

    fn pack(&mut self, string: &[u8], start: usize, digits: usize) {
        for at in (start..start + digits).step_by(2) {
            self.packed.push(digit(byte(string, at)) << 4 | digit(byte(string, at + 1)));
        }
    }
}

fn byte(string: &[u8], at: usize) -> u8 {
    string.get(at).copied().unwrap_or(0)
}

/// How many lower-case hex digits there are from `start` on.
fn digits(string: &[u8], start: usize) -> usize {
    let mut at = start;
    while digit(byte(string, at)) < 16 {
        at += 1;
    }
    at - start
}

/// What a lower-case hex digit says; 16: it is none.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => 16,
    }
}
