//! What is taken of one page, in memory and as the store keeps it.

use prost::Message;

use crate::pipeline::spool::intervals::Intervals;

/// Event numbers of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) numbers: Intervals,
    /// Numbers ever taken, those forgotten since included.
    pub(super) seen: u64,
    /// The lowest number ever taken: what was before it may have come and been forgotten.
    pub(super) low: Option<u64>,
    /// The day of its newest record, since 1970.
    pub(super) day: u32,
    /// In the order of use.
    pub(super) used: u64,
    /// The store does not know it as it is.
    pub(super) changed: bool,
    /// As the store knows it: its day, and how many numbers are missing.
    pub(super) stored: Option<(u32, u64)>,
}

/// As it lies in the store.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Row {
    /// Start and length of each interval.
    #[prost(uint64, repeated, tag = "1")]
    numbers: Vec<u64>,
    #[prost(uint64, tag = "2")]
    seen: u64,
    #[prost(uint32, tag = "3")]
    day: u32,
    /// Numbers that were missing when it was stored.
    #[prost(uint64, tag = "4")]
    missing: u64,
    #[prost(uint64, optional, tag = "5")]
    low: Option<u64>,
}

const DAY_MS: u64 = 86_400_000;

/// No page is believed to have lost more: numbers are a client's claim.
const MOST_MISSING: u64 = 1_000;

impl Taken {
    /// Takes what is new of `numbers`.
    pub(super) fn take(&mut self, numbers: &Intervals, at_ms: u64) -> Intervals {
        let new = numbers.minus(&self.numbers);
        self.numbers.add(&new);
        self.seen += new.count();
        self.low = self.low.into_iter().chain(new.start()).min();
        self.day = self.day.max(day(at_ms));
        new
    }

    pub(super) fn give_back(&mut self, numbers: &Intervals) {
        self.numbers = self.numbers.minus(numbers);
        self.seen = self.seen.saturating_sub(numbers.count());
    }

    /// Numbers between the lowest and the highest that nobody has sent. A page that comes back after weeks was forgotten
    /// meanwhile: what it sent before is not missing.
    pub(super) fn missing(&self) -> u64 {
        let spanned = self.numbers.end().saturating_sub(self.low.unwrap_or(0));
        spanned.saturating_sub(self.seen).min(MOST_MISSING)
    }

    pub(super) fn is_stored(&mut self) {
        self.changed = false;
        self.stored = Some((self.day, self.missing()));
    }

    pub(super) fn to_row(&self) -> Vec<u8> {
        let numbers = self.numbers.to_wire();
        Row { numbers, seen: self.seen, day: self.day, missing: self.missing(), low: self.low }
            .encode_to_vec()
    }

    pub(super) fn from_row(row: &[u8]) -> Option<Self> {
        let row = Row::decode(row).ok()?;
        let numbers = Intervals::from_wire(&row.numbers);
        let stored = Some((row.day, row.missing));
        Some(Self { numbers, seen: row.seen, low: row.low, day: row.day, used: 0, changed: false, stored })
    }
}

/// Days since 1970.
pub(super) fn day(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS).unwrap_or(u32::MAX)
}
