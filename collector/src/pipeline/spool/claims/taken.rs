//! What is taken of one page, in memory and as the store keeps it.

use prost::Message;

use super::{
    Given,
    open::{GivenOpen, Open},
};
use crate::{clock::DAY_MS, pipeline::spool::intervals::Intervals};

/// Event numbers of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) numbers: Intervals,
    /// Numbers ever taken, those forgotten since included.
    pub(super) seen: u64,
    /// Numbers that will never come: their events were withheld in the page, as it was told to.
    pub(super) withheld: u64,
    /// The lowest number ever taken: what was before it may have come and been forgotten.
    pub(super) low: Option<u64>,
    /// The day of its newest record, since 1970.
    pub(super) day: u32,
    /// In the order of use.
    pub(super) used: u64,
    /// The store does not know it as it is.
    pub(super) changed: bool,
    /// What is or was open of it, if anything ever was.
    pub(super) open: Option<Box<Open>>,
    /// [`super::Missing`] knows that it has gaps.
    pub(super) has_gaps: bool,
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
    /// Start and length of each interval: what is open, and what was given up.
    #[prost(uint64, repeated, tag = "6")]
    open: Vec<u64>,
    #[prost(uint64, repeated, tag = "7")]
    closed: Vec<u64>,
    #[prost(uint64, tag = "8")]
    withheld: u64,
}

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

    /// Takes what is `said` to be open, and notes what of `ended`, which was just taken, was. While anything is open the
    /// page is kept as one that was heard of on `day`.
    pub(super) fn take_open(&mut self, said: &Intervals, ended: &Intervals, day: u32) -> GivenOpen {
        if said.is_empty() && self.open.is_none() {
            return GivenOpen::default();
        }
        let given = self.open.get_or_insert_default().take(said, ended, &self.numbers);
        if given.any {
            self.day = self.day.max(day);
        }
        given
    }

    pub(super) fn give_back(&mut self, given: &Given) {
        self.numbers = self.numbers.minus(&given.numbers);
        self.seen = self.seen.saturating_sub(given.numbers.count());
        self.withheld = self.withheld.saturating_sub(given.withheld);
        if let Some(known) = &mut self.open {
            known.give_back(&given.open);
        }
    }

    /// Gives up `number`, unless it has come or was given up before.
    pub(super) fn close(&mut self, number: u64, at_ms: u64) -> bool {
        let may = !self.numbers.contains(number) && self.open.get_or_insert_default().close(number);
        if may {
            self.day = self.day.max(day(at_ms));
        }
        may
    }

    pub(super) fn reopen(&mut self, number: u64) {
        if let Some(open) = &mut self.open {
            open.reopen(number);
        }
    }

    /// Forgets what is lowest beyond `most` intervals; says how many numbers that were.
    pub(super) fn forget(&mut self, most: usize) -> u64 {
        self.numbers.forget_lowest(most) + self.open.as_mut().map_or(0, |open| open.forget())
    }

    /// Intervals of everything.
    pub(super) fn pieces(&self) -> usize {
        self.numbers.pieces() + self.open.as_ref().map_or(0, |open| open.pieces())
    }

    /// Numbers between the lowest and the highest that nobody has sent. A page that comes back after weeks was forgotten
    /// meanwhile: what it sent before is not missing; nor is what is open, was given up, or was withheld.
    pub(super) fn missing(&self) -> u64 {
        let (low, end) = (self.low.unwrap_or(0), self.numbers.end());
        let explained = self.open.as_ref().map_or(0, |open| open.explains(&self.numbers, low, end));
        let explained = explained.saturating_add(self.withheld);
        end.saturating_sub(low).saturating_sub(self.seen).saturating_sub(explained).min(MOST_MISSING)
    }

    /// Numbers below and between those it has that are neither open nor were given up. A page that was forgotten and is
    /// back has all of those before as well: that costs a link, once.
    pub(super) fn gaps(&self) -> Intervals {
        let gaps = self.numbers.gaps(self.low.unwrap_or(0));
        match &self.open {
            Some(open) => gaps.minus(&open.open).minus(&open.closed),
            None => gaps,
        }
    }

    pub(super) fn is_stored(&mut self) {
        self.changed = false;
        self.stored = Some((self.day, self.missing()));
    }

    pub(super) fn to_row(&self) -> Vec<u8> {
        let wire =
            |of: fn(&Open) -> &Intervals| self.open.as_ref().map_or_else(Vec::new, |open| of(open).to_wire());
        let row = Row {
            numbers: self.numbers.to_wire(),
            seen: self.seen,
            day: self.day,
            missing: self.missing(),
            low: self.low,
            open: wire(|open| &open.open),
            closed: wire(|open| &open.closed),
            withheld: self.withheld,
        };
        row.encode_to_vec()
    }

    pub(super) fn from_row(row: &[u8]) -> Option<Self> {
        let row = Row::decode(row).ok()?;
        let numbers = Intervals::from_wire(&row.numbers);
        let (open, closed) = (Intervals::from_wire(&row.open), Intervals::from_wire(&row.closed));
        let has_open = !(open.is_empty() && closed.is_empty());
        Some(Self {
            numbers,
            seen: row.seen,
            withheld: row.withheld,
            low: row.low,
            day: row.day,
            used: 0,
            changed: false,
            has_gaps: false,
            open: has_open.then(|| Box::new(Open { open, closed })),
            stored: Some((row.day, row.missing)),
        })
    }
}

/// Days since 1970.
pub(super) fn day(at_ms: u64) -> u32 {
    u32::try_from(at_ms / DAY_MS).unwrap_or(u32::MAX)
}
