//! Huffman codes of a block (RFC 1951, 3.2.5 to 3.2.7): fixed ones, or its own, whichever takes fewer bits.

use alloc::{vec, vec::Vec};

use super::{Token, bits::Bits, told::Told};

const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const END: usize = 256;

/// A symbol, and the bits behind it that say which of several it is.
pub(super) struct Symbol {
    pub(super) at: usize,
    pub(super) extra: u32,
    pub(super) count: u8,
}

/// What a length or distance is written as: from `4 << bits / 2` (or `2 << ..`) on, each symbol stands for twice as many.
fn symbol(value: u32, per_step: u32) -> Symbol {
    if value < per_step * 2 {
        return Symbol { at: value as usize, extra: 0, count: 0 };
    }
    let count = value.ilog2() - per_step.ilog2();
    let at = per_step * count + (value >> count);
    Symbol { at: at as usize, extra: value & ((1 << count) - 1), count: count as u8 }
}

fn length_symbol(length: u16) -> Symbol {
    // The longest has a symbol of its own.
    if length == 258 {
        return Symbol { at: 285, extra: 0, count: 0 };
    }
    let symbol = symbol(u32::from(length) - 3, 4);
    Symbol { at: symbol.at + END + 1, ..symbol }
}

fn distance_symbol(distance: u16) -> Symbol {
    symbol(u32::from(distance) - 1, 2)
}

/// The codes of one block.
pub(super) struct Codes {
    /// Lengths of the codes of literals and lengths, and of distances.
    lengths: [Vec<u8>; 2],
    /// What tells them; none: they are the fixed ones.
    told: Option<Told>,
    /// How many bits the block takes.
    pub(super) bits: u32,
}

impl Codes {
    pub(super) fn of(tokens: &[Token]) -> Self {
        let mut counts = [vec![0_u32; LITERALS], vec![0; DISTANCES]];
        let mut extra = 0;
        let [literals, distances] = &mut counts;
        let mut count = |of: &mut [u32], symbol: &Symbol| {
            add_one(of, symbol.at);
            extra += u32::from(symbol.count);
        };
        for token in tokens {
            if token.distance == 0 {
                count(literals, &Symbol { at: token.length.into(), extra: 0, count: 0 });
            } else {
                count(literals, &length_symbol(token.length));
                count(distances, &distance_symbol(token.distance));
            }
        }
        count(literals, &Symbol { at: END, extra: 0, count: 0 });
        let bits = |lengths: &[Vec<u8>; 2]| {
            extra + 3 + cost(&counts[0], &lengths[0]) + cost(&counts[1], &lengths[1])
        };
        let (fixed, own) = (fixed(), [lengths(&counts[0], 15), lengths(&counts[1], 15)]);
        let told = Told::of(&own);
        let (fixed_bits, own_bits) = (bits(&fixed), bits(&own) + told.bits());
        if fixed_bits <= own_bits {
            Self { lengths: fixed, told: None, bits: fixed_bits }
        } else {
            Self { lengths: own, told: Some(told), bits: own_bits }
        }
    }

    /// Writes the block.
    pub(super) fn write(&self, tokens: &[Token], is_last: bool, to: &mut Bits) {
        to.put(is_last.into(), 1);
        to.put(if self.told.is_some() { 2 } else { 1 }, 2);
        if let Some(told) = &self.told {
            told.write(to);
        }
        let (literals, distances) = (codes(&self.lengths[0]), codes(&self.lengths[1]));
        for token in tokens {
            if token.distance == 0 {
                put(&literals, &Symbol { at: token.length.into(), extra: 0, count: 0 }, to);
            } else {
                put(&literals, &length_symbol(token.length), to);
                put(&distances, &distance_symbol(token.distance), to);
            }
        }
        put(&literals, &Symbol { at: END, extra: 0, count: 0 }, to);
    }
}

pub(super) fn add_one(counts: &mut [u32], at: usize) {
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

fn cost(counts: &[u32], lengths: &[u8]) -> u32 {
    let mut bits = 0;
    for (at, count) in counts.iter().enumerate() {
        bits += count * u32::from(length_of(lengths, at));
    }
    bits
}

pub(super) fn length_of(lengths: &[u8], at: usize) -> u8 {
    lengths.get(at).copied().unwrap_or(0)
}

fn fixed() -> [Vec<u8>; 2] {
    let literal = |at| match at {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    };
    // The last two literals are never used, and still take part in making the codes.
    let mut literals = Vec::new();
    for at in 0..LITERALS + 2 {
        literals.push(literal(at));
    }
    [literals, vec![5; DISTANCES]]
}

/// Lengths of the best codes that are not longer than `limit`.
pub(super) fn lengths(counts: &[u32], limit: u8) -> Vec<u8> {
    let mut counts = counts.to_vec();
    loop {
        let lengths = unlimited(&counts);
        if lengths.iter().all(|length| *length <= limit) {
            return lengths;
        }
        // The rarest become less rare, and their codes shorter.
        for count in &mut counts {
            if *count > 0 {
                *count = *count / 2 + 1;
            }
        }
    }
}

/// Lengths of the codes that Huffman's algorithm makes: the two lightest become one, until one is left.
fn unlimited(counts: &[u32]) -> Vec<u8> {
    // The lightest are last.
    let mut left: Vec<(u32, usize)> = Vec::new();
    let add = |left: &mut Vec<(u32, usize)>, weight: u32, node: usize| {
        left.insert(left.partition_point(|(other, _)| *other > weight), (weight, node));
    };
    for (node, count) in counts.iter().enumerate() {
        if *count > 0 {
            add(&mut left, *count, node);
        }
    }
    // By node: what it became part of, which comes behind it; 0: nothing.
    let mut parents = vec![0; counts.len()];
    // Alone, a code still takes a bit.
    let mut alone = left.len() == 1;
    while left.len() > 1 || alone {
        let mut made = 0;
        for _ in 0..2 {
            let Some((weight, node)) = left.pop() else { continue };
            made += weight;
            let parent = parents.len();
            if let Some(of) = parents.get_mut(node) {
                *of = parent;
            }
        }
        add(&mut left, made, parents.len());
        parents.push(0);
        alone = false;
    }
    let mut depths = vec![0; parents.len()];
    for node in (0..parents.len()).rev() {
        let parent = parents.get(node).copied().unwrap_or(0);
        if parent > 0 {
            let depth = depths.get(parent).copied().unwrap_or(0);
            if let Some(of) = depths.get_mut(node) {
                *of = depth + 1;
            }
        }
    }
    depths.truncate(counts.len());
    depths
}

/// The codes that lengths stand for (RFC 1951, 3.2.2), turned round, as they are written from their first bit on.
pub(super) fn codes(lengths: &[u8]) -> Vec<(u32, u8)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let mut code: u32 = 0;
    for length in 1..16 {
        code <<= 1;
        for (at, to) in codes.iter_mut().enumerate() {
            if length_of(lengths, at) == length {
                *to = (code.reverse_bits() >> (32 - u32::from(length)), length);
                code += 1;
            }
        }
    }
    codes
}

pub(super) fn put(codes: &[(u32, u8)], symbol: &Symbol, to: &mut Bits) {
    let (code, length) = codes.get(symbol.at).copied().unwrap_or_default();
    to.put(code, length);
    to.put(symbol.extra, symbol.count);
}
