//! The strings of a body, in the order in which the rest of it first refers to them; what hex digits say is packed.

use alloc::{vec, vec::Vec};

use crate::{
    number::put,
    packing::{ESCAPE, HEX, HEX_16, UUID, UUID_PARTS},
    strings::{StrId, Strings},
};

/// Hex digits in a row that are worth packing.
const MIN_HEX: usize = 8;

/// Hex digits that one mark can stand for.
const MAX_HEX: usize = 254;

pub(super) struct Text<'a> {
    strings: &'a Strings,
    /// By position of a string: its place among those written, plus 1; 0: not written yet.
    places: Vec<u32>,
    count: u32,
    text: Vec<u8>,
    /// What hex digits of the text say.
    packed: Vec<u8>,
    /// Ids that the rest names. They look like chance, as what is packed does: no compressor makes them smaller.
    pub(super) ids: Vec<u8>,
}

impl<'a> Text<'a> {
    pub(super) fn new(strings: &'a Strings) -> Self {
        let places = vec![0; strings.len()];
        Self { strings, places, count: 0, text: Vec::new(), packed: Vec::new(), ids: Vec::new() }
    }

    /// Refers to a string: 0, if it is the next one of the text, else its place plus 1.
    pub(super) fn reference(&mut self, id: StrId, to: &mut Vec<u8>) {
        let place = self.place(id);
        put(to, place.into());
    }

    /// Place of a string plus 1; 0: it is the next one.
    pub(super) fn place(&mut self, id: StrId) -> u32 {
        let Some(place) = self.places.get_mut(id.0 as usize) else { return 0 };
        if *place == 0 {
            self.count += 1;
            *place = self.count;
            self.add(self.strings.get(id).as_bytes());
            return 0;
        }
        *place
    }

    /// The whole body: packed bytes and ids, text, and `rest`.
    pub(super) fn before(mut self, rest: &[u8]) -> Vec<u8> {
        self.packed.extend_from_slice(&self.ids);
        let mut body = Vec::with_capacity(self.packed.len() + self.text.len() + rest.len() + 6);
        for part in [&self.packed, &self.text] {
            put(&mut body, part.len() as u64);
            body.extend_from_slice(part);
        }
        body.extend_from_slice(rest);
        body
    }

    fn add(&mut self, mut string: &[u8]) {
        while let Some(first) = string.first() {
            let run = string.iter().take_while(|byte| digit(**byte).is_some()).count();
            let taken = if run == MIN_HEX && is_uuid(string) {
                self.pack(UUID, string, UUID_PARTS)
            } else if run >= MIN_HEX {
                let digits = run.min(MAX_HEX) & !1;
                self.pack_run(string, digits)
            } else {
                let plain = run.max(1);
                if *first <= ESCAPE {
                    self.text.push(ESCAPE);
                }
                self.text.extend(string.iter().take(plain));
                plain
            };
            string = string.get(taken..).unwrap_or_default();
        }
        self.text.push(0);
    }

    fn pack_run(&mut self, string: &[u8], digits: usize) -> usize {
        if digits == 16 {
            return self.pack(HEX_16, string, &[16]);
        }
        self.pack(HEX, string, &[digits]);
        self.text.push(digits as u8 / 2);
        digits
    }

    /// Packs parts of so many digits each, between which there is one other character. Returns how long all of it is.
    fn pack(&mut self, mark: u8, string: &[u8], parts: &[usize]) -> usize {
        self.text.push(mark);
        let mut at = 0;
        for digits in parts {
            let part = string.get(at..at + digits).unwrap_or_default();
            let bytes = part
                .chunks_exact(2)
                .map(|two| two.iter().fold(0, |byte, half| byte << 4 | digit(*half).unwrap_or(0)));
            self.packed.extend(bytes);
            at += digits + 1;
        }
        at - 1
    }
}

/// A lower-case hex digit.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Whether it begins with a UUID as RFC 9562 writes one, in lower case.
fn is_uuid(string: &[u8]) -> bool {
    let mut rest = string;
    UUID_PARTS.iter().enumerate().all(|(at, digits)| {
        let Some((part, behind)) = rest.split_at_checked(*digits) else { return false };
        let dash = usize::from(at < UUID_PARTS.len() - 1);
        rest = behind.get(dash..).unwrap_or_default();
        part.iter().all(|byte| digit(*byte).is_some()) && (dash == 0 || behind.first() == Some(&b'-'))
    })
}
