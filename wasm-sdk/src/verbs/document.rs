//! A policy as it travels: protobuf, versioned, bounded. A collector writes it, a page reads it.
//!
//! ```text
//! Policy  1 version, 2 verbs (each a message, in the order in which they are asked), 3 sessions in 10 000 for which it holds
//!         (left out: all), 4 whether nothing is recorded at all
//! Verb    1 sort, 2 name, 3 route, 4 attribute, 5 its value (patterns, in which * stands for anything), 6 from so many
//!         milliseconds on, 7 below so many, 8 and 9 numbers of the sort, 10 further patterns of the sort
//! ```

use alloc::vec::Vec;

use weft_proto::fields::{self, put_bytes, put_number};

use super::WHOLE;

/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// Bytes of a policy, verbs in it, bytes of a pattern, further patterns of a verb.
pub const MAX_BYTES: usize = 4 * 1024;
/// See [`MAX_BYTES`].
pub const MAX_VERBS: usize = 64;
/// See [`MAX_BYTES`].
pub const MAX_PATTERN_BYTES: usize = 128;
/// See [`MAX_BYTES`].
pub const MAX_MORE: usize = 32;

/// What is done to the events that a verb is about; the number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Sort {
    Keep = 1,
    Upgrade,
    Drop,
    /// `number`: milliseconds for which the same again is counted.
    Dedupe,
    /// `number`: milliseconds after which it is told even if its view goes on; `patterns`: addresses that are one.
    Aggregate,
    /// `number`: of so many in [`WHOLE`] sessions it is kept.
    Sample,
    /// `number`: bytes of a page; `more`: of a day.
    Budget,
    /// `patterns`: attributes that are left out, or, with `number` 1, those that may stay; with 2, paths that become what the
    /// pattern says, in which `:name` stands for a segment; with 3, texts out of which what matches is taken.
    Scrub,
    /// `number`: milliseconds around it in which nothing is sampled.
    Flight,
}

const SORTS: [Sort; 9] = [
    Sort::Keep,
    Sort::Upgrade,
    Sort::Drop,
    Sort::Dedupe,
    Sort::Aggregate,
    Sort::Sample,
    Sort::Budget,
    Sort::Scrub,
    Sort::Flight,
];

/// Which events a verb is about: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Of its name. Empty: any; so are the others.
    pub name: Vec<u8>,
    /// Of the path of its view.
    pub route: Vec<u8>,
    /// An attribute that it has.
    pub attribute: Vec<u8>,
    /// Of that one's value.
    pub value: Vec<u8>,
    /// Milliseconds that it took at least.
    pub least_ms: u64,
    /// Milliseconds that it took less than; 0: however long.
    pub below_ms: u64,
}

/// One verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb {
    /// What is done.
    pub sort: Sort,
    /// To which events.
    pub when: When,
    /// As [`Sort`] says.
    pub number: u64,
    /// As [`Sort`] says.
    pub more: u64,
    /// As [`Sort`] says.
    pub patterns: Vec<Vec<u8>>,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// In the order in which they are asked.
    pub verbs: Vec<Verb>,
    /// Of [`WHOLE`] sessions it holds for so many; 0: for all.
    pub stage: u64,
    /// Nothing is recorded.
    pub off: bool,
}

impl Verb {
    /// One that is about all events.
    #[must_use]
    pub fn new(sort: Sort) -> Self {
        Self { sort, when: When::default(), number: 0, more: 0, patterns: Vec::new() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, 1, self.sort as u64);
        let When { name, route, attribute, value, least_ms, below_ms } = &self.when;
        for (field, pattern) in [(2, name), (3, route), (4, attribute), (5, value)] {
            if !pattern.is_empty() {
                put_bytes(&mut out, field, pattern);
            }
        }
        for (field, number) in [(6, *least_ms), (7, *below_ms), (8, self.number), (9, self.more)] {
            put_number(&mut out, field, number);
        }
        for pattern in &self.patterns {
            put_bytes(&mut out, 10, pattern);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut sort = None;
        let mut verb = Self::new(Sort::Keep);
        fields::read(bytes, |key, number, bytes| {
            let is_short = bytes.len() <= MAX_PATTERN_BYTES;
            match key >> 3 {
                1 => sort = SORTS.into_iter().find(|sort| *sort as u64 == number),
                2..=5 => {
                    let When { name, route, attribute, value, .. } = &mut verb.when;
                    let pattern = match key >> 3 {
                        2 => name,
                        3 => route,
                        4 => attribute,
                        _ => value,
                    };
                    *pattern = is_short.then(|| bytes.to_vec())?;
                }
                6 => verb.when.least_ms = number,
                7 => verb.when.below_ms = number,
                8 => verb.number = number,
                9 => verb.more = number,
                10 if verb.patterns.len() < MAX_MORE && is_short => verb.patterns.push(bytes.to_vec()),
                // What it does not know would change what it does.
                _ => return None,
            }
            Some(())
        })?;
        Some(Self { sort: sort?, ..verb })
    }
}

impl Policy {
    /// The bytes of it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, 1, VERSION);
        for verb in &self.verbs {
            put_bytes(&mut out, 2, &verb.encode());
        }
        put_number(&mut out, 3, self.stage);
        put_number(&mut out, 4, self.off.into());
        out
    }

    /// Reads one. Empty: there is none, which is one that does nothing. `None`: this is no policy, or one that only a later
    /// version understands whole: then none of it is applied.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut policy = Self::default();
        let mut version = if bytes.is_empty() { VERSION } else { 0 };
        if bytes.len() > MAX_BYTES {
            return None;
        }
        fields::read(bytes, |key, number, bytes| {
            match key >> 3 {
                1 => version = number,
                2 if policy.verbs.len() < MAX_VERBS => policy.verbs.push(Verb::decode(bytes)?),
                3 => policy.stage = number,
                4 => policy.off = number != 0,
                _ => return None,
            }
            Some(())
        })?;
        (version == VERSION).then_some(policy)
    }

    /// Whether it holds for the session for which `draw` was drawn, from 0 up to and without 1.
    #[must_use]
    pub fn holds_for(&self, draw: f64) -> bool {
        self.stage == 0 || draw * (WHOLE as f64) < self.stage as f64
    }
}
