//! What comes again: for every place of a buffer, the longest of the places before it that go on alike.

use alloc::{vec, vec::Vec};

use super::Token;

const MIN_LENGTH: usize = 3;
const MAX_LENGTH: usize = 258;
const MAX_DISTANCE: usize = 32 * 1024;

/// Beyond this distance a match of three bytes costs more than three literals.
const MAX_NEAR: usize = 4096;

/// Places that are looked at for each match.
const MAX_LOOKS: usize = 128;

const HASH_BITS: u32 = 13;

pub(super) struct Matches<'a> {
    buffer: &'a [u8],
    /// By hash of three bytes: the last place that has them, plus 1.
    last: Vec<u32>,
    /// By place: the place before it of the same hash, plus 1.
    before: Vec<u32>,
}

impl<'a> Matches<'a> {
    /// Of `buffer`, the first `known` bytes of which are there already.
    pub(super) fn of(buffer: &'a [u8], known: usize) -> Self {
        let mut all = Self { buffer, last: vec![0; 1 << HASH_BITS], before: vec![0; buffer.len()] };
        for at in 0..known {
            all.add(at);
        }
        all
    }

    /// The place is passed: what comes later may refer to it. Returns the one before it that may be alike, plus 1.
    pub(super) fn add(&mut self, at: usize) -> u32 {
        let Some([a, b, c, ..]) = self.buffer.get(at..) else { return 0 };
        let three = u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16;
        let hash = three.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS);
        let Some(last) = self.last.get_mut(hash as usize) else { return 0 };
        let before = core::mem::replace(last, at as u32 + 1);
        if let Some(place) = self.before.get_mut(at) {
            *place = before;
        }
        before
    }

    /// The longest match for what begins at `at`, which is passed with that; without a distance: there is none.
    pub(super) fn longest(&mut self, at: usize) -> Token {
        let mut best = Token { length: 0, distance: 0 };
        let mut next = self.add(at);
        let here = self.buffer.get(at..).unwrap_or_default();
        let here = here.get(..MAX_LENGTH).unwrap_or(here);
        for _ in 0..MAX_LOOKS {
            let Some(place) = next.checked_sub(1).map(|place| place as usize) else { break };
            let distance = at - place;
            if distance > MAX_DISTANCE {
                break;
            }
            let there = self.buffer.get(place..).unwrap_or_default();
            // What ends alike too may be longer than the best so far.
            let longer = usize::from(best.length);
            if here.get(longer) == there.get(longer) {
                let mut length = 0;
                while length < here.len() && here.get(length) == there.get(length) {
                    length += 1;
                }
                let is_worth_it = length > MIN_LENGTH || length == MIN_LENGTH && distance <= MAX_NEAR;
                if is_worth_it && length > longer {
                    best = Token { length: length as u16, distance: distance as u16 };
                    if length == here.len() {
                        break;
                    }
                }
            }
            next = self.before.get(place).copied().unwrap_or(0);
        }
        best
    }
}
