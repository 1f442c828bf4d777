//! What is open of a page, and what of it was given up: so that no end is missed, and nothing is given up twice.

use crate::pipeline::spool::intervals::Intervals;

/// Numbers of a page's long spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// Said to be open; neither ended nor given up.
    pub(super) open: Intervals,
    /// Given up. It stays known that they were, when their ends have come.
    pub(super) closed: Intervals,
}

/// What a batch contributes to these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline::spool) struct GivenOpen {
    /// What it says is open, and may be.
    pub(in crate::pipeline::spool) open: Intervals,
    /// Of this, what nobody had said before.
    pub(in crate::pipeline::spool) first: Intervals,
    /// Ends of what was open.
    pub(in crate::pipeline::spool) ended: Intervals,
    /// Ends of what had been given up.
    pub(in crate::pipeline::spool) resumed: Intervals,
    /// Whether anything was open, or is since.
    pub(in crate::pipeline::spool) any: bool,
    /// What it says is open beyond the bound.
    pub(in crate::pipeline::spool) surplus: u64,
}

/// Spans that one page may have open.
pub(super) const MOST_OPEN: u64 = 64;

/// Intervals remembered of what was given up of one page.
const MOST_CLOSED: usize = 256;

impl Open {
    /// Takes what a batch `says` is open, and what has `ended` with it; `taken`: everything that has, with this batch.
    pub(super) fn take(&mut self, says: &Intervals, ended: &Intervals, taken: &Intervals) -> GivenOpen {
        let was_any = !self.open.is_empty();
        let resumed = ended.and(&self.closed);
        let ended = ended.and(&self.open);
        self.open = self.open.minus(&ended);
        let may_be = says.minus(taken).minus(&self.closed);
        let first = may_be.minus(&self.open);
        let room = MOST_OPEN.saturating_sub(self.open.count());
        let fits = Intervals::from_ascending(first.numbers().take(usize::try_from(room).unwrap_or(0)));
        let surplus = first.minus(&fits);
        self.open.add(&fits);
        GivenOpen {
            open: may_be.minus(&surplus),
            first: fits,
            ended,
            resumed,
            any: was_any || !self.open.is_empty(),
            surplus: surplus.count(),
        }
    }

    /// Undoes [`Self::take`].
    pub(super) fn give_back(&mut self, given: &GivenOpen) {
        self.open = self.open.minus(&given.first);
        self.open.add(&given.ended);
    }

    /// Gives up `number`. Not twice: then it says so.
    pub(super) fn close(&mut self, number: u64) -> bool {
        if self.closed.contains(number) {
            return false;
        }
        let number = Intervals::from_ascending([number]);
        self.open = self.open.minus(&number);
        self.closed.add(&number);
        true
    }

    /// Undoes [`Self::close`].
    pub(super) fn reopen(&mut self, number: u64) {
        let number = Intervals::from_ascending([number]);
        self.closed = self.closed.minus(&number);
        self.open.add(&number);
    }

    /// Forgets what was given up first, beyond the bound; says how many that were.
    pub(super) fn forget(&mut self) -> u64 {
        self.closed.forget_lowest(MOST_CLOSED)
    }

    /// Intervals it has.
    pub(super) fn pieces(&self) -> usize {
        self.open.pieces() + self.closed.pieces()
    }

    /// How many between `from` and `to` have not come in `taken` and are not missing all the same.
    pub(super) fn explains(&self, taken: &Intervals, from: u64, to: u64) -> u64 {
        let mut all = self.open.clone();
        all.add(&self.closed);
        all.minus(taken).numbers().filter(|number| (from..to).contains(number)).count() as u64
    }
}
