//! Huffman codes of a block (RFC 1951, 3.2.5 to 3.2.7): fixed ones, or its own, whichever takes fewer bits.

use alloc::{vec, vec::Vec};

use super::{Token, bits::Bits};

const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const END: usize = 256;

/// Symbols that describe the lengths of codes, in the order in which their own are told.
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A symbol, and the bits behind it that say which of several it is.
struct Symbol {
    at: usize,
    extra: u32,
    count: u8,
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

/// Lengths of codes as they are told: symbols with what is behind them, and the codes of those.
struct Told {
    counts: [usize; 2],
    symbols: Vec<Symbol>,
    lengths: Vec<u8>,
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

impl Told {
    fn of([literals, distances]: &[Vec<u8>; 2]) -> Self {
        let counts = [used(literals, 257), used(distances, 1)];
        let mut all = literals.get(..counts[0]).unwrap_or_default().to_vec();
        all.extend_from_slice(distances.get(..counts[1]).unwrap_or_default());
        let symbols = runs(&all);
        let mut of_symbols = vec![0; ORDER.len()];
        for symbol in &symbols {
            add_one(&mut of_symbols, symbol.at);
        }
        Self { counts, symbols, lengths: lengths(&of_symbols, 7) }
    }

    /// The lengths of its own codes that are told.
    fn own(&self) -> &[u8] {
        let mut own = &ORDER[..];
        while let [rest @ .., last] = own
            && own.len() > 4
            && length_of(&self.lengths, usize::from(*last)) == 0
        {
            own = rest;
        }
        own
    }

    fn bits(&self) -> u32 {
        let mut bits = 14 + self.own().len() as u32 * 3;
        for symbol in &self.symbols {
            bits += u32::from(length_of(&self.lengths, symbol.at) + symbol.count);
        }
        bits
    }

    fn write(&self, to: &mut Bits) {
        to.put(self.counts[0] as u32 - 257, 5);
        to.put(self.counts[1] as u32 - 1, 5);
        let own = self.own();
        to.put(own.len() as u32 - 4, 4);
        for at in own {
            to.put(length_of(&self.lengths, usize::from(*at)).into(), 3);
        }
        let codes = codes(&self.lengths);
        self.symbols.iter().for_each(|symbol| put(&codes, symbol, to));
    }
}

/// How many of them are told: without zeros at the end.
fn used(lengths: &[u8], least: usize) -> usize {
    let mut count = lengths.len();
    while count > least && length_of(lengths, count - 1) == 0 {
        count -= 1;
    }
    count
}

fn add_one(counts: &mut [u32], at: usize) {
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

/// Lengths of codes, those that come again as how often (RFC 1951, 3.2.7).
fn runs(mut lengths: &[u8]) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut before = None;
    while let Some(&first) = lengths.first() {
        let mut run = 1;
        while lengths.get(run) == Some(&first) {
            run += 1;
        }
        let (symbol, taken) = match run {
            11.. if first == 0 => {
                (Symbol { at: 18, extra: run.min(138) as u32 - 11, count: 7 }, run.min(138))
            }
            3.. if first == 0 => (Symbol { at: 17, extra: run as u32 - 3, count: 3 }, run),
            3.. if before == Some(first) => {
                (Symbol { at: 16, extra: run.min(6) as u32 - 3, count: 2 }, run.min(6))
            }
            _ => (Symbol { at: first.into(), extra: 0, count: 0 }, 1),
        };
        symbols.push(symbol);
        before = Some(first);
        lengths = lengths.get(taken..).unwrap_or_default();
    }
    symbols
}

fn cost(counts: &[u32], lengths: &[u8]) -> u32 {
    let mut bits = 0;
    for (at, count) in counts.iter().enumerate() {
        bits += count * u32::from(length_of(lengths, at));
    }
    bits
}

fn length_of(lengths: &[u8], at: usize) -> u8 {
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
fn lengths(counts: &[u32], limit: u8) -> Vec<u8> {
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
fn codes(lengths: &[u8]) -> Vec<(u32, u8)> {
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

fn put(codes: &[(u32, u8)], symbol: &Symbol, to: &mut Bits) {
    let (code, length) = codes.get(symbol.at).copied().unwrap_or_default();
    to.put(code, length);
    to.put(symbol.extra, symbol.count);
}
