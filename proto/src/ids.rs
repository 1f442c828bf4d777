//! Ids that cost nothing: every id of a page is derived from its seed and an event number.
//!
//! The keyed pseudo-random function is Chaskey-12 (Mouha et al., "Chaskey: An Efficient MAC Algorithm for
//! 32-bit Microcontrollers", SAC 2014, with 12 rounds as in ISO/IEC 29192-6) over one tag byte and the
//! number as u64 little-endian. It uses 32-bit words only, so it is as cheap in JavaScript as in wasm.
//! `vectors/chaskey12.json` holds the published vectors, `vectors/ids.json` ours.

use core::fmt;

/// A W3C trace id.
pub type TraceId = [u8; 16];

/// A W3C span id.
pub type SpanId = [u8; 8];

/// The 128 random bits a page draws once. A secret of the page and its collector: it has no `Display`,
/// and its `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seed(pub [u8; 16]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// Who makes ids of a page's events beside the page itself.
const COLLECTOR: u8 = b'c';

/// Derives the ids of one page.
#[derive(Clone)]
pub struct Ids {
    key: [u32; 4],
    padded: [u32; 4],
    whole: [u32; 4],
}

impl Ids {
    /// Ids of the page that drew `seed`.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let key = words(&seed.0);
        let whole = times_two(key);
        Self { key, padded: times_two(whole), whole }
    }

    /// Trace id of the trace whose root is event `number`.
    #[must_use]
    pub fn trace(&self, number: u64) -> TraceId {
        self.derive(b'T', number)
    }

    /// Span id of event `number`.
    #[must_use]
    pub fn span(&self, number: u64) -> SpanId {
        self.derive(b'S', number)
    }

    /// Span id of what the collector says of event `number` when it gives up waiting for its end: another than the
    /// event's own, which only its true end may have. It is in the trace of the event.
    #[must_use]
    pub fn closure(&self, number: u64) -> SpanId {
        self.derive_by(b'C', number, COLLECTOR)
    }

    /// Span id of the moment that tells that event `number` has begun, in its trace.
    #[must_use]
    pub fn announcement(&self, number: u64) -> SpanId {
        self.derive_by(b'O', number, COLLECTOR)
    }

    /// `weft.page.id`: names the page without giving its seed away.
    #[must_use]
    pub fn page(&self) -> [u8; 16] {
        self.derive(b'P', 0)
    }

    /// The first `N` bytes of the function's value; an all-zero id is invalid in W3C Trace Context,
    /// so it is drawn again with the tag's high bit set.
    fn derive<const N: usize>(&self, tag: u8, number: u64) -> [u8; N] {
        // The message as its one block has it: tag, number, and the 1 that ends it. Every id is made here.
        let [low, high] = [number as u32, (number >> 24) as u32];
        let rest = [low << 8, high, (number >> 56) as u32 | 1 << 8, 0];
        Self::first_of(tag, |tag| {
            let [first, b, c, d] = rest;
            Self::last([first | u32::from(tag), b, c, d], self.key, self.padded)
        })
    }

    /// As [`Self::derive`], by who makes the id, where that is not the page.
    fn derive_by<const N: usize>(&self, tag: u8, number: u64, who: u8) -> [u8; N] {
        Self::first_of(tag, |tag| {
            let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
            self.mac(&[tag, a, b, c, d, e, f, g, h, who])
        })
    }

    fn first_of<const N: usize>(tag: u8, value: impl Fn(u8) -> [u8; 16]) -> [u8; N] {
        for tag in [tag, tag | 0x80] {
            let value = value(tag);
            let mut id = [0; N];
            id.iter_mut().zip(value).for_each(|(to, from)| *to = from);
            if id != [0; N] {
                return id;
            }
        }
        [1; N]
    }

    /// Chaskey-12 of `message` under the page's seed.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 16] {
        let mut state = self.key;
        let last_at = message.len().saturating_sub(1) / 16 * 16;
        let (blocks, last) = message.split_at(last_at);
        for block in blocks.chunks_exact(16) {
            xor(&mut state, words(block));
            permute(&mut state);
        }
        let mut block = [0; 16];
        block.iter_mut().zip(last).for_each(|(to, from)| *to = *from);
        if let Some(end) = block.get_mut(last.len()) {
            *end = 1;
        }
        let subkey = if last.len() == 16 { self.whole } else { self.padded };
        Self::last(words(&block), state, subkey)
    }

    /// The last block of a message, after what came before it.
    fn last(block: [u32; 4], mut state: [u32; 4], subkey: [u32; 4]) -> [u8; 16] {
        xor(&mut state, block);
        xor(&mut state, subkey);
        permute(&mut state);
        xor(&mut state, subkey);
        let mut out = [0; 16];
        for (to, word) in out.chunks_exact_mut(4).zip(state) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        out
    }
}

fn words(bytes: &[u8]) -> [u32; 4] {
    let mut out = [0; 4];
    for (word, four) in out.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = four.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    out
}

fn xor(state: &mut [u32; 4], with: [u32; 4]) {
    state.iter_mut().zip(with).for_each(|(word, other)| *word ^= other);
}

/// Multiplication by x in GF(2^128).
fn times_two([a, b, c, d]: [u32; 4]) -> [u32; 4] {
    let carry = if d >> 31 == 0 { 0 } else { 0x87 };
    [a << 1 ^ carry, b << 1 | a >> 31, c << 1 | b >> 31, d << 1 | c >> 31]
}

fn permute(state: &mut [u32; 4]) {
    let [mut a, mut b, mut c, mut d] = *state;
    for _ in 0..12 {
        a = a.wrapping_add(b);
        b = b.rotate_left(5) ^ a;
        a = a.rotate_left(16);
        c = c.wrapping_add(d);
        d = d.rotate_left(8) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(13) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(7) ^ c;
        c = c.rotate_left(16);
    }
    *state = [a, b, c, d];
}
