//! Inputs near the seeds, always the same ones: what an ordinary test tries, quickly and without instruments, on every run.

use std::{fs, path::Path};

/// What is tried near the seeds of one target.
const TRIES: u64 = 5_000;

/// Bytes that parsers look at closely.
const TELLING: [u8; 12] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'[', b',', b':', b'=', b'\n'];

/// Does with each seed in `directory`, and with what is near, what a fuzz target does. How many seeds there are.
pub(crate) fn try_all(directory: &Path, target: fn(&[u8])) -> usize {
    let files = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let seeds: Vec<_> = paths.iter().map(|path| fs::read(path).expect("a seed")).collect();
    seeds.iter().for_each(|seed| target(seed));
    let mut chance = Chance(0);
    for number in 0..TRIES {
        let [seed, other] = [chance.of(&seeds), chance.of(&seeds)];
        let input = near(seed, other, &mut chance);
        // Whatever panics is found again by this number.
        let tried = std::panic::catch_unwind(|| target(&input));
        assert!(tried.is_ok(), "{}, input {number}: {input:?}", directory.display());
    }
    seeds.len()
}

/// A seed with a few edits.
fn near(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let (at, end) = chance.stretch(bytes.len());
        let byte = *chance.of(&TELLING);
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 if at < bytes.len() => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            3 => drop(bytes.drain(at..end)),
            4 => bytes.extend_from_within(at..end),
            _ => {
                let (from, to) = chance.stretch(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }
    bytes
}

/// The same on every run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % most
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// From where to where, of so many.
    fn stretch(&mut self, length: usize) -> (usize, usize) {
        let [one, other] = [self.below(length + 1), self.below(length + 1)];
        (one.min(other), one.max(other))
    }
}
