//! How a block tells the lengths of its codes (RFC 1951, 3.2.7): by symbols, which have codes of their own.

use alloc::{vec, vec::Vec};

use super::{
    bits::Bits,
    huffman::{Symbol, add_one, codes, length_of, lengths, put},
};

/// Symbols that describe the lengths of codes, in the order in which their own are told.
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Lengths of codes as they are told: symbols with what is behind them, and the codes of those.
pub(super) struct Told {
    counts: [usize; 2],
    symbols: Vec<Symbol>,
    lengths: Vec<u8>,
}

impl Told {
    pub(super) fn of([literals, distances]: &[Vec<u8>; 2]) -> Self {
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

    pub(super) fn bits(&self) -> u32 {
        let mut bits = 14 + self.own().len() as u32 * 3;
        for symbol in &self.symbols {
            bits += u32::from(length_of(&self.lengths, symbol.at) + symbol.count);
        }
        bits
    }

    pub(super) fn write(&self, to: &mut Bits) {
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
